"""Making what is handed over: an email, or a text with short links."""

import base64
import hmac
from functools import partial

from services.notifications.commands.outlets import Outlets
from services.notifications.domain.contact import Contact
from services.notifications.domain.due import in_lines
from services.notifications.domain.message import Message, Part
from services.notifications.domain.text_message import parts
from services.notifications.domain.values import Channel, Purpose
from services.notifications.providers.provider import Email, TextMessage
from services.notifications.rendering.messages import Speaker
from services.notifications.store import NotificationsStore
from shared import clock

_CODE_LENGTH = 12


def speaker(
    store: NotificationsStore, outlets: Outlets, message: Message, contact: Contact
) -> Speaker:
    """Who speaks to whom. English where the person's language is not in use here."""
    lines = []
    if message.purpose is Purpose.SENCO_DIGEST:
        lines = in_lines(store.due.counts(message.setting_id, clock.today()))
    return Speaker(
        contact, store.profile(message.setting_id), outlets.links,
        contact.details.language.among(outlets.languages), lines,
    )  # fmt: skip


def compose(
    store: NotificationsStore, outlets: Outlets, message: Message, contact: Contact,
    channel: Channel, said: list[Part],
) -> tuple[Email | TextMessage, int, int]:  # fmt: skip
    """What is handed over, the version of its template, and in how many parts a text goes.

    The id is the same for every try: a repeat after a crash can be told from a second message.
    Raises jinja2.TemplateError.
    """
    speaks = speaker(store, outlets, message, contact)
    if channel is Channel.SMS:
        text = speaks.text(message, said, partial(_shorten, store, outlets, message))
        number = str(contact.details.mobile)
        made = TextMessage(message.id, number, text.text, message.created_on)
        return made, text.template_version, parts(text.text)
    email = speaks.email(message, said)
    return (
        Email(message.id, str(contact.details.email), email.subject, email.text, email.html,
              email.headers),
        email.template_version, 0,
    )  # fmt: skip


def _shorten(store: NotificationsStore, outlets: Outlets, message: Message, url: str) -> str:
    """A short address that leads to a long one; the same each time for the same message."""
    said = f"{message.id}/{url.rpartition('/')[0]}".encode()
    digest = hmac.new(outlets.key.encode(), said, "sha256").digest()
    code = base64.b32encode(digest).decode()[:_CODE_LENGTH].lower()
    store.keep_short_link(code, url, outlets.short_days)
    return f"{outlets.links.public_urls['notifications']}/l/{code}"
