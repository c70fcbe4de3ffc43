"""Settings and their staff."""

from typing import Any

from services.plans.api import store
from services.plans.commands import people
from services.plans.domain.setting import Setting, Staff
from services.plans.schemas import SettingIn, SettingOut, StaffIn
from shared.web.app import ServiceBlueprint
from shared.web.guard import subject
from shared.web.requests import expected_version, versioned

blueprint = ServiceBlueprint("settings", "settings", description="Nurseries, schools, colleges")


@blueprint.post("/settings")
@blueprint.arguments(SettingIn)
@blueprint.response(201, SettingOut)
def register_setting(body: dict[str, Any]) -> Setting:
    """Register a setting"""
    return versioned(people.register_setting(store, **body))


@blueprint.get("/settings/<id:setting_id>")
@blueprint.response(200, SettingOut)
def read_setting(setting_id: str) -> Setting:
    """Read a setting with its staff"""
    return versioned(subject().thing)


@blueprint.put("/settings/<id:setting_id>")
@blueprint.arguments(SettingIn)
@blueprint.response(200, SettingOut)
def correct_setting(body: dict[str, Any], setting_id: str) -> Setting:
    """Correct what is recorded of a setting"""
    return versioned(people.correct_setting(store, setting_id, expected=expected_version(), **body))


@blueprint.put("/settings/<id:setting_id>/staff/<id:person_id>")
@blueprint.arguments(StaffIn)
@blueprint.response(200, SettingOut)
def add_staff(body: dict[str, Any], setting_id: str, person_id: str) -> Setting:
    """Add a member of staff, or correct one"""
    return versioned(people.add_staff(store, setting_id, Staff(person_id=person_id, **body)))


@blueprint.delete("/settings/<id:setting_id>/staff/<id:person_id>")
@blueprint.response(200, SettingOut)
def remove_staff(setting_id: str, person_id: str) -> Setting:
    """Take a member of staff off the list"""
    return versioned(people.remove_staff(store, setting_id, person_id))
