"""Rights pass to the young person: what the calendar says, what they choose, their capacity."""

from collections.abc import Sequence
from datetime import date
from functools import partial

from services.plans.domain import rights_told
from services.plans.domain.child import Child
from services.plans.domain.passing import next_day
from services.plans.domain.sharing import Capacity, Decision, Sharing
from services.plans.store import PlansStore
from shared import clock, context
from shared.store.each import each


def look_at_rights(store: PlansStore) -> int:
    """The calendar's: let rights pass on their day, and speak of it beforehand. Answers of how
    many children there was something to say.

    Looks at those for whom a day has come, and at those who were changed since the last look: by
    an earlier release, say, whose events lack who is told for what and who decides.
    """
    today = clock.today()
    look = partial(_look_at, store, today=today)
    return each("look at rights", store.children_to_look_at(today), look, name=str)


def _look_at(store: PlansStore, child_id: str, today: date) -> bool:
    child = store.children.get(child_id)
    spoken = rights_told.look(child, today)
    if spoken:
        child = store.children.change(child_id, lambda one: rights_told.look(one, today))
    store.note_looked_at(child, next_day(child.date_of_birth, today))
    return spoken


def choose_sharing(
    store: PlansStore, child_id: str, purposes: Sequence[Sharing], expected: int | None = None
) -> Child:
    """Keep what the young person wants their parents to get; the last word counts."""
    by = context.current().actor_id
    return store.children.change(
        child_id,
        lambda child: rights_told.choose(child, purposes, by, clock.today()),
        expected=expected,
    )


def record_capacity(
    store: PlansStore,
    child_id: str,
    *,
    decision: Decision,
    has_capacity: bool,
    acts_id: str | None,
    why: str,
    expected: int,
) -> Child:
    """Record whether a young person can make one decision, and who acts where they cannot."""
    by, today = context.current().actor_id, clock.today()
    recorded = Capacity(decision, has_capacity, acts_id, why, by, today)
    return store.children.change(
        child_id,
        lambda child: rights_told.record_capacity(child, recorded, today),
        expected=expected,
    )
