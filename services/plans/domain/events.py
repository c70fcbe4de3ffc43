"""The facts that this service's rules produce. They carry ids, dates and codes, never names."""

from dataclasses import dataclass
from datetime import date

from services.plans.domain.sharing import Decider, Told


@dataclass(frozen=True)
class SettingDescribed:
    """What a setting is: whoever may ask the council for an assessment depends on it."""

    setting_id: str
    kind: str
    maintained_nursery: bool


@dataclass(frozen=True)
class ChildRegistered:
    child_id: str
    setting_id: str
    recipients: list[str]
    told: list[Told]
    deciders: list[Decider]


@dataclass(frozen=True)
class ParentLinked:
    child_id: str
    setting_id: str
    person_id: str
    recipients: list[str]
    told: list[Told]
    deciders: list[Decider]


@dataclass(frozen=True)
class ParentUnlinked:
    child_id: str
    setting_id: str
    person_id: str
    recipients: list[str]
    told: list[Told]
    deciders: list[Decider]


@dataclass(frozen=True)
class RecipientsChanged:
    child_id: str
    setting_id: str
    recipients: list[str]
    told: list[Told]
    deciders: list[Decider]


@dataclass(frozen=True)
class RightsPassing:
    child_id: str
    setting_id: str
    passes_on: date
    notice: str
    young_person: str
    people: list[str]


@dataclass(frozen=True)
class RightsPassingWithdrawn:
    child_id: str
    setting_id: str
    passes_on: date


@dataclass(frozen=True)
class RightsPassed:
    child_id: str
    setting_id: str
    passes_on: date
    basis: str
    young_person: str
    people: list[str]


@dataclass(frozen=True)
class SharingChanged:
    child_id: str
    setting_id: str
    basis: str
    people: list[str]


@dataclass(frozen=True)
class ChildNameChanged:
    """Which of a child's names were corrected, `called` where that by which they are spoken of is
    another: who keeps a copy asks for the new one."""

    child_id: str
    setting_id: str
    names: list[str]
    changed_on: date


@dataclass(frozen=True)
class SenSupportStarted:
    child_id: str
    setting_id: str
    assessment_id: str | None
    started_on: date
    recipients: list[str]


@dataclass(frozen=True)
class SenStatusChanged:
    child_id: str
    setting_id: str
    status: str
    previous: str
    changed_on: date


@dataclass(frozen=True)
class AssessmentStarted:
    child_id: str
    setting_id: str
    started_on: date


@dataclass(frozen=True)
class AssessmentCompleted:
    child_id: str
    setting_id: str
    sen_support: str
    areas: list[str]
    primary_need: str | None
    completed_on: date


@dataclass(frozen=True)
class PlanAgreed:
    child_id: str
    setting_id: str
    agreed_on: date


@dataclass(frozen=True)
class OutcomeRef:
    outcome_id: str
    due_on: date
    goal_ids: list[str]


@dataclass(frozen=True)
class ProvisionRef:
    provision_id: str
    outcome_ids: list[str]
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True)
class PlanState:
    """The whole of what others need to know of a plan."""

    child_id: str
    setting_id: str
    status: str
    cycle: int
    version_number: int
    active_from: date
    ended_on: date | None
    outcomes: list[OutcomeRef]
    provisions: list[ProvisionRef]


@dataclass(frozen=True)
class PlanActivated(PlanState):
    pass


@dataclass(frozen=True)
class PlanAmended(PlanState):
    pass


@dataclass(frozen=True)
class PlanSuperseded(PlanState):
    pass


@dataclass(frozen=True)
class PlanCeased(PlanState):
    reason: str


@dataclass(frozen=True)
class PlanShared:
    child_id: str
    setting_id: str
    person_id: str


@dataclass(frozen=True)
class PlanCopyIssued:
    child_id: str
    setting_id: str
    plan_id: str
    person_id: str
    version_number: int


@dataclass(frozen=True)
class CheckRecorded:
    child_id: str
    setting_id: str
    plan_id: str
    occurred_on: date
    statuses: list[str]


@dataclass(frozen=True)
class CheckOverdue:
    child_id: str
    setting_id: str
    last_check_on: date | None
    silent_since: date
