"""One message to one person for one purpose: claimed, handed over, or why not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from services.notifications.domain import events
from services.notifications.domain.errors import wrong_state
from services.notifications.domain.values import (
    Channel,
    Failure,
    MessageState,
    Purpose,
    Suppressed,
)

CLAIM_FOR = timedelta(minutes=2)
"""A sender that has not spoken for this long is gone; its messages are claimed again."""

# The first retry at once, then growing delays, about 4 hours in all (as GOV.UK Notify's).
RETRY_AFTER = tuple(timedelta(seconds=s) for s in (0, 30, 120, 300, 600, 1200, 1800, 3600, 7200))
_WAIT_LEAST, _WAIT_MOST = timedelta(seconds=5), timedelta(hours=1)
_GIVE_UP_WAITING = timedelta(days=7)
_WAIT_ALONE = timedelta(days=1)
"""What is ours to mend and has not been by then: the next channel has its turn, or a person is told
while it goes on being tried."""
# What came back by a fault of ours: the longer, the likelier it is mended; then a person is told.
_AFTER_BOUNCE = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=24))
_ASK_AFTER = timedelta(seconds=30)
"""A provider that gave no answer may not know itself yet."""
_SETTLED = (MessageState.DELIVERED, MessageState.PERMANENT_FAILURE,
            MessageState.TECHNICAL_FAILURE, MessageState.SUPPRESSED,
            MessageState.GATHERED)  # fmt: skip
ANY_PROVIDER = "*"
_NEVER_CAME = {
    Failure.NO_CONTACT: Suppressed.NO_CONTACT,
    Failure.NO_LINK: Suppressed.NOT_ENTITLED,
}


@dataclass
class About:
    """What a message speaks of, in ids and dates: the words are the template's.

    `child_id` is None where it speaks of no child: of a seat that its person has booked.
    """

    child_id: str | None
    link: str | None = None
    """The purpose of the signed link that it carries."""
    subject_id: str | None = None
    """What that link opens."""
    day: date | None = None
    outcome: str | None = None
    """A decision, as its event's code says it."""
    thing_id: str | None = None
    """What it tells of, where that is not what the link opens: whether it still holds is seen by
    it. Messages of before do not say."""


@dataclass
class Attempt:
    """One try to hand it over."""

    at: datetime
    failure: Failure | None = None
    reason: str | None = None
    channel: Channel = Channel.EMAIL
    provider: str | None = None


@dataclass
class Part:
    """Another message that goes out as part of this one."""

    message_id: str
    purpose: Purpose
    about: About
    expires_on: date | None = None
    expires_at: datetime | None = None


