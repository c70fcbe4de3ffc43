"""What a page may say of a referral, by where it stands and how the agreement stands: one truth.

A decision's words promise what will happen. Once it has ended another way they are true no more:
no page, API or message repeats them.
"""

from enum import StrEnum

from services.referrals.domain.values import (
    ACCEPTED,
    CLOCK_RUNS,
    OPEN_WITH_SERVICE,
    ConsentStatus,
    ReferralStatus,
)


class Fact(StrEnum):
    """One thing that can be said."""

    DECISION = "decision"
    """What the service decided, in its words."""
    PLACE = "place"
    """The place on the waiting list, and since when."""
    ANSWER_BY = "answer_by"
    """By when the service aims to answer."""
    HOW_LONG = "how_long"
    """How long such things take."""
    PAUSED = "paused"
    """That nothing is shared until the family agrees again."""
    STOPPED = "stopped"
    """That it has ended without the service's doing, and nothing more is shared."""


def may_say(status: ReferralStatus, consent: ConsentStatus) -> frozenset[Fact]:
    """All that is true of it now."""
    if status is ReferralStatus.WITHDRAWN or (status in OPEN_WITH_SERVICE and consent.ends):
        return frozenset({Fact.STOPPED})
    if status in (ReferralStatus.DECLINED, ReferralStatus.REDIRECTED):
        return frozenset({Fact.DECISION})
    if status not in OPEN_WITH_SERVICE:
        return frozenset()
    found = {Fact.PAUSED} if not consent.allows else set()
    if status in ACCEPTED:
        found.add(Fact.DECISION)
    if status is ReferralStatus.WAITING_LIST:
        found.add(Fact.PLACE)
    if status in CLOCK_RUNS:
        found.add(Fact.ANSWER_BY)
    if status is not ReferralStatus.IN_PROGRESS:
        found.add(Fact.HOW_LONG)
    return frozenset(found)
