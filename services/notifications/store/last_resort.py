"""Writing past the aggregate, where a message's document itself cannot be read or written as it
should: so that it holds up nobody and is not sent again and again."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from services.notifications.domain.message import Message
from services.notifications.domain.values import MessageState
from shared import clock
from shared.store.repository import Repository

_PUT_OFF = timedelta(hours=1)
"""A newer worker may read it, or somebody may have mended it."""


class HasMessages(Protocol):
    """What keeps messages."""

    messages: Repository[Message]


def put_off(store: HasMessages, message_ids: Iterable[str]) -> None:
    """Look at these again in an hour."""
    store.messages.put_off(message_ids, clock.now() + _PUT_OFF)


def note_sent(store: HasMessages, message_id: str, at: datetime) -> None:
    """It is out: better known without its provider than sent once more."""
    _settle(store, message_id, MessageState.SENT, sent_at=at)


def note_failed(store: HasMessages, message_id: str) -> None:
    """It cannot be sent."""
    _settle(store, message_id, MessageState.TECHNICAL_FAILURE)


def _settle(store: HasMessages, message_id: str, state: MessageState, **more: datetime) -> None:
    store.messages.collection.update_one(
        {"_id": message_id, "state": MessageState.SENDING.value},
        {"$set": {"state": state.value, **more}, "$inc": {"version": 1}},
    )
