"""The words and codes of reviews."""

from enum import StrEnum


class Rating(StrEnum):
    """How an outcome stands at a review."""

    MET = "met"
    GOOD = "good_progress"
    SOME = "some_progress"
    NONE = "no_progress"
    NOT_RATED = "not_rated"
    """Could not be judged, with a reason in the evidence."""

    @property
    def is_not_enough(self) -> bool:
        """Not enough progress [ours]."""
        return self in (Rating.SOME, Rating.NONE)


class Delivered(StrEnum):
    """How much of a provision was given."""

    NONE = "none"
    PARTLY = "partly"
    FULLY = "fully"


class Result(StrEnum):
    """What a cycle came to."""

    MET = "met"
    SUFFICIENT = "sufficient"
    INSUFFICIENT = "insufficient"
    UNCLEAR = "unclear"
    """The provision was not delivered, or nothing could be rated: counts for nothing."""


class Decision(StrEnum):
    """What follows from a review [B]."""

    CEASE = "cease"
    AMEND = "amend"
    ADJUST = "adjust"


class CeaseReason(StrEnum):
    """Why a plan ends, in the codes of the plans service."""

    OUTCOMES_MET = "outcomes_met"
    NO_LONGER_NEEDED = "no_longer_needed"
    LEFT_SETTING = "left_setting"
    FAMILY_DECLINED = "family_declined"
    EHC_PLAN = "ehc_plan"
    DECEASED = "deceased"


class TookPart(StrEnum):
    """Who takes part in a review."""

    PARENT = "parent"
    CHILD = "child"
    STAFF = "staff"
    SPECIALIST = "specialist"


class DiscussionHow(StrEnum):
    """How a review was discussed with the family [B: many use parents' evenings]."""

    PARENTS_EVENING = "parents_evening"
    MEETING = "meeting"
    PHONE = "phone"
    VIDEO = "video"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"
