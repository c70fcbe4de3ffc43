"""What a support service does with a referral."""

from typing import Any

from services.referrals.api import store
from services.referrals.commands import triage
from services.referrals.domain.referral import OPEN_WITH_SERVICE, Referral
from services.referrals.schemas import (
    AcceptIn,
    AllocateIn,
    CloseIn,
    DeclineIn,
    QuestionIn,
    QueuedOut,
    QueueQuery,
    WordsIn,
)
from shared.web.app import ServiceBlueprint
from shared.web.guard import caller, subject
from shared.web.paging import page, page_schema
from shared.web.requests import expected_version, versioned

blueprint = ServiceBlueprint("triage", "triage", description="A support service's queue")


@blueprint.get("/support-services/<id:support_service_id>/queue")
@blueprint.arguments(QueueQuery, location="query")
@blueprint.response(200, page_schema(QueuedOut))
def read_queue(query: dict[str, Any], support_service_id: str) -> dict[str, Any]:
    """Read your service's queue: the most urgent first, then the longest waiting"""
    chosen: dict[str, Any] = {
        "request.support_service_id": support_service_id,
        "status": {"$in": list(OPEN_WITH_SERVICE)},
    }
    if urgency := query.pop("urgency"):
        chosen["urgency_rank"] = urgency.rank
    if query.pop("unclaimed"):
        chosen["claimed_by"] = None
    return page(store.referrals, chosen, by=("urgency_rank", "submitted_at"), **query)


@blueprint.get("/referrals/<id:referral_id>/notes")
@blueprint.response(200, QueuedOut)
def read_notes(referral_id: str) -> Referral:
    """Read a referral with your service's notes"""
    return versioned(subject().thing)


@blueprint.post("/referrals/<id:referral_id>/acknowledge")
@blueprint.response(200, QueuedOut)
def acknowledge_referral(referral_id: str) -> Referral:
    """Acknowledge that a referral has been seen"""
    return versioned(triage.acknowledge_referral(store, referral_id, expected_version()))


@blueprint.post("/referrals/<id:referral_id>/claim")
@blueprint.response(200, QueuedOut)
def claim_referral(referral_id: str) -> Referral:
    """Take a referral for triage: nobody else can hold it then"""
    return versioned(triage.claim_referral(store, referral_id, caller().id))


@blueprint.post("/referrals/<id:referral_id>/release")
@blueprint.response(200, QueuedOut)
def release_referral(referral_id: str) -> Referral:
    """Put a referral back into the queue"""
    return versioned(triage.release_referral(store, referral_id, caller().id))


@blueprint.post("/referrals/<id:referral_id>/notes")
@blueprint.arguments(WordsIn)
@blueprint.response(201, QueuedOut)
def add_note(body: dict[str, Any], referral_id: str) -> Referral:
    """Add a note for your service's workers"""
    return versioned(triage.add_note(store, referral_id, caller().id, body["text"]))


@blueprint.post("/referrals/<id:referral_id>/questions")
@blueprint.arguments(QuestionIn)
@blueprint.response(200, QueuedOut)
def request_information(body: dict[str, Any], referral_id: str) -> Referral:
    """Ask the setting for information; the triage clock stops"""
    return versioned(
        triage.request_information(
            store, referral_id, caller().id, body["question"], expected_version()
        )
    )


@blueprint.post("/referrals/<id:referral_id>/accept")
@blueprint.arguments(AcceptIn)
@blueprint.response(200, QueuedOut)
def accept_referral(body: dict[str, Any], referral_id: str) -> Referral:
    """Accept a referral; setting and family are told"""
    return versioned(
        triage.accept_referral(
            store, referral_id, caller().id, body["family_words"], expected_version()
        )
    )


@blueprint.post("/referrals/<id:referral_id>/decline")
@blueprint.arguments(DeclineIn)
@blueprint.response(200, QueuedOut)
def decline_referral(body: dict[str, Any], referral_id: str) -> Referral:
    """Decline a referral with a reason, plain words and a next step"""
    return versioned(
        triage.decline_referral(
            store, referral_id, caller().id, expected=expected_version(), **body
        )
    )


@blueprint.post("/referrals/<id:referral_id>/allocate")
@blueprint.arguments(AllocateIn)
@blueprint.response(200, QueuedOut)
def allocate_referral(body: dict[str, Any], referral_id: str) -> Referral:
    """Give the work to somebody"""
    return versioned(triage.allocate_referral(store, referral_id, body["to"], expected_version()))


@blueprint.post("/referrals/<id:referral_id>/begin")
@blueprint.response(200, QueuedOut)
def begin_work(referral_id: str) -> Referral:
    """The work has begun"""
    return versioned(triage.begin_work(store, referral_id, expected_version()))


@blueprint.post("/referrals/<id:referral_id>/reports")
@blueprint.arguments(WordsIn)
@blueprint.response(201, QueuedOut)
def report_back(body: dict[str, Any], referral_id: str) -> Referral:
    """Report back to the setting"""
    return versioned(triage.report_back(store, referral_id, caller().id, body["text"]))


@blueprint.post("/referrals/<id:referral_id>/close")
@blueprint.arguments(CloseIn)
@blueprint.response(200, QueuedOut)
def close_referral(body: dict[str, Any], referral_id: str) -> Referral:
    """Close a referral with the outcome of the work"""
    return versioned(triage.close_referral(store, referral_id, body["outcome"], expected_version()))
