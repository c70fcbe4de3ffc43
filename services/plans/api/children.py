"""Children and their parents."""

from typing import Any

from services.plans.api import store
from services.plans.commands import people
from services.plans.domain.child import Child
from services.plans.schemas import (
    ChildCorrection,
    ChildIn,
    ChildOut,
    ChildrenQuery,
    ParentIn,
    UnlinkIn,
)
from shared.web.app import ServiceBlueprint
from shared.web.guard import subject
from shared.web.paging import page, page_schema
from shared.web.requests import expected_version, versioned

blueprint = ServiceBlueprint("children", "children", description="Children and their parents")


@blueprint.post("/settings/<id:setting_id>/children")
@blueprint.arguments(ChildIn)
@blueprint.response(201, ChildOut)
def register_child(body: dict[str, Any], setting_id: str) -> Child:
    """Register a child"""
    return versioned(people.register_child(store, setting_id, body))


@blueprint.get("/settings/<id:setting_id>/children")
@blueprint.arguments(ChildrenQuery, location="query")
@blueprint.response(200, page_schema(ChildOut))
def list_children(query: dict[str, Any], setting_id: str) -> dict[str, Any]:
    """List a setting's children"""
    chosen = {"setting_id": setting_id}
    if query["sen_status"]:
        chosen["sen_status"] = query["sen_status"].value
    return page(store.children, chosen, cursor=query["cursor"], limit=query["limit"])


@blueprint.get("/children/<id:child_id>")
@blueprint.response(200, ChildOut)
def read_child(child_id: str) -> Child:
    """Read a child"""
    return versioned(subject().thing)


@blueprint.put("/children/<id:child_id>")
@blueprint.arguments(ChildCorrection)
@blueprint.response(200, ChildOut)
def correct_child(body: dict[str, Any], child_id: str) -> Child:
    """Correct what is recorded of a child"""
    return versioned(people.correct_child(store, child_id, body, expected_version()))


@blueprint.post("/children/<id:child_id>/parents")
@blueprint.arguments(ParentIn)
@blueprint.response(201, ChildOut)
def link_parent(body: dict[str, Any], child_id: str) -> Child:
    """Link a parent or carer"""
    return versioned(people.link_parent(store, child_id, body))


@blueprint.post("/children/<id:child_id>/parents/<id:person_id>/unlink")
@blueprint.arguments(UnlinkIn)
@blueprint.response(200, ChildOut)
def unlink_parent(body: dict[str, Any], child_id: str, person_id: str) -> Child:
    """End a parent's entitlement: nothing more is sent to them, their links close"""
    return versioned(
        people.unlink_parent(store, child_id, person_id, body["because"], expected_version())
    )
