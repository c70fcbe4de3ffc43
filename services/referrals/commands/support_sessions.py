"""Support sessions: announced by a service, booked by settings, held."""

from functools import partial

from services.referrals.domain.errors import RuleBroken, together
from services.referrals.domain.support_session import (
    Booking,
    Feedback,
    SessionDetails,
    SupportSession,
)
from services.referrals.store import ReferralsStore
from shared import clock, ids
from shared.bank_holidays import is_bank_holiday
from shared.errors import NotFound
from shared.store.database import in_turn
from shared.store.repository import creation_id


def announce_session(
    store: ReferralsStore, support_service_id: str, details: SessionDetails
) -> SupportSession:
    """It can be booked from now on."""
    session = SupportSession(creation_id(), support_service_id, details)
    together(partial(_must_be_open, details), partial(session.announce, clock.now()))
    return store.support_sessions.add(session)


def change_session(
    store: ReferralsStore, session_id: str, details: SessionDetails, expected: int
) -> SupportSession:
    """Another time, place or number of seats: who has booked is told."""

    def act(session: SupportSession) -> None:
        change = partial(session.change, details, clock.now())
        if details.held_on == session.details.held_on:  # what an earlier release took goes on
            change()
        else:
            together(change, partial(_must_be_open, details))

    return store.support_sessions.change(session_id, act, expected=expected)


def cancel_session(store: ReferralsStore, session_id: str, expected: int) -> SupportSession:
    """It does not take place."""
    return store.support_sessions.change(
        session_id, lambda s: s.cancel(clock.now()), expected=expected
    )


def book_session(
    store: ReferralsStore, session_id: str, person_id: str, setting_id: str, questions: str | None
) -> SupportSession:
    """A seat, or a place on the waiting list; the same person has one only, and none in another
    session at the same time."""
    booking = Booking(ids.new_id(), person_id, setting_id, clock.now(), questions=questions)

    def act(session: SupportSession) -> None:
        if not session.has_place(person_id):
            store.hold_sessions_beside(session)
            _must_be_free(store, session, person_id)
        session.book(booking, clock.now())

    return in_turn(store.database, lambda: store.support_sessions.change(session_id, act))


def _must_be_free(store: ReferralsStore, session: SupportSession, person_id: str) -> None:
    """Raises RuleBroken where somebody has a place in another session at the same time."""
    if other := store.session_beside(session, person_id):
        raise RuleBroken(
            "same-time",
            f"You have a place at the same time in “{other.details.title}”. "
            "Give that one back first.",
            conflict=True,
        )


def give_up_booking(
    store: ReferralsStore, session_id: str, booking_id: str, by: str
) -> SupportSession:
    """Give a seat back: who waits longest moves up."""
    return store.support_sessions.change(
        session_id, lambda s: s.give_up(booking_id, clock.now(), by)
    )


def record_attendance(
    store: ReferralsStore, session_id: str, attended: dict[str, bool], expected: int
) -> SupportSession:
    """Who was there."""
    return store.support_sessions.change(
        session_id, lambda s: s.attend(attended, clock.now()), expected=expected
    )


def give_feedback(
    store: ReferralsStore, session_id: str, booking_id: str, useful: int, words: str | None
) -> SupportSession:
    """What somebody thought of it."""
    said = Feedback(useful, words, clock.now())
    return store.support_sessions.change(session_id, lambda s: s.say(booking_id, said, clock.now()))


def booking_by(session: SupportSession, person_id: str) -> Booking:
    """Somebody's latest booking. Raises NotFound."""
    for kept in reversed(session.bookings):
        if kept.person_id == person_id:
            return kept
    raise NotFound("There is no such booking.")


def _must_be_open(details: SessionDetails) -> None:
    if is_bank_holiday(details.held_on):
        raise RuleBroken("bank-holiday", "This day is a bank holiday. Choose another day.",
                         field="/starts_at")  # fmt: skip
