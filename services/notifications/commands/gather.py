"""Several pieces of news for one person within minutes go out as one."""

import logging

from services.notifications.commands.decide import why_not
from services.notifications.domain.contact import Contact
from services.notifications.domain.errors import RuleBroken
from services.notifications.domain.message import Message
from services.notifications.domain.values import Entitlement
from services.notifications.store import NotificationsStore
from shared.errors import Stale
from shared.store.database import is_away, is_transient, transaction

log = logging.getLogger(__name__)


def take_along(store: NotificationsStore, message: Message, contact: Contact | None) -> Message:
    """The message, with what waits beside it taken along; as it was where there is nothing, or
    another sender was quicker."""
    others = [other for other in store.waiting_beside(message) if _may_go(store, other, contact)]
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
        if is_away(problem) and not is_transient(problem):
            raise
        log.warning("taken along by nobody", extra={"message_id": message.id})
        return message
    return changed


def _may_go(store: NotificationsStore, other: Message, contact: Contact | None) -> bool:
    """Whether it may go out with another. One of which that cannot be said breaks down alone."""
    try:
        told = store.entitlement(other.child_id, other.person_id, other.purpose)
        return told is Entitlement.HELD and why_not(store, other.own_part(), other, contact) is None
    except Exception as problem:
        if is_away(problem):
            raise
        log.warning("cannot be decided yet", extra={"message_id": other.id})
        return False
