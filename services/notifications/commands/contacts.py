"""Contacts and what they want; the setting's name and number."""

from collections.abc import Collection

from services.notifications.domain.contact import Contact, Details, SettingProfile, Wishes
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


def opt_out(store: NotificationsStore, which: str, purposes: Collection[Purpose]) -> Contact:
    """A person wants no more of these kinds of message."""

    def act(contact: Contact) -> None:
        for purpose in purposes:
            contact.opt_out(purpose)

    return store.contacts.change(which, act)


def wish(
    store: NotificationsStore, which: str, wishes: Wishes, wanted: Collection[Purpose]
) -> Contact:
    """A person chooses how they are told, and which optional kinds of message they want."""

    def act(contact: Contact) -> None:
        contact.wish(wishes)
        for purpose in Purpose:
            if purpose in wanted:
                contact.opt_in(purpose)
            elif not purpose.essential:
                contact.opt_out(purpose)

    return store.contacts.change(which, act)


def set_profile(
    store: NotificationsStore, setting_id: str, name: str, phone: str, sencos: list[str],
    expected: int,
) -> SettingProfile:  # fmt: skip
    """Set a setting's name and number, and who hears what is due; one that has set none is at
    version 0."""
    return store.profiles.put(
        SettingProfile(id=setting_id, setting_id=setting_id, name=name, phone=phone),
        lambda profile: profile.change(name, phone, sencos),
        expected=expected,
    )
