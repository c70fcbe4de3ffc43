"""What messages say of a setting."""

from typing import Any

from services.notifications.api import store
from services.notifications.commands import contacts
from services.notifications.domain.contact import SettingProfile
from services.notifications.schemas import ProfileIn, ProfileOut
from shared.web.app import ServiceBlueprint
from shared.web.requests import expected_version, versioned

blueprint = ServiceBlueprint("profiles", "profiles", description="A setting's name and number")


@blueprint.put("/settings/<id:setting_id>/profile")
@blueprint.arguments(ProfileIn)
@blueprint.response(200, ProfileOut)
def set_profile(body: dict[str, Any], setting_id: str) -> SettingProfile:
    """Set the name and the number that messages give to ring"""
    return versioned(contacts.set_profile(store, setting_id, expected=expected_version(), **body))


@blueprint.get("/settings/<id:setting_id>/profile")
@blueprint.response(200, ProfileOut)
def read_profile(setting_id: str) -> SettingProfile:
    """Read a setting's name and number"""
    return versioned(store.profile(setting_id))
