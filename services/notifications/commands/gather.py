"""Several pieces of news for one person within minutes go out as one."""

from services.notifications.commands.decide import why_not
from services.notifications.domain.contact import Contact
from services.notifications.domain.errors import RuleBroken
from services.notifications.domain.message import Message
from services.notifications.domain.values import Entitlement
from services.notifications.store import NotificationsStore
from shared.errors import Stale
from shared.store.database import is_transient, transaction


def take_along(store: NotificationsStore, message: Message, contact: Contact | None) -> Message:
    """The message, with what waits beside it taken along; as it was where there is nothing, or
    another sender was quicker."""
    others = [
        other for other in store.waiting_beside(message)
        if why_not(store, other.own_part(), other, contact) is None
        and store.entitlement(other.child_id, other.person_id, other.purpose) is Entitlement.HELD
    ]  # fmt: skip
    if not others:
        return message
    try:
        with transaction(store.database):  # all go with it, or none
            changed = store.messages.change(
                message.id, lambda m: m.gather(others), expected=message.version
            )
            for other in others:
                store.messages.change(
                    other.id, lambda m: m.go_with(message.id), expected=other.version
                )
    except (Stale, RuleBroken):
        return message
    except Exception as problem:
        if is_transient(problem):
            return message
        raise
    return changed
