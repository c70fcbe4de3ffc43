"""Names and numbers of children as they come through the API: one name only, a UPN, line ends."""

from typing import Any

import pytest

from services.plans.domain.pupil_number import WrongPupilNumber, pupil_number
from services.plans.store import PlansStore
from shared import ids
from tests.support.house import Service, settle, types
from tests.support.story import School, contribution, parent

NUMBER = "H801200001001"


def _child(**details: Any) -> dict[str, Any]:
    return {"first_name": "Robin", "last_name": "Vale", "date_of_birth": "2018-03-04", **details}


@pytest.fixture
def school(plans: Service) -> School:
    return School(plans)


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ({"first_name": "Suharto"}, "Suharto", ""),
        ({"first_name": "Suharto", "last_name": None}, "Suharto", ""),
        ({"first_name": "Suharto", "last_name": " "}, "Suharto", ""),
        ({"last_name": "Suharto", "first_name": ""}, "", "Suharto"),
    ],
)
def test_one_name_is_enough(school: School, said: dict[str, Any], first: str, last: str) -> None:
    body = {"date_of_birth": "2018-03-04", **said}
    child = school.senco.post(f"/settings/{school.id}/children", body)
    assert (child["first_name"], child["last_name"]) == (first, last)
    kept = school.plans.store.children.get(child["id"])
    assert (kept.called, kept.full_name) == ("Suharto", "Suharto")
    again = {name: child[name] for name in ("first_name", "last_name", "date_of_birth", "upn")}
    at = f"/children/{child['id']}"
    assert school.senco.put(at, again, version=child["version"])["first_name"] == first


@pytest.mark.parametrize("said", [{}, {"first_name": "", "last_name": ""}, {"last_name": "\u3164"}])
def test_no_name_is_refused(school: School, said: dict[str, Any]) -> None:
    body = {"date_of_birth": "2018-03-04", **said}
    found = school.senco.refused(422, "POST", f"/settings/{school.id}/children", body)
    assert found["errors"][0]["pointer"] in ("/first_name", "/last_name")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (NUMBER, NUMBER),
        ("h801200001001", NUMBER),
        (" H 8012 0000 1001 ", NUMBER),
        ("u80120000100a", "U80120000100A"),  # a temporary one: its A counts 0
        ("H80120000100B", "H80120000100B"),
        ("", None),
        (None, None),
    ],
)
def test_a_pupil_number_is_kept_as_it_is_written_everywhere(
    school: School, said: str | None, kept: str | None
) -> None:
    child = school.senco.post(f"/settings/{school.id}/children", _child(upn=said))
    assert child["upn"] == kept


@pytest.mark.parametrize(
    "wrong",
    [
        "A801200001001",
        "H801200001002",
        "I801200001001",
        "H80120000100",
        f"{NUMBER}\n1",
        "H80120000100O",
        "1801200001001",
        f"{NUMBER}\u202ex",
        "H٨01200001001",
    ],
)
def test_a_wrong_pupil_number_is_refused_with_what_to_check(school: School, wrong: str) -> None:
    found = school.senco.refused(422, "POST", f"/settings/{school.id}/children", _child(upn=wrong))
    assert [one["pointer"] for one in found["errors"]] == ["/upn"]


def test_each_change_of_one_character_is_noticed() -> None:
    for place in range(1, 13):
        for other in "0123456789":
            changed = NUMBER[:place] + other + NUMBER[place + 1 :]
            if changed != NUMBER:
                with pytest.raises(WrongPupilNumber):
                    pupil_number(changed)


def test_a_pupil_number_is_one_childs_in_a_setting(plans: Service, school: School) -> None:
    at = f"/settings/{school.id}/children"
    first = school.senco.post(at, _child(upn=NUMBER))
    found = school.senco.refused(409, "POST", at, _child(upn=NUMBER.lower()))
    assert found["detail"] == "Another child already has this UPN."
    second = school.senco.post(at, _child())
    school.senco.refused(
        409, "PUT", f"/children/{second['id']}", _child(upn=NUMBER), version=second["version"]
    )
    # Their own stays theirs, and another setting has children of its own.
    school.senco.put(
        f"/children/{first['id']}", _child(upn=NUMBER, first_name="Rob"), version=first["version"]
    )
    other = School(plans)
    other.senco.post(f"/settings/{other.id}/children", _child(upn=NUMBER))


@pytest.mark.parametrize("before", [f"{NUMBER}\n", "A801200001001"])
def test_a_number_from_before_stays_and_holds_up_no_other_correction(
    plans: Service, school: School, before: str
) -> None:
    """Earlier releases took a line end behind it, and looked at no check letter."""
    child = school.senco.post(f"/settings/{school.id}/children", _child())
    kept = plans.store.children.collection
    kept.update_one({"_id": child["id"]}, {"$set": {"upn": before}})
    at = f"/children/{child['id']}"
    child = school.senco.get(at)
    assert child["upn"] == before.strip()
    mended = _child(first_name="Rob", upn=child["upn"])
    child = school.senco.put(at, mended, version=child["version"])
    assert (child["first_name"], child["upn"]) == ("Rob", before.strip())
    found = school.senco.refused(
        422, "PUT", at, _child(upn="H801200001002"), version=child["version"]
    )
    assert [one["pointer"] for one in found["errors"]] == ["/upn"]


