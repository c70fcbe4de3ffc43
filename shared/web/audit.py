"""`GET /settings/<id>/audit`: the trail of a setting's records, for those who answer for them."""

from typing import Any

from marshmallow import fields

from shared.store import audit
from shared.store.database import MongoDatabase
from shared.web.app import ServiceBlueprint
from shared.web.fields import Id, Schema, moment
from shared.web.paging import PageQuery


class AuditQuery(PageQuery):
    cursor = Id(load_default=None)
    child_id = Id(load_default=None)


class AuditEntry(Schema):
    at = moment()
    actor_id = fields.String()
    actor_role = fields.String()
    action = fields.String()
    access = fields.String()
    about = fields.String()
    child_id = fields.String(allow_none=True)
    refused = fields.String(allow_none=True)
    correlation_id = fields.String()


class AuditPage(Schema):
    items = fields.List(fields.Nested(AuditEntry))
    next_cursor = fields.String(allow_none=True)


def build(database: MongoDatabase) -> ServiceBlueprint:
    """The blueprint; its endpoint is `audit.read_audit`."""
    blueprint = ServiceBlueprint("audit", "audit", description="Who read and wrote what")

    @blueprint.get("/settings/<id:setting_id>/audit")
    @blueprint.arguments(AuditQuery, location="query")
    @blueprint.response(200, AuditPage)
    def read_audit(query: dict[str, Any], setting_id: str) -> dict[str, Any]:
        """Read the audit trail, newest first"""
        found = audit.entries(
            database, setting_id, query["child_id"], query["cursor"], query["limit"]
        )
        more = len(found) == query["limit"]
        return {"items": found, "next_cursor": found[-1]["_id"] if more else None}

    return blueprint
