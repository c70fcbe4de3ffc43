"""What a setting does with a referral: draft, submit, answer, withdraw."""

from functools import partial

from services.referrals.commands.change import change_referral, note
from services.referrals.commands.shown import shown_of
from services.referrals.commands.working_days import add_working_days, target_of, working_days
from services.referrals.domain.errors import RuleBroken, together
from services.referrals.domain.parts import Request
from services.referrals.domain.referral import Referral
from services.referrals.domain.support_service import SupportService
from services.referrals.domain.values import WithdrawReason
from services.referrals.store import ReferralsStore
from shared import clock, ids
from shared.clock import LONDON
from shared.errors import Conflict
from shared.store.repository import creation_id


def draft_referral(
    store: ReferralsStore, child_id: str, setting_id: str, request: Request
) -> Referral:
    """Begin a referral."""
    referral_id = creation_id()
    referral = Referral(
        id=referral_id, child_id=child_id, setting_id=setting_id, drafted_at=clock.now(),
        address=store.address_of(referral_id),
    )  # fmt: skip
    together(
        partial(_must_fit_service, store, request),
        partial(_must_fit_child, store, referral, request),
        partial(referral.edit, request),
    )
    note(referral, "draft_referral")
    return store.referrals.add(referral)


def suggest_referral(
    store: ReferralsStore, escalation_id: str, child_id: str, setting_id: str
) -> None:
    """Make the draft that an escalation suggests; once for each."""
    referral_id = ids.derived_id("referral", escalation_id)
    if store.referrals.find(referral_id) is None:
        referral = Referral(
            id=referral_id, child_id=child_id, setting_id=setting_id, drafted_at=clock.now(),
            address=store.address_of(referral_id), escalation_id=escalation_id,
        )  # fmt: skip
        referral.suggest()
        note(referral, "suggest_referral")
        store.referrals.add(referral)


def edit_referral(
    store: ReferralsStore, referral_id: str, request: Request, expected: int
) -> Referral:
    """Write a draft anew."""
    fits = partial(_must_fit_service, store, request)
    return change_referral(
        store,
        referral_id,
        "edit_referral",
        lambda r: together(
            fits, partial(_must_fit_child, store, r, request), partial(r.edit, request)
        ),
        expected=expected,
    )


def submit_referral(store: ReferralsStore, referral: Referral, expected: int) -> Referral:
    """Send the referral into the service's queue; once, however often the button is pressed."""
    respond_by = clock.today()
    service_id = referral.support_service_id
    service = store.support_services.get(service_id) if service_id else None
    if service:
        respond_by = target_of(service)

    def act(found: Referral) -> None:
        taken = [partial(_must_be_taken, service, found.request)] if service else []
        # What the service will read depends on the version of its form, which is noted first.
        together(*taken, lambda: found.submit(clock.now(), clock.today(), respond_by,
                                              shown_of(service, found)))  # fmt: skip

    try:
        return change_referral(store, referral.id, "submit_referral", act, expected=expected)
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

    return change_referral(store, referral_id, "supply_information", act, expected=expected)


def withdraw_referral(
    store: ReferralsStore, referral_id: str, because: WithdrawReason, expected: int
) -> Referral:
    """Take a referral back."""
    return change_referral(
        store,
        referral_id,
        "withdraw_referral",
        lambda r: r.withdraw(because, clock.today()),
        expected=expected,
    )


def _must_be_taken(service: SupportService, request: Request) -> None:
    """The service takes referrals, and all that its form asks today is answered."""
    together(service.must_take_referrals, partial(service.form.check, request.answers, whole=True))
    request.form_version = service.form.version


def _must_fit_service(store: ReferralsStore, request: Request) -> None:
    """There is such a service, and its form asks what was answered. The version is noted."""
    if request.support_service_id is None:
        if request.answers:
            raise RuleBroken(
                "invalid", "Choose which service it is for first.", field="/support_service_id"
            )
        return
    service = store.support_services.find(request.support_service_id)
    if service is None:
        raise RuleBroken(
            "unknown-service", "There is no such support service.", field="/support_service_id"
        )
    service.form.check(request.answers, whole=False)
    request.form_version = service.form.version


def _must_fit_child(store: ReferralsStore, referral: Referral, request: Request) -> None:
    """The plan that it names is the child's. What a draft names already stays. Raises RuleBroken.

    Whose a plan is comes by plans' events; of drafts, and of plans from before those events came
    here, it is remembered when what a referral can begin with is read.
    """
    named = request.plan_id
    new = named if named != referral.request.plan_id else None
    if new and not store.is_plan_of(new, referral.child_id):
        raise RuleBroken("unknown-plan", "There is no such plan of this child.", field="/plan_id")
