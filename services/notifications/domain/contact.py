"""A person who may be told, and the setting's own name and number. Details live here alone."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.notifications.domain import events
from services.notifications.domain.errors import RuleBroken
from services.notifications.domain.quiet import QuietHours
from services.notifications.domain.values import Channel, Purpose


@dataclass
class ChildName:
    """The first name by which messages speak of a child."""

    child_id: str
    first_name: str


@dataclass
class Details:
    """How a person is reached, and about whom."""

    name: str
    email: str | None
    mobile: str | None
    language: str
    channels: list[Channel]
    """In order of preference."""
    children: list[ChildName]
    quiet_hours: QuietHours | None = None

    def must_make_sense(self) -> None:
        """Raises RuleBroken."""
        if self.quiet_hours:
            self.quiet_hours.must_make_sense()


@dataclass
class Contact:
    """How one setting reaches one person: a parent with children at two settings has two."""

    id: str
    person_id: str
    """The parent's or young person's, the same as in plans."""
    setting_id: str
    details: Details
    opted_out: list[Purpose] = field(default_factory=list)
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    def change(self, details: Details) -> None:
        """Keep the details right."""
        details.must_make_sense()
        self.details = details

    def opt_out(self, purpose: Purpose) -> None:
        """Want no more of one kind of message."""
        if purpose.essential:
            raise RuleBroken("essential", "Messages about decisions cannot be switched off.",
                             field="/purpose")  # fmt: skip
        if purpose not in self.opted_out:
            self.opted_out = [*self.opted_out, purpose]
            self.raised.append(events.ContactOptedOut(self.setting_id, purpose))

    def opt_in(self, purpose: Purpose) -> None:
        """Want them again."""
        self.opted_out = [known for known in self.opted_out if known is not purpose]

    def channel_after(
        self, given_up: Sequence[Channel], usable: Container[Channel]
    ) -> Channel | None:
        """The first channel of their wish that can be used and has not been given up."""
        reached_at = {Channel.EMAIL: self.details.email, Channel.SMS: self.details.mobile}
        for channel in self.details.channels:
            if channel in usable and channel not in given_up and reached_at[channel]:
                return channel
        return None

    def first_name_of(self, child_id: str) -> str | None:
        """The name by which this person is told about a child."""
        return next((c.first_name for c in self.details.children if c.child_id == child_id), None)


@dataclass
class SettingProfile:
    """What messages say of the setting: its name, and the number to ring."""

    id: str
    setting_id: str
    name: str
    phone: str
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    def change(self, name: str, phone: str) -> None:
        """Keep it right."""
        self.name, self.phone = name, phone
