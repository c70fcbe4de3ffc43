"""A person who may be told, and the setting's own name and number. Details live here alone."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from services.notifications.domain import events
from services.notifications.domain.errors import Faults, RuleBroken
from services.notifications.domain.quiet import QuietHours
from services.notifications.domain.values import Channel, Language, Purpose


@dataclass
class ChildName:
    """The first name by which messages speak of a child."""

    child_id: str
    first_name: str
    named_at: datetime | None = None
    """When somebody last said that this is the name: a later correction is to be looked at."""


@dataclass
class Details:
    """How a person is reached, and about whom."""

    name: str
    email: str | None
    mobile: str | None
    language: Language
    channels: list[Channel]
    """In order of preference."""
    children: list[ChildName]
    quiet_hours: QuietHours | None = None

    def must_make_sense(self) -> None:
        """Raises RuleBroken."""
        if self.quiet_hours:
            self.quiet_hours.must_make_sense()

    def reached_at(self, channel: Channel) -> str | None:
        """The address or number for a channel."""
        return self.email if channel is Channel.EMAIL else self.mobile


@dataclass
class Failing:
    """A channel on which this person cannot be reached: what is recorded may be wrong."""

    channel: Channel
    since: datetime
    reason: str


@dataclass
class Wishes:
    """What a person chooses for themselves: how, when and in which language they are told."""

    channels: list[Channel]
    language: Language
    quiet_hours: QuietHours | None = None


@dataclass
class Contact:
    """How one setting reaches one person: a parent with children at two settings has two."""

    id: str
    person_id: str
    """The parent's or young person's, the same as in plans."""
    setting_id: str
    details: Details
    opted_out: list[Purpose] = field(default_factory=list)
    failing: list[Failing] = field(default_factory=list)
    named_at: datetime | None = None
    """The same for the person's own name."""
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    def change(self, details: Details, at: datetime) -> None:
        """Keep the details right. A name that stays as it was was not looked at: who changes a
        number says nothing of it."""
        details.must_make_sense()
        known = {one.child_id: one for one in self.details.children}
        for child in details.children:
            before = known.get(child.child_id)
            same = before is not None and before.first_name == child.first_name
            child.named_at = before.named_at if same and before else at
        if details.name != self.details.name:
            self.named_at = at
        # What has been put right is given a chance.
        self.failing = [
            known for known in self.failing
            if details.reached_at(known.channel) == self.details.reached_at(known.channel)
        ]  # fmt: skip
        self.details = details

    def name_child(
        self, child_id: str, first_name: str, at: datetime, own_name: str | None = None
    ) -> None:
        """Say by which first name this person is told about a child, the same again too; and how
        they are called themselves, where they are the child. Raises RuleBroken."""
        named = [one for one in self.details.children if one.child_id == child_id]
        if not named and child_id != self.person_id:
            said = "This person is not told about that child."
            raise RuleBroken("unknown-child", said, field="/child_id")
        for child in named:
            child.first_name, child.named_at = first_name, at
        if child_id == self.person_id:
            self.named_at = at
            self.details.name = own_name or self.details.name

    def wish(self, wishes: Wishes) -> None:
        """Their own choice. Raises RuleBroken."""
        changed = replace(
            self.details, channels=wishes.channels, language=wishes.language,
            quiet_hours=wishes.quiet_hours,
        )  # fmt: skip
        faults = Faults()
        with faults.gathered():
            changed.must_make_sense()
        if not any(changed.reached_at(channel) for channel in wishes.channels):
            faults.add(
                "unreachable",
                "Choose one way at least by which we can reach you.",
                field="/channels",
            )
        faults.refuse()
        self.details = changed

    def note_failing(self, channel: Channel, reason: str, at: datetime) -> None:
        """What was sent there came back for good: the setting sees that it may be wrong."""
        if all(known.channel is not channel for known in self.failing):
            self.failing = [*self.failing, Failing(channel, at, reason)]
            self.raised.append(events.ContactFailing(self.setting_id, self.person_id, channel))

    def note_working(self, channel: Channel) -> None:
        """Something has arrived there."""
        self.failing = [known for known in self.failing if known.channel is not channel]

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

    def note_reply(self, reply_id: str) -> None:
        """They have texted something that a person has to read."""
        self.raised.append(events.ReplyReceived(self.setting_id, self.person_id, reply_id))

    def note_reply_read(self, reply_id: str) -> None:
        """Somebody of the setting has read it."""
        self.raised.append(events.ReplyRead(self.setting_id, self.person_id, reply_id))

    def channel_after(
        self, given_up: Sequence[Channel], usable: Container[Channel]
    ) -> Channel | None:
        """The first channel of their wish that can be used and has not been given up.

        One that is known to fail comes after those that are not.
        """
        failing = {known.channel for known in self.failing}
        for channel in sorted(self.details.channels, key=lambda one: one in failing):
            if (
                channel in usable
                and channel not in given_up
                and self.details.reached_at(channel)
            ):  # fmt: skip
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
    sencos: list[str] = field(default_factory=list)
    """Who hears daily what is due, and whom nobody could reach: people with a contact here."""
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    def change(self, name: str, phone: str, sencos: list[str]) -> None:
        """Keep it right."""
        self.name, self.phone, self.sencos = name, phone, sencos
