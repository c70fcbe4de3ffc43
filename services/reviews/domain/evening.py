"""Parents' evenings: talks of some minutes each, one slot for each child that is invited [B].

Times of day are London's. A talk has begun at the very moment at which it starts: from then on
nobody can take its slot, or give it up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from services.reviews.domain import events
from services.reviews.domain.errors import Faults, RuleBroken, wrong_state
from services.reviews.domain.talks import Talk, somebody_can_come

INVITED_MOST = 500
_LONDON = ZoneInfo("Europe/London")


class EveningState(StrEnum):
    ANNOUNCED = "announced"
    CANCELLED = "cancelled"


@dataclass
class EveningDetails:
    """When and where; `at_once` talks take place side by side."""

    held_on: date
    begins: time
    ends: time
    minutes: int
    place: str
    at_once: int = 1

    def must_make_sense(self, today: date) -> None:
        """Raises RuleBroken with everything that does not."""
        faults = Faults()
        if self.held_on <= today:
            faults.add("past", "Announce it for a day that is to come.", field="/held_on")
        if not self.slots():
            faults.add("times", "It is too short for one talk.", field="/ends")
        faults.refuse()

    def slots(self) -> list[time]:
        """When talks begin."""
        found, at = [], datetime.combine(self.held_on, self.begins)
        end, length = datetime.combine(self.held_on, self.ends), timedelta(minutes=self.minutes)
        while at + length <= end:
            found.append(at.time())
            at += length
        return found

    def starts(self, slot: time) -> datetime:
        """The moment at which the talk of a slot begins."""
        return datetime.combine(self.held_on, slot, tzinfo=_LONDON)

    @property
    def bookable_until(self) -> datetime:
        """The moment at which the last talk begins: from then on no time can be taken."""
        return self.starts(self.slots()[-1])

    @property
    def ends_at(self) -> datetime:
        """The moment at which it is over."""
        return self.starts(self.ends)


@dataclass
class SlotBooking:
    """A slot that is taken: for whom, and by whom."""

    child_id: str
    slot: time
    booked_by: str
    people: list[str] = field(default_factory=list)
    """Those who may come to the talk: who has booked it by a link, or all who are told about the
    child where the setting has booked it. Empty in what was booked before this was kept."""


@dataclass
class ParentsEvening:
    """One evening of a setting, with the children whose families are invited."""

    id: str
    setting_id: str
    details: EveningDetails
    invited: list[str]
    state: EveningState = EveningState.ANNOUNCED
    bookings: list[SlotBooking] = field(default_factory=list)
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    def announce(self, today: date) -> None:
        """Invite the families. Raises RuleBroken."""
        faults = Faults()
        with faults.gathered():
            self.details.must_make_sense(today)
        room = len(self.details.slots()) * self.details.at_once
        if 0 < room < len(self.invited):
            faults.add(
                "room",
                f"There is room for {room} talks, and {len(self.invited)} are invited.",
                field="/ends",
            )
        faults.refuse()
        self._tell(events.ParentsEveningAnnounced)

    def cancel(self, now: datetime) -> None:
        """It does not take place. Until it is over, for somebody may be on the way to it."""
        self._must_be_announced()
        if self.is_over(now):
            raise RuleBroken("past", "This evening is over, so it cannot be cancelled.",
                             conflict=True)  # fmt: skip
        self.state = EveningState.CANCELLED
        self._tell(events.ParentsEveningCancelled)

    def is_over(self, now: datetime) -> bool:
        return self.details.ends_at <= now

    def can_be_booked(self, now: datetime) -> bool:
        """Whether any talk of it is still to begin."""
        return self.state is EveningState.ANNOUNCED and now < self.details.bookable_until

    def slot_of(self, child_id: str) -> time | None:
        """The slot that is taken for a child."""
        return next((one.slot for one in self.bookings if one.child_id == child_id), None)

    def talks(self) -> list[Talk]:
        """The talks that are arranged."""
        return [self._talk(b.child_id, b.slot, b.people or [b.booked_by]) for b in self.bookings]

    def free_slots(
        self, child_id: str, people: Sequence[str], elsewhere: Sequence[Talk], now: datetime
    ) -> list[time]:
        """What can be chosen for a child, its own slot among them: what has not begun, is not
        taken, and to which one of `people` can come. `elsewhere` are talks at other evenings."""
        taken: dict[time, int] = {}
        for one in self.bookings:
            if one.child_id != child_id:
                taken[one.slot] = taken.get(one.slot, 0) + 1
        arranged = [*self.talks(), *elsewhere]
        return [
            at
            for at in self.details.slots()
            if self.details.starts(at) > now
            and taken.get(at, 0) < self.details.at_once
            and somebody_can_come(self._talk(child_id, at, people), arranged)
        ]

    def book(self, booking: SlotBooking, elsewhere: Sequence[Talk], now: datetime) -> None:
        """Take a slot for a child, in place of the one it had. `elsewhere` are talks at other
        evenings of the setting. Raises RuleBroken."""
        self._must_be_announced()
        child_id, slot = booking.child_id, booking.slot
        if not self.can_be_booked(now):
            raise RuleBroken("past", "This evening is over, or its last talk has begun.",
                             conflict=True)  # fmt: skip
        faults = Faults()
        if child_id not in self.invited:
            faults.add("invited", "This child is not invited.", field="/child_id")
        if slot not in self.details.slots():
            faults.add("slot", "There is no talk at that time.", field="/slot")
        faults.refuse()
        own = self.slot_of(child_id)
        if own is not None and self.details.starts(own) <= now:
            raise RuleBroken(
                "begun", "The talk about this child has begun or is over.", conflict=True
            )
        if own == slot:
            return
        if refused := self._why_not_free(booking, elsewhere, now):
            code, words = refused
            raise RuleBroken(code, words, field="/slot", conflict=True)
        others = [one for one in self.bookings if one.child_id != child_id]
        self.bookings = [*others, booking]
        self.raised.append(events.SlotBooked(child_id, self.setting_id, self.details.held_on))

    def _why_not_free(
        self, booking: SlotBooking, elsewhere: Sequence[Talk], now: datetime
    ) -> tuple[str, str] | None:
        """What stands in the way of a slot: code and words."""
        talk = self._talk(booking.child_id, booking.slot, booking.people)
        if talk.begins <= now:
            return "past", "This time has passed. Please choose a later one."
        if not somebody_can_come(talk, [*self.talks(), *elsewhere]):
            return "same-time", (
                "There is a talk about another child of this family at that time. "
                "Please choose another time."
            )
        if booking.slot not in self.free_slots(booking.child_id, booking.people, elsewhere, now):
            return "taken", "This time was taken meanwhile. Please choose another."
        return None

    def _talk(self, child_id: str, slot: time, people: Sequence[str]) -> Talk:
        begins = self.details.starts(slot)
        ends = begins + timedelta(minutes=self.details.minutes)
        return Talk(child_id, begins, ends, frozenset(people))

    def _tell(self, event: type[events.Evening]) -> None:
        self.raised.append(
            event(
                self.setting_id, self.details.held_on, self.invited,
                bookable_until=self.details.bookable_until, ends_at=self.details.ends_at,
            )
        )  # fmt: skip

    def _must_be_announced(self) -> None:
        if self.state is not EveningState.ANNOUNCED:
            raise wrong_state("parents' evening", self.state, EveningState.ANNOUNCED)
