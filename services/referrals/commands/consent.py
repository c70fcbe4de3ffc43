"""Asking the family, and taking down what they say."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from services.referrals.commands.change import change_referral
from services.referrals.commands.shown import shown_of
from services.referrals.domain.consent import Asking, Consent, ConsentAnswer
from services.referrals.domain.errors import RuleBroken, together
from services.referrals.domain.referral import Referral
from services.referrals.domain.shown import Version, from_token
from services.referrals.domain.support_service import SupportService
from services.referrals.domain.values import (
    OPEN_WITH_SERVICE,
    ConsentNeeds,
    ConsentStatus,
    ReferralStatus,
)
from services.referrals.providers.recorded import Recorded
from services.referrals.store import IN_QUEUE, ReferralsStore
from shared import clock
from shared.store.each import each

CAN_ANSWER = (ReferralStatus.DRAFT, *OPEN_WITH_SERVICE)


def service_of(store: ReferralsStore, referral: Referral) -> SupportService | None:
    """The service it names, while the directory has it."""
    service_id = referral.support_service_id
    return store.support_services.find(service_id) if service_id else None


def asking(
    store: ReferralsStore, referral: Referral, service: SupportService | None = None
) -> Asking:
    """Who would be asked today, whose agreement the service needs, what they would be shown."""
    service = service or service_of(store, referral)
    needs = service.details.agreement_of if service else ConsentNeeds.ONE
    return Asking(store.deciders_of(referral.child_id), needs, shown_of(service, referral))


def ask_consent(
    store: ReferralsStore,
    referral: Referral,
    expected: int,
    recorded: Callable[[], Recorded] | None = None,
) -> Referral:
    """Each of those who decide gets a signed link to answer by, and is told there who it is about:
    where the request does not say, `recorded` is asked."""
    named = recorded() if recorded and not referral.request.child_name else None

    def act(found: Referral) -> None:
        fresh = found.status is ReferralStatus.DRAFT and not found.consent.answers
        if fresh and named and named.child_name:
            setting = found.request.setting_name or named.setting_name
            found.edit(replace(found.request, child_name=named.child_name, setting_name=setting))
        found.ask_consent(clock.today(), asking(store, found))

    return change_referral(store, referral.id, "ask_consent", act, expected=expected)


def record_consent(
    store: ReferralsStore, referral_id: str, consent: Consent, expected: int
) -> Referral:
    """Record consent, its refusal, its withdrawal or its overriding."""
    today = clock.today()
    if consent.on is None:
        consent.on = today

    def act(referral: Referral) -> None:
        now = asking(store, referral)
        together(
            partial(consent.must_be_timely, today, referral.request.child_born),
            partial(_must_be_asked, consent.person_id, now.people),
            lambda: referral.record_consent(replace(consent), now),
        )

    return change_referral(store, referral_id, "record_consent", act, expected=expected)


def _must_be_asked(person_id: str | None, people: list[str]) -> None:
    if person_id and person_id not in people:
        raise RuleBroken(
            "unknown-person",
            "This is not one of those who are asked about this child.",
            field="/person_id",
        )


class Heard(StrEnum):
    """What became of an answer that was given by a link."""

    TAKEN = "taken"
    CHANGED = "changed"
    """The request is no longer the one that they saw: it is shown again, nothing is recorded."""
    TO_CONFIRM = "to_confirm"
    """It would end what is with the service: they are shown what will be lost, and asked again."""
    OVER = "over"
    """There is nothing to answer any more."""


@dataclass(frozen=True)
class Said:
    """An answer as a page brought it: `seen` is the version that the page showed, `confirmed` the
    mark of what it said would be lost; None where the page did not say."""

    agrees: bool
    may_pass_on: bool = False
    seen: str | None = None
    confirmed: str | None = None


class _NotTakenError(Exception):
    def __init__(self, heard: Heard) -> None:
        super().__init__(heard)
        self.heard = heard


def answer_consent(
    store: ReferralsStore, referral_id: str, person_id: str, said: Said
) -> tuple[Heard, Referral]:
    """What one of the family says through their link; the last word counts."""

    def act(referral: Referral) -> None:
        now = asking(store, referral)
        heard = _hear(referral, said, now.shown)
        if heard is not Heard.TAKEN:
            raise _NotTakenError(heard)
        agreed = ConsentAnswer(
            person_id, said.agrees, clock.today(), said.agrees and said.may_pass_on
        )
        referral.answer_consent(agreed, now)

    try:
        return Heard.TAKEN, change_referral(store, referral_id, "answer_consent", act)
    except _NotTakenError as not_taken:
        return not_taken.heard, store.referrals.get(referral_id)


def follow_deciders(store: ReferralsStore, child_id: str) -> None:
    """Others may decide for the child than those who were asked: what is open to them follows."""
    today = clock.today()
    open_to_answer = {"child_id": child_id, "status": {"$in": list(CAN_ANSWER)}}
    for one in store.referrals.find_many({**open_to_answer, "consent.asked.0": {"$exists": True}}):
        if one.follow_deciders(asking(store, one), today):
            change_referral(
                store,
                one.id,
                "follow_deciders",
                lambda r: r.follow_deciders(asking(store, r), today),
            )


def expire_consents(store: ReferralsStore) -> int:
    """The calendar's: agreements that have run out. Answers how many."""
    today = clock.today()
    found = store.referrals.find_readable(
        {"consent.expires_on": {"$lt": today.isoformat()},
         "consent.status": {"$in": [ConsentStatus.GIVEN, ConsentStatus.OVERRIDDEN]},
         **IN_QUEUE},
        sort=[("consent.expires_on", 1)], limit=1000,
    )  # fmt: skip
    return each(
        "expire consent",
        found,
        lambda referral: change_referral(
            store, referral.id, "expire_consent", lambda r: r.expire_consent(today)
        ),
    )


def _hear(referral: Referral, said: Said, shown: Version) -> Heard:
    if referral.status not in CAN_ANSWER:
        return Heard.OVER
    if referral.ends_by(said.agrees):
        # It can be ended whatever has been added since; what is lost by that has to be seen.
        return Heard.TAKEN if said.confirmed == referral.at_stake else Heard.TO_CONFIRM
    if _seen(referral, said) != shown:
        return Heard.CHANGED
    return Heard.TAKEN


def _seen(referral: Referral, said: Said) -> Version:
    """What they were shown. A page of before did not say: then it was what they were asked about,
    or what they had answered."""
    if said.seen is None:
        return referral.consent.shown
    return from_token(said.seen)
