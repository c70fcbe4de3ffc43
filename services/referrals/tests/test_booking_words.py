"""What a booker reads of a booking that is over: who ended it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.referrals.domain.events import SessionSeatGivenUp
from services.referrals.domain.support_session import (
    Booking,
    BookingStatus,
    CancelledBy,
    SessionDetails,
    SessionKind,
    SessionStatus,
    SupportSession,
)
from services.referrals.pages.sessions import _booking_words
from shared import ids

NOW = datetime(2030, 3, 4, 9, tzinfo=UTC)
SERVICE, PERSON, SETTING = ids.new_id(), ids.new_id(), ids.new_id()


def _session() -> SupportSession:
    starts = NOW + timedelta(days=7)
    details = SessionDetails(
        title="Drop-in",
        kind=SessionKind.DROP_IN,
        starts_at=starts,
        ends_at=starts + timedelta(hours=1),
        place="Room 1",
        link=None,
        capacity=1,
        about=None,
    )
    session = SupportSession(ids.new_id(), SERVICE, details)
    session.book(Booking(ids.new_id(), PERSON, SETTING, NOW), NOW)
    return session


def _ended(by: CancelledBy) -> SupportSession:
    session = _session()
    (own,) = session.bookings
    if by is CancelledBy.SESSION:
        session.cancel(NOW)
    else:
        session.give_up(own.id, NOW, PERSON if by is CancelledBy.PERSON else ids.new_id())
    return session


_WORDS = {
    CancelledBy.PERSON: "You cancelled your booking.",
    CancelledBy.SERVICE: "The service cancelled your booking.",
    CancelledBy.SESSION: "This session was cancelled.",
}


@pytest.mark.parametrize("by", list(CancelledBy))
def test_it_says_who_ended_it(by: CancelledBy) -> None:
    session = _ended(by)
    (own,) = session.bookings
    assert (own.status, own.cancelled_by) == (BookingStatus.CANCELLED, by)
    assert _booking_words(session, own) == _WORDS[by]
    given_up = [one for one in session.raised if isinstance(one, SessionSeatGivenUp)]
    assert [one.booked[0].person_id for one in given_up] == (
        [] if by is CancelledBy.SESSION else [PERSON]
    )


@pytest.mark.parametrize("by", [CancelledBy.PERSON, CancelledBy.SERVICE])
def test_what_ended_before_the_session_was_cancelled_keeps_its_words(by: CancelledBy) -> None:
    session = _ended(by)
    session.cancel(NOW)
    assert _booking_words(session, session.bookings[0]) == _WORDS[by]


@pytest.mark.parametrize("status", list(SessionStatus))
def test_a_booking_of_before_says_what_is_so_in_any_case(status: SessionStatus) -> None:
    session = _ended(CancelledBy.PERSON)
    session.status = status
    words = _booking_words(session, replace(session.bookings[0], cancelled_by=None))
    cancelled = status is SessionStatus.CANCELLED
    assert words == ("This session was cancelled." if cancelled else "Your booking was cancelled.")


@pytest.mark.parametrize("status", list(BookingStatus))
def test_every_standing_has_words(status: BookingStatus) -> None:
    session = _session()
    assert _booking_words(session, replace(session.bookings[0], status=status))
