"""Days on which nothing is open in England and Wales."""

from datetime import date

from holidays.countries.united_kingdom import UnitedKingdom

_known = UnitedKingdom(subdiv="ENG", expand=True)


def is_bank_holiday(day: date) -> bool:
    """Whether `day` is a bank holiday of England and Wales."""
    return day in _known


def is_working_day(day: date) -> bool:
    """Neither a weekend nor a bank holiday."""
    return day.weekday() < 5 and not is_bank_holiday(day)
