"""The facts that this service's rules produce. They carry ids, dates and codes, never text."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class ReviewScheduled:
    child_id: str
    setting_id: str
    plan_id: str
    due_on: date


@dataclass(frozen=True)
class ReviewMoved:
    child_id: str
    setting_id: str
    plan_id: str
    due_on: date
    previous_due_on: date


@dataclass(frozen=True)
class ReviewCancelled:
    child_id: str
    setting_id: str
    plan_id: str
    due_on: date
    reason: str


@dataclass(frozen=True)
class ReviewDue(ReviewScheduled):
    pass


@dataclass(frozen=True)
class ReviewOverdue(ReviewScheduled):
    pass


@dataclass(frozen=True)
class ReviewHeld:
    child_id: str
    setting_id: str
    plan_id: str
    held_on: date


@dataclass(frozen=True)
class Rated:
    outcome_id: str
    rating: str


@dataclass(frozen=True)
class ReviewCompleted:
    child_id: str
    setting_id: str
    plan_id: str
    held_on: date
    cycle: int
    ratings: list[Rated]
    result: str
    proposed_decision: str


@dataclass(frozen=True)
class ReviewDecided:
    child_id: str
    setting_id: str
    plan_id: str
    decision: str
    proposed_decision: str
    decided_on: date
    cycle: int
    cease_reason: str | None = None


@dataclass(frozen=True)
class ReviewDiscussed:
    child_id: str
    setting_id: str
    plan_id: str
    discussed_on: date


@dataclass(frozen=True)
class DiscussionOverdue:
    child_id: str
    setting_id: str
    plan_id: str
    held_on: date


@dataclass(frozen=True)
class EscalationSuggested:
    child_id: str
    setting_id: str
    plan_id: str
    escalation_id: str
    cycles: int


@dataclass(frozen=True)
class EscalationConfirmed:
    child_id: str
    setting_id: str
    confirmed_on: date


@dataclass(frozen=True)
class EscalationDiscussed:
    child_id: str
    setting_id: str
    discussed_on: date
    outcome: str


@dataclass(frozen=True)
class EscalationDismissed:
    child_id: str
    setting_id: str
    dismissed_on: date


@dataclass(frozen=True)
class NeedsAssessmentState:
    """The whole of a request's standing."""

    child_id: str
    setting_id: str
    open: bool
    status: str
    requested_on: date
    decide_by: date
    final_plan_by: date
    decided_on: date | None
    received_on: date | None = None
    kind: str | None = None


@dataclass(frozen=True)
class NeedsAssessmentRequested(NeedsAssessmentState):
    pass


@dataclass(frozen=True)
class NeedsAssessmentDecided(NeedsAssessmentState):
    pass


@dataclass(frozen=True)
class EhcPlanDecided(NeedsAssessmentState):
    pass


@dataclass(frozen=True)
class Evening:
    """A parents' evening, with those who are invited."""

    setting_id: str
    held_on: date
    children: list[str]
    bookable_until: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True)
class ParentsEveningAnnounced(Evening):
    pass


@dataclass(frozen=True)
class ParentsEveningCancelled(Evening):
    pass


@dataclass(frozen=True)
class SlotBooked:
    child_id: str
    setting_id: str
    held_on: date


@dataclass(frozen=True)
class NeedsAssessmentReceived(NeedsAssessmentState):
    pass


@dataclass(frozen=True, kw_only=True)
class EhcPlanEnding(NeedsAssessmentState):
    """How an EHC plan ends, or that it goes on."""

    reason: str
    returns_to: str
    cease_decided_on: date
    not_before: date
    ended_on: date | None


@dataclass(frozen=True, kw_only=True)
class EhcPlanCeaseDecided(EhcPlanEnding):
    pass


@dataclass(frozen=True, kw_only=True)
class EhcPlanKept(EhcPlanEnding):
    pass


@dataclass(frozen=True, kw_only=True)
class EhcPlanCeased(EhcPlanEnding):
    pass
