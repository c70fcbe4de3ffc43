"""What parents may still get once rights have passed, and who makes which decision.

`MESSAGES` and `LINKS` are the one table from what a family is sent, or opens, to what a young
person chooses. A test holds it against every purpose of a message and every signed link.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Sharing(StrEnum):
    """What a young person chooses about, one by one."""

    PLAN = "plan"
    """The plan, its written copies and its reviews."""
    MEETINGS = "meetings"
    """Parents' evenings and invitations to talk."""
    REFERRALS = "referrals"
    """What support services decide and do."""
    EHC_ASSESSMENT = "ehc_assessment"
    """An EHC needs assessment: its steps, and what the council decides."""


class Decision(StrEnum):
    """The decisions for which mental capacity is recorded, each by itself [CoP Annex 1]."""

    SHARING = "sharing"
    """What parents still get."""
    PLAN = "plan"
    """Agreeing the plan and taking part in its reviews."""
    REFERRAL_CONSENT = "referral_consent"
    """Agreeing to a referral."""
    EHC_ASSESSMENT = "ehc_assessment"
    """Asking for an EHC needs assessment, and appealing."""


class ForAll(StrEnum):
    """What nobody chooses about."""

    DECIDERS = "deciders"
    """Whoever makes the decision is asked, nobody else."""
    EVERYBODY = "everybody"
    """Young person and parents are both told what applies, whatever it is."""


MESSAGES: Mapping[str, Sharing | ForAll] = {
    "support_started": Sharing.PLAN,
    "plan_ready": Sharing.PLAN,
    "plan_ended": Sharing.PLAN,
    "review_coming": Sharing.PLAN,
    "review_to_discuss": Sharing.PLAN,
    "evening_slots": Sharing.MEETINGS,
    "let_us_talk": Sharing.MEETINGS,
    "referral_decided": Sharing.REFERRALS,
    "referral_progress": Sharing.REFERRALS,
    "referral_ended": Sharing.REFERRALS,
    "assessment_requested": Sharing.EHC_ASSESSMENT,
    "assessment_decided": Sharing.EHC_ASSESSMENT,
    "ehc_plan_decided": Sharing.EHC_ASSESSMENT,
    "referral_consent": ForAll.DECIDERS,
    "referral_overridden": ForAll.DECIDERS,
    "rights_passing": ForAll.EVERYBODY,
    "rights_passed": ForAll.EVERYBODY,
    "sharing_changed": ForAll.EVERYBODY,
}
"""Purpose of a message about a child -> what decides who is sent it."""

LINKS: Mapping[str, Sharing | ForAll] = {
    "plan": Sharing.PLAN,
    "evening": Sharing.MEETINGS,
    "referral": Sharing.REFERRALS,
    "consent": ForAll.DECIDERS,
    "rights": ForAll.EVERYBODY,
}
"""Purpose of a signed link about a child -> what decides for whom it opens."""

ACTS_FOR: Mapping[Sharing, Decision] = {
    Sharing.PLAN: Decision.PLAN,
    Sharing.MEETINGS: Decision.PLAN,
    Sharing.REFERRALS: Decision.REFERRAL_CONSENT,
    Sharing.EHC_ASSESSMENT: Decision.EHC_ASSESSMENT,
}
"""Whoever acts for a decision gets what they need for it."""


@dataclass
class Told:
    """Who is told for one purpose (a code of notifications)."""

    purpose: str
    people: list[str]


@dataclass
class Decider:
    """Who makes one decision."""

    decision: Decision
    people: list[str]


@dataclass
class Choice:
    """What a young person wants their parents to get."""

    purposes: list[Sharing]
    made_on: date
    recorded_by: str
    """Themselves, whoever acts for them, or the member of staff who wrote it down."""


@dataclass
class Capacity:
    """Whether a young person can make one decision, and who acts where they cannot [MCA 2005]."""

    decision: Decision
    has_capacity: bool
    acts_id: str | None
    """A linked parent or carer; none where the young person decides themselves."""
    why: str
    recorded_by: str
    recorded_on: date


class Basis(StrEnum):
    """Why parents get what they get."""

    PARENTS = "parents"
    """Rights have not passed: it is the parents who are told."""
    NOT_CHOSEN_UNDER_18 = "not_chosen_under_18"
    """Nothing was chosen: families of under-18s are normally involved, they go on getting it."""
    NOT_CHOSEN_ADULT = "not_chosen_adult"
    """Nothing was chosen, and the young person is 18."""
    CHOSEN = "chosen"
    CAPACITY = "capacity"
    """The parents act for the young person in everything."""


@dataclass
class Applied:
    """What parents got from a day on, and why."""

    since: date
    basis: Basis
    purposes: list[Sharing] = field(default_factory=list)
