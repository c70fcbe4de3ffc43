"""Plan: from the draft to its end."""

from dataclasses import asdict
from typing import Any

from marshmallow import fields

from services.plans.api import store
from services.plans.commands import plan as commands
from services.plans.domain.plan import Plan
from services.plans.schemas import (
    ActivateIn,
    AgreeIn,
    AmendIn,
    CeaseIn,
    ContentSchema,
    CopyOut,
    PlanIn,
    PlanOut,
    PlansQuery,
    ShareIn,
    VersionContentOut,
)
from services.plans.templates import TEMPLATES
from shared.errors import NotFound
from shared.web.app import ServiceBlueprint
from shared.web.fields import Schema
from shared.web.guard import caller, subject
from shared.web.paging import PageQuery, page, page_schema
from shared.web.requests import expected_version, versioned

blueprint = ServiceBlueprint("plans", "plans", description="SEN support plans")


class SectionOut(Schema):
    field = fields.String()
    heading = fields.String()
    help = fields.String()


class TemplateOut(Schema):
    name = fields.String()
    version = fields.Integer()
    title = fields.String()
    sections = fields.List(fields.Nested(SectionOut))


@blueprint.get("/templates")
@blueprint.response(200, TemplateOut(many=True))
def list_templates() -> list[Any]:
    """List the plan templates of the three phases"""
    return list(TEMPLATES.values())


@blueprint.post("/children/<id:child_id>/plans")
@blueprint.arguments(PlanIn)
@blueprint.response(201, PlanOut)
def draft_plan(body: dict[str, Any], child_id: str) -> Plan:
    """Draft a plan"""
    return versioned(commands.draft_plan(store, subject().thing, by=caller().id, **body))


@blueprint.get("/children/<id:child_id>/plans")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_schema(PlanOut))
def list_plans(query: dict[str, Any], child_id: str) -> dict[str, Any]:
    """List a child's plans"""
    return page(store.plans, {"child_id": child_id}, **query)


@blueprint.get("/settings/<id:setting_id>/plans")
@blueprint.arguments(PlansQuery, location="query")
@blueprint.response(200, page_schema(PlanOut))
def list_setting_plans(query: dict[str, Any], setting_id: str) -> dict[str, Any]:
    """List a setting's plans; a teacher sees those shared with them"""
    chosen: dict[str, Any] = {"setting_id": setting_id}
    state = query.pop("state")
    if state:
        chosen["state"] = state
    if "senco" not in caller().roles:
        chosen["$or"] = [
            {"shares.person_id": caller().id},
            {"written_by": caller().id},
            {"content.responsible_id": caller().id},
        ]
    return page(store.plans, chosen, **query)


@blueprint.get("/plans/<id:plan_id>")
@blueprint.response(200, PlanOut)
def read_plan(plan_id: str) -> Plan:
    """Read a plan"""
    return versioned(subject().thing)


@blueprint.put("/plans/<id:plan_id>/content")
@blueprint.arguments(ContentSchema)
@blueprint.response(200, PlanOut)
def edit_draft(body: Any, plan_id: str) -> Plan:
    """Write a draft anew"""
    return versioned(commands.edit_draft(store, plan_id, body, expected_version()))


@blueprint.post("/plans/<id:plan_id>/agree")
@blueprint.arguments(AgreeIn)
@blueprint.response(200, PlanOut)
def agree_plan(body: dict[str, Any], plan_id: str) -> Plan:
    """Agree a plan with the family"""
    return versioned(commands.agree_plan(store, plan_id, body["agreed_on"], expected_version()))


@blueprint.post("/plans/<id:plan_id>/discard")
@blueprint.response(200, PlanOut)
def discard_plan(plan_id: str) -> Plan:
    """Give up a plan that never came into force"""
    return versioned(commands.discard_plan(store, plan_id, expected_version()))


@blueprint.post("/plans/<id:plan_id>/activate")
@blueprint.arguments(ActivateIn)
@blueprint.response(200, PlanOut)
def activate_plan(body: dict[str, Any], plan_id: str) -> Plan:
    """Put a plan in force: its written copy goes to the family, its reviews are scheduled"""
    return versioned(
        commands.activate_plan(store, plan_id, body["active_from"], caller().id, expected_version())
    )


@blueprint.post("/plans/<id:plan_id>/amend")
@blueprint.arguments(AmendIn)
@blueprint.response(200, PlanOut)
def amend_plan(body: dict[str, Any], plan_id: str) -> Plan:
    """Change a plan in force: a new version, and a new written copy"""
    return versioned(
        commands.amend_plan(
            store, plan_id, body["content"], body["why"], caller().id, expected_version()
        )
    )


@blueprint.post("/plans/<id:plan_id>/cease")
@blueprint.arguments(CeaseIn)
@blueprint.response(200, PlanOut)
def cease_plan(body: dict[str, Any], plan_id: str) -> Plan:
    """End a plan"""
    return versioned(
        commands.cease_plan(store, plan_id, body["reason"], body["ended_on"], expected_version())
    )


@blueprint.post("/plans/<id:plan_id>/shares")
@blueprint.arguments(ShareIn)
@blueprint.response(201, PlanOut)
def share_plan(body: dict[str, Any], plan_id: str) -> Plan:
    """Share a plan with a member of staff who needs to see it"""
    return versioned(commands.share_plan(store, plan_id, body["person_id"]))


@blueprint.get("/plans/<id:plan_id>/versions/<int:number>")
@blueprint.response(200, VersionContentOut)
def read_version(plan_id: str, number: int) -> dict[str, Any]:
    """Read one version of a plan, as it was"""
    for version in subject().thing.versions:
        if version.number == number:
            return {**asdict(version), "content": store.version_content(version.ref)}
    raise NotFound(f"The plan has no version {number}.")


@blueprint.get("/plans/<id:plan_id>/copies")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_schema(CopyOut))
def list_copies(query: dict[str, Any], plan_id: str) -> dict[str, Any]:
    """List who was issued a written copy of which version"""
    return page(store.copies, {"plan_id": plan_id}, **query)
