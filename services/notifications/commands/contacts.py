"""Contacts and what they want; the setting's name and number."""

from collections.abc import Collection
from functools import partial

from services.notifications.domain.contact import Contact, Details, SettingProfile, Wishes
from services.notifications.domain.errors import Faults, together
from services.notifications.domain.values import Purpose
from services.notifications.store import NotificationsStore, contact_id
from shared import clock


def add_contact(
    store: NotificationsStore, setting_id: str, person_id: str, details: Details
) -> Contact:
    """Record how a setting reaches a person. Raises RuleBroken where it names another setting's
    child."""
    together(
        details.must_make_sense,
        partial(_must_be_own, store, setting_id, details, "/details/children"),
    )
    now = clock.now()
    for child in details.children:
        child.named_at = now
    return store.contacts.add(
        Contact(
            id=contact_id(setting_id, person_id),
            person_id=person_id,
            setting_id=setting_id,
            details=details,
            named_at=now,
        )
    )


def change_contact(
    store: NotificationsStore, which: str, details: Details, expected: int
) -> Contact:
    """Keep the details right. Raises RuleBroken where they name another setting's child."""

    def act(contact: Contact) -> None:
        together(
            partial(_must_be_own, store, contact.setting_id, details, "/children", contact.details),
            partial(contact.change, details, clock.now()),
        )

    return store.contacts.change(which, act, expected=expected)


def name_child(
    store: NotificationsStore,
    which: str,
    child_id: str,
    first_name: str,
    expected: int,
    own_name: str | None = None,
) -> Contact:
    """Say by which first name a person is told about a child."""
    return store.contacts.change(
        which,
        lambda c: c.name_child(child_id, first_name, clock.now(), own_name),
        expected=expected,
    )


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
    version 0. Raises RuleBroken where somebody is named who is a contact of another setting alone.
    """
    faults = Faults()
    elsewhere = store.contacts_elsewhere(setting_id, sencos)
    for number, person_id in enumerate(sencos):
        if person_id in elsewhere:
            faults.add(
                "not-ours",
                "This person is not a contact of this setting.",
                field=f"/sencos/{number}",
            )
    faults.refuse()
    return store.profiles.put(
        SettingProfile(id=setting_id, setting_id=setting_id, name=name, phone=phone),
        lambda profile: profile.change(name, phone, sencos),
        expected=expected,
    )


def _must_be_own(
    store: NotificationsStore,
    setting_id: str,
    details: Details,
    at: str,
    before: Details | None = None,
) -> None:
    """No child is named who is at another setting; who was named before may have moved there.

    A child of whom no event has come yet may be the setting's own. Raises RuleBroken.
    """
    named = {child.child_id for child in before.children} if before else set()
    new = [child.child_id for child in details.children if child.child_id not in named]
    elsewhere = store.children_elsewhere(setting_id, new)
    faults = Faults()
    for number, child in enumerate(details.children):
        if child.child_id in elsewhere:
            faults.add(
                "not-ours",
                "There is no such child at this setting.",
                field=f"{at}/{number}/child_id",
            )
    faults.refuse()
