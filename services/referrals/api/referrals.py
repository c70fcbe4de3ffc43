"""What a setting does with a referral."""

from typing import Any

from services.referrals.api import store
from services.referrals.commands import refer
from services.referrals.domain.referral import Consent, Referral, Request
from services.referrals.schemas import (
    AnswerIn,
    ConsentIn,
    ReferralOut,
    ReferralsQuery,
    RequestSchema,
    WithdrawIn,
)
from shared.web.app import ServiceBlueprint
from shared.web.guard import caller, subject
from shared.web.paging import page, page_schema
from shared.web.requests import expected_version, versioned

blueprint = ServiceBlueprint("referrals", "referrals", description="Referrals of a setting")


@blueprint.post("/children/<id:child_id>/referrals")
@blueprint.arguments(RequestSchema)
@blueprint.response(201, ReferralOut)
def draft_referral(body: Request, child_id: str) -> Referral:
    """Draft a referral"""
    return versioned(refer.draft_referral(store, child_id, str(subject().setting_id), body))


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


@blueprint.put("/referrals/<id:referral_id>/request")
@blueprint.arguments(RequestSchema)
@blueprint.response(200, ReferralOut)
def edit_referral(body: Request, referral_id: str) -> Referral:
    """Write a draft anew"""
    return versioned(refer.edit_referral(store, referral_id, body, expected_version()))


@blueprint.post("/referrals/<id:referral_id>/consent")
@blueprint.arguments(ConsentIn)
@blueprint.response(200, ReferralOut)
def record_consent(body: Consent, referral_id: str) -> Referral:
    """Record consent: given, refused, withdrawn, or overridden for a named reason"""
    body.recorded_by = caller().id
    return versioned(refer.record_consent(store, referral_id, body, expected_version()))


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
