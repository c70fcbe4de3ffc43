"""Support sessions that services put on for settings: announced, booked, held [B].

Every command that depends on the time is told what time it is. A session has begun at the very
moment at which it starts: from then on its seats stand as they are. It is over at the moment at
which it ends.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from services.referrals.domain import events
from services.referrals.domain.errors import Faults, RuleBroken, wrong_state

_BOOKINGS_MOST, _OVER_MOST = 2_000, 500
"""Bookings that count; and how many that were cancelled stay here, the newest."""
_LONDON = ZoneInfo("Europe/London")


class SessionKind(StrEnum):
    ADVICE_CLINIC = "advice_clinic"
    CONSULTATION = "consultation"
    TRAINING = "training"
    DROP_IN = "drop_in"


class SessionStatus(StrEnum):
    ANNOUNCED = "announced"
    CANCELLED = "cancelled"
    HELD = "held"


class BookingStatus(StrEnum):
    BOOKED = "booked"
    WAITING = "waiting"
    """On the waiting list: it moves up by itself."""
    CANCELLED = "cancelled"
    ATTENDED = "attended"
    NO_SHOW = "no_show"


class CancelledBy(StrEnum):
    """Who ended a booking."""

    PERSON = "person"
    """Whoever it was for."""
    SERVICE = "service"
    SESSION = "session"
    """The session does not take place."""


_TAKEN = (BookingStatus.BOOKED, BookingStatus.ATTENDED, BookingStatus.NO_SHOW)
LIVE_BOOKING = (BookingStatus.BOOKED, BookingStatus.WAITING)
"""It has a seat, or may have one yet."""


@dataclass
class SessionDetails:
    """What is announced: `place` or `link`, and how many seats."""

    title: str
    kind: SessionKind
    starts_at: datetime
    ends_at: datetime
    place: str | None
    link: str | None
    capacity: int
    about: str | None = None

    @property
    def held_on(self) -> date:
        """The day in London."""
        return self.starts_at.astimezone(_LONDON).date()

    def must_make_sense(self, now: datetime) -> None:
        """Raises RuleBroken with everything that does not."""
        faults = Faults()
        if self.starts_at <= now:
            faults.add("past", "Choose a start that is still to come.", field="/starts_at")
        if self.ends_at <= self.starts_at:
            faults.add("times", "It ends after it starts.", field="/ends_at")
        if not (self.place or self.link):
            faults.add("where", "Say where it is: a place, or a link.", field="/place")
        faults.refuse()


@dataclass
class Feedback:
    """What somebody thought of it: 1 (of no use) to 5 (of great use)."""

    useful: int
    words: str | None
    at: datetime


@dataclass
class Booking:
    """A seat, or a place on the waiting list, for one person of a setting."""

    id: str
    person_id: str
    setting_id: str
    at: datetime
    status: BookingStatus = BookingStatus.BOOKED
    questions: str | None = None
    feedback: Feedback | None = None
    cancelled_by: CancelledBy | None = None
    """Bookings of before do not say."""


@dataclass
class SupportSession:
    """One session with its bookings: one document, so that its seats are never oversold."""

    id: str
    support_service_id: str
    details: SessionDetails
    status: SessionStatus = SessionStatus.ANNOUNCED
    bookings: list[Booking] = field(default_factory=list)
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    @property
    def seats_left(self) -> int:
        return max(0, self.details.capacity - self._count(*_TAKEN))

    @property
    def waiting(self) -> int:
        return self._count(BookingStatus.WAITING)

    def has_begun(self, now: datetime) -> bool:
        return self.details.starts_at <= now

    def is_over(self, now: datetime) -> bool:
        return self.details.ends_at <= now

    def announce(self, now: datetime) -> None:
        """It can be booked."""
        self.details.must_make_sense(now)
        self.raised.append(
            events.SessionAnnounced(
                self.support_service_id, self.details.held_on, self.details.capacity
            )
        )

    def change(self, details: SessionDetails, now: datetime) -> None:
        """Another time, place or number of seats; everybody who has one is told of a new time or
        place, and new seats go to those who wait."""
        self._must_be(SessionStatus.ANNOUNCED)
        self._must_be_to_come(now, "It cannot be changed any more.")
        details.must_make_sense(now)
        if details.capacity < self._count(*_TAKEN):
            raise RuleBroken("seats", "More seats than that are booked.", field="/capacity",
                             conflict=True)  # fmt: skip
        moved = any(
            getattr(details, name) != getattr(self.details, name)
            for name in ("starts_at", "ends_at", "place", "link")
        )
        self.details = details
        if moved:
            self._tell(events.SessionMoved, [b for b in self.bookings if b.status in LIVE_BOOKING])
        self._move_up()

    def cancel(self, now: datetime) -> None:
        """It does not take place: everybody is told. Until it is over, for somebody may be on the
        way to it."""
        self._must_be(SessionStatus.ANNOUNCED)
        if self.is_over(now):
            raise RuleBroken("over", "This session is over, so it cannot be cancelled. Record who "
                             "was there.", conflict=True)  # fmt: skip
        gone = [b for b in self.bookings if b.status in LIVE_BOOKING]
        self.status = SessionStatus.CANCELLED
        self.bookings = [
            replace(b, status=BookingStatus.CANCELLED, cancelled_by=CancelledBy.SESSION)
            if b.status in LIVE_BOOKING
            else b
            for b in self.bookings
        ]
        self._tell(events.SessionCancelled, gone)

    def book(self, booking: Booking, now: datetime) -> Booking:
        """A seat, or a place on the waiting list when there is none; once for each person."""
        self._must_be(SessionStatus.ANNOUNCED)
        self._must_be_to_come(now, "It cannot be booked any more.")
        for kept in self.bookings:
            if kept.person_id == booking.person_id and kept.status in LIVE_BOOKING:
                return kept
        over = [kept for kept in self.bookings if kept.status is BookingStatus.CANCELLED]
        if len(self.bookings) - len(over) >= _BOOKINGS_MOST:
            raise RuleBroken("too-many", "No more bookings can be taken.", conflict=True)
        forgotten = {kept.id for kept in over[:-_OVER_MOST]}
        self.bookings = [kept for kept in self.bookings if kept.id not in forgotten]
        status = BookingStatus.BOOKED if self.seats_left else BookingStatus.WAITING
        made = replace(booking, status=status)
        self.bookings = [*self.bookings, made]
        if status is BookingStatus.BOOKED:
            self._tell(events.SessionBooked, [made])
        return made

    def give_up(self, booking_id: str, now: datetime, by: str | None = None) -> None:
        """A seat is given back, by whoever it was for or by the service, while somebody else can
        still have it; who waits longest moves up."""
        self._must_be(SessionStatus.ANNOUNCED)
        self._must_be_to_come(now, "Nobody else could take the seat now.")
        gone = self.booking(booking_id)
        if gone.status not in LIVE_BOOKING:
            raise RuleBroken("wrong-state", "This booking is over.", conflict=True)
        own = by in (None, gone.person_id)
        ended = replace(
            gone,
            status=BookingStatus.CANCELLED,
            cancelled_by=CancelledBy.PERSON if own else CancelledBy.SERVICE,
        )
        self.bookings = [ended if b.id == booking_id else b for b in self.bookings]
        self._tell(events.SessionSeatGivenUp, [ended])
        self._move_up()

    def attend(self, attended: dict[str, bool], now: datetime) -> None:
        """Who was there: by booking, once it has begun. It is held then."""
        self._must_be(SessionStatus.ANNOUNCED, SessionStatus.HELD)
        self._must_have_begun(now)
        faults = Faults()
        for number, booking_id in enumerate(attended):
            at = f"/attendance/{number}"
            if all(kept.id != booking_id for kept in self.bookings):
                faults.add("no-booking", "There is no such booking.", field=f"{at}/booking_id")
            elif self.booking(booking_id).status not in _TAKEN:
                faults.add("wrong-state", "This booking has no seat.", field=at, conflict=True)
        faults.refuse()
        for booking_id, there in attended.items():
            self._set(booking_id, BookingStatus.ATTENDED if there else BookingStatus.NO_SHOW)
        self.status = SessionStatus.HELD

    def say(self, booking_id: str, feedback: Feedback, now: datetime) -> None:
        """What somebody who was there thought of it."""
        self._must_have_begun(now)
        if self.booking(booking_id).status is not BookingStatus.ATTENDED:
            raise RuleBroken("not-there", "Only who was there can say.", conflict=True)
        self.bookings = [
            replace(b, feedback=feedback) if b.id == booking_id else b for b in self.bookings
        ]

    def booking(self, booking_id: str) -> Booking:
        """Raises RuleBroken."""
        for kept in self.bookings:
            if kept.id == booking_id:
                return kept
        raise RuleBroken("no-booking", "There is no such booking.", field="/booking_id")

    def has_place(self, person_id: str) -> bool:
        """Whether somebody has a seat, or waits for one."""
        return any(b.person_id == person_id and b.status in LIVE_BOOKING for b in self.bookings)

    def place_of(self, booking: Booking) -> int | None:
        """Its place on the waiting list, from 1."""
        if booking.status is not BookingStatus.WAITING:
            return None
        queue = [b.id for b in self.bookings if b.status is BookingStatus.WAITING]
        return queue.index(booking.id) + 1

    def _move_up(self) -> None:
        while self.seats_left and self.waiting:
            first = next(b for b in self.bookings if b.status is BookingStatus.WAITING)
            self._set(first.id, BookingStatus.BOOKED)
            self._tell(events.SessionBooked, [first])

    def _set(self, booking_id: str, status: BookingStatus) -> None:
        self.bookings = [
            replace(b, status=status) if b.id == booking_id else b for b in self.bookings
        ]

    def _count(self, *statuses: BookingStatus) -> int:
        return sum(b.status in statuses for b in self.bookings)

    def _must_be_to_come(self, now: datetime, so: str) -> None:
        if self.is_over(now):
            raise RuleBroken("over", f"This session is over. {so}", conflict=True)
        if self.has_begun(now):
            raise RuleBroken("begun", f"This session has begun. {so}", conflict=True)

    def _must_have_begun(self, now: datetime) -> None:
        if not self.has_begun(now):
            raise RuleBroken("not-begun", "It has not begun yet.", conflict=True)

    def _must_be(self, *statuses: SessionStatus) -> None:
        if self.status not in statuses:
            raise wrong_state("session", self.status, " or ".join(statuses))

    def _tell(self, event: type[events.SessionState], told: list[Booking]) -> None:
        if not told:
            return
        who = [events.Booked(b.person_id, b.setting_id) for b in told]
        self.raised.append(
            event(
                self.support_service_id, self.details.held_on, self.status, who,
                starts_at=self.details.starts_at, ends_at=self.details.ends_at,
            )
        )  # fmt: skip
