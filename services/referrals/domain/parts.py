"""What a referral is made of."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from services.referrals.domain.errors import Faults, RuleBroken
from services.referrals.domain.values import DeclineReason, Urgency, WorkKind

_ASKED_OF_ALL = {
    "support_service_id": "Choose which service the referral is for.",
    "reason": "Enter the reason for the referral.",
    "strategies_tried": "Enter which strategies have been tried.",
    "desired_outcome": "Enter the outcome you want.",
}
"""What every referral says, whatever its service asks besides."""
LONGEST_TEXT = 5_000
"""How long one of its long texts can be."""


@dataclass
class Request:
    """What is asked of the service; `answers` to its own form, by the names of its questions."""

    support_service_id: str | None = None
    reason: str | None = None
    strategies_tried: str | None = None
    desired_outcome: str | None = None
    urgency: Urgency = Urgency.ROUTINE
    urgency_reason: str | None = None
    plan_id: str | None = None
    child_name: str | None = None
    child_born: date | None = None
    setting_name: str | None = None
    setting_contact: str | None = None
    """Whom at the setting to ask, and how."""
    form_version: int | None = None
    answers: dict[str, Any] = field(default_factory=dict)

    def must_make_sense(self) -> None:
        """Raises RuleBroken."""
        if self.urgency is Urgency.URGENT and not self.urgency_reason:
            raise RuleBroken("no-reason", "Say why it is urgent.", field="/urgency_reason")

    def for_service(self, service_id: str) -> "Request":
        """The same asked of another service, whose own questions are still to be answered."""
        return replace(self, support_service_id=service_id, form_version=None, answers={})

    def must_be_complete(self) -> None:
        """Raises RuleBroken, which names all that is missing."""
        faults = Faults()
        for name, words in _ASKED_OF_ALL.items():
            if not getattr(self, name):
                faults.add("incomplete", words, field=f"/{name}", conflict=True)
        faults.refuse()


@dataclass
class Note:
    id: str
    author_id: str
    at: datetime
    text: str


@dataclass
class Question:
    """What the service asks the setting, and the answer. The triage clock stops meanwhile."""

    asked: str
    asked_at: datetime
    asked_by: str
    answer: str | None = None
    answered_at: datetime | None = None


@dataclass
class Decision:
    """What the service decided, in plain words for the family; `elsewhere` are services to try."""

    by: str
    on: date
    reason: DeclineReason | None
    family_words: str
    next_step: str | None
    elsewhere: list[str] = field(default_factory=list)


@dataclass
class WorkSession:
    """One piece of the service's work: when, how long, of what kind."""

    id: str
    author_id: str
    recorded_at: datetime
    occurred_on: date
    kind: WorkKind
    minutes: int
    text: str | None = None


@dataclass
class Report:
    id: str
    author_id: str
    at: datetime
    text: str


class Scan(StrEnum):
    """What the scanner said of a file. Only a clean one is handed out."""

    WAITING = "waiting"
    CLEAN = "clean"
    INFECTED = "infected"
    UNSCANNABLE = "unscannable"
    """The scanner will not take it: it is too big for it, say."""


@dataclass
class Attachment:
    """A file kept beside the referral. `media_type` is what the content is, whatever the name."""

    id: str
    name: str
    media_type: str
    size: int
    file_id: str
    added_by: str
    added_at: datetime
    scan: Scan = Scan.WAITING
    scanned_at: datetime | None = None
    by_service: bool | None = None
    """Whether the service added it; None of what was kept before that was noted."""
    scan_after: datetime | None = None
    """It is not scanned before: the scanner could not, and others come first."""

    def is_of(self, by_service: bool, sent_at: datetime | None) -> bool:
        """Whether that side added it: what was there before it went out is the setting's."""
        if self.by_service is not None:
            return self.by_service is by_service
        return not by_service and (sent_at is None or self.added_at <= sent_at)


@dataclass
class Happened:
    """One line of a referral's history: what was done, by whom, when. Codes, never text."""

    at: datetime
    by: str
    role: str
    what: str


@dataclass
class Origin:
    """Where a redirected referral came from; it keeps the date first received."""

    referral_id: str
    received_at: datetime
    through: list[str]
    """The services it has been with: it never goes in a circle."""
