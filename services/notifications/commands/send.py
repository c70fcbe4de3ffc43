"""Sending: claim first, read again what is true, hand over, write down what happened."""

import logging

from jinja2 import TemplateError

from services.notifications.domain.contact import Contact
from services.notifications.domain.errors import RuleBroken
from services.notifications.domain.message import CLAIM_FOR, Message
from services.notifications.domain.values import Entitlement, Failure, Purpose, Suppressed
from services.notifications.providers.provider import Email, Provider, SendingFailed
from services.notifications.rendering import LinkMaker, render
from services.notifications.store import NotificationsStore
from shared import clock
from shared.errors import Stale
from shared.store.database import patiently

log = logging.getLogger(__name__)


def send_waiting(
    store: NotificationsStore, provider: Provider, links: LinkMaker, limit: int = 50
) -> int:
    """Send the messages that are due. Answers how many were dealt with."""
    sent = 0
    with provider:
        for message in store.messages_to_send(clock.now(), limit):
            try:
                claimed = store.messages.change(
                    message.id, lambda m: m.claim(clock.now()), expected=message.version
                )
            except (Stale, RuleBroken):  # another sender has it
                continue
            _send(store, provider, links, claimed)
            sent += 1
    return sent


def _send(
    store: NotificationsStore, provider: Provider, links: LinkMaker, message: Message
) -> None:
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
    if contact is None or not contact.details.email:
        _fail(store, message, Failure.NO_CONTACT, "no details are recorded")
        return
    try:
        rendered = render(message, contact, store.profile(message.setting_id), links)
    except TemplateError as problem:  # a missing value is an error, never a blank
        _fail(store, message, Failure.RETRYABLE, f"template: {type(problem).__name__}")
        return
    try:
        provider.send(
            Email(
                # The same for every try: a repeat after a crash can be told from a second message.
                message_id=message.id,
                to=contact.details.email,
                subject=rendered.subject,
                text=rendered.text,
                html=rendered.html,
                headers=rendered.headers,
                again=message.claims > 1,
            )
        )
    except SendingFailed as problem:
        _fail(store, message, problem.failure, problem.reason)
        return
    _note_sent(store, message, rendered.template_version)


def _note_sent(store: NotificationsStore, message: Message, template_version: int) -> None:
    """It is out: a database that is away for a while must not lead to a second email."""
    try:
        patiently(
            lambda: store.messages.change(
                message.id, lambda m: m.hand_over(clock.now(), template_version),
                expected=message.version,
            ),
            seconds=CLAIM_FOR.total_seconds() * 0.75,
        )  # fmt: skip
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


def _fail(store: NotificationsStore, message: Message, failure: Failure, reason: str) -> None:
    log.warning("message not sent", extra={"message_id": message.id, "failure": failure.value})
    store.messages.change(
        message.id, lambda m: m.fail(failure, reason, clock.now()), expected=message.version
    )
