"""The audit trail: every read and write of somebody's record: who, when, what, why refused."""

from collections.abc import Iterable, Sequence

from pymongo import ASCENDING, DESCENDING, WriteConcern
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from shared import clock, context, ids
from shared.store.database import Document, MongoDatabase

_DUPLICATE = 11000


def ensure_index(database: MongoDatabase) -> None:
    """By `setting_id`, and by `child_id` within it, newest first (ids sort by time)."""
    trail = _trail(database)
    trail.create_index([("setting_id", ASCENDING), ("_id", DESCENDING)])
    trail.create_index([("setting_id", ASCENDING), ("child_id", ASCENDING), ("_id", DESCENDING)])


def note(
    database: MongoDatabase,
    *,
    about: str,
    child_id: str | None,
    setting_id: str | None,
    access: str = "read",
    refused: str | None = None,
) -> None:
    """Put a read, or a refusal with its reason, into the trail before it is answered."""
    work = context.current()
    _trail(database).insert_one(
        {
            "_id": ids.new_id(),
            "at": clock.now(),
            "actor_id": work.actor_id,
            "actor_role": work.actor_role,
            "action": work.action,
            "access": access,
            "about": about,
            "child_id": child_id,
            "setting_id": setting_id,
            "correlation_id": work.correlation_id,
            "refused": refused,
        }
    )


def keep(database: MongoDatabase, entries: Iterable[tuple[str, Document]]) -> None:
    """Move entries that rode in a write into the trail; one that is there already stays.

    Not waited for: the write that takes them out of their outboxes comes after it in the same
    journal, and is.
    """
    documents = [{"_id": key, **entry, "refused": None} for key, entry in entries]
    if not documents:
        return
    try:
        _trail(database).with_options(write_concern=WriteConcern(w=1)).insert_many(
            documents, ordered=False
        )
    except BulkWriteError as problem:
        if any(error["code"] != _DUPLICATE for error in problem.details["writeErrors"]):
            raise


def entries(
    database: MongoDatabase, setting_id: str, child_id: str | None, before: str | None, limit: int
) -> Sequence[Document]:
    """The latest entries about a setting's records, newest first; `before` is a cursor."""
    query: Document = {"setting_id": setting_id}
    if child_id:
        query["child_id"] = child_id
    if before:
        query["_id"] = {"$lt": before}
    return list(_trail(database).find(query).sort("_id", DESCENDING).limit(limit))


def _trail(database: MongoDatabase) -> Collection[Document]:
    return database["audit"]
