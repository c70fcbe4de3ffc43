"""How long people wait: published as a median and a 92nd percentile, never as a promise."""

from collections.abc import Mapping
from dataclasses import dataclass

DAYS_A_WEEK = 7

AGE_BANDS = ((0, 14), (14, 42), (42, 84), (84, 126), (126, 100_000))
"""Days from, and below which: up to 2, 6, 12 and 18 weeks, and more [18 weeks: the NHS's]."""


@dataclass(frozen=True)
class Waits:
    """What a service's families waited, in days, from when it was first received to the work's
    beginning; `counted` says of how many."""

    counted: int
    median_days: int | None
    p92_days: int | None


def waits(histogram: Mapping[int, int]) -> Waits:
    """The figures of a histogram: days waited -> how many waited so long."""
    counted = sum(histogram.values())
    return Waits(counted, percentile(histogram, 50), percentile(histogram, 92))


def percentile(histogram: Mapping[int, int], percent: int) -> int | None:
    """The least number of days within which `percent` of them were through (nearest rank)."""
    counted = sum(histogram.values())
    if not counted:
        return None
    rank = -(-counted * percent // 100)
    seen = 0
    for days in sorted(histogram):
        seen += histogram[days]
        if seen >= rank:
            return days
    raise AssertionError("a rank lies within what was counted")


def in_words(found: Waits) -> str:
    """What a family reads."""
    if found.median_days is None or found.p92_days is None or found.counted < 5:
        return "Too few children have been seen lately to say how long it takes."
    return (
        f"Half of the children seen in the last year waited {weeks(found.median_days)} or less. "
        f"92 of every 100 waited {weeks(found.p92_days)} or less."
    )


def weeks(days: int) -> str:
    """Days as people say them."""
    if days < DAYS_A_WEEK:
        return "a week"
    count = -(-days // DAYS_A_WEEK)
    return f"{count} weeks" if count > 1 else "a week"
