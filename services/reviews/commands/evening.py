"""Parents' evenings: announced, booked, cancelled."""

from collections.abc import Sequence
from datetime import date, time

from services.reviews.domain.errors import Faults, RuleBroken
from services.reviews.domain.evening import (
    INVITED_MOST,
    EveningDetails,
    ParentsEvening,
    SlotBooking,
)
from services.reviews.store import ReviewsStore
from shared import clock
from shared.bank_holidays import is_bank_holiday
from shared.store.database import in_turn
from shared.store.repository import creation_id

_SUNDAY = 6


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
    with faults.gathered():
        _must_be_open(store, setting_id, details.held_on)
    faults.refuse()
    return store.evenings.add(evening)


def book_slot(
    store: ReviewsStore,
    evening_id: str,
    child_id: str,
    slot: time,
    booked_by: str,
    *,
    people: Sequence[str],
) -> ParentsEvening:
    """Take a slot for a child. Two never get the last one, and nobody is to be at two talks at
    once: `people` are those who may come, whatever other evenings the setting has on that day.
    Raises RuleBroken."""
    booking = SlotBooking(child_id, slot, booked_by, list(people))

    def act(evening: ParentsEvening) -> None:
        store.hold_evenings_beside(evening)
        evening.book(booking, store.talks_beside(evening), clock.now())

    return in_turn(store.database, lambda: store.evenings.change(evening_id, act))


def cancel_evening(store: ReviewsStore, evening_id: str, expected: int) -> ParentsEvening:
    """It does not take place: those who were invited are told."""
    return store.evenings.change(evening_id, lambda e: e.cancel(clock.now()), expected=expected)


def _must_be_open(store: ReviewsStore, setting_id: str, day: date) -> None:
    """An evening is held when families find somebody there; some settings see them on a Saturday.

    Raises RuleBroken.
    """
    refused = None
    if is_bank_holiday(day) or day.weekday() == _SUNDAY:
        refused = "Choose a day from Monday to Saturday that is not a bank holiday."
    elif not store.calendar(setting_id).is_open(day):
        refused = (
            "Your calendar says that you are closed on this day. "
            "Choose another day, or change the calendar."
        )
    if refused:
        raise RuleBroken("closed", refused, field="/held_on")
