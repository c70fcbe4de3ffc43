"""What failures and receipts say of a contact: whether what is recorded of it can be right."""

from collections.abc import Sequence

from services.notifications.domain.contact import Contact
from services.notifications.domain.reply import stopped_there
from services.notifications.domain.telephone import NO_TEXTS, takes_texts
from services.notifications.domain.values import Channel, Failure, Purpose
from services.notifications.providers.provider import SendingFailed
from services.notifications.store import NotificationsStore
from shared import clock


def note_reach(
    store: NotificationsStore, contact: Contact, channel: Channel, problem: SendingFailed
) -> None:
    """An attempt was refused: for good, where the address or number itself is at fault."""
    if problem.verdict.wrong:
        note_failing(store, contact, channel, problem.reason)


def must_take_texts(contact: Contact, channel: Channel) -> None:
    """Raises SendingFailed where a text would go to a number that cannot take it: an earlier
    release kept some. That is this contact's own trouble, and no provider's."""
    if channel is Channel.SMS and not takes_texts(contact.details.mobile):
        raise SendingFailed(Failure.PERMANENT, NO_TEXTS)


def note_failing(
    store: NotificationsStore, contact: Contact, channel: Channel, reason: str
) -> None:
    """Nobody is reached there. The setting sees it where it keeps the contact."""
    tried = contact.details.reached_at(channel)

    def mark(now: Contact) -> None:
        if now.details.reached_at(channel) == tried:  # not put right meanwhile
            now.note_failing(channel, reason, clock.now())

    store.contacts.change(contact.id, mark)
    if tried and stopped_there(reason):
        choose(store, store.contacts.find_many({"details.mobile": tried}), stop=True)


def choose(store: NotificationsStore, contacts: Sequence[Contact], *, stop: bool) -> None:
    """These want nothing that can be stopped, or want it again. Who begins again is reached again
    where the network had blocked them."""

    def act(contact: Contact) -> None:
        for purpose in Purpose:
            if not purpose.essential:
                (contact.opt_out if stop else contact.opt_in)(purpose)
        if not stop and any(stopped_there(known.reason) for known in contact.failing):
            contact.note_working(Channel.SMS)

    for contact in contacts:
        store.contacts.change(contact.id, act)


def note_working(store: NotificationsStore, contact: Contact, channel: Channel) -> None:
    """Something has arrived there."""
    if any(known.channel is channel for known in contact.failing):
        store.contacts.change(contact.id, lambda now: now.note_working(channel))
