"""How sending goes, for operators; what is due, for SENCOs."""

from typing import Any

from services.notifications.api import store
from services.notifications.commands.due import say_done
from services.notifications.commands.volume import sending_since
from services.notifications.schemas import DoneIn, DueOut, SendingOut, VolumesQuery
from shared import clock
from shared.web.app import ServiceBlueprint
from shared.web.guard import caller

blueprint = ServiceBlueprint(
    "operations", "operations", description="How sending goes; what is due"
)


@blueprint.get("/operations/sending")
@blueprint.arguments(VolumesQuery, location="query")
@blueprint.response(200, SendingOut)
def read_sending(query: dict[str, Any]) -> dict[str, Any]:
    """Read what was sent, failed and cost by day and provider, and how the providers are"""
    return sending_since(store, query["days"])


@blueprint.get("/settings/<id:setting_id>/due")
@blueprint.response(200, DueOut(many=True))
def list_due(setting_id: str) -> list[Any]:
    """List what waits for a setting's SENCO"""
    return list(store.due.things(setting_id, clock.today()))


@blueprint.post("/settings/<id:setting_id>/due/done")
@blueprint.arguments(DoneIn)
@blueprint.response(204)
def end_due(said: dict[str, Any], setting_id: str) -> None:
    """Say that a thing is done, where nothing else ends it"""
    say_done(store, setting_id, said["id"], said["mark"], by=caller().id)
