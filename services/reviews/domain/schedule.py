"""When reviews are to be held: at least three in any year [B; CoP 6.65].

At most 121 days apart gives three in any year [ours]. A date is moved earlier for closures, never
later. A cancelled review does not count.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from services.reviews.domain.calendar import IsOpen

MAX_GAP = timedelta(days=121)
HORIZON = timedelta(days=365)


@dataclass(frozen=True)
class Slot:
    """A review that is arranged already."""

    review_id: str
    due_on: date


@dataclass
class Arrangement:
    """What is to be done so that the rule holds."""

    moves: list[Slot] = field(default_factory=list)
    additions: list[date] = field(default_factory=list)


def latest_open(after: date, by: date, is_open: IsOpen) -> date:
    """The latest open day in `(after, by]`; `by` itself when the setting is closed throughout."""
    day = by
    while day > after:
        if is_open(day):
            return day
        day -= timedelta(days=1)
    return by


def earliest_open(start: date, by: date, is_open: IsOpen) -> date | None:
    """The earliest open day in `[start, by]`, if there is one."""
    day = start
    while day <= by:
        if is_open(day):
            return day
        day += timedelta(days=1)
    return None


def arrange(anchor: date, arranged: Sequence[Slot], is_open: IsOpen) -> Arrangement:
    """Let the 12 months after `anchor` hold at least three reviews, at most 121 days apart.

    `anchor` is the day the plan came into force or the last review was held; `arranged` are the
    reviews still to be held. Those that come too late are moved earlier; what is missing is added.
    """
    result = Arrangement()
    last = anchor
    for slot in sorted(arranged, key=lambda s: s.due_on):
        if slot.due_on - last > MAX_GAP:
            moved = latest_open(last, last + MAX_GAP, is_open)
            result.moves.append(Slot(slot.review_id, moved))
            last = moved
        else:
            last = max(last, slot.due_on)
    while last + MAX_GAP <= anchor + HORIZON:
        last = latest_open(last, last + MAX_GAP, is_open)
        result.additions.append(last)
    return result


def nearest_allowed(before: date, after: date | None, is_open: IsOpen) -> list[date]:
    """The earliest and the latest day for a review between its neighbours `before` and `after`."""
    latest = before + MAX_GAP if after is None else min(before + MAX_GAP, after)
    first = before + timedelta(days=1)
    start = first if after is None else max(first, after - MAX_GAP)
    earliest = earliest_open(start, latest, is_open)
    if earliest is None:
        return []
    last = latest_open(earliest - timedelta(days=1), latest, is_open)
    return [earliest] if last == earliest else [earliest, last]


def keeps_rule(day: date, before: date, after: date | None) -> bool:
    """Whether a review on `day` leaves at most 121 days to each neighbour."""
    if not before < day <= before + MAX_GAP:
        return False
    return after is None or day <= after <= day + MAX_GAP
