"""Days that are given by people."""

from datetime import date

from services.reviews.domain.errors import RuleBroken
from shared import clock


def happened_on(day: date | None, field: str) -> date:
    """The day on which something happened: today where none is given. Raises RuleBroken when it
    lies in the future."""
    day = day or clock.today()
    must_not_be_ahead(day, field)
    return day


def must_not_be_ahead(day: date, field: str) -> None:
    """What has happened cannot lie in the future. Raises RuleBroken."""
    if day > clock.today():
        raise RuleBroken("in-future", "This day has not come yet.", field=field)