@dataclass
class Message:
    """The id comes from event, person and purpose: made twice it meets itself."""

    id: str
    person_id: str
    child_id: str | None
    setting_id: str
    purpose: Purpose
    about: About
    created_on: datetime
    next_try: datetime
    expires_on: date | None = None
    """After this day it would be stale: a reminder of what is past."""
    expires_at: datetime | None = None
    """From this moment on it would be stale: what it speaks of has begun, or is over."""
    state: MessageState = MessageState.CREATED
    channel: Channel = Channel.EMAIL
    given_up: list[Channel] = field(default_factory=list)
    """Channels on which it failed for good."""
    template_version: int | None = None
    suppressed: Suppressed | None = None
    attempts: list[Attempt] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    """Providers that may have taken it, their answer lost; `*` for any, where a sender died."""
    parts: list[Part] = field(default_factory=list)
    """What goes out with it."""
    gathered_in: str | None = None
    """The message that it goes out with."""
    caused_at: datetime | None = None
    """When what it tells of came about."""
    held: bool = False
    """It waited for its person's quiet hours, or another day: that says nothing of our speed."""
    senco_told: bool = False
    """Somebody was asked to call or write while it went on waiting."""
    sent_at: datetime | None = None
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    def can_be_claimed(self, at: datetime) -> bool:
        """Whether it waits to be sent, or whoever took it has not spoken for long."""
        waiting = self.state in (
            MessageState.CREATED, MessageState.POSTPONED, MessageState.TEMPORARY_FAILURE
        )  # fmt: skip
        return waiting or self._is_abandoned(at)

    def _is_abandoned(self, at: datetime) -> bool:
        return self.state is MessageState.SENDING and self.next_try <= at

    def claim(self, at: datetime) -> None:
        """Take it for sending, before anything is sent."""
        if not self.can_be_claimed(at):
            raise wrong_state("message", self.state, "waiting to be sent")
        if self._is_abandoned(at):  # whoever had it may have handed it over
            self.unsure = [ANY_PROVIDER]
        self.state, self.next_try = MessageState.SENDING, at + CLAIM_FOR

    def hand_over(
        self, at: datetime, template_version: int, channel: Channel, provider: str
    ) -> None:
        """A provider of that channel has taken it."""
        self._must_be_sending()
        self.channel = channel
        self.attempts = [*self.attempts, Attempt(at, channel=channel, provider=provider)]
        self.state, self.sent_at, self.template_version = MessageState.SENT, at, template_version
        self._tell(events.MessageSent)

    def own_part(self) -> Part:
        """What it says itself."""
        return Part(self.id, self.purpose, self.about, self.expires_on, self.expires_at)

    def all_parts(self) -> list[Part]:
        """Everything it says."""
        return [self.own_part(), *self.parts]

    def gathers_until(self, gather_for: timedelta) -> datetime:
        """Until when it waits for others to go out with; when it was made, where it does not."""
        return self.created_on + (gather_for if self.purpose.gathers else timedelta())

    def seconds_taken(self, at: datetime, gather_for: timedelta) -> float | None:
        """How long its way took by `at`, less what it was to wait; None where that tells nothing:
        it was held, or tried before."""
        if self.held or self.attempts:
            return None
        since = self.caused_at or self.created_on
        if self.purpose.gathers:
            since = max(since, self.gathers_until(gather_for))
        return max(0.0, (at - since).total_seconds())

    def postpone(self, until: datetime, *, held: bool = True) -> None:
        """Not now. It has not been tried."""
        self._must_be_sending()
        self.held = self.held or held
        self.state, self.next_try = MessageState.POSTPONED, until

    def gather(self, others: Sequence["Message"]) -> None:
        """Take the others along: they go out as one."""
        self._must_be_sending()
        known = {part.message_id for part in self.parts}
        self.parts = [*self.parts, *(
            other.own_part() for other in others if other.id not in known
        )]  # fmt: skip

    def go_with(self, leader_id: str) -> None:
        """Go out as part of another message."""
        waits = self.state in (MessageState.CREATED, MessageState.POSTPONED)
        if not waits or self.attempts or self.unsure:
            raise wrong_state("message", self.state, "waiting")
        self.state, self.gathered_in = MessageState.GATHERED, leader_id

    def part_company(self, reason: str, at: datetime) -> None:
        """What goes out together cannot be said together: from now on each goes alone."""
        self._must_be_sending()
        self.parts = []
        self._try_alone(reason, at)

    def go_alone(self, reason: str, at: datetime) -> None:
        """Its leader could not say it: its own turn comes now."""
        if self.state is MessageState.GATHERED:
            self.gathered_in = None
            self._try_alone(reason, at)

    def _try_alone(self, reason: str, at: datetime) -> None:
        # With a try behind it, it gathers no others and goes with none.
        self.attempts = [*self.attempts, Attempt(at, Failure.RETRYABLE, reason, self.channel)]
        self.state, self.next_try = MessageState.TEMPORARY_FAILURE, at

    def suppress(self, reason: Suppressed) -> None:
        """It is not to be sent (any more)."""
        self._must_be_sending()
        self.state, self.suppressed = MessageState.SUPPRESSED, reason

    def fail(
        self, failure: Failure, reason: str, at: datetime, channel: Channel | None = None,
        other: Channel | None = None, *, provider: str | None = None,
        wait: timedelta = timedelta(),
    ) -> None:  # fmt: skip
        """The attempt on `channel` failed: to be tried again (after `wait` at least, which the
        provider asked for), on the `other` channel where this one is at its end, or for good."""
        self._must_be_sending()
        self.channel = channel or self.channel
        tries = sum(1 for tried in self.attempts if tried.channel is self.channel)
        self.attempts = [*self.attempts, Attempt(at, failure, reason, self.channel, provider)]
        self.unsure = [provider or ANY_PROVIDER] if failure is Failure.AMBIGUOUS else []
        if failure in _NEVER_CAME or failure is Failure.MISCONFIGURED:
            self._wait(failure, at, other)
        elif failure is Failure.PERMANENT:
            self._give_up(MessageState.PERMANENT_FAILURE, other, at)
        elif tries >= len(RETRY_AFTER):
            self._give_up(MessageState.TECHNICAL_FAILURE, other, at)
        else:
            self.state = MessageState.TEMPORARY_FAILURE
            least = _ASK_AFTER if failure is Failure.AMBIGUOUS else timedelta()
            self.next_try = at + max(RETRY_AFTER[tries], wait, least)

    def break_down(
        self,
        reason: str,
        at: datetime,
        channel: Channel | None = None,
        other: Channel | None = None,
        *,
        provider: str | None = None,
    ) -> None:
        """An error of ours on `channel`: it would come again, so this channel is at its end, and
        the `other` has its turn; without one it has failed for good, and somebody rings or writes.
        """
        self._must_be_sending()
        self.channel = channel or self.channel
        # Stored as what is ours to mend: earlier releases read these documents too.
        failed = Attempt(at, Failure.MISCONFIGURED, reason, self.channel, provider)
        self.attempts = [*self.attempts, failed]
        self.unsure = []
        self._give_up(MessageState.TECHNICAL_FAILURE, other, at)

    def receive(
        self, channel: Channel, *, delivered: bool, reason: str, at: datetime,
        other: Channel | None, ours: bool = False,
    ) -> None:  # fmt: skip
        """What the channel reports: it arrived, or did not. States move only forward: what is
        settled stays, whatever is reported once more, or late, or of another channel.

        Where it came back by what is `ours` to mend, and no other channel is left, it is sent again
        some hours later, a few times.
        A report may come before the sender's own note: then the channel has taken it.
        """
        if self.state in _SETTLED or channel is not self.channel:
            return
        self.sent_at = self.sent_at or at
        if delivered:
            self.state = MessageState.DELIVERED
            self._tell(events.MessageDelivered)
        else:
            failure = Failure.MISCONFIGURED if ours else Failure.PERMANENT
            self.attempts = [*self.attempts, Attempt(at, failure, reason, channel)]
            came_back = sum(1 for tried in self.attempts if tried.failure is failure)
            if ours and other is None and came_back <= len(_AFTER_BOUNCE):
                self.state = MessageState.TEMPORARY_FAILURE
                self.next_try = at + _AFTER_BOUNCE[came_back - 1]
            else:
                self._give_up(MessageState.PERMANENT_FAILURE, other, at)

    def _give_up(self, state: MessageState, other: Channel | None, at: datetime) -> None:
        # The next channel's turn; when all have failed, somebody has to ring or write.
        self.given_up = [*self.given_up, self.channel]
        if other is not None:
            self.state, self.next_try = MessageState.TEMPORARY_FAILURE, at
            return
        self.state = state
        self._fail_for_good()

    def _wait(self, missing: Failure, at: datetime, other: Channel | None) -> None:
        # What is owed to a family is not dropped because the SENCO has not typed an address yet,
        # or an event is on its way. The longer it has waited, the longer until the next look.
        self.attempts = self.attempts[-3:]
        waited = at - self.created_on
        ours = missing is Failure.MISCONFIGURED
        if ours and other is not None and waited > _WAIT_ALONE:
            self._give_up(MessageState.TECHNICAL_FAILURE, other, at)
            return
        if ours and waited > _WAIT_ALONE and not self.senco_told:
            self._ask_for_help()
        if waited > _GIVE_UP_WAITING:
            self.suppressed = _NEVER_CAME.get(missing)
            self.state = (
                MessageState.SUPPRESSED if self.suppressed else MessageState.TECHNICAL_FAILURE
            )
            self._fail_for_good()
        else:
            self.state = MessageState.TEMPORARY_FAILURE
            self.next_try = at + max(_WAIT_LEAST, min(_WAIT_MOST, waited))

    def _fail_for_good(self) -> None:
        self._tell(events.MessageFailed)
        if not self.senco_told:
            self._ask_for_help()

    def _ask_for_help(self) -> None:
        self.senco_told = True
        for purpose in (self.purpose, *(part.purpose for part in self.parts)):
            if not purpose.for_staff:  # or the SENCO would be told that the SENCO is not reached
                self.raised.append(events.ManualContactNeeded(
                    self.person_id, self.setting_id, self.child_id, purpose
                ))  # fmt: skip

    def _must_be_sending(self) -> None:
        if self.state is not MessageState.SENDING:
            raise wrong_state("message", self.state, MessageState.SENDING)

    def _tell(self, event: type) -> None:
        self.raised.append(
            event(self.person_id, self.setting_id, self.purpose, self.channel, self.state)
        )
