"""Files beside a referral."""

from typing import Any

from flask import Response
from flask_smorest.fields import Upload

from services.referrals.api import store
from services.referrals.commands import attach as commands
from services.referrals.domain.referral import Referral
from services.referrals.schemas.referral import ReferralOut
from shared.web.app import ServiceBlueprint
from shared.web.downloads import download
from shared.web.fields import Schema
from shared.web.guard import caller, subject
from shared.web.requests import expected_version, versioned

blueprint = ServiceBlueprint("attachments", "attachments", description="Files beside a referral")


class FileIn(Schema):
    file = Upload(required=True)


@blueprint.post("/referrals/<id:referral_id>/attachments")
@blueprint.arguments(FileIn, location="files")
@blueprint.response(201, ReferralOut)
def attach(files: dict[str, Any], referral_id: str) -> Referral:
    """Attach a file (multipart/form-data): a PDF, an image or an office document"""
    return versioned(commands.attach_upload(store, referral_id, caller().id, files["file"]))


@blueprint.get("/referrals/<id:referral_id>/attachments/<attachment_id>")
@blueprint.response(200)
@blueprint.alt_response(409, description="Not scanned yet, or found to be harmful")
def read_attachment(referral_id: str, attachment_id: str) -> Response:
    """Fetch a file, once the scanner has passed it"""
    kept = commands.attachment_of(subject().thing, attachment_id)
    return download(
        commands.read_attachment(store, kept), name=kept.name, media_type=kept.media_type,
        size=kept.size,
    )  # fmt: skip


@blueprint.delete("/referrals/<id:referral_id>/attachments/<attachment_id>")
@blueprint.response(200, ReferralOut)
def detach(referral_id: str, attachment_id: str) -> Referral:
    """Remove a file: any from a draft, and your own after it has been sent"""
    return versioned(commands.detach(store, referral_id, attachment_id, expected_version()))
