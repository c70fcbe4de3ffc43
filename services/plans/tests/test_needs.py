"""Needs and the SEN provision code, as the school census takes them; why a plan ends."""

from datetime import date
from typing import Any

import pytest

from services.plans.domain.assessment import Assessment, Needs
from services.plans.domain.child import Child
from services.plans.domain.errors import RuleBroken
from services.plans.domain.values import Area, CeaseReason, PrimaryNeed, SenStatus
from shared import clock
from tests.support.house import Service, settle
from tests.support.story import NEEDS, School, contribution, findings

DAY = date(2026, 3, 4)


def takes(status: SenStatus, need: PrimaryNeed | None) -> bool:
    """Whether the school census takes a need with a status."""
    if status is SenStatus.NONE:
        return need is None
    return not (status is SenStatus.EHC_PLAN and need is PrimaryNeed.NSA)


PAIRS = [(status, need) for status in SenStatus for need in [None, *PrimaryNeed]]


def child(status: SenStatus = SenStatus.NONE, need: PrimaryNeed | None = None) -> Child:
    return Child(
        "c",
        "s",
        "Robin",
        "V",
        date(2018, 3, 4),
        sen_status=status,
        primary_need=need,
        areas=[Area.COGNITION],
    )


@pytest.mark.parametrize(("status", "need"), PAIRS)
def test_what_is_stored_is_read_as_the_census_takes_it(
    status: SenStatus, need: PrimaryNeed | None
) -> None:
    kept = child(status, need)
    assert kept.primary_need == (need if takes(status, need) else None)
    assert bool(kept.areas) == (status is not SenStatus.NONE)


@pytest.mark.parametrize(("status", "need"), PAIRS)
def test_every_way_to_another_status_keeps_only_what_goes_with_it(
    status: SenStatus, need: PrimaryNeed | None
) -> None:
    ways: list[Any] = [
        lambda c: c.move_to_ehc_plan(DAY),
        lambda c: c.end_sen_support(DAY),
        lambda c: c.begin_sen_support(
            assessment_id=None, areas=[Area.SEMH], primary_need=need or PrimaryNeed.SEMH, on=DAY
        ),
    ]
    for way in ways:
        moved = child(status, need)
        way(moved)
        assert takes(moved.sen_status, moved.primary_need)
        assert moved.need_missing == (
            moved.sen_status is not SenStatus.NONE and moved.primary_need is None
        )


@pytest.mark.parametrize("status", SenStatus)
@pytest.mark.parametrize("need", [None, *PrimaryNeed])
@pytest.mark.parametrize("sen_support", [True, False])
def test_an_assessment_finds_only_what_the_census_takes(
    status: SenStatus, need: PrimaryNeed | None, sen_support: bool
) -> None:
    assessment = Assessment("a", "c", "s", "Concern", DAY, clock.now())
    assessment.missing = list  # type: ignore[method-assign]
    after = SenStatus.SUPPORT if status is SenStatus.NONE else status
    right = takes(after, need) and need is not None if sen_support else need is None
    found = Needs(sen_support, [Area.COGNITION], need, [], "Summary", DAY)
    if right:
        assessment.complete(found, status)
        return
    with pytest.raises(RuleBroken) as refused:
        assessment.complete(found, status)
    assert [fault.field for fault in refused.value.faults] == ["/primary_need"]


def test_nsa_is_refused_for_a_child_with_an_ehc_plan_and_dropped_when_one_is_issued(
    plans: Service,
) -> None:
    school = School(plans)
    made = school.child()
    first = assess(school, made["id"], "NSA")
    assert first["needs"]["primary_need"] == "NSA"
    settle(plans)
    at = f"/children/{made['id']}"
    assert school.senco.get(at)["primary_need"] == "NSA"
    plans.store.children.change(made["id"], lambda c: c.move_to_ehc_plan(DAY))
    seen = school.senco.get(at)
    assert (seen["sen_status"], seen["primary_need"], seen["need_missing"]) == ("E", None, True)
    problem = assess(school, made["id"], "NSA", status=422)
    assert [error["pointer"] for error in problem["errors"]] == ["/primary_need"]
    open_ = school.senco.get(f"{at}/assessments")["items"][-1]
    body = {**NEEDS, "primary_need": "ASD", "completed_on": None}
    school.senco.post(f"/assessments/{open_['id']}/complete", body, version=open_["version"])
    settle(plans)
    seen = school.senco.get(at)
    assert (seen["sen_status"], seen["primary_need"], seen["need_missing"]) == ("E", "ASD", False)


def assess(school: School, child_id: str, need: str, status: int = 200) -> Any:
    made = school.senco.post(f"/children/{child_id}/assessments", {"concern": "No progress"})
    at = f"/assessments/{made['id']}"
    for source in ("parent", "child", "staff"):
        made = school.senco.post(f"{at}/contributions", contribution(source))
    body = {**NEEDS, "primary_need": need, "completed_on": None}
    if status != 200:
        return school.senco.refused(status, "POST", f"{at}/complete", body, version=made["version"])
    return school.senco.post(f"{at}/complete", body, version=made["version"])


@pytest.mark.parametrize(
    ("rating", "said", "kept"),
    [
        ("met", None, "outcomes_met"),
        ("met", "left_setting", "left_setting"),
        ("some_progress", None, "no_longer_needed"),
        *[("some_progress", r.value, r.value) for r in CeaseReason if r != "outcomes_met"],
    ],
)
def test_a_plan_ends_for_the_reason_that_was_found_or_said(
    plans: Service, reviews: Service, rating: str, said: str | None, kept: str
) -> None:
    school = School(plans)
    plan = school.active(school.child(), reviews)
    senco = school.at(reviews)
    review = senco.get(f"/plans/{plan['id']}/reviews")["items"][0]
    at = f"/reviews/{review['id']}"
    body = {"participants": [{"role": "parent", "name": "Mother"}]}
    review = senco.post(f"{at}/hold", body, version=review["version"])
    found = {**findings(plan, rating), "support_still_needed": False}
    review = senco.post(f"{at}/complete", found, version=review["version"])
    decide: dict[str, Any] = {"decision": "cease", "reason": "As the family wishes"}
    if said:
        decide["cease_reason"] = said
    if rating != "met":
        wrong = {**decide, "cease_reason": "outcomes_met"}
        problem = senco.refused(422, "POST", f"{at}/decide", wrong, version=review["version"])
        assert [error["pointer"] for error in problem["errors"]] == ["/cease_reason"]
    wrong = {"decision": "amend", "reason": "On", "cease_reason": "left_setting"}
    problem = senco.refused(422, "POST", f"{at}/decide", wrong, version=review["version"])
    assert [error["pointer"] for error in problem["errors"]] == ["/cease_reason"]
    senco.post(f"{at}/decide", decide, version=review["version"])
    settle(reviews, plans)
    ended = school.senco.get(f"/plans/{plan['id']}")
    assert (ended["state"], ended["ended_because"]) == ("ceased", kept)
    settle(plans, reviews)
    seen = school.senco.get(f"/children/{plan['child_id']}")
    assert (seen["sen_status"], seen["primary_need"], seen["areas"]) == ("N", None, [])
