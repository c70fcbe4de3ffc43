"""Changes of the shape of stored documents: numbered, made in the background, taken up where they
were left (docs/decisions/0020).

Expand: the release that brings a change writes both shapes and reads the old one. Migrate: its
workers bring over what is stored, again for as long as an older release writes beside them.
Contract: the next release says that it needs the change, makes sure of it before it does anything
else, and knows the new shape alone.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client import Gauge
from pymongo import ReturnDocument, UpdateOne
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, PyMongoError

from shared import clock
from shared.store.database import Document, MongoDatabase, describe
from shared.store.lease import Lease

log = logging.getLogger(__name__)

UNFINISHED = Gauge("sen_stored_changes_unfinished", "Changes of stored documents under way")

Update = Document | list[Document]

_LEASE_SECONDS = 30.0
_PAUSE_SECONDS = 0.02
"""Commands come first."""
_AGAIN_SECONDS = 5.0
_LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class StoredChange:
    """One change of the documents of one collection."""

    number: int
    """Counts up within a service, and is never used for anything else."""
    about: str
    collection: str
    old: Document
    """Selects what still has the old shape, or was written in the old shape since."""
    convert: Callable[[Document], Update]
    """From such a document to the update that gives it the new shape. An update that is a pipeline
    sees the document as it is by then: for documents that change without a new version."""
    needed: bool = False
    """Whether this release knows the new shape alone."""


class Changes:
    """Makes the changes of one service; of several workers one at a time does."""

    def __init__(
        self,
        database: MongoDatabase,
        changes: Sequence[StoredChange],
        *,
        batch: int = 500,
        pause: float = _PAUSE_SECONDS,
    ) -> None:
        self._database = database
        self._changes = sorted(changes, key=lambda change: change.number)
        self._batch = batch
        self._pause = pause
        self._lease = Lease(database, "stored_changes", seconds=_LEASE_SECONDS)

    def settle(self, stopping: threading.Event) -> None:
        """Return once every change that is needed is sure, or `stopping` is set.

        Raises PyMongoError when the database is away.
        """
        if not unsettled(self._database, self._changes):
            return
        while not stopping.is_set():
            if self._lease.hold():
                for change in self._changes:
                    if change.needed and self._make(change, stopping):
                        self._note(change, {"settled": True})
            if not unsettled(self._database, self._changes):
                break
            stopping.wait(_LOOK_SECONDS)
        self._lease.release()

    def run(self, stopping: threading.Event) -> None:
        """Make what is not finished, until everything is, or `stopping` is set."""
        while not stopping.is_set():
            try:
                if not self.round(stopping):
                    return
            except PyMongoError as problem:
                log.warning("stored changes put off", extra={"why": describe(problem)})
            stopping.wait(_AGAIN_SECONDS)

    def round(self, stopping: threading.Event) -> int:
        """Make what is not finished. Answers how many are still unfinished."""
        open_ = self._unfinished()
        UNFINISHED.set(len(open_))
        if open_ and self._lease.hold():
            for change in open_:
                self._make(change, stopping)
            self._lease.release()
            open_ = self._unfinished()
            UNFINISHED.set(len(open_))
        return len(open_)

    def _unfinished(self) -> list[StoredChange]:
        done = {one["_id"] for one in ledger(self._database).find({"state": "finished"})}
        return [change for change in self._changes if change.number not in done]

    def _make(self, change: StoredChange, stopping: threading.Event) -> bool:
        """One pass, from where the last one was left. Answers whether no old document is left."""
        collection = self._database[change.collection]
        first = {"about": change.about, "collection": change.collection, "state": "running",
                 "began_at": clock.now(), "changed": 0}  # fmt: skip
        found = ledger(self._database).find_one_and_update(
            {"_id": change.number}, {"$setOnInsert": first}, upsert=True,
            return_document=ReturnDocument.AFTER,
        )  # fmt: skip
        after, failed = (found or {}).get("after"), 0
        while documents := self._next(collection, change, after):
            if stopping.is_set() or not self._lease.hold():
                return False
            changed, refused = _convert(collection, change, documents)
            failed += refused
            after = documents[-1]["_id"]
            self._note(change, {"after": after}, changed)
            stopping.wait(self._pause)
        if collection.count_documents(change.old, limit=1):
            # Changed by somebody meanwhile, written by an older release, or cannot be changed.
            self._note(change, {"after": None})
            if failed:
                log.error(
                    "stored documents cannot be changed",
                    extra={"change": change.number, "documents": failed},
                )
            return False
        self._note(change, {"after": None, "state": "finished", "ended_at": clock.now()})
        log.info("stored documents have a new shape", extra={"change": change.number})
        return True

    def _next(
        self, collection: Collection[Document], change: StoredChange, after: Any
    ) -> list[Document]:
        query = {"$and": [change.old, {"_id": {"$gt": after}}]} if after else change.old
        return list(collection.find(query).sort("_id").limit(self._batch))

    def _note(self, change: StoredChange, state: Document, changed: int = 0) -> None:
        ledger(self._database).update_one(
            {"_id": change.number}, {"$set": state, "$inc": {"changed": changed}}
        )


def unsettled(database: MongoDatabase, changes: Sequence[StoredChange]) -> list[int]:
    """The changes that this release needs and that nobody has made sure of yet."""
    needed = [change.number for change in changes if change.needed]
    if not needed:
        return []
    query = {"_id": {"$in": needed}, "settled": True}
    settled = {one["_id"] for one in ledger(database).find(query, {"_id": 1})}
    return [number for number in needed if number not in settled]


def ledger(database: MongoDatabase) -> Collection[Document]:
    """What is known of each change: its state, how far it is, how many documents it has changed."""
    return database["stored_changes"]


def _convert(
    collection: Collection[Document], change: StoredChange, documents: Sequence[Document]
) -> tuple[int, int]:
    """Convert each that is as it was read; versions stay, so nobody's form grows old.

    Answers how many were, and how many could not be: those wait, and hold up nobody.
    """
    updates, failed = [], 0
    for document in documents:
        as_read = {key: document.get(key) for key in ("_id", "version", "updated_at")}
        try:
            updates.append(UpdateOne({"$and": [as_read, change.old]}, change.convert(document)))
        except Exception as problem:
            failed += 1
            log.error(
                "a stored document cannot be changed",
                extra={"change": change.number, "document_id": str(document["_id"]),
                       "why": type(problem).__name__},
            )  # fmt: skip
    if not updates:
        return 0, failed
    try:
        return collection.bulk_write(updates, ordered=False).modified_count, failed
    except BulkWriteError as problem:
        # A unique index, say; what an error says is not logged, for it may hold a value.
        refused = problem.details.get("writeErrors", [])
        return problem.details.get("nModified", 0), failed + len(refused)
