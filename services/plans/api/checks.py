"""Do: checks."""

from typing import Any

from services.plans.api import store
from services.plans.commands import do
from services.plans.domain.check import Check
from services.plans.schemas import CheckIn, CheckOut
from shared.web.app import ServiceBlueprint
from shared.web.guard import caller, subject
from shared.web.paging import PageQuery, page, page_schema
from shared.web.requests import versioned

blueprint = ServiceBlueprint("checks", "checks", description="Do: is the plan working?")


@blueprint.post("/plans/<id:plan_id>/checks")
@blueprint.arguments(CheckIn)
@blueprint.response(201, CheckOut)
def record_check(body: dict[str, Any], plan_id: str) -> Check:
    """Record a check of a plan"""
    return versioned(do.record_check(store, subject().thing, caller().id, body))


@blueprint.get("/plans/<id:plan_id>/checks")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_schema(CheckOut))
def list_checks(query: dict[str, Any], plan_id: str) -> dict[str, Any]:
    """List a plan's checks, latest first"""
    return page(store.checks, {"plan_id": plan_id}, by="occurred_on", descending=True, **query)
