"""Where providers report back. They bring a token of their own, which only they and we know."""

import hmac
from typing import Any

from flask import current_app, request
from marshmallow import EXCLUDE, fields, validate

from services.notifications.api import store
from services.notifications.commands.receive import receive_receipt, receive_text
from services.notifications.domain.values import Channel
from shared import context
from shared.errors import NotFound, Unauthenticated
from shared.web import fields as f
from shared.web.app import ServiceBlueprint
from shared.web.fields import Schema

blueprint = ServiceBlueprint("callbacks", "callbacks", description="What providers report back")

_FINAL = ("delivered", "permanent-failure", "temporary-failure", "technical-failure")


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

    source_number = fields.String(required=True, validate=validate.Length(5, 20))
    message = fields.String(required=True, validate=validate.Length(max=2000))


@blueprint.post("/callbacks/notify-received")
@blueprint.arguments(NotifyReceived)
@blueprint.response(204)
def notify_received(body: dict[str, Any]) -> None:
    """Take a text that somebody has answered with: STOP, or START"""
    _must_be(current_app.extensions["sen.notify_callback_token"])
    context.amend(actor_id="notify", actor_role="provider")
    # Notify leaves the plus sign out.
    receive_text(store, "+" + body["source_number"].lstrip("+"), body["message"])


@blueprint.post("/callbacks/notify")
@blueprint.arguments(NotifyReceipt)
@blueprint.response(204)
def notify(body: dict[str, Any]) -> None:
    """Take a delivery receipt of GOV.UK Notify"""
    _must_be(current_app.extensions["sen.notify_callback_token"])
    context.amend(actor_id="notify", actor_role="provider")
    if body["status"] in _FINAL:
        receive_receipt(
            store, body["reference"], body["notification_type"],
            delivered=body["status"] == "delivered", reason=f"receipt: {body['status']}",
        )  # fmt: skip


def _must_be(token: str) -> None:
    """Raises NotFound where none is set, Unauthenticated on another."""
    if not token:
        raise NotFound("Receipts are not taken here.")
    said = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(said.encode(), token.encode()):
        raise Unauthenticated("This is not the provider's token.")
