"""Days and moments in requests: each says what it means, and from that what it can be.

"Today" is London's, at the moment of the request.
"""

from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

from marshmallow import ValidationError, fields, validate

from shared import clock

_YEAR = 366
_FIRST, _LAST = date(1990, 1, 1), date(2099, 12, 31)


_EARLY = "This date is too long ago. Check the year"
_LATE = "This date is too far in the future. Check the year"


class Window(NamedTuple):
    """From how many days before today until how many after, and what is said outside of it."""

    back: int
    ahead: int | None
    early: str
    late: str


class Meaning(Enum):
    """What a day in a request can mean."""

    HAPPENED = Window(31 * _YEAR, 0, _EARLY, "This date must be today or in the past")
    BORN = Window(
        31 * _YEAR,
        0,
        "Date of birth is too long ago. Check the year",
        "Date of birth must be today or in the past",
    )
    """Of somebody of whom a record is kept: for 31 years at most."""
    SCHEDULED = Window(5 * _YEAR, 7 * _YEAR, _EARLY, _LATE)
    """What begins or ends on a day, and may have begun when it is written down or changed."""
    AIMED = Window(5 * _YEAR, None, _EARLY, _LATE)
    """By when something is to be reached: in any year that a calendar here has."""
    COMING = Window(31 * _YEAR, 7 * _YEAR, "This date must be in the future", _LATE)
    """What is arranged for one day. That it has not passed the domain says, to the minute."""
    CALENDAR = Window(10 * _YEAR, 10 * _YEAR, _EARLY, _LATE)
    """When an organisation is open."""
    ASKED = Window(50 * _YEAR, 50 * _YEAR, _EARLY, _LATE)
    """A bound of a search."""


class Day(fields.Date):
    """A day of a declared meaning."""

    def __init__(self, meaning: Meaning, **options: Any) -> None:
        super().__init__(**options)
        self.meaning = meaning

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> date:
        day: date = super()._deserialize(value, attr, data, **kwargs)
        _must_fit(day, self.meaning)
        return day


class Moment(fields.AwareDateTime):
    """A moment, with its offset, of a declared meaning."""

    def __init__(self, meaning: Meaning, **options: Any) -> None:
        super().__init__(**options)
        self.meaning = meaning

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> datetime:
        try:
            moment: datetime = super()._deserialize(value, attr, data, **kwargs).astimezone(UTC)
        except OverflowError:
            raise ValidationError("Not a valid datetime.") from None
        _must_fit(clock.day_of(moment), self.meaning)
        if self.meaning is Meaning.HAPPENED and moment > clock.now():
            raise ValidationError("This time must be in the past")
        return moment


def _must_fit(day: date, meaning: Meaning) -> None:
    window, today = meaning.value, clock.today()
    if day < today - timedelta(days=window.back):
        raise ValidationError(window.early)
    last = _LAST if window.ahead is None else today + timedelta(days=window.ahead)
    if day > last:
        raise ValidationError(window.late)


def day_that(meaning: Meaning, **options: Any) -> Day:
    """A required day."""
    return Day(meaning, **{"required": True, **options})


def maybe_day_that(meaning: Meaning) -> Day:
    """A day that may be left out."""
    return day_that(meaning, required=False, load_default=None, allow_none=True)


def day(**options: Any) -> fields.Date:
    """A date in an answer. In a request a day says what it means: `day_that`."""
    return fields.Date(validate=validate.Range(_FIRST, _LAST), **{"required": True, **options})


def maybe_day() -> fields.Date:
    """A date in an answer, or none."""
    return day(required=False, load_default=None, allow_none=True)


def moment() -> fields.AwareDateTime:
    """A moment, answered with its offset."""
    return fields.AwareDateTime(dump_only=True)


def moment_that(meaning: Meaning, **options: Any) -> Moment:
    """A required moment with its offset."""
    return Moment(meaning, **{"required": True, **options})
