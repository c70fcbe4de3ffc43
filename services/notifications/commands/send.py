"""Sending: claim first, read again what is true, hand over, write down what happened."""

import base64
import hmac
import logging
from collections.abc import Container, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from jinja2 import TemplateError
from prometheus_client import Counter, Histogram

from services.notifications.domain.contact import Contact
from services.notifications.domain.errors import RuleBroken
from services.notifications.domain.message import CLAIM_FOR, Message
from services.notifications.domain.values import (
    Channel,
    Entitlement,
    Failure,
    Purpose,
    Suppressed,
)
from services.notifications.providers.provider import (
    Email,
    Provider,
    SendingFailed,
    TextMessage,
)
from services.notifications.rendering import LinkMaker, render, render_text
from services.notifications.store import NotificationsStore
from shared import clock
from shared.errors import Stale
from shared.store.database import patiently

log = logging.getLogger(__name__)

HANDED_OVER = Counter("sen_messages_handed_over_total", "Messages", ["channel", "purpose"])
FAILED = Counter("sen_message_attempts_failed_total", "Attempts", ["failure"])
SECONDS = Histogram(
    "sen_message_hand_over_seconds", "From the message's making to its hand-over",
    buckets=(0.5, 1, 2, 5, 10, 30, 60, 300, 3600),
)  # fmt: skip

_CODE_LENGTH = 12


@dataclass(frozen=True)
class Outlets:
    """Through what messages go out: providers by channel, and what makes their links.

    `short_days` is for how many days a short address in a text leads on.
    """

    providers: Mapping[Channel, Provider[Any]]
    links: LinkMaker
    key: str
    short_days: int = 90
    allowed: Container[str] | None = None
    """Where set, nobody else is sent anything: addresses and numbers, as contacts keep them."""


def send_waiting(store: NotificationsStore, outlets: Outlets, limit: int = 50) -> int:
    """Send the messages that are due. Answers how many were dealt with."""
    sent = 0
    with ExitStack() as opened:
        for provider in outlets.providers.values():
            opened.enter_context(provider)
        for message in store.messages_to_send(clock.now(), limit):
            try:
                claimed = store.messages.change(
                    message.id, lambda m: m.claim(clock.now()), expected=message.version
                )
            except (Stale, RuleBroken):  # another sender has it
                continue
            _send(store, outlets, claimed)
            sent += 1
    return sent


def _send(store: NotificationsStore, outlets: Outlets, message: Message) -> None:
    contact = store.contact_of(message.setting_id, message.person_id)
    entitled = store.entitlement(message.child_id, message.person_id)
    if reason := _why_not(store, message, contact, entitled):
        store.messages.change(message.id, lambda m: m.suppress(reason), expected=message.version)
        return
    if contact and contact.details.quiet_hours:
        until = contact.details.quiet_hours.over_at(clock.now())
        if until > clock.now():
            store.messages.change(message.id, lambda m: m.postpone(until), expected=message.version)
            return
    if entitled is Entitlement.UNKNOWN:
        _fail(store, message, Failure.NO_LINK, "no event has linked this person (yet)")
        return
    channel = contact.channel_after(message.given_up, outlets.providers) if contact else None
    if contact is None or channel is None:
        _fail(store, message, Failure.NO_CONTACT, "no details are recorded")
        return
    _hand_over(store, outlets, message, contact, channel)


def _hand_over(
    store: NotificationsStore, outlets: Outlets, message: Message, contact: Contact,
    channel: Channel,
) -> None:  # fmt: skip
    other = contact.channel_after([*message.given_up, channel], outlets.providers)
    to = contact.details.email if channel is Channel.EMAIL else contact.details.mobile
    if outlets.allowed is not None and to not in outlets.allowed:
        reason = Suppressed.NOT_ALLOWED
        store.messages.change(message.id, lambda m: m.suppress(reason), expected=message.version)
        return
    try:
        made, version = _made(store, outlets, message, contact, channel)
    except TemplateError as problem:  # a missing value is an error, never a blank
        _fail(store, message, Failure.RETRYABLE, f"template: {type(problem).__name__}", channel)
        return
    try:
        outlets.providers[channel].send(made)
    except SendingFailed as problem:
        _fail(store, message, problem.failure, problem.reason, channel, other)
        return
    _note_sent(store, message, version, channel)


