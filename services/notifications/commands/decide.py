"""What is still to be said, read again at the moment of sending."""

from services.notifications.commands.overtaken import no_longer_true
from services.notifications.domain.contact import Contact
from services.notifications.domain.message import Message, Part
from services.notifications.domain.values import Entitlement, Suppressed
from services.notifications.store import NotificationsStore
from shared import clock


def still_to_say(
    store: NotificationsStore, message: Message, contact: Contact | None
) -> tuple[list[Part], Suppressed | None]:
    """The parts that still hold; where none does, why its own does not."""
    reasons = {
        part.message_id: why_not(store, part, message, contact) for part in message.all_parts()
    }
    said = [part for part in message.all_parts() if reasons[part.message_id] is None]
    return said, None if said else reasons[message.id]


def why_not(
    store: NotificationsStore, part: Part, message: Message, contact: Contact | None
) -> Suppressed | None:
    """Why a part is not to be said any more."""
    if part.expires_on and clock.today() > part.expires_on:
        return Suppressed.STALE
    if part.expires_at and clock.now() >= part.expires_at:
        return Suppressed.STALE
    if store.entitlement(part.about.child_id, message.person_id, part.purpose) is Entitlement.ENDED:
        return Suppressed.NOT_ENTITLED
    if contact and part.purpose in contact.opted_out:
        return Suppressed.OPTED_OUT
    return Suppressed.STALE if no_longer_true(store, part, message) else None
