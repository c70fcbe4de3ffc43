"""Contacts and what they want; the setting's name and number."""

from services.notifications.domain.contact import Contact, Details, SettingProfile
from services.notifications.domain.values import Purpose
from services.notifications.store import NotificationsStore, contact_id


def add_contact(
    store: NotificationsStore, setting_id: str, person_id: str, details: Details
) -> Contact:
    """Record how a setting reaches a person."""
    details.must_make_sense()
    return store.contacts.add(
        Contact(
            id=contact_id(setting_id, person_id),
            person_id=person_id,
            setting_id=setting_id,
            details=details,
        )
    )


def change_contact(
    store: NotificationsStore, which: str, details: Details, expected: int
) -> Contact:
    """Keep the details right."""
    return store.contacts.change(which, lambda c: c.change(details), expected=expected)


def opt_out(store: NotificationsStore, which: str, purpose: Purpose) -> Contact:
    """A person wants no more of one kind of message."""
    return store.contacts.change(which, lambda contact: contact.opt_out(purpose))


def opt_in(store: NotificationsStore, which: str, purpose: Purpose) -> Contact:
    """A person wants them again."""
    return store.contacts.change(which, lambda contact: contact.opt_in(purpose))


def set_profile(
    store: NotificationsStore, setting_id: str, name: str, phone: str, expected: int
) -> SettingProfile:
    """Set a setting's name and number; one that has set none is at version 0."""
    return store.profiles.put(
        SettingProfile(id=setting_id, setting_id=setting_id, name=name, phone=phone),
        lambda profile: profile.change(name, phone),
        expected=expected,
    )
