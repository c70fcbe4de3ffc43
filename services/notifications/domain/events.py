"""The facts that this service's rules produce. They carry ids and codes, never details."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MessageSent:
    person_id: str
    setting_id: str | None
    purpose: str
    channel: str
    status: str


@dataclass(frozen=True)
class MessageDelivered:
    person_id: str
    setting_id: str | None
    purpose: str
    channel: str
    status: str


@dataclass(frozen=True)
class MessageFailed:
    person_id: str
    setting_id: str | None
    purpose: str
    channel: str
    status: str


@dataclass(frozen=True)
class ManualContactNeeded:
    person_id: str
    setting_id: str | None
    child_id: str | None
    purpose: str


@dataclass(frozen=True)
class ContactOptedOut:
    setting_id: str
    purpose: str


@dataclass(frozen=True)
class ReplyReceived:
    setting_id: str
    person_id: str
    reply_id: str


@dataclass(frozen=True)
class ReplyRead:
    setting_id: str
    person_id: str
    reply_id: str


@dataclass(frozen=True)
class ContactFailing:
    setting_id: str
    person_id: str
    channel: str
