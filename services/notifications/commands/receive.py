"""What providers report back: whether what they took arrived."""

from services.notifications.domain.message import Message
from services.notifications.domain.values import Channel
from services.notifications.store import NotificationsStore
from shared import clock


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
