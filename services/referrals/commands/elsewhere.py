"""Which services are no answer to "who can help?" for one child, and why."""

from collections.abc import Iterable

from services.referrals.domain.errors import Faults
from services.referrals.domain.referral import Referral
from services.referrals.domain.support_service import SupportService
from services.referrals.domain.values import Intake, ReferralStatus
from services.referrals.store import ReferralsStore
from shared.words import day_words

_ENDED_THERE = (ReferralStatus.DECLINED, ReferralStatus.REDIRECTED)
_NOT_NOW = ("circle", "intake-paused")
"""What the state of things refuses, not the input."""


def been_asked(store: ReferralsStore, child_id: str, setting_id: str) -> dict[str, str]:
    """The services that have this child's referral, or gave it away again -> that, in words. For
    the setting alone: no service learns from us whom else a family has turned to."""
    found: dict[str, str] = {}
    for referral in store.referrals_of(child_id, setting_id):  # the latest word counts
        service_id = str(referral.support_service_id)
        if referral.is_open:
            found[service_id] = "Has a referral for this child already."
        elif referral.status in _ENDED_THERE and referral.decision:
            did = "Declined" if referral.status is ReferralStatus.DECLINED else "Passed on"
            found[service_id] = (
                f"{did} a referral for this child on {day_words(referral.decision.on)}."
            )
        elif referral.status is ReferralStatus.CLOSED:
            found.pop(service_id, None)  # it has helped since: it may be asked again
    return found


def open_with(store: ReferralsStore, child_id: str, setting_id: str) -> dict[str, str]:
    """The services that have this child's referral now -> that referral."""
    return {
        str(referral.support_service_id): referral.id
        for referral in store.referrals_of(child_id, setting_id)
        if referral.is_open
    }


def others_for(store: ReferralsStore, referral: Referral) -> list[SupportService]:
    """The services that one which does not take a referral can name, or pass it on to: not
    itself, none that it has been with, none that takes no referrals."""
    found = store.support_services.find_many({}, sort=[("details.name", 1), ("_id", 1)])
    return [service for service in found if _why_not(service, referral) is None]


def must_be_others(
    store: ReferralsStore, referral_id: str, chosen: Iterable[tuple[str, str]]
) -> None:
    """`chosen` are ids of services, each with its field. Raises RuleBroken with all that are no
    answer for this referral."""
    referral, faults = store.referrals.get(referral_id), Faults()
    for service_id, field in chosen:
        service = store.support_services.find(service_id)
        refused = (
            ("unknown-service", "Choose a support service of the directory.")
            if service is None
            else _why_not(service, referral)
        )
        if refused:
            code, words = refused
            faults.add(code, words, field=field, conflict=code in _NOT_NOW)
    faults.refuse()


def can_help_instead(store: ReferralsStore, referral: Referral) -> list[SupportService]:
    """The services that a decision names, for the family and the setting: without those that have
    declined this child's referral, or passed it on, before or since."""
    named = referral.decision.elsewhere if referral.decision else []
    if referral.status is not ReferralStatus.DECLINED:
        return [one for one in map(store.support_services.find, named) if one]
    gone = {
        other.support_service_id
        for other in store.referrals_of(referral.child_id, referral.setting_id)
        if other.status in _ENDED_THERE
    }
    found = [store.support_services.find(one) for one in named if one not in gone]
    return [one for one in found if one]


def _why_not(service: SupportService, referral: Referral) -> tuple[str, str] | None:
    """Code and words."""
    if service.id == referral.support_service_id:
        return "same-service", "Choose another service than your own."
    if service.id in referral.been_with:
        return "circle", f"{service.details.name} has had this referral already."
    if service.details.intake is Intake.PAUSED:
        return "intake-paused", f"{service.details.name} takes no referrals at the moment."
    return None
