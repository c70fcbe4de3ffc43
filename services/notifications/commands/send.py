"""Sending: claim first, read again what is true, hand over, write down what happened."""

import logging
import random
from contextlib import ExitStack
from datetime import datetime, timedelta
from operator import attrgetter

from prometheus_client import Counter, Histogram

from services.notifications.commands.breakdown import FAILED, break_down
from services.notifications.commands.compose import compose
from services.notifications.commands.decide import still_to_say
from services.notifications.commands.gather import take_along
from services.notifications.commands.outlets import Outlets
from services.notifications.commands.reach import must_take_texts, note_reach
from services.notifications.domain.contact import Contact
from services.notifications.domain.limits import next_morning
from services.notifications.domain.message import CLAIM_FOR, Message, Part
from services.notifications.domain.values import Channel, Entitlement, Failure, Suppressed
from services.notifications.providers.provider import SendingFailed
from services.notifications.store import NotificationsStore, last_resort
from services.notifications.store.volumes import Tally
from shared import clock, context
from shared.errors import Stale
from shared.store.database import patiently
from shared.store.each import each, must_be_its_own, without_words

log = logging.getLogger(__name__)

HANDED_OVER = Counter("sen_messages_handed_over_total", "Messages", ["channel", "purpose"])
HELD_BACK = Counter("sen_messages_held_back_total", "Put off until tomorrow by a daily limit")
PENCE = Counter("sen_message_cost_pence_total", "What texts cost", ["provider"])
SECONDS = Histogram(
    "sen_message_hand_over_seconds", "From the event, or the end of gathering, to the hand-over",
    buckets=(0.5, 1, 2, 5, 10, 30, 60, 300, 3600),
)  # fmt: skip

_LONGEST_BATCH = timedelta(seconds=30)
_LOOKED_AT = 10


def send_waiting(store: NotificationsStore, outlets: Outlets, limit: int = 20) -> int:
    """Send the messages that are due. Answers how many were dealt with."""
    began, sent, tally = clock.now(), 0, Tally()
    claimed = _claim(store, began, limit)
    try:
        with ExitStack() as opened:
            each("open provider", outlets.every(), opened.enter_context, name=attrgetter("name"))
            causes = store.messages.causes(message.id for message in claimed)
            for message in claimed:
                late = clock.now() - began > _LONGEST_BATCH
                try:
                    if late:  # its claim would run out under way: let go of what was not begun
                        _postpone(store, message, clock.now(), held=False)
                        continue
                    about = {"sen.message.id": message.id, "sen.message.purpose": message.purpose}
                    with context.following("send message", causes[message.id], about):
                        _send(store, outlets, tally, message)
                except Exception as problem:  # this message's own: its neighbours go out at once
                    break_down(store, message, problem)
                sent += 1
    finally:
        store.volumes.add(tally)
    if sent:
        _note_health(store, outlets)
    return sent


def _claim(store: NotificationsStore, now: datetime, limit: int) -> list[Message]:
    """Take some of what is due. Several senders look at the same list: each takes another part,
    and of what two have taken only one gets it."""
    waiting, people = [], set()
    for one in store.waiting_messages(now, limit * _LOOKED_AT):
        if one.gathers:  # the first for somebody takes the others along
            if one.whose in people:
                continue
            people.add(one.whose)
        waiting.append(one)
    if len(waiting) > limit:
        waiting = random.sample(waiting, limit)
    unreadable: list[str] = []
    claimed = store.messages.change_many(
        {one.id: one.version for one in waiting},
        lambda m: m.claim(clock.now()),
        unreadable=unreadable.append,
    )
    if unreadable:
        last_resort.put_off(store, unreadable)
    return claimed


def _send(store: NotificationsStore, outlets: Outlets, tally: Tally, message: Message) -> None:
    contact = store.contact_of(message.setting_id, message.person_id)
    said, reason = still_to_say(store, message, contact)
    if reason:
        _suppress(store, message, reason)
        return
    now = clock.now()
    if contact and contact.details.quiet_hours:
        until = contact.details.quiet_hours.over_at(now)
        if until > now:
            _postpone(store, message, until)
            return
    held = store.entitlement(message.child_id, message.person_id, message.purpose)
    if held is Entitlement.UNKNOWN:
        _fail(
            store, tally, message, SendingFailed(Failure.NO_LINK, "no event has linked them (yet)")
        )
        return
    if message.purpose.gathers and not message.attempts:
        if (until := message.gathers_until(outlets.gather_for)) > now:
            _postpone(store, message, until, held=False)
            return
        alone, message = message, take_along(store, message, contact)
        if message is not alone:
            said, _ = still_to_say(store, message, contact)
    channel = _channel(outlets, message, contact)
    if contact is None or channel is None:
        _fail(store, tally, message, SendingFailed(Failure.NO_CONTACT, "no details are recorded"))
        return
    to = contact.details.reached_at(channel)
    if outlets.allowed is not None and to not in outlets.allowed:
        _suppress(store, message, Suppressed.NOT_ALLOWED)
        return
    _within_limits(store, outlets, tally, message, contact, channel, said)


