"""Parents' evenings: announced, booked, cancelled."""

from collections.abc import Sequence
from datetime import time

from services.reviews.domain.errors import Faults
from services.reviews.domain.evening import INVITED_MOST, EveningDetails, ParentsEvening
from services.reviews.store import ReviewsStore
from shared import clock
from shared.store.repository import creation_id


def announce_evening(
    store: ReviewsStore, setting_id: str, details: EveningDetails, children: Sequence[str]
) -> ParentsEvening:
    """Invite the families of these children; of all with a review to talk about where none are
    named. Raises RuleBroken with everything that is wrong."""
    faults = Faults()
    known = store.children_of(setting_id, children)
    for number, child_id in enumerate(children):
        if child_id not in known:
            faults.add(
                "stranger",
                "There is no such child at this setting.",
                field=f"/children/{number}",
            )
    invited = list(children) or store.children_to_discuss(setting_id, INVITED_MOST)
    if not invited:
        faults.add(
            "nobody",
            "No reviews are waiting to be discussed. Choose which children to invite.",
            field="/children",
        )
    evening = ParentsEvening(
        id=creation_id(), setting_id=setting_id, details=details, invited=invited
    )
    with faults.gathered():
        evening.announce(clock.today())
    faults.refuse()
    return store.evenings.add(evening)


def book_slot(
    store: ReviewsStore, evening_id: str, child_id: str, slot: time, booked_by: str
) -> ParentsEvening:
    """Take a slot for a child. Two never get the last one. Raises RuleBroken."""
    return store.evenings.change(
        evening_id, lambda e: e.book(child_id, slot, booked_by, clock.today())
    )


def cancel_evening(store: ReviewsStore, evening_id: str, expected: int) -> ParentsEvening:
    """It does not take place: those who were invited are told."""
    return store.evenings.change(evening_id, lambda e: e.cancel(), expected=expected)