def _made(
    store: NotificationsStore, outlets: Outlets, message: Message, contact: Contact,
    channel: Channel,
) -> tuple[Email | TextMessage, int]:  # fmt: skip
    """What is handed over, and the version of its template. The id is the same for every try: a
    repeat after a crash can be told from a second message."""
    profile, again = store.profile(message.setting_id), message.claims > 1
    if channel is Channel.SMS:
        text = render_text(
            message, contact, profile, outlets.links, partial(_shorten, store, outlets, message)
        )
        number = str(contact.details.mobile)
        return TextMessage(message.id, number, text.text, again), text.template_version
    email = render(message, contact, profile, outlets.links)
    made = Email(
        message_id=message.id, to=str(contact.details.email), subject=email.subject,
        text=email.text, html=email.html, headers=email.headers, again=again,
    )  # fmt: skip
    return made, email.template_version


def _shorten(store: NotificationsStore, outlets: Outlets, message: Message, url: str) -> str:
    """A short address that leads to a long one; the same each time for the same message."""
    said = f"{message.id}/{url.rpartition('/')[0]}".encode()
    digest = hmac.new(outlets.key.encode(), said, "sha256").digest()
    code = base64.b32encode(digest).decode()[:_CODE_LENGTH].lower()
    store.keep_short_link(code, url, outlets.short_days)
    return f"{outlets.links.public_urls['notifications']}/l/{code}"


def _note_sent(
    store: NotificationsStore, message: Message, template_version: int, channel: Channel
) -> None:
    """It is out: a database that is away for a while must not lead to a second email."""
    try:
        patiently(
            lambda: store.messages.change(
                message.id, lambda m: m.hand_over(clock.now(), template_version, channel),
                expected=message.version,
            ),
            seconds=CLAIM_FOR.total_seconds() * 0.75,
        )  # fmt: skip
        HANDED_OVER.labels(channel, message.purpose).inc()
        # A message that waited for its person or their quiet hours says nothing of our speed.
        if message.claims == 1 and not message.attempts:
            SECONDS.observe((clock.now() - message.created_on).total_seconds())
    except Stale:  # noted before, by a write whose answer was lost
        log.info("message noted already", extra={"message_id": message.id})


def _why_not(
    store: NotificationsStore, message: Message, contact: Contact | None, entitled: Entitlement
) -> Suppressed | None:
    """Why it is not to be sent any more: read at the moment of sending."""
    if message.expires_on and clock.today() > message.expires_on:
        return Suppressed.STALE
    if entitled is Entitlement.ENDED:
        return Suppressed.NOT_ENTITLED
    if contact and message.purpose in contact.opted_out:
        return Suppressed.OPTED_OUT
    return Suppressed.STALE if _no_longer_true(store, message) else None


def _no_longer_true(store: NotificationsStore, message: Message) -> bool:
    """A reminder of a review that was moved, held or cancelled meanwhile."""
    if message.purpose is not Purpose.REVIEW_COMING or message.about.day is None:
        return False
    query = {"plan_id": message.about.subject_id, "open": True,
             "due_on": message.about.day.isoformat()}  # fmt: skip
    return store.known_reviews.count_documents(query, limit=1) == 0


def _fail(
    store: NotificationsStore, message: Message, failure: Failure, reason: str,
    channel: Channel | None = None, other: Channel | None = None,
) -> None:  # fmt: skip
    FAILED.labels(failure).inc()
    log.warning("message not sent", extra={"message_id": message.id, "failure": failure.value})
    store.messages.change(
        message.id, lambda m: m.fail(failure, reason, clock.now(), channel, other),
        expected=message.version,
    )  # fmt: skip
