"""Parents' evenings."""

from typing import Any

from services.reviews.api import store
from services.reviews.commands import evening as commands
from services.reviews.domain.evening import ParentsEvening
from services.reviews.schemas import EveningIn, EveningOut, SlotIn
from shared.web.app import ServiceBlueprint
from shared.web.guard import caller, subject
from shared.web.paging import PageQuery, page, page_schema
from shared.web.requests import expected_version, versioned

blueprint = ServiceBlueprint("evenings", "evenings", description="Parents' evenings")


@blueprint.post("/settings/<id:setting_id>/parents-evenings")
@blueprint.arguments(EveningIn)
@blueprint.response(201, EveningOut)
def announce_evening(body: dict[str, Any], setting_id: str) -> ParentsEvening:
    """Announce a parents' evening: the families are invited to choose a time"""
    return versioned(
        commands.announce_evening(store, setting_id, body["details"], body["children"])
    )


@blueprint.get("/settings/<id:setting_id>/parents-evenings")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_schema(EveningOut))
def list_evenings(query: dict[str, Any], setting_id: str) -> dict[str, Any]:
    """List a setting's parents' evenings"""
    return page(store.evenings, {"setting_id": setting_id}, **query)


@blueprint.get("/parents-evenings/<id:evening_id>")
@blueprint.response(200, EveningOut)
def read_evening(evening_id: str) -> ParentsEvening:
    """Read who has which time"""
    return versioned(subject().thing)


@blueprint.post("/parents-evenings/<id:evening_id>/bookings")
@blueprint.arguments(SlotIn)
@blueprint.response(200, EveningOut)
def book_slot(body: dict[str, Any], evening_id: str) -> ParentsEvening:
    """Take a time for a child, for a family that has rung"""
    child_id = body["child_id"]
    return versioned(
        commands.book_slot(
            store, evening_id, child_id, body["slot"], caller().id,
            people=store.recipients_of(child_id),
        )
    )  # fmt: skip


@blueprint.post("/parents-evenings/<id:evening_id>/cancel")
@blueprint.response(200, EveningOut)
def cancel_evening(evening_id: str) -> ParentsEvening:
    """Cancel a parents' evening: who was invited is told"""
    return versioned(commands.cancel_evening(store, evening_id, expected_version()))
