"""Parents' evenings: talks of some minutes each, one slot for each child that is invited [B]."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from services.reviews.domain import events
from services.reviews.domain.errors import Faults, RuleBroken, wrong_state

INVITED_MOST = 500


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


@dataclass
class SlotBooking:
    """A slot that is taken: for whom, and by whom."""

    child_id: str
    slot: time
    booked_by: str


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
        self.raised.append(
            events.ParentsEveningAnnounced(self.setting_id, self.details.held_on, self.invited)
        )

    def cancel(self) -> None:
        """It does not take place."""
        self._must_be_announced()
        self.state = EveningState.CANCELLED
        self.raised.append(
            events.ParentsEveningCancelled(self.setting_id, self.details.held_on, self.invited)
        )

    def slot_of(self, child_id: str) -> time | None:
        """The slot that is taken for a child."""
        return next((one.slot for one in self.bookings if one.child_id == child_id), None)

    def free_slots(self, child_id: str) -> list[time]:
        """What can be chosen for a child; its own among them."""
        taken: dict[time, int] = {}
        for one in self.bookings:
            if one.child_id != child_id:
                taken[one.slot] = taken.get(one.slot, 0) + 1
        return [at for at in self.details.slots() if taken.get(at, 0) < self.details.at_once]

    def book(self, child_id: str, slot: time, booked_by: str, today: date) -> None:
        """Take a slot for a child, in place of the one it had. Raises RuleBroken."""
        self._must_be_announced()
        if today > self.details.held_on:
            raise RuleBroken("past", "This evening is over.", conflict=True)
        faults = Faults()
        if child_id not in self.invited:
            faults.add("invited", "This child is not invited.", field="/child_id")
        if slot not in self.details.slots():
            faults.add("slot", "There is no talk at that time.", field="/slot")
        faults.refuse()
        if self.slot_of(child_id) == slot:
            return
        if slot not in self.free_slots(child_id):
            raise RuleBroken("taken", "This time was taken meanwhile. Please choose another.",
                             field="/slot", conflict=True)  # fmt: skip
        others = [one for one in self.bookings if one.child_id != child_id]
        self.bookings = [*others, SlotBooking(child_id, slot, booked_by)]
        self.raised.append(events.SlotBooked(child_id, self.setting_id, self.details.held_on))

    def _must_be_announced(self) -> None:
        if self.state is not EveningState.ANNOUNCED:
            raise wrong_state("parents' evening", self.state, EveningState.ANNOUNCED)
