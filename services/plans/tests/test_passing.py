"""Rights pass with notice: what the calendar says on which day."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.plans.commands.rights import look_at_rights
from services.plans.domain import rights_told
from services.plans.domain.age import birthday, end_of_compulsory_school_age
from services.plans.domain.child import Child, Parent
from services.plans.domain.passing import Step, days_of, next_day, step_reached
from tests.support.house import Service
from tests.support.rights import BORN, LAST_DAY, at, correct, look, rights_of, said
from tests.support.story import School


@pytest.fixture(scope="module")
def school(plans: Service) -> School:
    return School(plans)


def test_a_family_is_told_twice_beforehand_on_the_day_and_at_18(
    plans: Service, school: School
) -> None:
    child = school.child(BORN)
    mother = child["parents"][0]["person_id"]
    plans.take_events()
    first = look(plans, "2029-12-27", child)
    assert first == []
    assert look(plans, "2029-12-28", child) == ["RecipientsChanged:", "RightsPassing:six_months"]
    assert look(plans, "2029-12-28", child) == look(plans, "2030-01-15", child) == []
    assert look(plans, "2030-05-28", child) == ["RightsPassing:one_month"]
    assert look(plans, LAST_DAY, child) == []
    assert look(plans, "2030-06-29", child) == ["RecipientsChanged:", "RightsPassed:"]
    with at("2030-06-29"):
        found = rights_of(school, child)
        assert (found["passed"], found["basis"]) == (True, "not_chosen_under_18")
        assert found["since"] == "2030-06-29"
        assert found["recipients"] == [child["id"], mother]
        assert all(row["people"] == [child["id"]] for row in found["deciders"])
    assert look(plans, "2032-03-04", child) == ["RecipientsChanged:", "SharingChanged:"]
    with at("2032-03-04"):
        assert school.senco.get(f"/children/{child['id']}")["recipients"] == [child["id"]]
    assert look(plans, "2039-03-04", child) == look(plans, "2040-06-01", child) == []
    with at("2040-06-01"):
        found = rights_of(school, child)
        assert found["recipients"] == [child["id"]] and found["young_person"] is False


def test_however_many_look_each_thing_is_said_once(plans: Service, school: School) -> None:
    children = [school.child(BORN) for _ in range(5)]
    plans.take_events()

    def one_look(_: int) -> None:
        with at("2029-12-28"):  # each thread has its own clock
            look_at_rights(plans.store)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(one_look, range(6)))
    events = plans.take_events()
    for child in children:
        assert said(events, child) == ["RecipientsChanged:", "RightsPassing:six_months"]


@pytest.mark.parametrize(
    ("day", "nearest"),
    [
        ("2030-01-20", ["RightsPassing:six_months"]),
        ("2030-06-10", ["RightsPassing:one_month"]),
        ("2030-09-10", ["RightsPassed:"]),
        ("2033-09-10", ["RightsPassed:"]),
    ],
)
def test_a_child_who_comes_late_is_told_the_nearest_alone(
    plans: Service, school: School, day: str, nearest: list[str]
) -> None:
    with at(day):
        child = school.child(BORN)
    plans.take_events()
    assert look(plans, day, child) == nearest
    assert look(plans, day, child) == []


def test_a_corrected_date_of_birth_is_followed(plans: Service, school: School) -> None:
    child = school.child(BORN)
    look(plans, "2029-12-28", child)
    with at("2030-01-10"):
        correct(school, child, "2016-03-04")
        assert said(plans.take_events(), child) == ["RightsPassingWithdrawn:", "RecipientsChanged:"]
    assert look(plans, "2030-01-11", child) == []
    with at("2030-01-12"):
        correct(school, child, BORN)  # it was right after all: what was said is not said again
    plans.take_events()
    assert look(plans, "2030-01-13", child) == []
    assert look(plans, "2030-06-29", child) == ["RecipientsChanged:", "RightsPassed:"]
    with at("2030-07-01"):
        found = correct(school, child, "2016-03-04")  # back under the age
        assert found["recipients"] == [child["parents"][0]["person_id"]]
    plans.take_events()
    assert look(plans, "2031-12-28", child) == ["RecipientsChanged:", "RightsPassing:six_months"]


def test_what_an_earlier_release_stored_is_said_once_more_with_everything(
    plans: Service, school: School
) -> None:
    """Children without the new fields: the calendar's look fills what readers know of them."""
    young, adult, small = school.child("2010-03-04"), school.child("2001-11-27"), school.child()
    kept = plans.database["children"]
    new = ("told", "deciders", "choice", "capacity", "applied", "spoken", "passes_on", "looked_at")
    for child in (young, adult, small):
        kept.update_one({"_id": child["id"]}, {"$unset": dict.fromkeys(new, "")})
    plans.take_events()
    day = "2026-11-27"
    with at(day):
        look_at_rights(plans.store)
    events = plans.take_events()
    assert said(events, young) == ["RecipientsChanged:", "RightsPassed:"]
    assert said(events, small) == ["RecipientsChanged:"]
    # Whoever is an adult has been told alone for years: no word of it now.
    assert said(events, adult) == ["RecipientsChanged:"]
    data = next(e["data"] for e in events if e["data"].get("child_id") == small["id"])
    mother = small["parents"][0]["person_id"]
    assert {row["decision"]: row["people"] for row in data["deciders"]}["referral_consent"] == [
        mother
    ]
    assert look(plans, day, young) == look(plans, day, small) == look(plans, day, adult) == []


