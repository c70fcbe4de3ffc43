"""The events that this service reacts to: one function each, and the table that names them."""

from collections.abc import Mapping
from functools import partial

from services.referrals.commands import refer
from services.referrals.store import ReferralsStore
from shared.events.envelope import Envelope
from shared.messaging.handling import Handler
from shared.store.projection import project


def on_child(store: ReferralsStore, event: Envelope) -> None:
    """Know which setting a child is at, and who is told about them."""
    state = {key: event.data[key] for key in ("setting_id", "recipients")}
    project(store.known_children, event.subject, event.sequence, state)


def on_escalation_suggested(store: ReferralsStore, event: Envelope) -> None:
    """Offer a referral: a draft for the SENCO to complete."""
    data = event.data
    refer.suggest_referral(store, data["escalation_id"], data["child_id"], data["setting_id"])


def handlers(store: ReferralsStore) -> Mapping[str, Handler]:
    """Event type -> what is done with it."""
    table = {
        "plans.ChildRegistered": on_child,
        "plans.ParentLinked": on_child,
        "plans.ParentUnlinked": on_child,
        "plans.RecipientsChanged": on_child,
        "reviews.EscalationSuggested": on_escalation_suggested,
    }
    return {event_type: partial(handler, store) for event_type, handler in table.items()}
