"""Events of the notifications service."""

from marshmallow import Schema

from shared.events.fields import code, ident, maybe_ident
from shared.events.registry import EventType, Kind

SERVICE = "notifications"


class MessageOutcome(Schema):
    person_id = ident()
    setting_id = maybe_ident()
    purpose = code()
    channel = code()
    status = code()


class ManualContactNeeded(Schema):
    person_id = ident()
    setting_id = maybe_ident()
    child_id = maybe_ident()
    purpose = code()


class ContactFailing(Schema):
    setting_id = ident()
    person_id = ident()
    channel = code()


class ContactOptedOut(Schema):
    setting_id = ident()
    purpose = code()


class ReplyNoted(Schema):
    setting_id = ident()
    person_id = ident()
    reply_id = ident()


def _row(name: str, about: str, schema: type[Schema], **readers: Kind) -> EventType:
    return EventType(SERVICE, name, about, schema, readers)


ROWS = [
    _row("MessageSent", "A message was handed over to its channel.", MessageOutcome),
    _row("MessageDelivered", "A message has arrived: its channel says so.", MessageOutcome),
    _row("MessageFailed", "A message could not be delivered for good.", MessageOutcome),
    _row(
        "ManualContactNeeded", "Every channel has failed: somebody has to ring or write.",
        ManualContactNeeded, notifications=Kind.REACTION,
    ),
    _row(
        "ContactFailing", "What is recorded of a person does not reach them: it may be wrong.",
        ContactFailing,
    ),
    _row("ContactOptedOut", "A person wants no more of one kind of message.", ContactOptedOut),
    _row(
        "ReplyReceived", "A person has texted back something that the setting has to read.",
        ReplyNoted, notifications=Kind.PROJECTION,
    ),
    _row("ReplyRead", "Somebody of the setting has read it.", ReplyNoted,
         notifications=Kind.PROJECTION),
]  # fmt: skip
