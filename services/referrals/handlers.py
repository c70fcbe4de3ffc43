"""The events that this service reacts to: one function each, and the table that names them."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from services.referrals.commands import consent, refer, triage, webhooks
from services.referrals.store import ReferralsStore
from shared.events.envelope import Envelope, rewrap
from shared.events.registry import read_by
from shared.messaging.handling import Handler
from shared.store.projection import project

_DECISION = "referral_consent"
_OWN = [name for name in read_by("referrals") if name.startswith("referrals.")]


def on_child(store: ReferralsStore, event: Envelope) -> None:
    """Know which setting a child is at, who is told about them, and who agrees to a referral;
    what is still open to somebody who decides no more is asked anew."""
    state = {key: event.data[key] for key in ("setting_id", "recipients", "told")}
    state["deciders"] = _deciders(event.data)
    project(store.known_children, event.subject, event.sequence, state)
    consent.follow_deciders(store, event.subject)


def _deciders(data: Mapping[str, Any]) -> list[str] | None:
    """None where the event is of before and does not say."""
    said = data.get("deciders")
    if said is None:
        return None
    return next((list(d["people"]) for d in said if d["decision"] == _DECISION), [])


def on_escalation_suggested(store: ReferralsStore, event: Envelope) -> None:
    """Offer a referral: a draft for the SENCO to complete."""
    data = event.data
    refer.suggest_referral(store, data["escalation_id"], data["child_id"], data["setting_id"])


def on_assessment_completed(store: ReferralsStore, event: Envelope) -> None:
    """Know what a child needs, so that the directory can answer who helps."""
    state = {key: event.data[key] for key in ("child_id", "areas", "primary_need")}
    state["completed_on"] = event.data["completed_on"].isoformat()
    project(store.known_assessments, event.subject, event.sequence, state)


def on_plan(store: ReferralsStore, event: Envelope) -> None:
    """Know whose plan it is: a referral may name it."""
    state = {key: event.data[key] for key in ("child_id", "setting_id")}
    project(store.known_plans, event.subject, event.sequence, state)


def on_own_referral(store: ReferralsStore, event: Envelope) -> None:
    """The support service's own system is told, where it has given an address."""
    told = webhooks.ToSend(event.id, event.type, event.data["support_service_id"], rewrap(event))
    webhooks.make_deliveries(store, told)


def on_referral_redirected(store: ReferralsStore, event: Envelope) -> None:
    """It goes on with the other service."""
    on_own_referral(store, event)
    data = event.data
    triage.carry_on_elsewhere(
        store, event.subject, data["next_referral_id"], data["to_service_id"],
        passes_on=data["passes_on"],
    )  # fmt: skip


def handlers(store: ReferralsStore) -> Mapping[str, Handler]:
    """Event type -> what is done with it."""
    table = {
        "plans.ChildRegistered": on_child,
        "plans.ParentLinked": on_child,
        "plans.ParentUnlinked": on_child,
        "plans.RecipientsChanged": on_child,
        "plans.AssessmentCompleted": on_assessment_completed,
        "plans.PlanActivated": on_plan,
        "plans.PlanAmended": on_plan,
        "plans.PlanSuperseded": on_plan,
        "plans.PlanCeased": on_plan,
        "reviews.EscalationSuggested": on_escalation_suggested,
        **dict.fromkeys(_OWN, on_own_referral),
        "referrals.ReferralRedirected": on_referral_redirected,
    }
    return {event_type: partial(handler, store) for event_type, handler in table.items()}
