"""What a support service does for a child."""

from typing import Any

from services.referrals.api import store
from services.referrals.commands import work
from services.referrals.domain.referral import Referral
from services.referrals.schemas.referral import WordsIn
from services.referrals.schemas.triage import AllocateIn, CloseIn, QueuedOut, WorkIn
from shared.web.app import ServiceBlueprint
from shared.web.guard import caller
from shared.web.requests import expected_version, versioned

blueprint = ServiceBlueprint("work", "work", description="A support service's work")


@blueprint.post("/referrals/<id:referral_id>/waiting-list")
@blueprint.response(200, QueuedOut)
def put_on_waiting_list(referral_id: str) -> Referral:
    """Let accepted work wait its turn; what had a place before keeps it"""
    return versioned(work.put_on_waiting_list(store, referral_id, expected_version()))


@blueprint.post("/referrals/<id:referral_id>/allocate")
@blueprint.arguments(AllocateIn)
@blueprint.response(200, QueuedOut)
def allocate_referral(body: dict[str, Any], referral_id: str) -> Referral:
    """Give the work to somebody of your service"""
    return versioned(
        work.allocate_referral(store, referral_id, body["to"], expected_version(), by=caller().id)
    )


@blueprint.post("/referrals/<id:referral_id>/begin")
@blueprint.response(200, QueuedOut)
def begin_work(referral_id: str) -> Referral:
    """The work has begun"""
    return versioned(work.begin_work(store, referral_id, expected_version()))


@blueprint.post("/referrals/<id:referral_id>/work")
@blueprint.arguments(WorkIn)
@blueprint.response(201, QueuedOut)
def record_work(body: dict[str, Any], referral_id: str) -> Referral:
    """Record a piece of work; with the first the work begins"""
    return versioned(work.record_work(store, referral_id, caller().id, **body))


@blueprint.post("/referrals/<id:referral_id>/reports")
@blueprint.arguments(WordsIn)
@blueprint.response(201, QueuedOut)
def report_back(body: dict[str, Any], referral_id: str) -> Referral:
    """Report back to the setting"""
    return versioned(work.report_back(store, referral_id, caller().id, body["text"]))


@blueprint.post("/referrals/<id:referral_id>/close")
@blueprint.arguments(CloseIn)
@blueprint.response(200, QueuedOut)
def close_referral(body: dict[str, Any], referral_id: str) -> Referral:
    """Close a referral with the outcome of the work"""
    return versioned(work.close_referral(store, referral_id, body["outcome"], expected_version()))
