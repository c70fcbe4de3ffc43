"""The facts that this service's rules produce. They carry ids, dates and codes, never text."""

from dataclasses import dataclass
from datetime import date


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
    submitted_on: date
    respond_by: date | None
    reason: str | None


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
