"""What a setting does with a referral."""

from functools import partial
from typing import Any

from flask import current_app

from services.referrals.api import store
from services.referrals.commands import consent, fill, refer, standing
from services.referrals.domain.consent import Consent
from services.referrals.domain.parts import Request
from services.referrals.domain.referral import Referral
from services.referrals.providers.recorded import read_recorded
from services.referrals.schemas.referral import (
    AnswerIn,
    ConsentIn,
    FilledOut,
    FillQuery,
    ReferralOut,
    ReferralsQuery,
    RequestSchema,
    StandingOut,
    WithdrawIn,
)
from shared.web.app import ServiceBlueprint
from shared.web.guard import authorization, caller, subject
from shared.web.paging import page, page_schema
from shared.web.requests import expected_version, versioned

blueprint = ServiceBlueprint("referrals", "referrals", description="Referrals of a setting")


@blueprint.post("/children/<id:child_id>/referrals")
@blueprint.arguments(RequestSchema)
@blueprint.response(201, ReferralOut)
def draft_referral(body: Request, child_id: str) -> Referral:
    """Draft a referral"""
    return versioned(refer.draft_referral(store, child_id, str(subject().setting_id), body))


@blueprint.get("/children/<id:child_id>/referral-start")
@blueprint.arguments(FillQuery, location="query")
@blueprint.response(200, FilledOut)
def fill_referral(query: dict[str, Any], child_id: str) -> fill.Filled:
    """Read what a referral can begin with: what is recorded in the child's plan already"""
    settings = current_app.extensions["sen.settings"]
    recorded = read_recorded(settings.service_urls["plans"], authorization(), child_id)
    fill.remember(store, child_id, recorded)
    service_id = query["support_service_id"]
    return fill.fill(store.support_services.get(service_id) if service_id else None, recorded)


@blueprint.get("/settings/<id:setting_id>/referrals")
@blueprint.arguments(ReferralsQuery, location="query")
@blueprint.response(200, page_schema(ReferralOut))
def list_setting_referrals(query: dict[str, Any], setting_id: str) -> dict[str, Any]:
    """List a setting's referrals: where each stands"""
    chosen: dict[str, Any] = {"setting_id": setting_id}
    if status := query.pop("status"):
        chosen["status"] = status.value
    if child_id := query.pop("child_id"):
        chosen["child_id"] = child_id
    return page(store.referrals, chosen, **query)


@blueprint.get("/referrals/<id:referral_id>")
@blueprint.response(200, ReferralOut)
def read_referral(referral_id: str) -> Referral:
    """Read a referral"""
    return versioned(subject().thing)


@blueprint.get("/referrals/<id:referral_id>/standing")
@blueprint.response(200, StandingOut)
def read_standing(referral_id: str) -> standing.Standing:
    """Read where a referral stands, in words, with its place and what to expect"""
    return standing.standing(store, subject().thing)


@blueprint.put("/referrals/<id:referral_id>/request")
@blueprint.arguments(RequestSchema)
@blueprint.response(200, ReferralOut)
def edit_referral(body: Request, referral_id: str) -> Referral:
    """Write a draft anew"""
    return versioned(refer.edit_referral(store, referral_id, body, expected_version()))


@blueprint.post("/referrals/<id:referral_id>/consent/ask")
@blueprint.response(200, ReferralOut)
def ask_consent(referral_id: str) -> Referral:
    """Ask the parents, or the young person, by a signed link each"""
    settings = current_app.extensions["sen.settings"]
    referral: Referral = subject().thing
    recorded = partial(
        read_recorded, settings.service_urls["plans"], authorization(), referral.child_id
    )
    return versioned(consent.ask_consent(store, referral, expected_version(), recorded))


@blueprint.post("/referrals/<id:referral_id>/consent")
@blueprint.arguments(ConsentIn)
@blueprint.response(200, ReferralOut)
def record_consent(body: Consent, referral_id: str) -> Referral:
    """Record consent: given, refused, withdrawn, or overridden for a named reason"""
    body.recorded_by = caller().id
    return versioned(consent.record_consent(store, referral_id, body, expected_version()))


@blueprint.post("/referrals/<id:referral_id>/submit")
@blueprint.response(200, ReferralOut)
def submit_referral(referral_id: str) -> Referral:
    """Send a referral into the support service's queue"""
    return versioned(refer.submit_referral(store, subject().thing, expected_version()))


@blueprint.post("/referrals/<id:referral_id>/information")
@blueprint.arguments(AnswerIn)
@blueprint.response(200, ReferralOut)
def supply_information(body: dict[str, Any], referral_id: str) -> Referral:
    """Answer what the support service asked"""
    return versioned(
        refer.supply_information(store, referral_id, body["answer"], expected_version())
    )


@blueprint.post("/referrals/<id:referral_id>/withdraw")
@blueprint.arguments(WithdrawIn)
@blueprint.response(200, ReferralOut)
def withdraw_referral(body: dict[str, Any], referral_id: str) -> Referral:
    """Take a referral back"""
    return versioned(
        refer.withdraw_referral(store, referral_id, body["because"], expected_version())
    )
