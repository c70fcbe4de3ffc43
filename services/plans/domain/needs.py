"""Which needs go with which SEN provision code, as the school census takes them.

The census takes a need for K (SEN support) and E (EHC plan) and none for N. `NSA` says that nobody
has assessed the need yet: it goes with K alone, since an EHC plan follows an assessment.
"""

from services.plans.domain.errors import Faults
from services.plans.domain.values import PrimaryNeed, SenStatus


def need_with(status: SenStatus, need: PrimaryNeed | None) -> PrimaryNeed | None:
    """The need that stays recorded with a status: the same, or none where the two do not go
    together."""
    if status is SenStatus.NONE:
        return None
    return None if status is SenStatus.EHC_PLAN and need is PrimaryNeed.NSA else need


def check_found(
    faults: Faults, status: SenStatus, *, sen_support: bool, need: PrimaryNeed | None
) -> None:
    """Note what is wrong with the need that an assessment found for a child of that status."""
    if sen_support and need is None:
        faults.add(
            "no-primary-need",
            "SEN support needs a primary need (census code).",
            field="/primary_need",
        )
    if not sen_support and need is not None:
        faults.add(
            "need-without-support",
            "A primary need is only recorded where the child needs SEN support.",
            field="/primary_need",
        )
    if sen_support and need is PrimaryNeed.NSA and status is SenStatus.EHC_PLAN:
        faults.add(
            "nsa-with-ehc-plan",
            "NSA (no specialist assessment) cannot be used for a child who has an EHC plan. "
            "Choose the need that the plan names.",
            field="/primary_need",
        )
