"""When a family is reminded of a review: 14 days and 2 days before."""

from collections.abc import Collection
from datetime import date, timedelta

DAYS_BEFORE = (14, 2)


def reminder_due(due_on: date, today: date, told: Collection[int]) -> int | None:
    """Which reminder is to go out today for a review on `due_on`, or None.

    `told` are those that went out for this very date. After an outage only the nearest one goes,
    and none once the day has passed: reminders survive without a storm.
    """
    if today > due_on:
        return None
    reached = [days for days in DAYS_BEFORE if today >= due_on - timedelta(days=days)]
    if not reached or min(reached) in told:
        return None
    return min(reached)
