"""The directory of SEND support services: entries, forms, who can help, how long it takes."""

from typing import Any

from services.referrals.api import store
from services.referrals.commands import directory, elsewhere, waiting
from services.referrals.domain.form import FormQuestion
from services.referrals.domain.matching import Needs
from services.referrals.domain.support_service import Details, SupportService
from services.referrals.domain.waiting import in_words
from services.referrals.schemas.directory import (
    ChildMatchQuery,
    DetailsSchema,
    DirectoryQuery,
    FormIn,
    FormsOut,
    MatchesOut,
    MatchQuery,
    SupportServiceOut,
    WaitingTimesOut,
)
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


@blueprint.get("/support-services/matches")
@blueprint.arguments(MatchQuery, location="query")
@blueprint.response(200, MatchesOut)
def match_support_services(query: dict[str, Any]) -> dict[str, Any]:
    """Find who can help with these needs, best first, with the reasons"""
    needs = Needs(query["area"], query["primary_need"], query["phase"], query["age"])
    return {"needs": None, "items": directory.who_can_help(store, needs)}


@blueprint.get("/children/<id:child_id>/support-services")
@blueprint.arguments(ChildMatchQuery, location="query")
@blueprint.response(200, MatchesOut)
def match_for_child(query: dict[str, Any], child_id: str) -> dict[str, Any]:
    """Find who can help with what the child's latest assessment found"""
    needs, known = directory.needs_of_child(store, child_id, query["phase"], query["age"])
    shown = {"areas": needs.areas, "primary_need": needs.primary_need} if known else None
    asked = elsewhere.been_asked(store, child_id, str(subject().setting_id))
    return {"needs": shown, "items": directory.who_can_help(store, needs, asked)}


@blueprint.get("/support-services/<id:support_service_id>")
@blueprint.response(200, SupportServiceOut)
def read_support_service(support_service_id: str) -> SupportService:
    """Read an entry of the directory, with the form in use"""
    return versioned(subject().thing)


@blueprint.put("/support-services/<id:support_service_id>")
@blueprint.arguments(DetailsSchema)
@blueprint.response(200, SupportServiceOut)
def change_support_service(body: Details, support_service_id: str) -> SupportService:
    """Keep an entry of the directory right"""
    return versioned(
        directory.change_support_service(store, support_service_id, body, expected_version())
    )


@blueprint.get("/support-services/<id:support_service_id>/waiting-times")
@blueprint.response(200, WaitingTimesOut)
def read_waiting_times(support_service_id: str) -> dict[str, Any]:
    """Read how long a service's families wait: the median and the 92nd percentile"""
    found = waiting.waits_of(store, support_service_id)
    entry = waiting.published(store, support_service_id)
    return {"waits": found, "as_of": entry["as_of"] if entry else None, "words": in_words(found)}


@blueprint.post("/support-services/<id:support_service_id>/forms")
@blueprint.arguments(FormIn)
@blueprint.response(201, SupportServiceOut)
def publish_form(body: dict[str, list[FormQuestion]], support_service_id: str) -> SupportService:
    """Publish a new version of a service's referral form"""
    return versioned(
        directory.publish_form(store, support_service_id, body["questions"], expected_version())
    )


@blueprint.get("/support-services/<id:support_service_id>/forms")
@blueprint.response(200, FormsOut)
def read_forms(support_service_id: str) -> SupportService:
    """Read every version of a service's referral form"""
    return versioned(subject().thing)