def _within_limits(
    store: NotificationsStore, outlets: Outlets, tally: Tally, message: Message,
    contact: Contact, channel: Channel, said: list[Part],
) -> None:  # fmt: skip
    """A text that is too many goes as an email; what is too much for a day goes on the next."""
    names = outlets.limits.names(channel, message.setting_id, message.person_id)
    if not store.volumes.take_turn(names):
        other = _channel(outlets, message, contact, channel)
        names = outlets.limits.names(other, message.setting_id, message.person_id) if other else []
        if other is None or not store.volumes.take_turn(names):
            HELD_BACK.inc()
            log.warning("daily limit reached", extra={"message_id": message.id})
            _postpone(store, message, next_morning(clock.now()))
            return
        channel = other
    if not _hand_over(store, outlets, tally, message, contact, channel, said):
        store.volumes.give_back(names)


def _hand_over(
    store: NotificationsStore, outlets: Outlets, tally: Tally, message: Message,
    contact: Contact, channel: Channel, said: list[Part],
) -> bool:  # fmt: skip
    try:
        must_take_texts(contact, channel)
        # A missing value is an error, never a blank.
        made, version, parts = compose(store, outlets, message, contact, channel, said)
        provider = outlets.of(message.setting_id)[channel].send(made, message.unsure)
    except SendingFailed as problem:
        _fail(store, tally, message, problem, channel, _channel(outlets, message, contact, channel))
        note_reach(store, contact, channel, problem)
        return False
    except Exception as problem:
        other = _channel(outlets, message, contact, channel)
        break_down(store, message, problem, channel, other)
        return False
    _note_sent(store, outlets, tally, message, version, channel, provider, parts)
    return True


def _channel(
    outlets: Outlets, message: Message, contact: Contact | None, *but: Channel
) -> Channel | None:  # fmt: skip
    """The channel whose turn it is; `but` are left out."""
    usable = outlets.of(message.setting_id)
    return contact.channel_after([*message.given_up, *but], usable) if contact else None


def _note_sent(
    store: NotificationsStore, outlets: Outlets, tally: Tally, message: Message,
    template_version: int, channel: Channel, provider: str, parts: int,
) -> None:  # fmt: skip
    """It is out: a database that is away for a while must not lead to a second email."""
    at = clock.now()
    try:
        patiently(
            lambda: store.messages.change(
                message.id, lambda m: m.hand_over(at, template_version, channel, provider),
                expected=message.version,
            ),
            seconds=CLAIM_FOR.total_seconds() * 0.5,
        )  # fmt: skip
    except Stale:  # noted before, by a write whose answer was lost
        log.info("message noted already", extra={"message_id": message.id})
        return
    except Exception as problem:
        must_be_its_own(problem)
        why = without_words(problem)
        log.error("message cannot be noted", extra={"message_id": message.id}, exc_info=why)
        last_resort.note_sent(store, message.id, at)
    seconds, pence = message.seconds_taken(at, outlets.gather_for), parts * outlets.pence_per_part
    HANDED_OVER.labels(channel, message.purpose).inc()
    PENCE.labels(provider).inc(pence)
    if seconds is not None:
        SECONDS.observe(seconds)
    tally.handed_over(channel, provider, parts=parts, pence=pence, seconds=seconds)


def _suppress(store: NotificationsStore, message: Message, reason: Suppressed) -> None:
    store.messages.change(message.id, lambda m: m.suppress(reason), expected=message.version)


def _postpone(
    store: NotificationsStore, message: Message, until: datetime, *, held: bool = True
) -> None:
    store.messages.change(
        message.id, lambda m: m.postpone(until, held=held), expected=message.version
    )


def _fail(
    store: NotificationsStore, tally: Tally, message: Message, problem: SendingFailed,
    channel: Channel | None = None, other: Channel | None = None,
) -> None:  # fmt: skip
    FAILED.labels(problem.failure).inc()
    log.warning(
        "message not sent", extra={"message_id": message.id, "failure": problem.failure.value}
    )
    store.messages.change(
        message.id,
        lambda m: m.fail(problem.failure, problem.reason, clock.now(), channel, other,
                         provider=problem.provider, wait=problem.wait),
        expected=message.version,
    )  # fmt: skip
    if channel and problem.provider:
        tally.failed(channel, problem.provider)


def _note_health(store: NotificationsStore, outlets: Outlets) -> None:
    each(
        "note health",
        (health for several in outlets.every() for health in several.health()),
        lambda health: store.volumes.note_health(
            health.provider, has_turn=health.has_turn, failures=health.failures
        ),
        name=lambda health: health.provider,
    )
