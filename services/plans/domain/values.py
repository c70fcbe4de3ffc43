"""The words and codes of the field."""

from enum import StrEnum


class SettingKind(StrEnum):
    """Education providers of the mainstream [B]."""

    EARLY_YEARS = "early_years"
    SCHOOL = "school"
    FURTHER_EDUCATION = "further_education"


class StaffRole(StrEnum):
    """What somebody is at a setting."""

    SENCO = "senco"
    TEACHER = "teacher"
    SUPPORT_STAFF = "support_staff"


class Area(StrEnum):
    """The four broad areas of need [CoP 6.28-6.35]."""

    COMMUNICATION = "communication_and_interaction"
    COGNITION = "cognition_and_learning"
    SEMH = "social_emotional_and_mental_health"
    SENSORY_PHYSICAL = "sensory_and_physical"


class PrimaryNeed(StrEnum):
    """Codes of the school census."""

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


class SenStatus(StrEnum):
    """SEN provision code of the school census: none, SEN support, EHC plan."""

    NONE = "N"
    SUPPORT = "K"
    EHC_PLAN = "E"


class Source(StrEnum):
    """The three kinds of people whose information an assessment gathers [B]."""

    PARENT = "parent"
    CHILD = "child"
    STAFF = "staff"


class CheckStatus(StrEnum):
    """How an outcome stands when the plan is checked."""

    ON_TRACK = "on_track"
    SOME_CONCERN = "some_concern"
    OFF_TRACK = "off_track"


class CeaseReason(StrEnum):
    """Why a plan ends."""

    OUTCOMES_MET = "outcomes_met"
    NO_LONGER_NEEDED = "no_longer_needed"
    LEFT_SETTING = "left_setting"
    FAMILY_DECLINED = "family_declined"
    EHC_PLAN = "ehc_plan"
    DECEASED = "deceased"


def template_for(kind: SettingKind) -> str:
    """The plan template of a setting's phase [B names the first two]."""
    return {
        SettingKind.SCHOOL: "school",
        SettingKind.EARLY_YEARS: "eyfs",
        SettingKind.FURTHER_EDUCATION: "further_education",
    }[kind]
