"""The shapes of webhooks and their delivery log."""

from marshmallow import fields

from services.referrals.domain.webhook import DeliveryState
from shared.web import fields as f
from shared.web.fields import Schema
from shared.web.paging import PageQuery


class WebhookIn(Schema):
    url = f.WebAddress(required=True, schemes={"https", "http"}, require_tld=False)


class WebhookChange(WebhookIn):
    active = f.truth(required=False, load_default=True)


class WebhookOut(Schema):
    id = f.ident()
    support_service_id = f.ident()
    url = fields.String()
    active = fields.Boolean()
    version = fields.Integer()


class WebhookSecretOut(WebhookOut):
    """With the secret: shown once, when it is made."""

    secret = fields.String()


class AttemptOut(Schema):
    at = f.moment()
    status = fields.Integer(allow_none=True)
    problem = fields.String(allow_none=True)
    milliseconds = fields.Integer()


class DeliveryOut(Schema):
    id = f.ident()
    webhook_id = f.ident()
    event_id = f.ident()
    type = fields.String()
    made_at = f.moment()
    next_try = f.moment()
    state = f.code(DeliveryState)
    tries = fields.Integer()
    attempts = fields.List(fields.Nested(AttemptOut))


class DeliveriesQuery(PageQuery):
    state = f.code(DeliveryState, required=False, load_default=None)


class ReplayIn(Schema):
    since = f.moment_that(f.Meaning.HAPPENED)


class ReplayedOut(Schema):
    replayed = fields.Integer()
