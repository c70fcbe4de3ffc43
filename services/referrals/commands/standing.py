"""Where a referral stands, in words for setting and family."""

from dataclasses import dataclass
from datetime import date, datetime

from services.referrals.commands.consent import asking
from services.referrals.commands.waiting import waits_of
from services.referrals.domain.consent import Consent
from services.referrals.domain.referral import Referral
from services.referrals.domain.says import Fact, may_say
from services.referrals.domain.values import ConsentNeeds, ConsentStatus, ReferralStatus
from services.referrals.domain.waiting import in_words
from services.referrals.store import ReferralsStore
from shared import clock

WORDS = {
    ReferralStatus.DRAFT: "It is being written and has not been sent.",
    ReferralStatus.SUBMITTED: "It has reached the service and waits to be looked at.",
    ReferralStatus.ACKNOWLEDGED: "The service has seen it.",
    ReferralStatus.TRIAGE: "The service is deciding how it can help.",
    ReferralStatus.INFORMATION_REQUESTED: "The service has asked the setting for more information.",
    ReferralStatus.ACCEPTED: "The service will help.",
    ReferralStatus.WAITING_LIST: "The service will help. It is on the waiting list.",
    ReferralStatus.ALLOCATED: "Somebody at the service has the work.",
    ReferralStatus.IN_PROGRESS: "The work has begun.",
    ReferralStatus.CLOSED: "The work is done.",
    ReferralStatus.DECLINED: "The service cannot take this referral.",
    ReferralStatus.REDIRECTED: "The service has passed it on to another that fits better.",
    ReferralStatus.WITHDRAWN: "The request was stopped.",
}


@dataclass(frozen=True)
class WhoseConsent:
    """Whose answers are needed, said before anybody is asked: `asked` are their ids."""

    status: ConsentStatus
    needs: ConsentNeeds
    asked: list[str]
    needed: int
    answered: int


@dataclass(frozen=True)
class Standing:
    """`words` say where it stands, `expected` how long such things take; `waited_days` counts
    from when a service first had it."""

    status: ReferralStatus
    words: str
    says: frozenset[Fact]
    place: int | None
    respond_by: date | None
    received_at: datetime | None
    waited_days: int | None
    expected: str
    consent: WhoseConsent


def standing(store: ReferralsStore, referral: Referral) -> Standing:
    """Where it stands at this moment."""
    says = may_say(referral.status, referral.consent.status)
    waited = referral.waited_days
    if waited is None and referral.received_at and referral.is_open:
        waited = (clock.now() - referral.received_at).days
    service_id = referral.support_service_id
    # A draft says beforehand how long it takes.
    expected = Fact.HOW_LONG in says or referral.status is ReferralStatus.DRAFT
    return Standing(
        status=referral.status,
        words=WORDS[ReferralStatus.WITHDRAWN if Fact.STOPPED in says else referral.status],
        says=says,
        place=store.place_on_list(referral) if Fact.PLACE in says else None,
        respond_by=referral.respond_by if Fact.ANSWER_BY in says else None,
        received_at=referral.received_at,
        waited_days=waited,
        expected=in_words(waits_of(store, service_id)) if service_id and expected else "",
        consent=_whose(store, referral),
    )


def _whose(store: ReferralsStore, referral: Referral) -> WhoseConsent:
    consent = referral.consent
    if not consent.asked and referral.status is ReferralStatus.DRAFT:
        would = asking(store, referral)
        consent = Consent(consent.status, asked=would.people, needs=would.needs)
    return WhoseConsent(
        consent.status, consent.needs, consent.asked, consent.needed, consent.answered
    )
