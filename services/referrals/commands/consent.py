"""Asking the family, and taking down what they say."""

from datetime import date
from functools import partial

from services.referrals.commands.change import change_referral
from services.referrals.domain.consent import Consent, ConsentAnswer
from services.referrals.domain.errors import RuleBroken, together
from services.referrals.domain.referral import Referral
from services.referrals.domain.values import ConsentStatus
from services.referrals.store import IN_QUEUE, ReferralsStore
from shared import clock


def ask_consent(store: ReferralsStore, referral: Referral, expected: int) -> Referral:
    """Each of those who are told about the child gets a signed link to answer by."""
    asked = store.recipients_of(referral.child_id)
    return change_referral(
        store, referral.id, "ask_consent", lambda r: r.ask_consent(clock.today(), asked),
        expected=expected,
    )  # fmt: skip


def record_consent(
    store: ReferralsStore, referral_id: str, consent: Consent, expected: int
) -> Referral:
    """Record consent, its refusal, its withdrawal or its overriding."""
    today = clock.today()
    if consent.on is None:
        consent.on = today
    ahead = partial(_must_not_be_ahead, consent.on, today)
    return change_referral(
        store,
        referral_id,
        "record_consent",
        lambda r: together(ahead, partial(r.record_consent, consent)),
        expected=expected,
    )


def _must_not_be_ahead(day: date, today: date) -> None:
    if day > today:
        raise RuleBroken("in-future", "This day has not come yet.", field="/on")


def answer_consent(
    store: ReferralsStore, referral_id: str, person_id: str, *, agrees: bool, may_pass_on: bool
) -> Referral:
    """What one of the family says through their link; the last word counts."""
    said = ConsentAnswer(person_id, agrees, clock.today(), agrees and may_pass_on)
    return change_referral(store, referral_id, "answer_consent", lambda r: r.answer_consent(said))


def expire_consents(store: ReferralsStore) -> int:
    """The calendar's: agreements that have run out. Answers how many."""
    today = clock.today()
    found = store.referrals.find_many(
        {"consent.expires_on": {"$lt": today.isoformat()},
         "consent.status": {"$in": [ConsentStatus.GIVEN, ConsentStatus.OVERRIDDEN]},
         **IN_QUEUE},
        sort=[("consent.expires_on", 1)], limit=1000,
    )  # fmt: skip
    for referral in found:
        change_referral(store, referral.id, "expire_consent", lambda r: r.expire_consent(today))
    return len(found)