def test_a_child_changed_by_an_earlier_release_is_looked_at_again(
    plans: Service, school: School
) -> None:
    child = school.child()
    look(plans, "2026-11-27", child)
    plans.database["children"].update_one(  # as its own code would: recipients, and nothing else
        {"_id": child["id"]}, {"$set": {"recipients": []}, "$inc": {"version": 1}}
    )
    before = school.senco.get(f"/children/{child['id']}")["version"]
    assert look(plans, "2026-11-27", child) == ["RecipientsChanged:"]
    after = school.senco.get(f"/children/{child['id']}")
    assert after["recipients"] == [child["parents"][0]["person_id"]]
    assert after["version"] == before + 1
    assert look(plans, "2026-11-27", child) == []


def test_one_child_that_cannot_be_looked_at_holds_up_no_other(
    plans: Service, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    children = [school.child(BORN) for _ in range(3)]
    plans.take_events()
    bad, whole = min(child["id"] for child in children), rights_told.look

    def look_or_break(child: Child, day: date) -> bool:
        if child.id == bad:
            raise ValueError("cannot be read")
        return whole(child, day)

    monkeypatch.setattr(rights_told, "look", look_or_break)
    with at("2029-12-28"):
        look_at_rights(plans.store)
    events = plans.take_events()
    for child in children:
        found = [] if child["id"] == bad else ["RecipientsChanged:", "RightsPassing:six_months"]
        assert said(events, child) == found
    monkeypatch.undo()
    (left,) = (child for child in children if child["id"] == bad)
    assert look(plans, "2029-12-29", left) == ["RecipientsChanged:", "RightsPassing:six_months"]


def test_a_look_that_finds_nothing_leaves_the_version(plans: Service, school: School) -> None:
    child = school.child()
    plans.take_events()
    before = school.senco.get(f"/children/{child['id']}")["version"]
    assert look(plans, "2026-11-27", child) == []
    assert school.senco.get(f"/children/{child['id']}")["version"] == before


@given(st.dates(date(2000, 1, 1), date(2024, 12, 31)), st.lists(st.integers(0, 9000), max_size=8))
def test_whenever_the_calendar_looks_nothing_is_said_twice(born: date, days: list[int]) -> None:
    child = Child("child", "setting", "Robin", "Vennacombe", born)
    child.parents = [Parent("mother", "mother", True, True, born)]
    child.refresh_recipients(born)
    for number in sorted(days):
        rights_told.look(child, born + timedelta(days=number))
    spoken = [(type(e).__name__, getattr(e, "notice", "")) for e in child.raised]
    rest = [one for one in spoken if one[0] != "RecipientsChanged"]
    assert len(rest) == len(set(rest))
    passed = [n for n, (name, _) in enumerate(rest) if name == "RightsPassed"]
    assert all(name != "RightsPassing" for n in passed for name, _ in rest[n:])


@given(st.dates(date(1990, 1, 1), date(2024, 12, 31)))
def test_the_steps_come_in_their_order(born: date) -> None:
    found = days_of(born)
    assert list(found) == list(Step) and sorted(found.values()) == list(found.values())
    assert found[Step.PASSED] == end_of_compulsory_school_age(born) + timedelta(days=1)
    for step, day in found.items():
        assert step_reached(born, day) is step
        assert next_day(born, day - timedelta(days=1)) == day
    assert next_day(born, birthday(born, 18)) is None
