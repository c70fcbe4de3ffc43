"""Files beside a referral."""

from pathlib import PurePosixPath
from typing import Any

from flask import Response
from flask_smorest.fields import Upload

from services.referrals.api import store
from services.referrals.commands import attach as commands
from services.referrals.domain.referral import Referral
from services.referrals.schemas.referral import ReferralOut
from shared.errors import Invalid
from shared.web.app import ServiceBlueprint
from shared.web.fields import Schema, clean_name
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
    return versioned(keep(files["file"], referral_id))


def keep(file: Any, referral_id: str) -> Referral:
    """Keep an uploaded file. Raises Invalid on an empty one."""
    content = file.stream
    size = content.seek(0, 2)
    if not size:
        raise Invalid("This file is empty.", field="/file")
    name = clean_name(PurePosixPath((file.filename or "").replace("\\", "/")).name)
    return commands.attach(
        store, referral_id, caller().id, name=name or "file", content=content, size=size
    )


@blueprint.get("/referrals/<id:referral_id>/attachments/<attachment_id>")
@blueprint.response(200)
@blueprint.alt_response(409, description="Not scanned yet, or found to be harmful")
def read_attachment(referral_id: str, attachment_id: str) -> Response:
    """Fetch a file, once the scanner has passed it"""
    return file_response(subject().thing, attachment_id)


def file_response(referral: Referral, attachment_id: str) -> Response:
    """A file as a download: it is never opened as a page of ours."""
    kept = commands.attachment_of(referral, attachment_id)
    response = Response(commands.read_attachment(store, kept), mimetype=kept.media_type)
    response.headers.set("Content-Disposition", "attachment", filename=kept.name)
    response.content_length = kept.size
    return response


@blueprint.delete("/referrals/<id:referral_id>/attachments/<attachment_id>")
@blueprint.response(200, ReferralOut)
def detach(referral_id: str, attachment_id: str) -> Referral:
    """Take a file away from a draft"""
    return versioned(commands.detach(store, referral_id, attachment_id, expected_version()))
