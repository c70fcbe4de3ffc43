"""The events that this service reacts to: one function each, and the table that names them."""

from collections.abc import Mapping
from functools import partial

from services.plans.commands import copies, do, people, plan
from services.plans.domain.plan import ReviewResult
from services.plans.domain.values import Area, CeaseReason, PrimaryNeed, SenStatus
from services.plans.store import PlansStore
from shared.errors import NotYet
from shared.events.envelope import Envelope
from shared.messaging.handling import Handler
from shared.store.database import Document
from shared.store.projection import project


def on_assessment_completed(store: PlansStore, event: Envelope) -> None:
    """An assessment that finds SEN support needed starts it."""
    data = event.data
    if data["sen_support"] != "needed":
        return
    people.begin_sen_support(
        store,
        data["child_id"],
        assessment_id=event.subject,
        areas=[Area(area) for area in data["areas"]],
        primary_need=PrimaryNeed(data["primary_need"]) if data["primary_need"] else None,
        on=data["completed_on"],
    )


def on_plan_activated(store: PlansStore, event: Envelope) -> None:
    """A plan in force takes the place of earlier ones, and its written copy is owed."""
    data = event.data
    plan.supersede_earlier_plans(store, data["child_id"], event.subject, data["active_from"])
    copies.owe_copies(store, event.subject, data["version_number"])


def on_plan_amended(store: PlansStore, event: Envelope) -> None:
    """A new version's written copy is owed."""
    copies.owe_copies(store, event.subject, event.data["version_number"])


def on_plan_ceased(store: PlansStore, event: Envelope) -> None:
    """With the last plan SEN support ends."""
    people.end_sen_support(store, event.data["child_id"], event.data["ended_on"])


def on_rights(store: PlansStore, event: Envelope) -> None:
    """Whoever is told of the plan from now on is owed its written copy."""
    for active in store.plans.find_many({"child_id": event.data["child_id"], "state": "active"}):
        copies.owe_copies(store, active.id, active.version_number)


def on_check_recorded(store: PlansStore, event: Envelope) -> None:
    """The plan remembers its latest check."""
    do.note_check(store, event.data["plan_id"], event.data["occurred_on"])


def on_review_completed(store: PlansStore, event: Envelope) -> None:
    """Everything is recorded in the plan [B]."""
    data = event.data
    plan.keep_review_result(
        store,
        data["plan_id"],
        ReviewResult(
            review_id=event.subject,
            cycle=data["cycle"],
            held_on=data["held_on"],
            ratings={rated["outcome_id"]: rated["rating"] for rated in data["ratings"]},
            result=data["result"],
            proposed_decision=data["proposed_decision"],
        ),
    )


def on_review_decided(store: PlansStore, event: Envelope) -> None:
    """What was decided after a review is done to the plan."""
    data = event.data
    if not store.plans.get(data["plan_id"]).has_result(event.subject):
        raise NotYet("The review's result has not come yet.")
    plan.follow_decision(
        store,
        data["plan_id"],
        review_id=event.subject,
        decision=data["decision"],
        cycle=data["cycle"],
        on=data["decided_on"],
        reason=CeaseReason(data["cease_reason"]) if data["cease_reason"] else None,
    )


def on_needs_assessment(store: PlansStore, event: Envelope) -> None:
    """While an EHC request is open the council may read; an issued plan moves the child to E."""
    data = event.data
    applied = project(store.reading_rights, event.subject, event.sequence, _council(event))
    if applied and data["status"] == "plan_issued":
        people.move_to_ehc_plan(store, data["child_id"], data["decided_on"])


def on_ehc_plan_ceased(store: PlansStore, event: Envelope) -> None:
    """The child is at K or N again, as was decided; what came late changes nothing, nor does the
    end of a plan whose place another has taken after a reassessment [CFA 2014 s.44]."""
    data = event.data
    if not project(store.reading_rights, event.subject, event.sequence, _council(event)):
        return
    if not store.has_ehc_plan(data["child_id"]):
        status = SenStatus(data["returns_to"])
        people.end_ehc_plan(store, data["child_id"], status, data["ended_on"])


def _council(event: Envelope) -> Document:
    """What stands between the council and a child by one request."""
    data = event.data
    return {
        "child_id": data["child_id"],
        "open": data["open"],
        "council": True,
        "ehc_plan": data["status"] in ("plan_issued", "plan_ceasing"),
    }


def on_referral(store: PlansStore, event: Envelope) -> None:
    """While a referral is open and consent stands, its support service may read."""
    data = event.data
    right = {
        "child_id": data["child_id"],
        "service_id": data["support_service_id"],
        "open": data["open"] and data["consent"] in ("given", "overridden"),
    }
    project(store.reading_rights, event.subject, event.sequence, right)


def handlers(store: PlansStore) -> Mapping[str, Handler]:
    """Event type -> what is done with it."""
    table = {
        "plans.AssessmentCompleted": on_assessment_completed,
        "plans.PlanActivated": on_plan_activated,
        "plans.PlanAmended": on_plan_amended,
        "plans.PlanCeased": on_plan_ceased,
        "plans.RightsPassed": on_rights,
        "plans.SharingChanged": on_rights,
        "plans.CheckRecorded": on_check_recorded,
        "reviews.ReviewCompleted": on_review_completed,
        "reviews.ReviewDecided": on_review_decided,
        "reviews.NeedsAssessmentRequested": on_needs_assessment,
        "reviews.NeedsAssessmentDecided": on_needs_assessment,
        "reviews.NeedsAssessmentReceived": on_needs_assessment,
        "reviews.EhcPlanDecided": on_needs_assessment,
        "reviews.EhcPlanCeaseDecided": on_needs_assessment,
        "reviews.EhcPlanKept": on_needs_assessment,
        "reviews.EhcPlanCeased": on_ehc_plan_ceased,
        "referrals.ReferralSubmitted": on_referral,
        "referrals.ReferralConsentChanged": on_referral,
        "referrals.ReferralAccepted": on_referral,
        "referrals.ReferralDeclined": on_referral,
        "referrals.ReferralRedirected": on_referral,
        "referrals.ReferralClosed": on_referral,
        "referrals.ReferralWithdrawn": on_referral,
    }
    return {event_type: partial(handler, store) for event_type, handler in table.items()}
