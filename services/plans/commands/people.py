"""Settings and their staff, children and their parents."""

from datetime import date
from typing import Any

from services.plans.domain.child import Child, Parent
from services.plans.domain.errors import RuleBroken
from services.plans.domain.pupil_number import WrongPupilNumber, pupil_number
from services.plans.domain.rights_told import correct
from services.plans.domain.setting import Setting, Staff
from services.plans.domain.values import Area, PrimaryNeed, SenStatus, SettingKind
from services.plans.store import SAME_UPN, PlansStore
from shared import clock, context
from shared.errors import Conflict
from shared.store.each import each
from shared.store.repository import creation_id

_AT_ONCE = 500


def register_setting(
    store: PlansStore, *, name: str, kind: SettingKind, maintained_nursery: bool = False
) -> Setting:
    """A nursery, school or college joins."""
    setting_id = creation_id()
    return store.settings.add(
        Setting.register(
            id=setting_id,
            setting_id=setting_id,
            name=name,
            kind=kind,
            maintained_nursery=maintained_nursery,
        )
    )


def correct_setting(
    store: PlansStore,
    setting_id: str,
    *,
    name: str,
    kind: SettingKind,
    maintained_nursery: bool,
    expected: int,
) -> Setting:
    """Correct what is recorded of a setting."""
    return store.settings.change(
        setting_id,
        lambda setting: setting.correct(name, kind, maintained_nursery),
        expected=expected,
    )


def describe_settings(store: PlansStore) -> int:
    """The calendar's: say once of each setting from before such events what it is. Answers how
    many."""
    found = store.settings.find_readable({"described": {"$ne": True}}, limit=_AT_ONCE)
    return each(
        "describe setting", found, lambda one: store.settings.change(one.id, Setting.describe_once)
    )


def add_staff(store: PlansStore, setting_id: str, staff: Staff) -> Setting:
    """Add a member of staff, or correct one."""
    return store.settings.change(setting_id, lambda setting: setting.add_staff(staff))


def remove_staff(store: PlansStore, setting_id: str, person_id: str) -> Setting:
    """Take a member of staff off the list."""
    return store.settings.change(setting_id, lambda setting: setting.remove_staff(person_id))


def register_child(store: PlansStore, setting_id: str, details: dict[str, Any]) -> Child:
    """A child comes onto a setting's roll here."""
    child = Child.register(on=clock.today(), id=creation_id(), setting_id=setting_id, **details)
    _must_be_theirs(store, child, child.upn)
    return store.children.add(child)


def correct_child(
    store: PlansStore, child_id: str, details: dict[str, Any], expected: int
) -> Child:
    """Correct what is recorded of a child."""
    by = context.current().actor_id

    def act(child: Child) -> None:
        upn = _corrected_number(store, child, details["upn"])
        correct(child, clock.today(), by, **{**details, "upn": upn})

    return store.children.change(child_id, act, expected=expected)


def _corrected_number(store: PlansStore, child: Child, said: str | None) -> str | None:
    """The UPN as it is kept. One from before that stays as it was holds up no other correction,
    whatever it is. Raises RuleBroken, or Conflict where it is another child's."""
    if said and child.upn and said == child.upn.strip():
        return child.upn
    try:
        upn = pupil_number(said) if said else None
    except WrongPupilNumber as problem:
        raise RuleBroken("wrong-upn", str(problem), field="/upn") from None
    if upn != child.upn:
        _must_be_theirs(store, child, upn)
    return upn


def _must_be_theirs(store: PlansStore, child: Child, upn: str | None) -> None:
    if upn and store.has_upn(child.setting_id, upn, child.id):
        raise Conflict(SAME_UPN, code="duplicate", field="/upn")


def link_parent(store: PlansStore, child_id: str, details: dict[str, Any]) -> Child:
    """Link a parent or carer to a child."""
    parent = Parent(linked_on=clock.today(), **details)
    return store.children.change(child_id, lambda child: child.link_parent(parent, clock.today()))


def unlink_parent(
    store: PlansStore, child_id: str, person_id: str, because: str, expected: int
) -> Child:
    """End a parent's entitlement, at once."""
    return store.children.change(
        child_id,
        lambda child: child.unlink_parent(person_id, because, clock.today()),
        expected=expected,
    )


def begin_sen_support(
    store: PlansStore,
    child_id: str,
    *,
    assessment_id: str,
    areas: list[Area],
    primary_need: PrimaryNeed | None,
    on: date,
) -> Child:
    """SEN support starts after an assessment."""
    return store.children.change(
        child_id,
        lambda child: child.begin_sen_support(
            assessment_id=assessment_id, areas=areas, primary_need=primary_need, on=on
        ),
    )


def end_sen_support(store: PlansStore, child_id: str, on: date) -> None:
    """SEN support ends with the child's last plan."""
    if not store.plans.find_many({"child_id": child_id, "state": "active"}, limit=1):
        store.children.change(child_id, lambda child: child.end_sen_support(on))


def move_to_ehc_plan(store: PlansStore, child_id: str, on: date) -> Child:
    """An EHC plan is issued for a child."""
    return store.children.change(child_id, lambda child: child.move_to_ehc_plan(on))


def end_ehc_plan(store: PlansStore, child_id: str, returns_to: SenStatus, on: date) -> Child:
    """An EHC plan has ended."""
    return store.children.change(child_id, lambda child: child.end_ehc_plan(returns_to, on))
