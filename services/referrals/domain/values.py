"""The words and codes of referrals."""

from enum import StrEnum


class Area(StrEnum):
    """The four broad areas of need [CoP 6.28-6.35]."""

    COMMUNICATION = "communication_and_interaction"
    COGNITION = "cognition_and_learning"
    SEMH = "social_emotional_and_mental_health"
    SENSORY_PHYSICAL = "sensory_and_physical"


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


class ConsentStatus(StrEnum):
    """Whether the parent or young person agrees to the referral."""

    NONE = "none"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    OVERRIDDEN = "overridden"
    """For a named reason by a named person: safeguarding."""

    @property
    def allows(self) -> bool:
        """Whether the referral may go to the service, and stay with it."""
        return self in (ConsentStatus.GIVEN, ConsentStatus.OVERRIDDEN)
