"""The events that this service reacts to: one function each, and the table that names them."""

from collections.abc import Mapping
from functools import partial

from services.reviews.commands import escalation, schedule
from services.reviews.domain.progress import CycleResult
from services.reviews.domain.values import Result
from services.reviews.store import ReviewsStore
from shared import clock
from shared.events.envelope import Envelope
from shared.messaging.handling import Handler
from shared.store.projection import project


def on_setting(store: ReviewsStore, event: Envelope) -> None:
    """Know what a setting is."""
    state = {key: event.data[key] for key in ("kind", "maintained_nursery")}
    project(store.known_settings, event.subject, event.sequence, state)


def on_child(store: ReviewsStore, event: Envelope) -> None:
    """Know which setting a child is at, and who is told about it."""
    state = {key: event.data[key] for key in ("setting_id", "recipients", "told")}
    project(store.known_children, event.subject, event.sequence, state)


def on_plan_in_force(store: ReviewsStore, event: Envelope) -> None:
    """Follow a plan in force; its first reviews are arranged when it is first heard of."""
    if not store.follow_plan(event):
        return
    any_review = store.reviews.find_many({"plan_id": event.subject}, limit=1)
    if not any_review:
        schedule.arrange_reviews(store, event.subject, "first", event.data["active_from"])


def on_plan_ended(store: ReviewsStore, event: Envelope) -> None:
    """A plan has ended: no more reviews of it."""
    store.follow_plan(event)
    schedule.cancel_reviews(store, event.subject, "plan_ended")


def on_review_completed(store: ReviewsStore, event: Envelope) -> None:
    """Roll the schedule forward, and see how the child's cycles go."""
    data = event.data
    schedule.arrange_reviews(store, data["plan_id"], event.subject, data["held_on"])
    escalation.record_result(
        store,
        data["child_id"],
        data["setting_id"],
        CycleResult(
            event.subject, data["plan_id"], data["cycle"], data["held_on"], Result(data["result"])
        ),
    )


def on_review_decided(store: ReviewsStore, event: Envelope) -> None:
    """After the decision the next cycle begins, unless the plan ends."""
    if event.data["decision"] != "cease":
        store.reach_cycle(event.data["plan_id"], event.data["cycle"] + 1)


def on_escalation_suggested(store: ReviewsStore, event: Envelope) -> None:
    """Open the escalation, as of the day on which it was suggested; nobody outside the setting is
    told."""
    data, day = event.data, event.time.astimezone(clock.LONDON).date()
    escalation.open_suggested(
        store, data["escalation_id"], data["child_id"], data["setting_id"], data["cycles"], day
    )


def handlers(store: ReviewsStore) -> Mapping[str, Handler]:
    """Event type -> what is done with it."""
    table = {
        "plans.SettingDescribed": on_setting,
        "plans.ChildRegistered": on_child,
        "plans.ParentLinked": on_child,
        "plans.ParentUnlinked": on_child,
        "plans.RecipientsChanged": on_child,
        "plans.PlanActivated": on_plan_in_force,
        "plans.PlanAmended": on_plan_in_force,
        "plans.PlanSuperseded": on_plan_ended,
        "plans.PlanCeased": on_plan_ended,
        "reviews.ReviewCompleted": on_review_completed,
        "reviews.ReviewDecided": on_review_decided,
        "reviews.EscalationSuggested": on_escalation_suggested,
    }
    return {event_type: partial(handler, store) for event_type, handler in table.items()}
