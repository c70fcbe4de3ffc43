"""The events this service has handled: an id is in here exactly when its effect is."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from shared import clock
from shared.store.database import Document, MongoDatabase, session

_DUPLICATE = 11000

# Longer than any redelivery, retry or redrive by hand can take.
_KEPT_SECONDS = 60 * 60 * 24 * 60


class MetBefore(Exception):
    """An event of the batch was handled before: the transaction is aborted."""


def ensure_index(database: MongoDatabase) -> None:
    """Let MongoDB drop ids that can no longer come again."""
    _inbox(database).create_index("at", name="kept", expireAfterSeconds=_KEPT_SECONDS)


def already(database: MongoDatabase, event_ids: Sequence[str]) -> set[str]:
    """Which of these events were handled before."""
    found = _inbox(database).find({"_id": {"$in": list(event_ids)}}, {"_id": 1}, session=session())
    return {document["_id"] for document in found}


def handled_since(database: MongoDatabase, moment: datetime) -> int:
    """How many events were handled since then."""
    return _inbox(database).count_documents({"at": {"$gte": moment}})


def enter(database: MongoDatabase, event_ids: Iterable[str]) -> None:
    """Note these events as handled, in the transaction in hand.

    Raises MetBefore when one of them was handled before, or a transient transaction error when
    another worker is at it.
    """
    documents = [{"_id": event_id, "at": clock.now()} for event_id in event_ids]
    if documents:
        try:
            _inbox(database).insert_many(documents, session=session())
        except BulkWriteError as problem:
            if any(error["code"] == _DUPLICATE for error in problem.details["writeErrors"]):
                raise MetBefore from problem
            raise


def _inbox(database: MongoDatabase) -> Collection[Document]:
    return database["inbox"]
