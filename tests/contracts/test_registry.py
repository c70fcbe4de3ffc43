"""The registry is the whole contract: handlers and readers are the same, rules guard every route."""

import importlib

import pytest

from deploy.local.stack import SERVICES
from shared.events.registry import event_types, read_by
from tests.support.house import Service, settle, types
from tests.support.story import School, review_once


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_handles_what_the_registry_says_it_reads(name: str) -> None:
    module = importlib.import_module(f"services.{name}.handlers")
    assert set(module.handlers(None)) == set(read_by(name))


def test_every_event_that_a_domain_can_raise_is_registered() -> None:
    names = {row.name for row in event_types().values()}
    for service in SERVICES:
        module = importlib.import_module(f"services.{service}.domain.events")
        raised = {n for n in vars(module) if n in names}
        assert raised == {r.name for r in event_types().values() if r.service == service}


def test_twice_without_enough_progress_ends_in_one_suggestion_and_one_draft(
    plans: Service, reviews: Service, referrals: Service, notifications: Service
) -> None:
    school = School(plans)
    child = school.child(parents=2)
    everybody = (reviews, referrals, notifications)
    plan = school.active(child, *everybody)
    review_once(reviews, school, plan, referrals, notifications, held=90)
    review_once(reviews, school, plan, referrals, notifications, held=20)
    senco = school.at(reviews)
    found = senco.get(f"/children/{child['id']}/escalations")["items"]
    assert [(e["state"], e["cycles"]) for e in found] == [("suggested", 2)]
    drafts = school.at(referrals).get(f"/settings/{school.id}/referrals")["items"]
    assert [d["escalation_id"] for d in drafts] == [found[0]["id"]]
    told = school.at(notifications).get(f"/settings/{school.id}/messages?limit=200")["items"]
    assert "let_us_talk" not in {m["purpose"] for m in told}
    senco.post(f"/escalations/{found[0]['id']}/confirm", version=found[0]["version"])
    assert "EscalationConfirmed" in types(settle(reviews, plans, referrals, notifications))
    told = school.at(notifications).get(f"/settings/{school.id}/messages?limit=200")["items"]
    assert len([m for m in told if m["purpose"] == "let_us_talk"]) == 2
    assert len([m for m in told if m["purpose"] == "review_to_discuss"]) == 4


def test_an_unclear_cycle_between_two_counts_for_nothing(
    plans: Service, reviews: Service, referrals: Service, notifications: Service
) -> None:
    school = School(plans)
    plan = school.active(school.child(), reviews, referrals, notifications, since=330)
    for held, delivered in ((200, "fully"), (120, "none"), (30, "fully")):
        review_once(reviews, school, plan, referrals, notifications, held=held, delivered=delivered)
    found = school.at(reviews).get(f"/settings/{school.id}/escalations")["items"]
    assert [e["cycles"] for e in found] == [2]
