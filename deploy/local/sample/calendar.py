"""Term dates of a year of an English kind, and the nearest school day to a date."""

from datetime import date, timedelta
from typing import Any


def calendar(anchor: date) -> dict[str, Any]:
    """The terms and half-term closures of last school year, this one and the next."""
    first = anchor.year - (2 if anchor.month < 9 else 1)
    terms: list[dict[str, str]] = []
    closures: list[dict[str, str]] = []
    for year in range(first, first + 3):
        for name, start, end, half in (
            ("Autumn", date(year, 9, 3), date(year, 12, 18), date(year, 10, 26)),
            ("Spring", date(year + 1, 1, 5), date(year + 1, 3, 26), date(year + 1, 2, 15)),
            ("Summer", date(year + 1, 4, 13), date(year + 1, 7, 20), date(year + 1, 5, 25)),
        ):
            terms.append(
                {
                    "name": f"{name} {start.year}",
                    "starts_on": _weekday(start).isoformat(),
                    "ends_on": end.isoformat(),
                }
            )
            monday = half - timedelta(days=half.weekday())
            closures.append(
                {
                    "starts_on": monday.isoformat(),
                    "ends_on": (monday + timedelta(days=4)).isoformat(),
                }
            )
    return {"terms": terms, "closures": closures}


def school_day(day: date) -> date:
    """That day, or the Friday before it."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def _weekday(day: date) -> date:
    return day + timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 else 0)
