"""A setting: a nursery, school or college, and its staff."""

from dataclasses import dataclass, field
from typing import Any

from services.plans.domain import events
from services.plans.domain.errors import RuleBroken
from services.plans.domain.values import SettingKind, StaffRole

_STAFF_MOST = 1000


@dataclass
class Staff:
    """Somebody who works there."""

    person_id: str
    name: str
    role: StaffRole


@dataclass
class Setting:
    """An education provider of the mainstream [B]."""

    id: str
    setting_id: str
    name: str
    kind: SettingKind
    staff: list[Staff] = field(default_factory=list)
    maintained_nursery: bool = False
    """A nursery that is a maintained nursery school may request an EHC needs assessment; any other
    brings a child to the council's attention [CFA 2014 s.36; CoP 9.9]."""
    described: bool = False
    """Whether an event has said what it is: those of before are described once, by the calendar."""
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    @classmethod
    def register(cls, **details: Any) -> "Setting":
        """A setting new to this system. Raises RuleBroken."""
        setting = cls(**details)
        setting.describe_as(setting.kind, setting.maintained_nursery)
        return setting

    def describe_as(self, kind: SettingKind, maintained_nursery: bool) -> None:
        """Say what it is. Raises RuleBroken."""
        if maintained_nursery and kind is not SettingKind.EARLY_YEARS:
            raise RuleBroken(
                "no-nursery",
                "Only an early years setting can be a maintained nursery school.",
                field="/maintained_nursery",
            )
        self.kind, self.maintained_nursery, self.described = kind, maintained_nursery, True
        self.raised.append(events.SettingDescribed(self.id, kind, maintained_nursery))

    def correct(self, name: str, kind: SettingKind, maintained_nursery: bool) -> None:
        """Correct what is recorded of it. Raises RuleBroken."""
        self.describe_as(kind, maintained_nursery)
        self.name = name

    def describe_once(self) -> None:
        """Say what it is, where nothing has said so yet."""
        if not self.described:
            self.describe_as(self.kind, self.maintained_nursery)

    def add_staff(self, staff: Staff) -> None:
        """Add somebody, or correct what is known of them."""
        others = [known for known in self.staff if known.person_id != staff.person_id]
        if len(others) >= _STAFF_MOST:
            raise RuleBroken("too-many", f"A setting has at most {_STAFF_MOST} staff here.")
        self.staff = [*others, staff]

    def remove_staff(self, person_id: str) -> None:
        """Take somebody off the list."""
        self.member(person_id)
        self.staff = [known for known in self.staff if known.person_id != person_id]

    def staff_ids(self) -> frozenset[str]:
        """Who works there."""
        return frozenset(known.person_id for known in self.staff)

    def member(self, person_id: str, field_name: str | None = None) -> Staff:
        """The member of staff. Raises RuleBroken where there is none."""
        for known in self.staff:
            if known.person_id == person_id:
                return known
        raise RuleBroken("not-staff", "Nobody of that id is on the setting's staff.",
                         field=field_name)  # fmt: skip