def test_a_number_with_a_line_end_from_before_is_that_childs(
    plans: Service, school: School
) -> None:
    at = f"/settings/{school.id}/children"
    child = school.senco.post(at, _child())
    plans.store.children.collection.update_one(
        {"_id": child["id"]}, {"$set": {"upn": f"{NUMBER}\n"}}
    )
    school.senco.refused(409, "POST", at, _child(upn=NUMBER))


def test_two_with_one_number_from_before_stop_nothing(plans: Service, school: School) -> None:
    """The index cannot be made: the start goes on, both are read and corrected."""
    at = f"/settings/{school.id}/children"
    both = [school.senco.post(at, _child()) for _ in range(2)]
    kept = plans.store.children.collection
    kept.drop_index("one_upn_there")
    try:
        for child in both:
            kept.update_one({"_id": child["id"]}, {"$set": {"upn": NUMBER}})
        anew = PlansStore(plans.database)
        anew.children.ensure_indexes()
        anew.ensure_indexes()
        assert "one_upn_there" not in kept.index_information()
        first = school.senco.get(f"/children/{both[0]['id']}")
        assert first["upn"] == NUMBER
        school.senco.refused(409, "POST", at, _child(upn=NUMBER))
        mended = school.senco.put(
            f"/children/{first['id']}", _child(upn=None), version=first["version"]
        )
        assert mended["upn"] is None
    finally:
        kept.update_many({"upn": NUMBER}, {"$set": {"upn": None}})
        plans.store.ensure_indexes()
    assert "one_upn_there" in kept.index_information()


def test_a_parent_linked_twice_by_a_line_end_is_unlinked(plans: Service, school: School) -> None:
    child = school.child(parents=0)
    at = f"/children/{child['id']}"
    said = parent()
    school.senco.refused(422, "POST", f"{at}/parents", {**said, "person_id": ids.new_id() + "\n"})
    school.senco.post(f"{at}/parents", said)
    settle(plans)
    # As a release of before has kept it.
    person = said["person_id"]
    kept = plans.store.children.collection
    (once,) = kept.find_one({"_id": child["id"]})["parents"]
    twice = {**once, "person_id": person + "\n"}
    kept.update_one(
        {"_id": child["id"]},
        {"$set": {"parents": [once, twice], "recipients": [person, person + "\n"]}},
    )
    before = school.senco.get(at)
    assert [p["person_id"] for p in before["parents"]] == [person, person]
    assert before["recipients"] == [person]
    after = school.senco.post(
        f"{at}/parents/{person}/unlink", {"because": "Asked by court"}, version=before["version"]
    )
    assert all(p["ended_on"] for p in after["parents"]) and after["recipients"] == []
    assert types(settle(plans)) == ["ParentUnlinked"]


def test_nothing_is_done_before_a_child_is_born(plans: Service, school: School) -> None:
    born, before = "2023-06-01", "2023-05-31"
    child = school.child(born)
    at = f"/children/{child['id']}/assessments"

    def refused(path: str, field: str, version: int | None = None, **body: Any) -> None:
        found = school.senco.refused(422, "POST", path, {**body, field: before}, version=version)
        assert [one["pointer"] for one in found["errors"]] == [f"/{field}"]
        assert found["detail"] == "This date is before the date of birth. Check the year"
        school.senco.post(path, {**body, field: born}, version=version)

    refused(at, "started_on", concern="No progress")
    found = school.senco.get(at)["items"][0]["id"]
    said = contribution("staff")
    refused(f"/assessments/{found}/contributions", **{**said, "field": "occurred_on"})
    other = school.child()
    school.assessed(other)
    plan = school.draft(other)
    plans.store.children.collection.update_one(
        {"_id": other["id"]}, {"$set": {"date_of_birth": born}}
    )
    at = f"/plans/{plan['id']}"
    refused(f"{at}/agree", "agreed_on", plan["version"])
    refused(f"{at}/activate", "active_from", plan["version"] + 1)


def test_nothing_is_said_of_a_child_before_they_were_born(school: School) -> None:
    """Whatever days are in the assessment already: the first of them is looked at anew."""
    child = school.child("2018-03-04")
    made = school.senco.post(f"/children/{child['id']}/assessments", {"concern": "None yet"})
    at = f"/assessments/{made['id']}/contributions"
    for day in ("2019-01-01", "2018-03-04", "2018-06-01"):
        school.senco.post(at, {**contribution("staff"), "occurred_on": day})
        early = {**contribution("staff"), "occurred_on": "2018-03-03"}
        found = school.senco.refused(422, "POST", at, early)
        assert found["errors"][0]["pointer"] == "/occurred_on"
