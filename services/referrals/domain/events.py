"""The facts that this service's rules produce. They carry ids, dates and codes, never text."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class ReferralSuggested:
    child_id: str
    setting_id: str
    escalation_id: str | None


@dataclass(frozen=True)
class ReferralState:
    """The whole of a referral's standing."""

    child_id: str
    setting_id: str
    support_service_id: str
    status: str
    open: bool
    consent: str
    urgency: str
    submitted_on: date
    respond_by: date | None
    reason: str | None
    address: str


@dataclass(frozen=True)
class ReferralConsentAsked:
    child_id: str
    setting_id: str
    support_service_id: str
    asked_on: date
    recipients: list[str]


@dataclass(frozen=True)
class ReferralConsentAnswered:
    """`status` is the referral's; `by` is `family`, `setting` or `calendar`."""

    child_id: str
    setting_id: str
    support_service_id: str
    consent: str
    answered_on: date
    status: str
    by: str


@dataclass(frozen=True)
class ReferralConsentOverridden:
    """`recipients` are those whose agreement was asked for, or would have been."""

    child_id: str
    setting_id: str
    support_service_id: str
    overridden_on: date
    recipients: list[str]


@dataclass(frozen=True)
class ReferralSubmitted(ReferralState):
    pass


@dataclass(frozen=True)
class ReferralInformationRequested(ReferralState):
    pass


@dataclass(frozen=True)
class ReferralAccepted(ReferralState):
    pass


@dataclass(frozen=True)
class ReferralDeclined(ReferralState):
    pass


@dataclass(frozen=True)
class ReferralAllocated(ReferralState):
    pass


@dataclass(frozen=True)
class ReferralReported(ReferralState):
    pass


@dataclass(frozen=True)
class ReferralClosed(ReferralState):
    pass


@dataclass(frozen=True)
class ReferralWithdrawn(ReferralState):
    pass


@dataclass(frozen=True)
class ReferralOverdue(ReferralState):
    pass


@dataclass(frozen=True)
class ReferralConsentChanged(ReferralState):
    pass


@dataclass(frozen=True)
class ReferralInformationSupplied(ReferralState):
    pass


@dataclass(frozen=True)
class ReferralWaiting(ReferralState):
    pass


@dataclass(frozen=True)
class ReferralWorkBegan(ReferralState):
    pass


@dataclass(frozen=True)
class ReferralStillWaiting(ReferralState):
    pass


@dataclass(frozen=True)
class ReferralRedirected(ReferralState):
    to_service_id: str
    next_referral_id: str
    passes_on: bool


@dataclass(frozen=True)
class SessionAnnounced:
    support_service_id: str
    held_on: date
    capacity: int


@dataclass(frozen=True)
class Booked:
    """Who has a seat, and at which setting."""

    person_id: str
    setting_id: str


@dataclass(frozen=True)
class SessionState:
    support_service_id: str
    held_on: date
    status: str
    booked: list[Booked]
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True)
class SessionBooked(SessionState):
    pass


@dataclass(frozen=True)
class SessionMoved(SessionState):
    pass


@dataclass(frozen=True)
class SessionSeatGivenUp(SessionState):
    pass


@dataclass(frozen=True)
class SessionCancelled(SessionState):
    pass
