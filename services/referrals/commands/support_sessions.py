"""Support sessions: announced by a service, booked by settings, held."""

from services.referrals.domain.support_session import (
    Booking,
    Feedback,
    SessionDetails,
    SupportSession,
)
from services.referrals.store import ReferralsStore
from shared import clock, ids
from shared.errors import NotFound
from shared.store.repository import creation_id


def announce_session(
    store: ReferralsStore, support_service_id: str, details: SessionDetails
) -> SupportSession:
    """It can be booked from now on."""
    session = SupportSession(creation_id(), support_service_id, details)
    session.announce()
    return store.support_sessions.add(session)


def change_session(
    store: ReferralsStore, session_id: str, details: SessionDetails, expected: int
) -> SupportSession:
    """Another time, place or number of seats: who has booked is told."""
    return store.support_sessions.change(session_id, lambda s: s.change(details), expected=expected)


def cancel_session(store: ReferralsStore, session_id: str, expected: int) -> SupportSession:
    """It does not take place."""
    return store.support_sessions.change(session_id, lambda s: s.cancel(), expected=expected)


def book_session(
    store: ReferralsStore, session_id: str, person_id: str, setting_id: str, questions: str | None
) -> SupportSession:
    """A seat, or a place on the waiting list; the same person has one only."""
    booking = Booking(ids.new_id(), person_id, setting_id, clock.now(), questions=questions)
    return store.support_sessions.change(session_id, lambda s: s.book(booking, clock.now()))


def give_up_booking(store: ReferralsStore, session_id: str, booking_id: str) -> SupportSession:
    """Give a seat back: who waits longest moves up."""
    return store.support_sessions.change(session_id, lambda s: s.give_up(booking_id))


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
    return store.support_sessions.change(session_id, lambda s: s.say(booking_id, said))


def booking_by(session: SupportSession, person_id: str) -> Booking:
    """Somebody's latest booking. Raises NotFound."""
    for kept in reversed(session.bookings):
        if kept.person_id == person_id:
            return kept
    raise NotFound("There is no such booking.")
