"""Reviews through its API: arranged, held, completed, decided, discussed; then more support."""

from datetime import timedelta
from typing import Any

import pytest

from shared import clock, ids
from tests.support.house import Person, Service, days_ago, settle, types
from tests.support.story import School, findings, review_once

Json = dict[str, Any]
HELD: Json = {"participants": [{"role": "parent", "name": "A Parent"}]}


@pytest.fixture(scope="module")
def school(plans: Service) -> School:
    return School(plans)


@pytest.fixture
def plan(school: School, reviews: Service) -> Json:
    return school.active(school.child(), reviews)


@pytest.fixture
def senco(school: School, reviews: Service) -> Person:
    return school.at(reviews)


def _reviews(senco: Person, plan: Json) -> list[Json]:
    found: list[Json] = senco.get(f"/plans/{plan['id']}/reviews")["items"]
    return sorted(found, key=lambda review: str(review["due_on"]))


def _escalation(senco: Person, child_id: str) -> Json:
    made: Json = senco.post(
        f"/children/{child_id}/escalations", {"origin": "parent", "reason": "They asked for it"}
    )
    return made


def test_a_plan_in_force_has_its_reviews_of_a_year(senco: Person, plan: Json) -> None:
    found = _reviews(senco, plan)
    assert len(found) >= 3
    assert {review["plan_id"] for review in found} == {plan["id"]}
    listed = senco.get(f"/settings/{plan['setting_id']}/reviews?limit=100")["items"]
    assert {review["id"] for review in found} <= {review["id"] for review in listed}
    due = senco.get(f"/settings/{plan['setting_id']}/reviews?due_by={days_ago(0)}")["items"]
    assert all(review["due_on"] <= days_ago(0) for review in due)


def test_a_date_that_breaks_the_rule_is_refused_with_the_nearest_that_keep_it(
    senco: Person, plan: Json
) -> None:
    review = _reviews(senco, plan)[-1]
    at = f"/reviews/{review['id']}/move"
    far = clock.today() + timedelta(days=900)
    far += timedelta(days=(2 - far.weekday()) % 7)  # a Wednesday
    found = senco.refused(422, "POST", at, {"due_on": str(far)}, version=review["version"])
    assert found["errors"][0]["pointer"] == "/due_on"
    assert "121 days" in found["detail"]
    saturday = clock.today() + timedelta(days=(5 - clock.today().weekday()) % 7 or 7)
    found = senco.refused(422, "POST", at, {"due_on": str(saturday)}, version=review["version"])
    assert "closed" in found["type"]
    assert senco.get(f"/reviews/{review['id']}") == review, "a refusal changed something"


def test_the_settings_own_dates_count(school: School, reviews: Service, plan: Json) -> None:
    senco = school.at(reviews)
    path = f"/settings/{school.id}/calendar"
    senco.refused(412, "PUT", path, {}, version=7)
    day = clock.today() + timedelta(days=20)
    day -= timedelta(days=max(0, day.weekday() - 4))  # a weekday
    closed = {"closures": [{"starts_on": str(day), "ends_on": str(day)}]}
    made = senco.put(path, closed, version=0)
    senco.refused(412, "PUT", path, closed, version=0)
    found = senco.refused(422, "POST", f"/plans/{plan['id']}/reviews", {"due_on": str(day)})
    assert found["type"].endswith("closed")
    senco.put(path, {}, version=made["version"])
    early = senco.post(f"/plans/{plan['id']}/reviews", {"due_on": str(day)})
    assert early["state"] == "scheduled"
    backwards = {"closures": [{"starts_on": str(day), "ends_on": days_ago(3)}]}
    found = senco.refused(422, "PUT", path, backwards, version=made["version"] + 1)
    assert found["errors"][0]["pointer"].startswith("/closures/0")


def test_held_completed_decided_discussed_in_this_order_only(
    school: School, reviews: Service, plan: Json
) -> None:
    senco, teacher = school.at(reviews), school.at(reviews, "teacher")
    review = _reviews(senco, plan)[0]
    at = f"/reviews/{review['id']}"
    said = {"role": "parent", "text": "He reads at home now"}
    review = teacher.post(f"{at}/contributions", said)
    for action, body in (
        ("complete", findings(plan)),
        ("decide", {"decision": "adjust"}),
        ("discussion", {"how": "meeting"}),
    ):
        senco.refused(409, "POST", f"{at}/{action}", body, version=review["version"])
    ahead = {**HELD, "held_on": str(clock.today() + timedelta(days=1))}
    found = senco.refused(422, "POST", f"{at}/hold", ahead, version=review["version"])
    assert found["errors"][0]["pointer"] == "/held_on"
    before = {**HELD, "held_on": days_ago(400)}
    senco.refused(422, "POST", f"{at}/hold", before, version=review["version"])
    senco.refused(412, "POST", f"{at}/hold", HELD, version=99)
    senco.refused(428, "POST", f"{at}/hold", HELD)
    teacher.refused(403, "POST", f"{at}/hold", HELD, version=review["version"])
    review = senco.post(f"{at}/hold", {**HELD, "held_on": days_ago(5)}, version=review["version"])
    review = senco.post(f"{at}/complete", findings(plan), version=review["version"])
    assert (review["result"], review["proposed_decision"]) == ("insufficient", "adjust")
    otherwise = {"decision": "amend", "decided_on": days_ago(4)}
    found = senco.refused(422, "POST", f"{at}/decide", otherwise, version=review["version"])
    assert found["errors"][0]["pointer"] == "/reason"
    otherwise["reason"] = "The new teaching assistant began last week only"
    review = senco.post(f"{at}/decide", otherwise, version=review["version"])
    senco.refused(409, "POST", f"{at}/decide", otherwise, version=review["version"])
    early = {"how": "meeting", "discussed_on": days_ago(6)}
    senco.refused(422, "POST", f"{at}/discussion", early, version=review["version"])
    talked = {"how": "meeting", "discussed_on": days_ago(3)}
    review = senco.post(f"{at}/discussion", talked, version=review["version"])
    assert review["discussion"]["discussed_on"] == days_ago(3)
    assert types(settle(reviews, school.plans))[:4] == [
        "ReviewHeld", "ReviewCompleted", "ReviewDecided", "ReviewDiscussed"
    ]  # fmt: skip
    kept = school.senco.get(f"/plans/{plan['id']}")
    assert (kept["results"][0]["decision"], kept["cycle"]) == ("amend", 2)


