"""Rights pass with notice: what the calendar says on which day, what is chosen and recorded."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.plans.commands.rights import look_at_rights
from services.plans.domain import rights, rights_told
from services.plans.domain.age import birthday, end_of_compulsory_school_age
from services.plans.domain.child import Child, Parent
from services.plans.domain.passing import Step, days_of, next_day, step_reached
from services.plans.domain.sharing import Sharing
from shared import clock, ids
from shared.identity.links import Link, Links
from tests.support.house import LINK_KEY, Service, settle
from tests.support.story import School, parent

Json = dict[str, Any]
BORN, LAST_DAY = "2014-03-04", "2030-06-28"
OTHER = "2012-03-04"
"""Whoever was born then reaches the end of compulsory school age two years before."""


@pytest.fixture(scope="module")
def school(plans: Service) -> School:
    return School(plans)


def link(purpose: str, subject: str, person_id: str) -> str:
    return Links((LINK_KEY,), 90).sign(Link(purpose, subject, person_id))


def at(day: str) -> Any:
    moment = datetime.combine(date.fromisoformat(day), datetime.min.time(), tzinfo=UTC)
    return clock.frozen(moment + timedelta(hours=9))


def look(plans: Service, day: str, child: Json) -> list[str]:
    """What the calendar says of a child on that day."""
    with at(day):
        look_at_rights(plans.store)
    return said(plans.take_events(), child)


def said(events: list[Json], child: Json) -> list[str]:
    return [
        event["type"].rsplit(".", 1)[1] + f":{event['data'].get('notice', '')}"
        for event in events
        if event["data"].get("child_id") == child["id"]
    ]


def rights_of(school: School, child: Json) -> Json:
    found: Json = school.senco.get(f"/children/{child['id']}/rights")
    return found


def correct(school: School, child: Json, born: str, **more: Any) -> Json:
    now = school.senco.get(f"/children/{child['id']}")
    body = {"first_name": "Robin", "last_name": "Vennacombe", "date_of_birth": born, **more}
    found: Json = school.senco.put(f"/children/{child['id']}", body, version=now["version"])
    return found


def share(school: School, child: Json, *purposes: str) -> Json:
    now = rights_of(school, child)
    found: Json = school.senco.put(
        f"/children/{child['id']}/rights/sharing", {"parents_get": list(purposes)},
        version=now["version"],
    )  # fmt: skip
    return found


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


def test_a_young_person_chooses_and_changes_their_mind(plans: Service, school: School) -> None:
    child = school.child("2010-03-04")
    mother = child["parents"][0]["person_id"]
    own = link("rights", child["id"], child["id"])
    theirs = link("rights", child["id"], mother)
    http = plans.anonymous()
    shown = http.get(f"/family/rights/{own}").get_data(as_text=True)
    assert "You have not chosen yet" in shown and 'method="post"' in shown
    assert 'method="post"' not in http.get(f"/family/rights/{theirs}").get_data(as_text=True)
    plans.take_events()
    for purposes in (["plan", "meetings"], ["nothing"], ["referrals"]):
        answer = http.post(f"/family/rights/{own}", data={"parents_get": purposes})
        assert "Your choice is saved" in answer.get_data(as_text=True)
        found = rights_of(school, child)
        assert found["parents_get"] == [one for one in purposes if one != "nothing"]
        assert (found["basis"], found["choice"]["recorded_by"]) == ("chosen", child["id"])
        assert said(plans.take_events(), child) == ["RecipientsChanged:", "SharingChanged:"]
    http.post(f"/family/rights/{own}", data={"parents_get": ["referrals"]})
    assert plans.take_events() == []  # the same once more
    # A parent's visit shows what they get, and a form of theirs changes nothing.
    http.post(f"/family/rights/{theirs}", data={"parents_get": ["plan"]})
    assert rights_of(school, child)["parents_get"] == ["referrals"]
    assert len(rights_of(school, child)["applied"]) == 4


@pytest.mark.parametrize(
    "data", [{}, {"parents_get": ["plan", "nothing"]}, {"parents_get": ["elsewhere"]},
             {"parents_get": ["plan", "plan"]}, {"parents_get": ["pl\x00an"]}],
)  # fmt: skip
def test_a_choice_that_is_none_is_said_so(plans: Service, school: School, data: Json) -> None:
    child = school.child("2010-03-04")
    own = link("rights", child["id"], child["id"])
    answer = plans.anonymous().post(f"/family/rights/{own}", data=data)
    said_so = answer.get_data(as_text=True)
    assert answer.status_code == 200 and "There is a problem" in said_so
    assert rights_of(school, child)["choice"] is None


def test_who_has_no_rights_page(plans: Service, school: School) -> None:
    child = school.child("2010-03-04", parents=2)
    first, second = (one["person_id"] for one in child["parents"])
    small = school.child()
    http = plans.anonymous()
    for token in (
        link("rights", child["id"], ids.new_id()),
        link("plan", child["id"], first),
        link("rights", small["id"], small["id"]),  # too young: no notice was given
        link("rights", ids.new_id(), first),
        "nonsense",
    ):
        assert http.get(f"/family/rights/{token}").status_code == 404
    now = school.senco.get(f"/children/{child['id']}")
    unlink = f"/children/{child['id']}/parents/{first}/unlink"
    school.senco.post(unlink, {"because": "Court order"}, version=now["version"])
    assert http.get(f"/family/rights/{link('rights', child['id'], first)}").status_code == 404
    assert http.get(f"/family/rights/{link('rights', child['id'], second)}").status_code == 200


def test_a_senco_records_a_choice_and_capacity(plans: Service, school: School) -> None:
    child = school.child("2005-03-04", parents=2)
    _, father = (one["person_id"] for one in child["parents"])
    found = share(school, child, "plan", "ehc_assessment")
    assert found["choice"]["recorded_by"] == school.senco.id
    assert not found["shares_with_parents"]
    assert share(school, child, *Sharing)["shares_with_parents"]
    base = f"/children/{child['id']}/rights"
    body: Json = {"decision": "referral_consent", "has_capacity": False, "acts_id": father,
                  "why": "Assessed on 3 May; the report is in the file"}  # fmt: skip
    found = school.senco.post(f"{base}/capacity", body, version=rights_of(school, child)["version"])
    by_decision = {row["decision"]: row["people"] for row in found["deciders"]}
    assert by_decision["referral_consent"] == [father]
    assert by_decision["plan"] == [child["id"]]
    (recorded,) = found["capacity"]
    assert recorded["recorded_by"] == school.senco.id and recorded["why"] == body["why"]
    for wrong in ({"acts_id": None}, {"acts_id": ids.new_id()}, {"has_capacity": True}):
        refused = school.senco.refused(
            422, "POST", f"{base}/capacity", {**body, **wrong}, version=found["version"]
        )
        assert refused["errors"][0]["pointer"] == "/acts_id"
    again = {**body, "has_capacity": True, "acts_id": None, "why": "Assessed again"}
    found = school.senco.post(f"{base}/capacity", again, version=found["version"])
    by_decision = {row["decision"]: row["people"] for row in found["deciders"]}
    assert by_decision["referral_consent"] == [child["id"]] and len(found["capacity"]) == 2
    school.senco.refused(412, "POST", f"{base}/capacity", body, version=1)
    school.senco.refused(428, "PUT", f"{base}/sharing", {"parents_get": []})


@pytest.mark.parametrize("path", ["sharing", "capacity"])
def test_before_the_first_notice_it_is_too_early(school: School, path: str) -> None:
    child = school.child()
    body: Json = {"parents_get": []}
    if path == "capacity":
        body = {"decision": "plan", "has_capacity": False, "why": "As assessed",
                "acts_id": child["parents"][0]["person_id"]}  # fmt: skip
    method = "PUT" if path == "sharing" else "POST"
    found = school.senco.refused(
        409, method, f"/children/{child['id']}/rights/{path}", body, version=child["version"]
    )
    assert found["type"].endswith("too-early")


def test_a_choice_made_beforehand_applies_from_the_day_on(plans: Service, school: School) -> None:
    child = school.child(BORN)
    mother = child["parents"][0]["person_id"]
    with ExitStack() as days:
        days.enter_context(at("2030-01-10"))
        found = share(school, child, "meetings")
        assert (found["basis"], found["recipients"]) == ("parents", [mother])
        own = link("rights", child["id"], child["id"])
        shown = plans.anonymous().get(f"/family/rights/{own}").get_data(as_text=True)
        assert "they get what you chose" in shown
    look(plans, "2030-06-29", child)
    with at("2030-06-29"):
        found = rights_of(school, child)
        told = {row["purpose"]: row["people"] for row in found["told"]}
        assert told["evening_slots"] == [child["id"], mother]
        assert told["plan_ready"] == [child["id"]]


def test_the_fields_of_before_and_the_choice_are_one(plans: Service, school: School) -> None:
    child = school.child("2005-03-04")
    found = correct(school, child, "2005-03-04", shares_with_parents=True)
    assert found["shares_with_parents"] and len(found["recipients"]) == 2
    assert rights_of(school, child)["parents_get"] == list(Sharing)
    found = correct(school, child, "2005-03-04")  # a correction that does not speak of it
    assert found["shares_with_parents"]
    share(school, child, "plan")
    found = correct(school, child, "2005-03-04", shares_with_parents=False)
    assert rights_of(school, child)["parents_get"] == ["plan"]  # as it was shown
    share(school, child, *Sharing)
    found = correct(school, child, "2005-03-04", shares_with_parents=False)
    assert found["recipients"] == [child["id"]]
    assert rights_of(school, child)["basis"] == "chosen"
    found = correct(school, child, "2005-03-04", lacks_capacity=True)
    assert found["recipients"] == [child["parents"][0]["person_id"]]
    assert rights_of(school, child)["basis"] == "capacity"


def test_whoever_is_told_of_the_plan_from_now_on_gets_their_copy(
    plans: Service, school: School
) -> None:
    from services.plans.commands.copies import issue_owed_copies

    child = school.child(parents=2)
    plan = school.active(child)
    issue_owed_copies(plans.store)
    correct(school, child, "2010-03-04")
    look_at_rights(plans.store)
    settle(plans)
    issue_owed_copies(plans.store)
    copies = school.senco.get(f"/plans/{plan['id']}/copies")["items"]
    assert {one["person_id"] for one in copies if one["state"] == "issued"} == {
        child["id"], *(one["person_id"] for one in child["parents"]),
    }  # fmt: skip
    assert len(copies) == 3
    late = parent()
    school.senco.post(f"/children/{child['id']}/parents", late)
    share(school, child, "referrals")
    settle(plans)
    http = plans.anonymous()
    own = link("plan", plan["id"], child["id"])
    theirs = link("plan", plan["id"], child["parents"][0]["person_id"])
    for page in ("", "/copies/1", "/copies/1.pdf"):
        assert http.get(f"/family/plans/{own}{page}").status_code == 200
        assert http.get(f"/family/plans/{theirs}{page}").status_code == 404
    page = http.get(f"/family/plans/{own}").get_data(as_text=True)
    leads = page.split('href="/family/rights/')[1].partition('"')[0]
    assert "Who decides" in http.get(f"/family/rights/{leads}").get_data(as_text=True)
    current = school.senco.get(f"/plans/{plan['id']}")
    school.senco.post(
        f"/plans/{plan['id']}/amend", {"why": "More", "content": current["content"]},
        version=current["version"],
    )  # fmt: skip
    settle(plans)
    issue_owed_copies(plans.store)
    copies = school.senco.get(f"/plans/{plan['id']}/copies")["items"]
    newest = [one["person_id"] for one in copies if one["version_number"] == 2]
    assert newest == [child["id"]]


@pytest.mark.parametrize("age", [18, 24, 25, 26, 30])
@pytest.mark.parametrize("day", [-1, 0, 1])
def test_an_adult_is_told_alone_at_every_age(
    plans: Service, school: School, age: int, day: int
) -> None:
    """Issue 14, number 1: at 25 the parents were told again."""
    today = clock.today()
    born = birthday(today, -age) - timedelta(days=day)
    child = school.child(born.isoformat())
    mother = child["parents"][0]["person_id"]
    alone = [child["id"]] if birthday(born, 18) <= today else [child["id"], mother]
    assert child["recipients"] == alone
    look_at_rights(plans.store)
    assert school.senco.get(f"/children/{child['id']}")["recipients"] == alone
    assert rights_of(school, child)["recipients"] == alone


def test_at_26_with_a_plan_it_opens_for_them_alone(plans: Service, school: School) -> None:
    child = school.child(birthday(clock.today(), -26).isoformat())
    plan = school.active(child)
    look_at_rights(plans.store)
    http = plans.anonymous()
    for person, status in ((child["id"], 200), (child["parents"][0]["person_id"], 404)):
        token = link("plan", plan["id"], person)
        assert http.get(f"/family/plans/{token}").status_code == status


def test_a_parent_who_is_restricted_after_the_choice_gets_nothing(
    plans: Service, school: School
) -> None:
    child = school.child("2010-03-04", parents=2)
    first, second = (one["person_id"] for one in child["parents"])
    share(school, child, *Sharing)
    now = school.senco.get(f"/children/{child['id']}")
    unlink = f"/children/{child['id']}/parents/{first}/unlink"
    found = school.senco.post(unlink, {"because": "Court order"}, version=now["version"])
    assert found["recipients"] == [child["id"], second]
    assert all(first not in row["people"] for row in rights_of(school, child)["told"])


def test_who_chooses_where_somebody_acts(school: School) -> None:
    child = Child("child", "setting", "Robin", "Vennacombe", date(2009, 1, 1))
    child.parents = [Parent("mother", "mother", True, True, date(2009, 1, 1))]
    assert rights.choosers(child) == ["child"]
    child.lacks_capacity = True
    assert rights.choosers(child) == ["mother"]
