"""What comes back: whether what a provider took arrived, and what people answer."""

from functools import partial

from services.notifications.commands.reach import note_failing, note_working
from services.notifications.domain.contact import Contact
from services.notifications.domain.message import Message
from services.notifications.domain.values import Channel, Purpose
from services.notifications.store import NotificationsStore
from shared import clock

_STOP = ("STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL")
_START = ("START", "UNSTOP", "YES")
"""What networks and providers take these words to mean."""


def receive_receipt(
    store: NotificationsStore, message_id: str, channel: Channel, *, delivered: bool, reason: str,
    wrong: bool = True,
) -> Message:  # fmt: skip
    """Note a receipt; a repeated one, or one that is overtaken, changes nothing. Raises NotFound.

    `wrong` says that the address or number itself is at fault. Where it did not arrive, the next
    channel of the person's wish has its turn.
    """
    message = store.messages.get(message_id)
    contact = store.contact_of(message.setting_id, message.person_id)
    other = contact.channel_after([*message.given_up, channel], list(Channel)) if contact else None
    changed = store.messages.change(
        message_id,
        lambda m: m.receive(channel, delivered=delivered, reason=reason, at=clock.now(),
                            other=other),
    )  # fmt: skip
    if contact and changed.state is not message.state:
        if delivered:
            note_working(store, contact, channel)
        elif wrong:
            note_failing(store, contact, channel, reason)
        if not delivered:
            tried = [one.provider for one in message.attempts if one.provider]
            store.volumes.note_not_delivered(channel, tried[-1] if tried else "unknown")
    return changed


def receive_text(store: NotificationsStore, text_id: str, number: str, words: str) -> int:
    """Somebody has answered a text: STOP ends what can be ended, START begins it again.

    `text_id` is the provider's: one that is passed on again changes nothing, whatever was said
    since. `number` is E.164. At every setting that reaches them by it, since they cannot know which
    setting's text they answer. Answers how many contacts changed; other words change nothing.
    """
    said = words.strip(" .!\n\t").upper()
    if said not in (*_STOP, *_START) or store.text_was_received(text_id):
        return 0
    contacts = store.contacts.find_many({"details.mobile": number})
    for contact in contacts:
        store.contacts.change(contact.id, partial(_choose, stop=said in _STOP))
    store.note_text_received(text_id)
    return len(contacts)


def _choose(contact: Contact, *, stop: bool) -> None:
    for purpose in Purpose:
        if not purpose.essential:
            (contact.opt_out if stop else contact.opt_in)(purpose)
