"""What comes back: whether what a provider took arrived, and what people answer."""

from collections.abc import Sequence

from prometheus_client import Counter

from services.notifications.commands.reach import choose, note_failing, note_working
from services.notifications.domain.contact import Contact
from services.notifications.domain.message import Message
from services.notifications.domain.reply import Meant, storable, understand
from services.notifications.domain.telephone import e164
from services.notifications.domain.values import Channel
from services.notifications.store import NotificationsStore
from services.notifications.store.replies import Reply
from shared import clock, ids
from shared.errors import NotFound

TEXTS = Counter("sen_texts_received_total", "Texts that came back", ["what"])
_NO_CONTACT = "no_contact"
"""From a number that nobody here has: counted, and nothing of it kept."""


def receive_receipt(
    store: NotificationsStore, message_id: str, channel: Channel, *, delivered: bool, reason: str,
    wrong: bool = True, ours: bool = False,
) -> Message:  # fmt: skip
    """Note a receipt; a repeated one, or one that is overtaken, changes nothing. Raises NotFound.

    `wrong` says that the address or number itself is at fault, `ours` that we are. Where it did not
    arrive, the next channel of the person's wish has its turn.
    """
    message = store.messages.get(message_id)
    contact = store.contact_of(message.setting_id, message.person_id)
    other = contact.channel_after([*message.given_up, channel], list(Channel)) if contact else None
    changed = store.messages.change(
        message_id,
        lambda m: m.receive(channel, delivered=delivered, reason=reason, at=clock.now(),
                            other=other, ours=ours),
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


def receive_text(
    store: NotificationsStore, text_id: str, number: str, words: str, *, stops: bool = False
) -> int:
    """Somebody has texted back: STOP ends what can be ended, START begins it again, and whatever
    else they say is kept for a person of the setting to read.

    `text_id` is the provider's: one that is passed on again changes nothing, whatever was said
    since. `stops`: the provider itself took it for STOP, by words that it was given. STOP and
    START count at every setting that reaches them by this number, since they cannot know which
    setting's text they answer; other words go to the one that texted them last. Answers how many
    contacts changed.
    """
    if store.replies.was_received(text_id):
        return 0
    meant = Meant.STOP if stops else understand(words)
    contacts = store.contacts.find_many({"details.mobile": e164(number)}) if e164(number) else []
    what = meant.value if contacts else _NO_CONTACT
    if meant is Meant.OTHER:
        contacts = _texted_last(store, contacts)
        for contact in contacts:
            _keep(store, text_id, contact, words)
    else:
        choose(store, contacts, stop=meant is Meant.STOP)
    store.replies.note_received(text_id, what)
    TEXTS.labels(what).inc()
    return len(contacts)


def read_reply(store: NotificationsStore, contact: Contact, reply_id: str, by: str) -> None:
    """Somebody of the setting has read what a person texted: it waits no more.

    Said twice it is read once. Raises NotFound.
    """
    reply = store.replies.find(reply_id)
    if reply is None or (reply.setting_id, reply.person_id) != (
        contact.setting_id,
        contact.person_id,
    ):
        raise NotFound("There is no such text message.")
    if reply.read_at is None:
        store.contacts.change(contact.id, lambda now: now.note_reply_read(reply_id))
        store.replies.mark_read(reply_id, by)


def _texted_last(store: NotificationsStore, contacts: Sequence[Contact]) -> list[Contact]:
    """Whose text they can have answered: the last that went to this number. All of them, where
    nobody has sent one."""
    times = {one.id: store.replies.last_texted(one.setting_id, one.person_id) for one in contacts}
    last = max((time for time in times.values() if time), default=None)
    return [one for one in contacts if times[one.id] == last]


def _keep(store: NotificationsStore, text_id: str, contact: Contact, words: str) -> None:
    reply_id = ids.derived_id("reply", text_id, contact.id)
    store.replies.keep(
        Reply(reply_id, contact.setting_id, contact.person_id, storable(words), clock.now())
    )
    store.contacts.change(contact.id, lambda now: now.note_reply(reply_id))
