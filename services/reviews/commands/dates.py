"""Days that are given by people."""

from datetime import date

from shared import clock
from shared.errors import Invalid


def happened_on(day: date | None, field: str) -> date:
    """The day on which something happened: today where none is given. Raises Invalid when it lies
    in the future."""
    day = day or clock.today()
    if day > clock.today():
        raise Invalid("This day has not come yet.", code="in-future", field=field)
    return day
