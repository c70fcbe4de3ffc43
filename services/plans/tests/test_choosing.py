"""What a young person chooses once rights pass, what is recorded of capacity, and what follows."""

from contextlib import ExitStack
from datetime import date, timedelta

import pytest

from services.plans.commands.rights import look_at_rights
from services.plans.domain import rights
from services.plans.domain.age import birthday
from services.plans.domain.child import Child, Parent
from services.plans.domain.sharing import Sharing
from shared import clock, ids
from tests.support.house import Service, settle
from tests.support.rights import BORN, Json, at, correct, link, look, rights_of, said, share
from tests.support.story import School, parent


@pytest.fixture(scope="module")
def school(plans: Service) -> School:
    return School(plans)


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
    "data",
    [
        {},
        {"parents_get": ["plan", "nothing"]},
        {"parents_get": ["elsewhere"]},
        {"parents_get": ["plan", "plan"]},
        {"parents_get": ["pl\x00an"]},
    ],
)
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
    body: Json = {
        "decision": "referral_consent",
        "has_capacity": False,
        "acts_id": father,
        "why": "Assessed on 3 May; the report is in the file",
    }
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
        body = {
            "decision": "plan",
            "has_capacity": False,
            "why": "As assessed",
            "acts_id": child["parents"][0]["person_id"],
        }
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
        child["id"],
        *(one["person_id"] for one in child["parents"]),
    }
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
        f"/plans/{plan['id']}/amend",
        {"why": "More", "content": current["content"]},
        version=current["version"],
    )
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
