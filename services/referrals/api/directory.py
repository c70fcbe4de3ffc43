"""The directory of SEND support services."""

from typing import Any

from services.referrals.api import store
from services.referrals.commands import directory
from services.referrals.domain.support_service import Details, SupportService
from services.referrals.schemas import DetailsSchema, DirectoryQuery, SupportServiceOut
from shared.web.app import ServiceBlueprint
from shared.web.guard import subject
from shared.web.paging import page, page_schema
from shared.web.requests import expected_version, versioned

blueprint = ServiceBlueprint("directory", "directory", description="SEND support services")


@blueprint.post("/support-services")
@blueprint.arguments(DetailsSchema)
@blueprint.response(201, SupportServiceOut)
def add_support_service(body: Details) -> SupportService:
    """Add a support service to the directory"""
    return versioned(directory.add_support_service(store, body))


@blueprint.get("/support-services")
@blueprint.arguments(DirectoryQuery, location="query")
@blueprint.response(200, page_schema(SupportServiceOut))
def list_support_services(query: dict[str, Any]) -> dict[str, Any]:
    """List the support services: by area of need, phase and age"""
    chosen: dict[str, Any] = {}
    if area := query.pop("area"):
        chosen["details.areas"] = area.value
    if phase := query.pop("phase"):
        chosen["details.phases"] = phase.value
    if (age := query.pop("age")) is not None:
        chosen.update({"details.age_from": {"$lte": age}, "details.age_to": {"$gte": age}})
    return page(store.support_services, chosen, **query)


@blueprint.get("/support-services/<id:support_service_id>")
@blueprint.response(200, SupportServiceOut)
def read_support_service(support_service_id: str) -> SupportService:
    """Read an entry of the directory"""
    return versioned(subject().thing)


@blueprint.put("/support-services/<id:support_service_id>")
@blueprint.arguments(DetailsSchema)
@blueprint.response(200, SupportServiceOut)
def change_support_service(body: Details, support_service_id: str) -> SupportService:
    """Keep an entry of the directory right"""
    return versioned(
        directory.change_support_service(store, support_service_id, body, expected_version())
    )
