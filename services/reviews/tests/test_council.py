"""The council's clocks as data, who may request, and how an EHC plan ends."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.reviews.domain import clocks
from services.reviews.domain.clocks import CLOCKS, Binds, Clock, ClockException, CountsFrom
from services.reviews.domain.council import AfterPlan, EhcCeaseReason, Origin, Request
from services.reviews.domain.escalation import Escalation, EscalationState
from shared import clock, ids
from tests.support.house import Person, Service, days_ago, settle
from tests.support.story import School

Json = dict[str, Any]
DAY = date(2026, 1, 30)

DATES = {
    "decide_to_assess": (DAY, date(2026, 3, 13)),
    "say_no_plan": (DAY, date(2026, 5, 22)),
    "final_plan": (DAY, date(2026, 6, 19)),
    "appeal": (date(2026, 12, 31), date(2027, 2, 28)),  # a month that is shorter
    "annual_review": (date(2028, 2, 29), date(2029, 2, 28)),
}
"""Each clock -> a day from which it counts, and its last day."""


def test_every_clock_has_its_date_checked() -> None:
    assert set(DATES) == {row.name for row in CLOCKS}


@pytest.mark.parametrize("row", CLOCKS, ids=lambda row: row.name)
def test_every_clock_ends_on_its_day_and_says_its_law(row: Clock) -> None:
    start, end = DATES[row.name]
    assert row.ends(start) == end
    assert row.law and row.in_force_from == date(2014, 9, 1)
    assert bool(row.exceptions) == (row.counts_from is CountsFrom.RECEIVED)


def test_a_clock_that_changes_holds_for_what_began_under_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = Clock(
        "decide_to_assess", CountsFrom.RECEIVED, Binds.COUNCIL, "old", weeks=6, in_force_until=DAY
    )
    new = Clock(
        "decide_to_assess",
        CountsFrom.RECEIVED,
        Binds.COUNCIL,
        "new",
        weeks=8,
        in_force_from=DAY + timedelta(days=1),
    )
    monkeypatch.setattr(clocks, "CLOCKS", (old, new))
    assert clocks.clock("decide_to_assess", DAY).law == "old"
    assert clocks.clock("decide_to_assess", DAY + timedelta(days=1)).law == "new"
    assert clocks.clock("decide_to_assess", date(2013, 1, 1)).law == "old"


def test_what_is_stored_without_a_receipt_counts_from_asking_as_it_did() -> None:
    asked = Request(Origin.PARENT, DAY)
    assert asked.provisional and asked.decide_by == DAY + timedelta(weeks=6)
    asked.receive(DAY + timedelta(days=3))
    assert not asked.provisional and asked.decide_by == DAY + timedelta(weeks=6, days=3)


def council(reviews: Service) -> Person:
    return reviews.person("council_officer")


def asked(
    plans: Service, reviews: Service, school: School, by: str = "setting", **more: Any
) -> tuple[str, Json]:
    """A request to the council. Answers where it is, and what it says."""
    child = school.child()
    settle(plans, reviews)
    senco = school.at(reviews)
    made = senco.post(f"/children/{child['id']}/escalations", {"origin": by, "reason": "More"})
    at = f"/escalations/{made['id']}"
    body = {"by": by, "requested_on": days_ago(400), **more}
    return at, senco.post(f"{at}/needs-assessment", body, version=made["version"])


def test_the_clock_counts_from_the_councils_receipt(plans: Service, reviews: Service) -> None:
    at, made = asked(plans, reviews, School(plans), "parent")
    request = made["request"]
    assert request["provisional"] and request["received_on"] is None
    officer = council(reviews)
    for wrong in (days_ago(401), days_ago(-1)):
        problem = officer.refused(
            422,
            "POST",
            f"{at}/needs-assessment-receipt",
            {"received_on": wrong},
            version=made["version"],
        )
        assert [error["pointer"] for error in problem["errors"]] == ["/received_on"]
    made = officer.post(
        f"{at}/needs-assessment-receipt", {"received_on": days_ago(393)}, version=made["version"]
    )
    request = made["request"]
    due = {one["name"]: one for one in request["clocks"]}
    received = clock.today() - timedelta(days=393)
    assert not request["provisional"]
    assert request["decide_by"] == (received + timedelta(weeks=6)).isoformat()
    assert request["final_plan_by"] == due["final_plan"]["until"]
    assert set(due) == {"decide_to_assess", "say_no_plan", "final_plan"}
    said = [e for e in settle(reviews, plans) if e["type"] == "reviews.NeedsAssessmentReceived"]
    assert [e["data"]["decide_by"] for e in said] == [request["decide_by"]]


def test_a_setting_may_say_when_the_council_had_it(plans: Service, reviews: Service) -> None:
    _, made = asked(plans, reviews, School(plans), received_on=days_ago(399))
    assert not made["request"]["provisional"]
    assert made["request"]["kind"] == "requested"


@pytest.mark.parametrize("exception", ClockException)
def test_an_exception_is_recorded_with_which_one_it_is(
    plans: Service, reviews: Service, exception: ClockException
) -> None:
    at, made = asked(plans, reviews, School(plans))
    body = {"clock": "final_plan", "exception": exception.value}
    made = council(reviews).post(f"{at}/clock-exceptions", body, version=made["version"])
    said = {one["name"]: one["exception"] for one in made["request"]["clocks"]}
    assert said == {"decide_to_assess": None, "say_no_plan": None, "final_plan": exception.value}


@pytest.mark.parametrize(
    ("kind", "maintained", "by", "found"),
    [
        ("early_years", False, "setting", "brought_to_attention"),
        ("early_years", True, "setting", "requested"),
        ("early_years", False, "parent", "requested"),
        ("school", False, "setting", "requested"),
        ("further_education", False, "setting", "requested"),
    ],
)
def test_only_who_may_request_requests(
    plans: Service, reviews: Service, kind: str, maintained: bool, by: str, found: str
) -> None:
    school = School(plans, kind)
    if maintained:
        put_right(plans, school, kind)
    _, made = asked(plans, reviews, school, by)
    assert made["request"]["kind"] == found
    assert made["request"]["decide_by"]  # the same clock
    said = [e for e in settle(reviews, plans) if e["type"] == "reviews.NeedsAssessmentRequested"]
    assert [e["data"]["kind"] for e in said] == [found]


def put_right(plans: Service, school: School, kind: str) -> None:
    officer = plans.person("council_officer")
    body = {"name": "A Nursery", "kind": kind, "maintained_nursery": True}
    version = school.senco.get(f"/settings/{school.id}")["version"]
    assert officer.put(f"/settings/{school.id}", body, version=version)["maintained_nursery"]


def test_a_setting_from_before_is_described_once_by_the_calendar(
    plans: Service, reviews: Service
) -> None:
    from services.plans.commands.people import describe_settings

    school = School(plans, "early_years")
    settle(plans, reviews)
    reviews.store.known_settings.delete_one({"_id": school.id})
    plans.database["settings"].update_one({"_id": school.id}, {"$unset": {"described": ""}})
    assert reviews.store.may_request_assessment(school.id)
    describe_settings(plans.store)
    settle(plans, reviews)
    assert not reviews.store.may_request_assessment(school.id)
    assert describe_settings(plans.store) == 0


def issued(plans: Service, reviews: Service) -> tuple[str, Json, str]:
    """An EHC plan issued a year ago. Answers where it is, what it says, and the child."""
    at, made = asked(plans, reviews, School(plans))
    officer = council(reviews)
    for step, body in (
        ("needs-assessment-decision", {"agreed": True, "decided_on": days_ago(380)}),
        ("ehc-plan-decision", {"issued": True, "decided_on": days_ago(300)}),
    ):
        made = officer.post(f"{at}/{step}", body, version=made["version"])
    settle(reviews, plans)
    return at, made, made["child_id"]


def status_of(plans: Service, child_id: str) -> str:
    return str(plans.store.children.get(child_id).sen_status)


@pytest.mark.parametrize("reason", EhcCeaseReason)
@pytest.mark.parametrize("returns_to", AfterPlan)
def test_an_ehc_plan_ends_as_decided_and_not_while_there_can_be_an_appeal(
    plans: Service, reviews: Service, reason: EhcCeaseReason, returns_to: AfterPlan
) -> None:
    at, made, child_id = issued(plans, reviews)
    assert status_of(plans, child_id) == "E"
    officer = council(reviews)
    assert (
        made["id"] in {one["id"] for one in officer.get("/ehc-plans?limit=200")["items"]}
        or officer.get("/ehc-plans?limit=200")["next_cursor"]
    )
    body = {"reason": reason.value, "returns_to": returns_to.value, "decided_on": days_ago(100)}
    made = officer.post(f"{at}/ehc-plan-cease-decision", body, version=made["version"])
    if reason.waits_for_appeal:
        assert made["state"] == "plan_ceasing"
        settle(reviews, plans)
        assert status_of(plans, child_id) == "E"
        early = {"ended": True, "ended_on": days_ago(60)}
        problem = officer.refused(422, "POST", f"{at}/ehc-plan-end", early, version=made["version"])
        assert [error["pointer"] for error in problem["errors"]] == ["/ended_on"]
        assert "appeal until" in problem["detail"]
        made = officer.post(
            f"{at}/ehc-plan-end", {"ended": True, "ended_on": days_ago(1)}, version=made["version"]
        )
    assert made["state"] == "plan_ceased" and made["ending"]["ended_on"]
    said = [e for e in settle(reviews, plans) if e["type"] == "reviews.EhcPlanCeased"]
    assert [(e["data"]["returns_to"], e["data"]["open"]) for e in said] == [(returns_to, False)]
    assert status_of(plans, child_id) == returns_to.value
    # It is over: the council has nothing to do here any more, and the family can ask again.
    officer.refused(404, "POST", f"{at}/ehc-plan-end", {"ended": True}, version=made["version"])


@pytest.mark.parametrize(
    ("state", "clock_name"),
    [("plan_issued", "annual_review"), ("refused", "appeal"), ("no_plan", "appeal")],
)
def test_what_was_decided_before_has_its_clocks(state: str, clock_name: str) -> None:
    """Releases before kept one day for whatever was decided last."""
    decided = Request(Origin.PARENT, DAY, decided_on=DAY + timedelta(days=30))
    found = Escalation(
        "e", "c", "s", Origin.PARENT, DAY, state=EscalationState(state), request=decided
    )
    assert found.request
    assert [one.since for one in found.request.clocks if one.name == clock_name] == [
        DAY + timedelta(days=30)
    ]


def test_a_plan_that_another_has_replaced_ends_without_the_childs_status(
    plans: Service, reviews: Service
) -> None:
    """A reassessment is a request of its own [CFA 2014 s.44]."""
    at, made, child_id = issued(plans, reviews)
    senco = reviews.person("senco", settings=[made["setting_id"]])
    again = senco.post(f"/children/{child_id}/escalations", {"origin": "parent", "reason": "More"})
    there, officer = f"/escalations/{again['id']}", council(reviews)
    for who, step, body in (
        (senco, "needs-assessment", {"by": "parent", "requested_on": days_ago(200)}),
        (officer, "needs-assessment-decision", {"agreed": True, "decided_on": days_ago(180)}),
        (officer, "ehc-plan-decision", {"issued": True, "decided_on": days_ago(100)}),
    ):
        again = who.post(f"{there}/{step}", body, version=again["version"])
    settle(reviews, plans)
    body = {"reason": "transferred", "returns_to": "N"}
    officer.post(f"{at}/ehc-plan-cease-decision", body, version=made["version"])
    settle(reviews, plans)
    assert status_of(plans, child_id) == "E"
    officer.post(f"{there}/ehc-plan-cease-decision", body, version=again["version"])
    settle(reviews, plans)
    assert status_of(plans, child_id) == "N"


def test_an_ehc_plan_goes_on_after_an_appeal(plans: Service, reviews: Service) -> None:
    at, made, child_id = issued(plans, reviews)
    officer = council(reviews)
    body = {"reason": "needs_met_without_plan", "returns_to": "N"}
    made = officer.post(f"{at}/ehc-plan-cease-decision", body, version=made["version"])
    names = {one["name"] for one in made["request"]["clocks"]}
    assert {"appeal", "annual_review"} <= names
    made = officer.post(f"{at}/ehc-plan-end", {"ended": False}, version=made["version"])
    assert made["state"] == "plan_issued" and made["ending"] is None
    settle(reviews, plans)
    assert status_of(plans, child_id) == "E"
    assert made["version"]


def test_an_end_that_comes_before_the_plan_was_heard_of_is_the_last_word(
    plans: Service, reviews: Service
) -> None:
    at, made, child_id = issued(plans, reviews)
    plans.store.children.change(child_id, lambda c: c.end_ehc_plan("N", DAY))
    body = {"reason": "transferred", "returns_to": "K"}
    council(reviews).post(f"{at}/ehc-plan-cease-decision", body, version=made["version"])
    (event,) = [e for e in reviews.take_events() if e["type"] == "reviews.EhcPlanCeased"]
    late = {
        **event,
        "id": ids.new_id(),
        "type": "reviews.EhcPlanDecided",
        "sequence": 1,
        "dataschema": "urn:sen-support:reviews.EhcPlanDecided:1",
        "data": {**event["data"], "status": "plan_issued"},
    }
    plans.handle(event)
    plans.handle(late)
    assert status_of(plans, child_id) == "K"


def test_every_state_is_reached_or_left_by_somebody() -> None:
    """What the council keeps open to itself is what it can act on."""
    for state in EscalationState:
        found = Escalation("e", "c", "s", Origin.PARENT, DAY, state=state)
        acts = state in (
            "needs_assessment_requested",
            "agreed_to_assess",
            "plan_issued",
            "plan_ceasing",
        )
        assert found.with_council == acts
