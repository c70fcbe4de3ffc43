"""A corrected first name: plans owns it, and whoever keeps a copy is told until they have looked."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from services.notifications.pages import names as names_page
from services.notifications.providers.children import RecordedName
from shared import clock, ids
from tests.support.family import Family
from tests.support.house import Service, event, settle
from tests.support.story import School
from tests.support.world import contact

NOW = datetime(2030, 3, 4, 9, tzinfo=UTC)


@pytest.fixture
def family(notifications: Service) -> Iterator[Family]:
    made = Family(notifications)
    with clock.frozen(NOW):
        made.link()
        made.add_contact()
    yield made


def _corrected(family: Family, at: datetime, *names: str) -> dict[str, Any]:
    with clock.frozen(at):
        data = {
            "child_id": family.child,
            "setting_id": family.setting,
            "names": list(names or ("first_name", "called")),
            "changed_on": "2030-03-04",
        }
        return event("ChildNameChanged", data, subject=family.child, sequence=9)


def _waiting(family: Family) -> list[str]:
    with clock.frozen(NOW + timedelta(days=1)):
        found = family.senco.get(f"/settings/{family.setting}/due")
        return [one["person_id"] for one in found if one["kind"] == "name_changed"]


def _contact_of(family: Family, person: str) -> dict[str, Any]:
    found = family.senco.get(f"/settings/{family.setting}/contacts")["items"]
    return next(one for one in found if one["person_id"] == person)


def _change(family: Family, at: datetime, **details: Any) -> None:
    kept = _contact_of(family, family.parent)
    with clock.frozen(at):
        family.senco.put(
            f"/contacts/{kept['id']}", {**kept["details"], **details}, version=kept["version"]
        )


def test_every_contact_that_keeps_the_name_waits_until_it_is_saved_anew(family: Family) -> None:
    other, young = ids.new_id(), family.child
    with clock.frozen(NOW):
        for person in (other, young):
            body = contact(person, family.child, f"{person}@families.example")
            family.senco.post(f"/settings/{family.setting}/contacts", body)
    family.service.handle(_corrected(family, NOW + timedelta(minutes=1)))
    assert set(_waiting(family)) == {family.parent, other, young}
    # Another change says nothing of the name; the new name does.
    later = NOW + timedelta(minutes=2)
    _change(family, later, mobile="07700 900141")
    assert family.parent in _waiting(family)
    _change(family, later, children=[{"child_id": family.child, "first_name": "Robyn"}])
    assert set(_waiting(family)) == {other, young}
    # So does the same name again, said as such.
    kept = _contact_of(family, other)
    with clock.frozen(later):
        family.senco.post(
            f"/contacts/{kept['id']}/child-name",
            {"child_id": family.child, "first_name": "Robin"},
            version=kept["version"],
        )
    assert _waiting(family) == [young]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_in_which_it_is_heard_of_makes_no_difference(
    family: Family, order: tuple[int, ...]
) -> None:
    """Corrected, saved with the new name, corrected once more."""
    first, second = NOW + timedelta(minutes=1), NOW + timedelta(minutes=3)
    acts = [
        lambda: family.service.handle(_corrected(family, first)),
        lambda: _change(
            family,
            NOW + timedelta(minutes=2),
            children=[{"child_id": family.child, "first_name": "Robyn"}],
        ),
        lambda: family.service.handle(_corrected(family, second)),
    ]
    for number in order:
        acts[number]()
    assert _waiting(family) == [family.parent]
    _change(
        family,
        NOW + timedelta(minutes=4),
        children=[{"child_id": family.child, "first_name": "Robina"}],
    )
    assert _waiting(family) == []


def test_a_last_name_is_in_no_message(family: Family) -> None:
    family.service.handle(_corrected(family, NOW + timedelta(minutes=1), "last_name"))
    assert _waiting(family) == []


def test_who_is_told_about_another_child_waits_for_nothing(family: Family) -> None:
    beside = Family(family.service, setting=family.setting)
    elsewhere = Family(family.service)
    with clock.frozen(NOW):
        for one in (beside, elsewhere):
            one.link()
            one.add_contact()
    family.service.handle(_corrected(family, NOW + timedelta(minutes=1)))
    assert _waiting(beside) == [family.parent] and _waiting(elsewhere) == []


def test_the_page_shows_what_the_record_says_and_takes_it_over(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Differences of before too, of which no event told; and plans may be away."""
    said: dict[str, RecordedName | None] = {}
    monkeypatch.setattr(names_page, "read_name", lambda *asked: said.get(asked[-1]))
    monkeypatch.setattr(names_page, "authorization", lambda: "Bearer of the reader")
    contact_kept = family.service.store.contact_of(family.setting, family.parent)
    app = family.service.app
    with app.test_request_context():
        assert names_page.names_beside(contact_kept) == []  # away, and nothing waits
        said[family.child] = RecordedName("Robin", "Vennacombe")
        assert names_page.names_beside(contact_kept) == []  # the same
        said[family.child] = RecordedName("Robyn", "Vennacombe")
        (one,) = names_page.names_beside(contact_kept)
        assert one.differs and not one.waits and one.here == "Robin"
        said.clear()
        family.service.handle(_corrected(family, NOW + timedelta(minutes=1)))
        (one,) = names_page.names_beside(contact_kept)
        assert one.waits and one.recorded is None


def test_a_correction_in_plans_is_told_without_the_name(
    plans: Service, notifications: Service
) -> None:
    """From the owner's API to the SENCO's list; a correction of something else tells of no name."""
    school = School(plans)
    child = school.child()
    parent_id = child["parents"][0]["person_id"]
    senco = school.at(notifications)
    body = contact(parent_id, child["id"])
    senco.post(f"/settings/{school.id}/contacts", body)
    settle(plans, notifications)
    details = {"last_name": "Vennacombe", "date_of_birth": "2018-03-04"}
    for name, told in (("Robin", []), ("Zebedina", [["first_name", "called"]])):
        version = school.senco.get(f"/children/{child['id']}")["version"]
        path = f"/children/{child['id']}"
        school.senco.put(path, {"first_name": name, **details}, version=version)
        flowed = settle(plans, notifications)
        events = [one for one in flowed if one["type"] == "plans.ChildNameChanged"]
        assert [one["data"]["names"] for one in events] == told
        assert name not in str(flowed)
    due = senco.get(f"/settings/{school.id}/due")
    assert [one["person_id"] for one in due if one["kind"] == "name_changed"] == [parent_id]
