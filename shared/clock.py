"""The only place that asks what time it is, so that tests can say it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

_frozen: ContextVar[datetime | None] = ContextVar("frozen", default=None)
# A whole process may be set ahead or behind: fault tests step one process's clock with it.
_offset = timedelta(seconds=float(os.environ.get("SEN_CLOCK_OFFSET_SECONDS", "0")))


def now() -> datetime:
    """The present moment in UTC, in whole milliseconds as MongoDB keeps it."""
    moment = _frozen.get() or datetime.now(UTC) + _offset
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def today() -> date:
    """The date in London at this moment: every due date is meant there."""
    return day_of(now())


def day_of(moment: datetime) -> date:
    """The date in London at a moment."""
    return moment.astimezone(LONDON).date()


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Let `now()` be `moment` (an aware datetime) within the block, in this thread."""
    token = _frozen.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
