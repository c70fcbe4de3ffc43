"""Rights that pass to a young person: who is told, who decides, what parents still get."""

from dataclasses import asdict
from typing import Any

from services.plans.api import store
from services.plans.commands import rights as commands
from services.plans.domain import rights
from services.plans.domain.age import end_of_compulsory_school_age, is_young_person
from services.plans.domain.child import Child
from services.plans.schemas.rights import CapacityIn, RightsOut, SharingIn
from shared import clock
from shared.web.app import ServiceBlueprint
from shared.web.guard import subject
from shared.web.requests import expected_version, versioned

blueprint = ServiceBlueprint(
    "rights", "rights", description="Rights that pass to a young person at 16"
)


@blueprint.get("/children/<id:child_id>/rights")
@blueprint.response(200, RightsOut)
def read_rights(child_id: str) -> dict[str, Any]:
    """Read who is told and who decides, what parents get and why, and what is recorded of it"""
    return _shown(subject().thing)


@blueprint.put("/children/<id:child_id>/rights/sharing")
@blueprint.arguments(SharingIn)
@blueprint.response(200, RightsOut)
def record_sharing(body: dict[str, Any], child_id: str) -> dict[str, Any]:
    """Record what the young person wants their parents to get"""
    return _shown(commands.choose_sharing(store, child_id, body["parents_get"], expected_version()))


@blueprint.post("/children/<id:child_id>/rights/capacity")
@blueprint.arguments(CapacityIn)
@blueprint.response(201, RightsOut)
def record_capacity(body: dict[str, Any], child_id: str) -> dict[str, Any]:
    """Record whether a young person can make one decision, and who acts if they cannot"""
    return _shown(commands.record_capacity(store, child_id, expected=expected_version(), **body))


def _shown(child: Child) -> dict[str, Any]:
    versioned(child)
    today = clock.today()
    basis, purposes = rights.basis_on(child, today)
    return {
        "child_id": child.id,
        "passes_on": end_of_compulsory_school_age(child.date_of_birth),
        "passed": rights.have_passed(child, today),
        "young_person": is_young_person(child.date_of_birth, today),
        "parents_get": purposes,
        "basis": basis,
        "since": child.applied[-1].since if child.applied else None,
        "choice": asdict(child.choice) if child.choice else None,
        "shares_with_parents": child.shares_with_parents,
        "lacks_capacity": child.lacks_capacity,
        "capacity": child.capacity,
        "applied": child.applied,
        "recipients": rights.recipients_on(child, today),
        "told": rights.told_on(child, today),
        "deciders": rights.deciders_on(child, today),
        "version": child.version,
    }
