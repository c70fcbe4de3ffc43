"""What waits in a document's own `outbox` array: events to publish, audit entries to move.

An entry is written in the same single-document write as the state it speaks of, and leaves only
when the broker has confirmed it (or the audit trail holds it).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, UpdateOne
from pymongo.collection import Collection

from shared import clock, context, ids
from shared.events.envelope import wrap
from shared.store.codec import plain_json
from shared.store.database import Document, MongoDatabase

EVENT, AUDIT = "event", "audit"


@dataclass(frozen=True)
class Pending:
    """One entry that waits, and where it waits."""

    collection: str
    document_id: Any
    entry: Document

    @property
    def id(self) -> str:
        return str(self.entry["_id"])


def event_entries(raised: Iterable[Any], *, subject: str, sequence: int) -> list[Document]:
    """Outbox entries for the events an aggregate raised; `sequence` is the last one it used.

    Raises marshmallow.ValidationError when an event is not what the registry says of it.
    """
    entries = []
    for number, event in enumerate(raised, start=sequence + 1):
        envelope, routing_key = wrap(
            type(event).__name__, plain_json(event), subject=subject, sequence=number
        )
        entries.append(
            {
                "_id": envelope.id,
                "kind": EVENT,
                "next": envelope.time,
                "tries": 0,
                "type": envelope.type,
                "routing_key": routing_key,
                "body": envelope.to_json(),
            }
        )
    return entries


def audit_entry(*, about: str, child_id: str | None, setting_id: str | None) -> Document:
    """An outbox entry that says who wrote what; the relay moves it to the audit trail."""
    work = context.current()
    return {
        "_id": ids.new_id(),
        "kind": AUDIT,
        "next": clock.now(),
        "tries": 0,
        "entry": {
            "at": clock.now(),
            "actor_id": work.actor_id,
            "actor_role": work.actor_role,
            "action": work.action,
            "access": "write",
            "about": about,
            "child_id": child_id,
            "setting_id": setting_id,
            "correlation_id": work.correlation_id,
        },
    }


def ensure_index(collection: Collection[Document]) -> None:
    """Only documents that have something waiting are in this index, whatever the store holds."""
    collection.create_index(
        [("outbox.next", ASCENDING)],
        name="outbox_waiting",
        partialFilterExpression={"outbox.0": {"$exists": True}},
    )


def waiting(
    collection: Collection[Document], limit: int, at: datetime | None = None
) -> list[Pending]:
    """Up to about `limit` entries that are due, from the documents that wait longest.

    An entry that was never tried is due whatever time it bears: its writer's clock may be ahead.
    """
    moment = at or clock.now()
    pending: list[Pending] = []
    found = collection.find({"outbox.0": {"$exists": True}}, {"outbox": 1})
    # What is due comes first; behind it only what was postponed, or bears a time to come.
    for document in found.sort("outbox.next", ASCENDING).limit(limit):
        for entry in document["outbox"]:
            if entry["next"] <= moment or entry["tries"] == 0:
                pending.append(Pending(collection.name, document["_id"], entry))
        if len(pending) >= limit:
            break
    return pending


def remove(collection: Collection[Document], done: Iterable[Pending]) -> None:
    """Take entries out of their documents; the documents' versions stay as they are."""
    items = list(done)
    if items:
        collection.update_many(
            {"_id": {"$in": list({item.document_id for item in items})}},
            {"$pull": {"outbox": {"_id": {"$in": [item.id for item in items]}}}},
        )


def postpone(collection: Collection[Document], failed: Iterable[Pending]) -> None:
    """Give each entry a later next try of its own, so that a stuck one never blocks the others."""
    changes = []
    for item in failed:
        delay = min(2 ** int(item.entry["tries"]), 300)
        changes.append(
            UpdateOne(
                {"_id": item.document_id, "outbox._id": item.id},
                {
                    "$set": {"outbox.$.next": clock.now() + timedelta(seconds=delay)},
                    "$inc": {"outbox.$.tries": 1},
                },
            )
        )
    if changes:
        collection.bulk_write(changes, ordered=False)


def survey(database: MongoDatabase) -> dict[str, tuple[int, datetime | None]]:
    """The backlog of every collection that has outboxes."""
    found = {}
    for name in sorted(database.list_collection_names()):
        if "outbox_waiting" in database[name].index_information():
            found[name] = backlog(database[name])
    return found


def backlog(collection: Collection[Document]) -> tuple[int, datetime | None]:
    """How many documents have something waiting, and since when the oldest has been due."""
    query = {"outbox.0": {"$exists": True}}
    count = collection.count_documents(query, hint="outbox_waiting")
    oldest = collection.find_one(query, {"outbox.next": 1}, sort=[("outbox.next", ASCENDING)])
    return count, min(e["next"] for e in oldest["outbox"]) if oldest else None
