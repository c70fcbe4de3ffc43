"""Dates and moments as people read them, in London."""

from datetime import date, datetime

from shared.clock import LONDON


def day_words(day: date | datetime | None) -> str:
    """`5 March 2027`; nothing where there is none."""
    if day is None:
        return ""
    if isinstance(day, datetime):
        day = day.astimezone(LONDON).date()
    return f"{day:%-d %B %Y}"


def moment_words(moment: datetime | None) -> str:
    """`5 March 2027, 2:30pm`; nothing where there is none."""
    if moment is None:
        return ""
    here = moment.astimezone(LONDON)
    minutes = f":{here:%M}" if here.minute else ""
    return f"{here:%-d %B %Y}, {here:%-I}{minutes}{here:%p}".replace("AM", "am").replace("PM", "pm")
