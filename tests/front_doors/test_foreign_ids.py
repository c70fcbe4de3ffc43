"""An id in a request that names another thing names one that belongs there, or is refused by name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from shared import clock, ids
from shared.web import fields as f
from tests.support.house import Person, Service, settle
from tests.support.requests import request_fields
from tests.support.story import School, content, findings
from tests.support.world import (
    CONSENT,
    REQUEST,
    add_service,
    coming_day,
    contact,
    session_details,
    submitted,
)

Json = dict[str, Any]

MADE_HERE = "it becomes the id of what is made"
FILTER = "a filter of a list that is the caller's own"
IN_THE_BODY = "it points at another part of the same body, which the plan's rules hold together"
ONE_BY_ONE = "each is refused by itself, in the answer"
A_PROVIDERS = "a provider's, of which what is not ours is passed over"


@dataclass
class Two:
    """Two settings, each with a child, a plan in force and an assessment."""

    plans: Service
    reviews: Service
    referrals: Service
    notifications: Service
    ours: School
    theirs: School
    plan: Json
    foreign_plan: Json
    foreign_assessment: str
    service_id: str

    @property
    def child(self) -> str:
        return str(self.plan["child_id"])

    @property
    def worker(self) -> Person:
        return self.referrals.person("support_worker", services=[self.service_id])


@pytest.fixture(scope="module")
def two(plans: Service, reviews: Service, referrals: Service, notifications: Service) -> Two:
    every = (plans, reviews, referrals, notifications)
    for service in every:
        service.take_events()
    ours, theirs = School(plans), School(plans)
    plan = ours.active(ours.child(), *every[1:])
    foreign = theirs.active(theirs.child(), *every[1:])
    at = f"/children/{foreign['child_id']}/assessments"
    found = theirs.senco.get(at)["items"][0]["id"]
    told = theirs.at(notifications)
    told.post(f"/settings/{theirs.id}/contacts", contact(theirs.senco.id, foreign["child_id"]))
    return Two(*every, ours, theirs, plan, foreign, found, add_service(referrals))


Asked = tuple[Person, str, str, Json, int | None, list[str]]
"""Who asks what, of which version; and the pointers with which it is refused."""


def record_check(two: Two) -> Asked:
    foreign = two.foreign_plan["content"]
    body = {
        "outcomes": [{"outcome_id": foreign["outcomes"][0]["id"], "status": "on_track"}],
        "deliveries": [
            {"provision_id": foreign["provisions"][0]["id"], "planned": 1, "delivered": 1}
        ],
    }
    at = f"/plans/{two.plan['id']}/checks"
    pointers = ["/outcomes/0/outcome_id", "/deliveries/0/provision_id"]
    return two.ours.senco, "POST", at, body, None, pointers


def draft_plan(two: Two) -> Asked:
    body = {
        "assessment_id": two.foreign_assessment,
        "content": {**content(), "responsible_id": two.theirs.teacher.id},
    }
    at = f"/children/{two.child}/plans"
    return two.ours.senco, "POST", at, body, None, ["/content/responsible_id", "/assessment_id"]


def edit_draft(two: Two) -> Asked:
    made = two.ours.senco.post(f"/children/{two.child}/plans", {"content": content()})
    two.ours.senco.post(f"/plans/{made['id']}/discard", version=made["version"])
    made = two.ours.senco.post(f"/children/{two.child}/plans", {"content": content()})
    body = {**content(), "responsible_id": two.theirs.teacher.id}
    at = f"/plans/{made['id']}/content"
    return two.ours.senco, "PUT", at, body, made["version"], ["/responsible_id"]


def amend_plan(two: Two) -> Asked:
    said = {**two.plan["content"], "responsible_id": two.theirs.teacher.id}
    body, version = {"why": "More", "content": said}, two.plan["version"]
    at = f"/plans/{two.plan['id']}/amend"
    return two.ours.senco, "POST", at, body, version, ["/content/responsible_id"]


def share_plan(two: Two) -> Asked:
    body = {"person_id": two.theirs.teacher.id}
    at = f"/plans/{two.plan['id']}/shares"
    return two.ours.senco, "POST", at, body, None, ["/person_id"]


def record_capacity(two: Two) -> Asked:
    child, foreign = two.ours.child("2005-03-04"), two.theirs.child()
    body = {
        "decision": "referral_consent",
        "has_capacity": False,
        "why": "As assessed",
        "acts_id": foreign["parents"][0]["person_id"],
    }
    at = f"/children/{child['id']}/rights/capacity"
    return two.ours.senco, "POST", at, body, child["version"], ["/acts_id"]


def announce_evening(two: Two) -> Asked:
    details = {
        "held_on": coming_day(9).isoformat(),
        "begins": "16:00",
        "ends": "17:00",
        "minutes": 10,
        "place": "Hall",
    }
    body = {"details": details, "children": [two.child, two.foreign_plan["child_id"]]}
    at = f"/settings/{two.ours.id}/parents-evenings"
    return two.ours.at(two.reviews), "POST", at, body, None, ["/children/1"]


def book_slot(two: Two) -> Asked:
    who, method, at, body, _, _ = announce_evening(two)
    made = who.ask(method, at, {**body, "children": [two.child]})
    settle(two.reviews)
    slot = {"child_id": two.foreign_plan["child_id"], "slot": "16:00"}
    return who, "POST", f"/parents-evenings/{made['id']}/bookings", slot, None, ["/child_id"]


def complete_review(two: Two) -> Asked:
    who = two.ours.at(two.reviews)
    review = who.get(f"/plans/{two.plan['id']}/reviews")["items"][0]
    at = f"/reviews/{review['id']}"
    if review["state"] != "held":
        people = {"participants": [{"role": "parent", "name": "Mother"}]}
        review = who.post(f"{at}/hold", people, version=review["version"])
    body = findings(two.foreign_plan)
    return who, "POST", f"{at}/complete", body, review["version"], ["/ratings", "/provisions"]


def draft_referral(two: Two) -> Asked:
    body = {**REQUEST, "support_service_id": ids.new_id(), "plan_id": two.foreign_plan["id"]}
    at = f"/children/{two.child}/referrals"
    who = two.ours.at(two.referrals)
    return who, "POST", at, body, None, ["/support_service_id", "/plan_id"]


def edit_referral(two: Two) -> Asked:
    who, method, at, body, _, pointers = draft_referral(two)
    made = who.ask(method, at, {**REQUEST, "plan_id": two.plan["id"]})
    return who, "PUT", f"/referrals/{made['id']}/request", body, made["version"], pointers


def in_queue(two: Two) -> tuple[str, int]:
    school = School(two.plans)
    child = school.child()
    settle(two.plans, two.referrals)
    made = submitted(two.referrals, school.at(two.referrals), child["id"], two.service_id)
    return f"/referrals/{made['id']}", made["version"]


def decline_referral(two: Two) -> Asked:
    at, version = in_queue(two)
    body = {
        "family_words": "Sorry",
        "reason": "not_eligible",
        "next_step": "Ask there",
        "elsewhere": [add_service(two.referrals), ids.new_id()],
    }
    return two.worker, "POST", f"{at}/decline", body, version, ["/elsewhere/1"]


def record_consent(two: Two) -> Asked:
    who, method, at, _, _, _ = draft_referral(two)
    made = who.ask(method, at, {**REQUEST, "support_service_id": two.service_id})
    body = {**CONSENT, "person_id": two.theirs.teacher.id}
    at = f"/referrals/{made['id']}/consent"
    return who, "POST", at, body, made["version"], ["/person_id"]


def redirect_referral(two: Two) -> Asked:
    at, version = in_queue(two)
    body = {"family_words": "Sorry", "support_service_id": ids.new_id()}
    return two.worker, "POST", f"{at}/redirect", body, version, ["/support_service_id"]


def record_attendance(two: Two) -> Asked:
    at = f"/support-services/{two.service_id}/sessions"
    made = two.worker.post(at, session_details())
    begun = {"details.starts_at": clock.now() - timedelta(days=1)}
    two.referrals.database["support_sessions"].update_one({"_id": made["id"]}, {"$set": begun})
    body = {"attendance": [{"booking_id": ids.new_id(), "attended": True}]}
    at = f"/support-sessions/{made['id']}/attendance"
    return two.worker, "POST", at, body, made["version"], ["/attendance/0/booking_id"]


def add_contact(two: Two) -> Asked:
    body = contact(ids.new_id(), two.foreign_plan["child_id"])
    at = f"/settings/{two.ours.id}/contacts"
    who = two.ours.at(two.notifications)
    return who, "POST", at, body, None, ["/details/children/0/child_id"]


def change_contact(two: Two) -> Asked:
    who, method, at, body, _, _ = add_contact(two)
    made = who.ask(method, at, contact(ids.new_id(), two.child))
    said = body["details"]
    pointers = ["/children/0/child_id"]
    return who, "PUT", f"/contacts/{made['id']}", said, made["version"], pointers


def name_child(two: Two) -> Asked:
    who, method, at, _, _, _ = add_contact(two)
    made = who.ask(method, at, contact(ids.new_id(), two.child))
    body = {"child_id": two.foreign_plan["child_id"], "first_name": "Robin"}
    at = f"/contacts/{made['id']}/child-name"
    return who, "POST", at, body, made["version"], ["/child_id"]


def set_profile(two: Two) -> Asked:
    body = {"name": "Thornbeck", "phone": "01234 567 890", "sencos": [two.theirs.senco.id]}
    at = f"/settings/{two.ours.id}/profile"
    return two.ours.at(two.notifications), "PUT", at, body, 0, ["/sencos/0"]


Scene = Callable[[Two], Asked]
TABLE: dict[str, Scene | str] = {
    "plans.record_check /outcomes/*/outcome_id": record_check,
    "plans.record_check /deliveries/*/provision_id": record_check,
    "plans.link_parent /person_id": MADE_HERE,
    "plans.record_capacity /acts_id": record_capacity,
    "plans.draft_plan /assessment_id": draft_plan,
    "plans.draft_plan /content/responsible_id": draft_plan,
    "plans.edit_draft /responsible_id": edit_draft,
    "plans.amend_plan /content/responsible_id": amend_plan,
    **{
        f"plans.{endpoint} {at}": IN_THE_BODY if "outcome_ids" in at else MADE_HERE
        for endpoint, under in (
            ("draft_plan", "/content"),
            ("edit_draft", ""),
            ("amend_plan", "/content"),
        )
        for at in (
            f"{under}/outcomes/*/id",
            f"{under}/outcomes/*/goals/*/id",
            f"{under}/provisions/*/id",
            f"{under}/provisions/*/outcome_ids/*",
        )
    },
    "plans.share_plan /person_id": share_plan,
    "reviews.announce_evening /children/*": announce_evening,
    "reviews.book_slot /child_id": book_slot,
    "reviews.complete_review /ratings/*/outcome_id": complete_review,
    "reviews.complete_review /provisions/*/provision_id": complete_review,
    "referrals.act_on_many /chosen/*/id": ONE_BY_ONE,
    "referrals.draft_referral /support_service_id": draft_referral,
    "referrals.draft_referral /plan_id": draft_referral,
    "referrals.edit_referral /support_service_id": edit_referral,
    "referrals.edit_referral /plan_id": edit_referral,
    "referrals.fill_referral /support_service_id": FILTER,
    "referrals.list_setting_referrals /child_id": FILTER,
    "referrals.list_sessions /support_service_id": FILTER,
    "referrals.record_attendance /attendance/*/booking_id": record_attendance,
    "referrals.decline_referral /elsewhere/*": decline_referral,
    "referrals.record_consent /person_id": record_consent,
    "referrals.redirect_referral /support_service_id": redirect_referral,
    "notifications.notify /reference": A_PROVIDERS,
    "notifications.add_contact /person_id": MADE_HERE,
    "notifications.add_contact /details/children/*/child_id": add_contact,
    "notifications.change_contact /children/*/child_id": change_contact,
    "notifications.name_child /child_id": name_child,
    "notifications.list_messages /person_id": FILTER,
    "notifications.list_messages /child_id": FILTER,
    "notifications.set_profile /sencos/*": set_profile,
}
"""Every id of every request -> a request that names a foreign one; or why there is none."""


def test_every_id_of_every_request_is_in_the_table() -> None:
    found = {f"{name} {at}" for name, at, field in request_fields() if isinstance(field, f.Id)}
    assert sorted(found) == sorted(TABLE)


@pytest.mark.parametrize("scene", dict.fromkeys(s for s in TABLE.values() if callable(s)))
def test_a_foreign_id_is_refused_by_name_and_nothing_is_kept(two: Two, scene: Scene) -> None:
    who, method, path, body, version, pointers = scene(two)
    problem = who.refused(422, method, path, body, version=version)
    assert [error["pointer"] for error in problem["errors"]] == pointers


def test_a_plan_that_its_owner_was_asked_for_can_be_named_before_an_event_tells_of_it(
    two: Two,
) -> None:
    """A draft, or a plan from before referrals heard of plans: no projection has to be filled."""
    draft = ids.new_id()
    who, at = two.ours.at(two.referrals), f"/children/{two.child}/referrals"
    who.refused(422, "POST", at, {**REQUEST, "plan_id": draft})
    two.referrals.store.remember_plan(draft, two.child)
    assert who.post(at, {**REQUEST, "plan_id": draft})["request"]["plan_id"] == draft


def test_whoever_was_responsible_and_left_holds_up_no_other_change(two: Two) -> None:
    school = School(two.plans)
    plan = school.active(school.child(), two.reviews)
    said = {**plan["content"], "responsible_id": school.teacher.id}
    at = f"/plans/{plan['id']}/amend"
    plan = school.senco.post(at, {"why": "Who", "content": said}, version=plan["version"])
    school.senco.ask("DELETE", f"/settings/{school.id}/staff/{school.teacher.id}")
    school.senco.post(at, {"why": "More", "content": said}, version=plan["version"])
