"""A support service's webhooks and their delivery log."""

from typing import Any

from flask import current_app

from services.referrals.api import store
from services.referrals.commands import webhooks as commands
from services.referrals.domain.webhook import Delivery, Webhook
from services.referrals.providers.webhook_http import shown_secret
from services.referrals.schemas.outside import (
    DeliveriesQuery,
    DeliveryOut,
    ReplayedOut,
    ReplayIn,
    WebhookChange,
    WebhookIn,
    WebhookOut,
    WebhookSecretOut,
)
from shared.web.app import ServiceBlueprint
from shared.web.guard import subject
from shared.web.paging import PageQuery, page, page_schema
from shared.web.requests import expected_version, versioned

blueprint = ServiceBlueprint("webhooks", "webhooks", description="Telling a service's own system")


def _private_too() -> bool:
    return bool(current_app.extensions["sen.private_webhooks"])


def _with_secret(webhook: Webhook) -> dict[str, Any]:
    versioned(webhook)
    return {**vars(webhook), "secret": shown_secret(webhook.secret)}


@blueprint.post("/support-services/<id:support_service_id>/webhooks")
@blueprint.arguments(WebhookIn)
@blueprint.response(201, WebhookSecretOut)
def add_webhook(body: dict[str, Any], support_service_id: str) -> dict[str, Any]:
    """Have your own system told by HTTP; the secret is shown in this answer only"""
    return _with_secret(
        commands.add_webhook(store, support_service_id, body["url"], private_too=_private_too())
    )


@blueprint.get("/support-services/<id:support_service_id>/webhooks")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_schema(WebhookOut))
def list_webhooks(query: dict[str, Any], support_service_id: str) -> dict[str, Any]:
    """List where your own system is told"""
    return page(store.webhooks, {"support_service_id": support_service_id}, **query)


@blueprint.put("/webhooks/<id:webhook_id>")
@blueprint.arguments(WebhookChange)
@blueprint.response(200, WebhookOut)
def change_webhook(body: dict[str, Any], webhook_id: str) -> Webhook:
    """Give another address, or none for a while"""
    return versioned(
        commands.change_webhook(
            store, webhook_id, body["url"], body["active"], expected_version(),
            private_too=_private_too(),
        )
    )  # fmt: skip


@blueprint.post("/webhooks/<id:webhook_id>/secret")
@blueprint.response(200, WebhookSecretOut)
def turn_secret(webhook_id: str) -> dict[str, Any]:
    """Make a new secret; the old one signs nothing more"""
    return _with_secret(commands.turn_secret(store, webhook_id, expected_version()))


@blueprint.get("/webhooks/<id:webhook_id>/deliveries")
@blueprint.arguments(DeliveriesQuery, location="query")
@blueprint.response(200, page_schema(DeliveryOut))
def list_deliveries(query: dict[str, Any], webhook_id: str) -> dict[str, Any]:
    """Read the delivery log, newest first: it is kept for 30 days"""
    chosen: dict[str, Any] = {"webhook_id": webhook_id}
    if state := query.pop("state"):
        chosen["state"] = state.value
    return page(store.deliveries, chosen, by="made_at", descending=True, **query)


@blueprint.post("/webhooks/<id:webhook_id>/replay")
@blueprint.arguments(ReplayIn)
@blueprint.response(200, ReplayedOut)
def replay_since(body: dict[str, Any], webhook_id: str) -> dict[str, Any]:
    """Send again all that was made since then"""
    return {"replayed": commands.replay_since(store, webhook_id, body["since"])}


@blueprint.post("/deliveries/<id:delivery_id>/replay")
@blueprint.response(200, DeliveryOut)
def replay_delivery(delivery_id: str) -> Delivery:
    """Send one delivery again, with its own id"""
    return versioned(commands.replay_delivery(store, subject().thing.id))
