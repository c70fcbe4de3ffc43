"""A setting: a nursery, school or college, and its staff."""

from dataclasses import dataclass, field
from typing import Any

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
    version: int = 0
    raised: list[Any] = field(default_factory=list)

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
