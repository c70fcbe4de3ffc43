"""As who somebody reads: one of a family, a young person about themselves, or at their work."""

from enum import StrEnum
from functools import partial

from services.notifications.domain.contact import Contact
from services.notifications.domain.values import Purpose
from services.notifications.store import NotificationsStore

_AT_WORK = [purpose for purpose in Purpose if purpose.to_staff]


class Audience(StrEnum):
    """What a page for everybody with a contact has to tell apart."""

    FAMILY = "family"
    THEMSELVES = "themselves"
    WORK = "work"


def audience_of(store: NotificationsStore, contact: Contact) -> Audience:
    """By what is recorded of them; somebody of whom nothing says that it is work is of a family."""
    named = {child.child_id for child in contact.details.children}
    if contact.person_id in named or store.knows_child(contact.person_id):
        return Audience.THEMSELVES
    if named:
        return Audience.FAMILY
    told = partial(store.was_told, contact.setting_id, contact.person_id)
    if told(_AT_WORK):
        return Audience.FAMILY
    works = contact.person_id in store.sencos_of(contact.setting_id)
    return Audience.WORK if works or told() else Audience.FAMILY
