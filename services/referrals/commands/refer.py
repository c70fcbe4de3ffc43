"""What a setting does with a referral: draft, consent, submit, answer, withdraw."""

from datetime import date, timedelta

from services.referrals.domain.errors import RuleBroken
from services.referrals.domain.referral import Consent, Referral, Request
from services.referrals.domain.values import WithdrawReason
from services.referrals.store import ReferralsStore
from shared import clock, ids
from shared.bank_holidays import is_working_day
from shared.clock import LONDON
from shared.errors import Conflict, Invalid
from shared.store.repository import creation_id


def draft_referral(
    store: ReferralsStore, child_id: str, setting_id: str, request: Request
) -> Referral:
    """Begin a referral."""
    _must_know_service(store, request)
    referral = Referral(
        id=creation_id(), child_id=child_id, setting_id=setting_id, drafted_at=clock.now()
    )
    referral.edit(request)
    return store.referrals.add(referral)


def suggest_referral(
    store: ReferralsStore, escalation_id: str, child_id: str, setting_id: str
) -> None:
    """Make the draft that an escalation suggests; once for each."""
    referral_id = ids.derived_id("referral", escalation_id)
    if store.referrals.find(referral_id) is None:
        referral = Referral(
            id=referral_id, child_id=child_id, setting_id=setting_id, drafted_at=clock.now(),
            escalation_id=escalation_id,
        )  # fmt: skip
        referral.suggest()
        store.referrals.add(referral)


def edit_referral(
    store: ReferralsStore, referral_id: str, request: Request, expected: int
) -> Referral:
    """Write a draft anew."""
    _must_know_service(store, request)
    return store.referrals.change(referral_id, lambda r: r.edit(request), expected=expected)


def record_consent(
    store: ReferralsStore, referral_id: str, consent: Consent, expected: int
) -> Referral:
    """Record consent, its refusal, its withdrawal or its overriding."""
    if consent.on is None:
        consent.on = clock.today()
    if consent.on > clock.today():
        raise Invalid("This day has not come yet.", code="in-future", field="/on")
    return store.referrals.change(
        referral_id, lambda r: r.record_consent(consent), expected=expected
    )


def submit_referral(store: ReferralsStore, referral: Referral, expected: int) -> Referral:
    """Send the referral into the service's queue; once, however often the button is pressed."""
    respond_by = clock.today()
    service_id = referral.support_service_id
    if service_id:
        service = store.support_services.get(service_id)
        service.must_take_referrals()
        respond_by = add_working_days(clock.today(), service.details.response_target_days)
    try:
        return store.referrals.change(
            referral.id, lambda r: r.submit(clock.now(), clock.today(), respond_by),
            expected=expected,
        )  # fmt: skip
    except Conflict as conflict:
        first = store.open_referral(referral.child_id, service_id) if service_id else None
        if conflict.code == "duplicate" and first:
            raise RuleBroken(
                "open-already",
                f"This child has an open referral to this service already: {first.id}.",
                conflict=True,
            ) from conflict
        raise


def supply_information(
    store: ReferralsStore, referral_id: str, answer: str, expected: int
) -> Referral:
    """Answer the service's question; its target moves by the working days it waited."""

    def act(referral: Referral) -> None:
        respond_by = referral.respond_by or clock.today()
        if referral.questions:
            asked_on = referral.questions[-1].asked_at.astimezone(LONDON).date()
            respond_by = add_working_days(respond_by, working_days(asked_on, clock.today()))
        referral.supply_information(answer, clock.now(), respond_by)

    return store.referrals.change(referral_id, act, expected=expected)


def withdraw_referral(
    store: ReferralsStore, referral_id: str, because: WithdrawReason, expected: int
) -> Referral:
    """Take a referral back."""
    return store.referrals.change(referral_id, lambda r: r.withdraw(because), expected=expected)


def add_working_days(day: date, count: int) -> date:
    """The day that lies `count` working days after `day`."""
    while count > 0:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def working_days(start: date, end: date) -> int:
    """How many working days lie after `start`, up to and including `end`."""
    return sum(is_working_day(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))


def _must_know_service(store: ReferralsStore, request: Request) -> None:
    service_id = request.support_service_id
    if service_id and store.support_services.find(service_id) is None:
        raise Invalid("There is no such support service.", code="unknown-service",
                      field="/support_service_id")  # fmt: skip
