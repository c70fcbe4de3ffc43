"""The people of a support service."""

from services.referrals.api import store
from services.referrals.commands import people
from services.referrals.domain.people import ServicePeople, ServicePerson
from services.referrals.schemas.triage import PeopleIn, PeopleOut
from shared.web.app import ServiceBlueprint
from shared.web.requests import expected_version, versioned

blueprint = ServiceBlueprint("people", "people", description="A support service's people")


@blueprint.get("/support-services/<id:support_service_id>/people")
@blueprint.response(200, PeopleOut)
def read_people(support_service_id: str) -> ServicePeople:
    """List the people of a service: those to whom its work can be given, and who has left"""
    return versioned(people.people_of(store, support_service_id))


@blueprint.put("/support-services/<id:support_service_id>/people")
@blueprint.arguments(PeopleIn)
@blueprint.response(200, PeopleOut)
def keep_people(body: dict[str, list[ServicePerson]], support_service_id: str) -> ServicePeople:
    """Say who works at a service; who is not named any more has left"""
    return versioned(
        people.keep_people(store, support_service_id, body["people"], expected_version())
    )
