"""What a support service decides of a referral."""

from typing import Any

from services.referrals.api import store
from services.referrals.commands import triage
from services.referrals.domain.referral import Referral
from services.referrals.schemas.referral import WordsIn
from services.referrals.schemas.triage import (
    AcceptIn,
    AllocateIn,
    DeclineIn,
    QuestionIn,
    QueuedOut,
    RedirectIn,
)
from shared.web.app import ServiceBlueprint
from shared.web.guard import caller, subject
from shared.web.requests import expected_version, versioned

blueprint = ServiceBlueprint("triage", "triage", description="A support service's decisions")


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


@blueprint.post("/referrals/<id:referral_id>/hand-over")
@blueprint.arguments(AllocateIn)
@blueprint.response(200, QueuedOut)
def hand_over_referral(body: dict[str, Any], referral_id: str) -> Referral:
    """Hand a referral over to somebody else of your service"""
    return versioned(
        triage.hand_over_referral(
            store, referral_id, body["to"], expected_version(), by=caller().id
        )
    )


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


@blueprint.post("/referrals/<id:referral_id>/redirect")
@blueprint.arguments(RedirectIn)
@blueprint.response(200, QueuedOut)
def redirect_referral(body: dict[str, Any], referral_id: str) -> Referral:
    """Send a referral on to another service that fits better; it keeps its date"""
    return versioned(
        triage.redirect_referral(
            store, referral_id, caller().id, to=body["support_service_id"],
            family_words=body["family_words"], expected=expected_version(),
        )
    )  # fmt: skip