@pytest.mark.parametrize("part", ["ratings", "provisions"])
def test_what_is_not_rated_is_named(
    school: School, reviews: Service, plan: Json, part: str
) -> None:
    senco = school.at(reviews)
    review = _reviews(senco, plan)[0]
    at = f"/reviews/{review['id']}"
    review = senco.post(f"{at}/hold", HELD, version=review["version"])
    found = findings(plan)
    key = "outcome_id" if part == "ratings" else "provision_id"
    found[part][0][key] = ids.new_id()
    problem = senco.refused(422, "POST", f"{at}/complete", found, version=review["version"])
    assert problem["errors"][0]["pointer"] == f"/{part}"
    assert senco.get(at)["state"] == "held"


def test_twice_without_enough_progress_more_support_is_suggested_and_the_council_decides(
    school: School, reviews: Service, plan: Json
) -> None:
    senco, council = school.at(reviews), reviews.person("council_officer")
    child = plan["child_id"]
    review_once(reviews, school, plan, held=60)
    assert senco.get(f"/children/{child}/escalations")["items"] == []
    review_once(reviews, school, plan, held=30)
    [found] = senco.get(f"/children/{child}/escalations")["items"]
    assert (found["state"], found["origin"], found["cycles"]) == ("suggested", "rule", 2)
    at = f"/escalations/{found['id']}"
    council.refused(404, "GET", at)
    found = senco.post(f"{at}/confirm", version=found["version"])
    senco.refused(409, "POST", f"{at}/confirm", version=found["version"])
    talk = {"outcome": "needs_assessment", "discussed_on": days_ago(1)}
    found = senco.post(f"{at}/discussion", talk, version=found["version"])
    asked = {"by": "setting", "requested_on": days_ago(1)}
    found = senco.post(f"{at}/needs-assessment", asked, version=found["version"])
    assert found["request"]["decide_by"] == str(clock.today() + timedelta(days=41))
    assert found["id"] in [e["id"] for e in council.get("/needs-assessment-requests")["items"]]
    refusal = council.refused(
        422, "POST", f"{at}/needs-assessment-decision", {"agreed": False}, version=found["version"]
    )
    assert refusal["errors"][0]["pointer"] == "/reason"
    council.refused(
        409, "POST", f"{at}/ehc-plan-decision", {"issued": True}, version=found["version"]
    )
    found = council.post(
        f"{at}/needs-assessment-decision", {"agreed": True}, version=found["version"]
    )
    found = council.post(f"{at}/ehc-plan-decision", {"issued": True}, version=found["version"])
    assert found["state"] == "plan_issued"
    settle(reviews, school.plans)
    assert school.senco.get(f"/children/{child}")["sen_status"] == "E"


def test_a_family_may_ask_at_any_time_and_the_senco_may_say_not_now(
    senco: Person, plan: Json
) -> None:
    found = _escalation(senco, plan["child_id"])
    at = f"/escalations/{found['id']}"
    senco.refused(422, "POST", f"{at}/dismiss", {}, version=found["version"])
    found = senco.post(f"{at}/dismiss", {"reason": "A new plan began"}, version=found["version"])
    assert found["state"] == "not_now"
    assert senco.post(f"{at}/confirm", version=found["version"])["state"] == "confirmed"
    rule = {"origin": "rule", "reason": "Because"}
    problem = senco.refused(422, "POST", f"/children/{plan['child_id']}/escalations", rule)
    assert problem["errors"][0]["pointer"] == "/origin"


def test_another_settings_reviews_are_not_there(
    plans: Service, reviews: Service, school: School, plan: Json
) -> None:
    review = _reviews(school.at(reviews), plan)[0]
    stranger = School(plans).at(reviews)
    for path in (f"/reviews/{review['id']}", f"/plans/{plan['id']}/reviews",
                 f"/children/{plan['child_id']}/escalations", f"/settings/{school.id}/reviews"):  # fmt: skip
        stranger.refused(404, "GET", path)
    stranger.refused(404, "POST", f"/reviews/{review['id']}/hold", HELD, version=review["version"])


def test_a_ceased_plan_has_no_reviews_to_come(school: School, reviews: Service, plan: Json) -> None:
    now = school.senco.get(f"/plans/{plan['id']}")
    school.senco.post(
        f"/plans/{plan['id']}/cease", {"reason": "outcomes_met"}, version=now["version"]
    )
    settle(school.plans, reviews)
    senco = school.at(reviews)
    assert {review["state"] for review in _reviews(senco, plan)} == {"cancelled"}
    later = {"due_on": str(clock.today() + timedelta(days=30))}
    assert senco.refused(409, "POST", f"/plans/{plan['id']}/reviews", later)["type"].endswith(
        "plan-ended"
    )
