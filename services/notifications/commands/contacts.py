"""Contacts and what they want; the setting's name and number."""

from services.notifications.domain.contact import Contact, Details, SettingProfile
from services.notifications.domain.values import Purpose
from services.notifications.store import NotificationsStore


def add_contact(
    store: NotificationsStore, setting_id: str, person_id: str, details: Details
) -> Contact:
    """Record how a person is reached."""
    return store.contacts.add(Contact(id=person_id, setting_id=setting_id, details=details))


def change_contact(
    store: NotificationsStore, person_id: str, details: Details, expected: int
) -> Contact:
    """Keep the details right."""
    return store.contacts.change(person_id, lambda c: c.change(details), expected=expected)


def opt_out(store: NotificationsStore, person_id: str, purpose: Purpose) -> Contact:
    """A person wants no more of one kind of message."""
    return store.contacts.change(person_id, lambda contact: contact.opt_out(purpose))


def opt_in(store: NotificationsStore, person_id: str, purpose: Purpose) -> Contact:
    """A person wants them again."""
    return store.contacts.change(person_id, lambda contact: contact.opt_in(purpose))


def set_profile(
    store: NotificationsStore, setting_id: str, name: str, phone: str, expected: int
) -> SettingProfile:
    """Set a setting's name and number; one that has set none is at version 0."""
    if expected == 0:
        return store.profiles.add(
            SettingProfile(id=setting_id, setting_id=setting_id, name=name, phone=phone)
        )
    return store.profiles.change(
        setting_id, lambda profile: profile.change(name, phone), expected=expected
    )
