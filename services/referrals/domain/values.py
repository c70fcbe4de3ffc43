"""The words and codes of referrals."""

from enum import StrEnum


class Area(StrEnum):
    """The four broad areas of need [CoP 6.28-6.35]."""

    COMMUNICATION = "communication_and_interaction"
    COGNITION = "cognition_and_learning"
    SEMH = "social_emotional_and_mental_health"
    SENSORY_PHYSICAL = "sensory_and_physical"

    @property
    def words(self) -> str:
        """As people say it."""
        return {
            Area.COMMUNICATION: "communication and interaction",
            Area.COGNITION: "cognition and learning",
            Area.SEMH: "social, emotional and mental health",
            Area.SENSORY_PHYSICAL: "sensory and/or physical needs",
        }[self]


class PrimaryNeed(StrEnum):
    """The type of need, as in the school census."""

    SPLD = "SPLD"
    MLD = "MLD"
    SLD = "SLD"
    PMLD = "PMLD"
    SEMH = "SEMH"
    SLCN = "SLCN"
    HI = "HI"
    VI = "VI"
    MSI = "MSI"
    PD = "PD"
    ASD = "ASD"
    DS = "DS"
    OTH = "OTH"
    NSA = "NSA"

    @property
    def words(self) -> str:
        """As people say it."""
        return _NEED_WORDS[self]


_NEED_WORDS = {
    PrimaryNeed.SPLD: "Specific learning difficulty",
    PrimaryNeed.MLD: "Moderate learning difficulty",
    PrimaryNeed.SLD: "Severe learning difficulty",
    PrimaryNeed.PMLD: "Profound and multiple learning difficulty",
    PrimaryNeed.SEMH: "Social, emotional and mental health",
    PrimaryNeed.SLCN: "Speech, language and communication needs",
    PrimaryNeed.HI: "Hearing impairment",
    PrimaryNeed.VI: "Vision impairment",
    PrimaryNeed.MSI: "Multi-sensory impairment",
    PrimaryNeed.PD: "Physical disability",
    PrimaryNeed.ASD: "Autistic spectrum disorder",
    PrimaryNeed.DS: "Down syndrome",
    PrimaryNeed.OTH: "Other difficulty or disability",
    PrimaryNeed.NSA: "SEN support without a type of need assessed yet",
}
"""The types of need of the school census."""


class Phase(StrEnum):
    """The settings a service works with."""

    EARLY_YEARS = "early_years"
    SCHOOL = "school"
    FURTHER_EDUCATION = "further_education"


class Intake(StrEnum):
    """Whether a service takes referrals at the moment."""

    OPEN = "open"
    RESTRICTED = "restricted"
    """To what its note says."""
    PAUSED = "paused"


class Urgency(StrEnum):
    """How soon help is needed."""

    ROUTINE = "routine"
    SOON = "soon"
    URGENT = "urgent"

    @property
    def rank(self) -> int:
        """Urgent first."""
        return {Urgency.URGENT: 0, Urgency.SOON: 1, Urgency.ROUTINE: 2}[self]


class ReferralStatus(StrEnum):
    """Where a referral stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ACKNOWLEDGED = "acknowledged"
    TRIAGE = "triage"
    INFORMATION_REQUESTED = "information_requested"
    ACCEPTED = "accepted"
    WAITING_LIST = "waiting_list"
    ALLOCATED = "allocated"
    IN_PROGRESS = "in_progress"
    CLOSED = "closed"
    DECLINED = "declined"
    REDIRECTED = "redirected"
    WITHDRAWN = "withdrawn"


AWAITING_DECISION = (
    ReferralStatus.SUBMITTED,
    ReferralStatus.ACKNOWLEDGED,
    ReferralStatus.TRIAGE,
    ReferralStatus.INFORMATION_REQUESTED,
)
CLOCK_RUNS = AWAITING_DECISION[:3]
"""The triage clock stands still while information is awaited."""
ACCEPTED = (
    ReferralStatus.ACCEPTED,
    ReferralStatus.WAITING_LIST,
    ReferralStatus.ALLOCATED,
    ReferralStatus.IN_PROGRESS,
)
OPEN_WITH_SERVICE = (*AWAITING_DECISION, *ACCEPTED)


class DeclineReason(StrEnum):
    """Why a service does not take a referral."""

    NOT_ELIGIBLE = "not_eligible"
    NOT_OUR_WORK = "needs_not_met_by_service"
    EVIDENCE = "insufficient_evidence"
    IN_PLACE = "support_already_in_place"
    OUT_OF_AREA = "out_of_area"
    AGE = "age"
    DUPLICATE = "duplicate"
    OTHER = "other"


class WithdrawReason(StrEnum):
    """Why a referral is withdrawn."""

    SETTING = "by_setting"
    FAMILY = "by_family"
    CONSENT = "consent_withdrawn"
    LEFT = "left_setting"


class CloseOutcome(StrEnum):
    """What the work came to."""

    GOALS_MET = "goals_met"
    PARTLY_MET = "partly_met"
    NOT_MET = "not_met"
    ADVICE_GIVEN = "advice_given"
    MOVED = "moved"
    DISENGAGED = "disengaged"
    NO_LONGER_NEEDED = "no_longer_needed"


class ConsentNeeds(StrEnum):
    """Whose agreement a service needs [ours, a council's choice for each service]."""

    ONE = "one"
    """One of those with parental responsibility suffices, unless another of them has said no."""
    ALL = "all"
    """Everybody who was asked."""


class ConsentStatus(StrEnum):
    """Whether the parent or young person agrees to the referral."""

    NONE = "none"
    ASKED = "asked"
    GIVEN = "given"
    REFUSED = "refused"
    DISPUTED = "disputed"
    """One of those who were asked agreed and another did not: a person decides."""
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    OVERRIDDEN = "overridden"
    """For a named reason by a named person: safeguarding."""

    @property
    def allows(self) -> bool:
        """Whether the referral may go to the service, and the service read about the child."""
        return self in (ConsentStatus.GIVEN, ConsentStatus.OVERRIDDEN)

    @property
    def ends(self) -> bool:
        """Whether a referral that has gone out comes back at once."""
        return self in (ConsentStatus.REFUSED, ConsentStatus.DISPUTED, ConsentStatus.WITHDRAWN)


class WorkKind(StrEnum):
    """How a service worked with a child or those around them."""

    WITH_CHILD = "with_child"
    OBSERVATION = "observation"
    WITH_STAFF = "with_staff"
    WITH_FAMILY = "with_family"
    MEETING = "meeting"
    MISSED = "missed"
    """It was arranged and did not take place."""
