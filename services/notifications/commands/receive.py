"""What comes back: whether what a provider took arrived, and what people answer."""

from functools import partial

from services.notifications.domain.contact import Contact
from services.notifications.domain.message import Message
from services.notifications.domain.values import Channel, Purpose
from services.notifications.store import NotificationsStore
from shared import clock

_STOP = ("STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL")
_START = ("START", "UNSTOP", "YES")
"""What networks and providers take these words to mean."""


def receive_receipt(
    store: NotificationsStore, message_id: str, channel: Channel, *, delivered: bool, reason: str
) -> Message:
    """Note a receipt; a repeated one, or one that is overtaken, changes nothing. Raises NotFound.

    Where it did not arrive, the next channel of the person's wish has its turn.
    """
    message = store.messages.get(message_id)
    contact = store.contact_of(message.setting_id, message.person_id)
    other = contact.channel_after([*message.given_up, channel], list(Channel)) if contact else None
    return store.messages.change(
        message_id,
        lambda m: m.receive(channel, delivered=delivered, reason=reason, at=clock.now(),
                            other=other),
    )  # fmt: skip


def receive_text(store: NotificationsStore, number: str, words: str) -> int:
    """Somebody has answered a text: STOP ends what can be ended, START begins it again.

    `number` is E.164. At every setting that reaches them by it, since they cannot know which
    setting's text they answer. Answers how many contacts changed; other words change nothing.
    """
    said = words.strip(" .!\n\t").upper()
    if said not in (*_STOP, *_START):
        return 0
    contacts = store.contacts.find_many({"details.mobile": number})
    for contact in contacts:
        store.contacts.change(contact.id, partial(_choose, stop=said in _STOP))
    return len(contacts)


def _choose(contact: Contact, *, stop: bool) -> None:
    for purpose in Purpose:
        if not purpose.essential:
            (contact.opt_out if stop else contact.opt_in)(purpose)
