"""Where providers report back. They bring a token of their own, which only they and we know."""

import hmac
from typing import Any

from flask import current_app, request
from marshmallow import EXCLUDE, fields, validate
from twilio.request_validator import RequestValidator

from services.notifications.api import store
from services.notifications.commands.receive import receive_receipt, receive_text
from services.notifications.domain.refusals import judge_twilio_receipt
from services.notifications.domain.values import Channel
from shared import context
from shared.errors import NotFound, Unauthenticated
from shared.web import fields as f
from shared.web.app import ServiceBlueprint
from shared.web.fields import Schema

blueprint = ServiceBlueprint("callbacks", "callbacks", description="What providers report back")

_FINAL = ("delivered", "permanent-failure", "temporary-failure", "technical-failure")
_TWILIO_FINAL = ("delivered", "undelivered", "failed")
_MOST_WORDS = 10_000
"""What is longer than a text can be is cut, not refused: nobody's STOP is lost by its length."""


class NotifyReceipt(Schema):
    """What GOV.UK Notify sends; the rest of it, such as the address, is not read."""

    class Meta:
        unknown = EXCLUDE

    reference = f.ident()
    status = fields.String(required=True, validate=validate.OneOf([*_FINAL, "sending", "sent"]))
    notification_type = fields.Enum(Channel, by_value=True, required=True)


class NotifyReceived(Schema):
    """A text that somebody has sent to our number, as Notify passes it on."""

    class Meta:
        unknown = EXCLUDE

    id = f.Token(most=100, required=True)
    source_number = f.Heard(most=40, least=1, required=True)
    message = f.Heard(most=_MOST_WORDS, required=True)


class TwilioReceipt(Schema):
    """What Twilio sends of a text of ours; the rest, such as the number, is not read."""

    class Meta:
        unknown = EXCLUDE

    status = f.Token(most=20, required=True, data_key="MessageStatus")
    error = f.Token(most=10, least=0, load_default="", data_key="ErrorCode")


class TwilioReceived(Schema):
    """A text that somebody has sent to our number, as Twilio passes it on."""

    class Meta:
        unknown = EXCLUDE

    id = f.Token(most=100, required=True, data_key="MessageSid")
    number = f.Heard(most=40, least=1, required=True, data_key="From")
    words = f.Heard(most=_MOST_WORDS, load_default="", data_key="Body")
    meant = f.Token(most=20, least=0, load_default="", data_key="OptOutType")
    """What Twilio took it for itself: by the words that the account was given (Advanced Opt-Out),
    in whichever language. Its START is not ours: that may be `yes`."""


@blueprint.before_request
def must_be_the_provider() -> None:
    """Before anything that it sends is looked at. Raises NotFound where nothing is taken,
    Unauthenticated where it is somebody else."""
    if str(request.endpoint).startswith("callbacks.twilio"):
        _must_be_twilio()
    else:
        _must_be_notify()


def _must_be_notify() -> None:
    tokens = _tokens("notify")
    said = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    if not any(hmac.compare_digest(said, token.encode()) for token in tokens):
        raise Unauthenticated("This is not the provider's token.")


def _must_be_twilio() -> None:
    """Twilio signs the address it calls, with what it sends."""
    tokens = _tokens("twilio")
    at = current_app.extensions["sen.settings"].public_urls["notifications"] + request.path
    said = request.headers.get("X-Twilio-Signature", "")
    if not any(RequestValidator(token).validate(at, request.form, said) for token in tokens):
        raise Unauthenticated("This is not the provider's signature.")


def _tokens(provider: str) -> frozenset[str]:
    found: frozenset[str] = current_app.extensions[f"sen.{provider}_tokens"]
    if not found:
        raise NotFound("Receipts are not taken here.")
    context.amend(actor_id=provider, actor_role="provider")
    return found


@blueprint.post("/callbacks/notify-received")
@blueprint.arguments(NotifyReceived)
@blueprint.response(204)
def notify_received(body: dict[str, Any]) -> None:
    """Take a text that somebody has answered with: STOP, START, or words for the setting"""
    receive_text(store, body["id"], body["source_number"], body["message"])


@blueprint.post("/callbacks/notify")
@blueprint.arguments(NotifyReceipt)
@blueprint.response(204)
def notify(body: dict[str, Any]) -> None:
    """Take a delivery receipt of GOV.UK Notify"""
    status = body["status"]
    if status in _FINAL:
        receive_receipt(
            store, body["reference"], body["notification_type"],
            delivered=status == "delivered", reason=f"receipt: {status}",
            wrong=status == "permanent-failure", ours=status == "technical-failure",
        )  # fmt: skip


@blueprint.post("/callbacks/twilio/<id:message_id>")
@blueprint.arguments(TwilioReceipt, location="form")
@blueprint.response(204)
def twilio(body: dict[str, Any], message_id: str) -> None:
    """Take a status callback of Twilio"""
    status, error = body["status"], body["error"]
    verdict = judge_twilio_receipt(error)
    if status in _TWILIO_FINAL:
        receive_receipt(
            store, message_id, Channel.SMS, delivered=status == "delivered",
            reason=f"receipt: {status} {error}".strip(), wrong=verdict.wrong, ours=verdict.ours,
        )  # fmt: skip


@blueprint.post("/callbacks/twilio-received")
@blueprint.arguments(TwilioReceived, location="form")
@blueprint.response(204)
def twilio_received(body: dict[str, Any]) -> None:
    """Take a text that somebody has answered with, from Twilio"""
    receive_text(
        store, body["id"], body["number"], body["words"], stops=body["meant"].upper() == "STOP"
    )
