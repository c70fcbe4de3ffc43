"""A setting's calendar."""

from typing import Any

from services.reviews.api import store
from services.reviews.commands import schedule
from services.reviews.domain.calendar import Calendar
from services.reviews.schemas import CalendarOut, CalendarSchema
from shared.web.app import ServiceBlueprint
from shared.web.requests import expected_version, versioned

blueprint = ServiceBlueprint("calendars", "calendars", description="Term dates and numbers")


@blueprint.put("/settings/<id:setting_id>/calendar")
@blueprint.arguments(CalendarSchema)
@blueprint.response(200, CalendarOut)
def set_calendar(body: dict[str, Any], setting_id: str) -> Calendar:
    """Set a setting's term dates, closures and numbers"""
    return versioned(schedule.set_calendar(store, setting_id, expected=expected_version(), **body))


@blueprint.get("/settings/<id:setting_id>/calendar")
@blueprint.response(200, CalendarOut)
def read_calendar(setting_id: str) -> Calendar:
    """Read a setting's calendar"""
    return versioned(store.calendar(setting_id))
