"""Aggregate <-> document: load, change and save one aggregate with its events, or nothing."""

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

import bson
from pymongo import IndexModel, UpdateOne
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError, OperationFailure

from shared import clock, context, ids
from shared.errors import Conflict, Invalid, NotFound, Stale
from shared.store import outbox
from shared.store.codec import from_document, to_document
from shared.store.database import Document, MongoDatabase, session
from shared.store.each import note_failed

# A change that names no version is an addition: losing a race it is simply applied again.
_ADDITION_TRIES = 50
_KEYS_KEPT = 20
_LOADED_MOST = 8
_FIELD_BYTES_MOST = 2_000_000
"""How big one field of an aggregate may grow. MongoDB takes 16 MB in all, and an aggregate has few
fields that grow, so what takes something back or closes it always has room."""
_CAUSE = ("traceparent", "correlation_id", "causation_id")


class Aggregate(Protocol):
    """What the store asks of an aggregate: a dataclass with these fields."""

    id: str
    version: int
    raised: list[Any]


A = TypeVar("A", bound=Aggregate)


@dataclass
class Repository(Generic[A]):
    """The aggregates of one kind. `child_id` and `setting_id` say whose record one is part of."""

    database: MongoDatabase
    name: str
    kind: type[A]
    title: str
    """The noun that errors use."""
    indexes: Sequence[IndexModel] = ()
    conflicts: Mapping[str, str] | None = None
    """Name of a unique index -> what it means, in words, when it is broken."""
    retired: Sequence[str] = ()
    """Names of indexes that an earlier release made and this one does without."""
    keeps_cause: bool = False
    """Whether something is sent from these later: what made one is kept with it."""

    @cached_property
    def collection(self) -> Collection[Document]:
        return self.database[self.name]

    def ensure_indexes(self) -> None:
        """Create what is missing, take away what is retired; safe for many at once."""
        outbox.ensure_index(self.collection)
        if self.indexes:
            self.collection.create_indexes(list(self.indexes))
        for name in set(self.retired) & set(self.collection.index_information()):
            with contextlib.suppress(OperationFailure):  # somebody else was quicker
                self.collection.drop_index(name)

    def find(self, aggregate_id: str) -> A | None:
        """The aggregate, or None."""
        document = self._load(aggregate_id)
        if document is None:
            return None
        loaded = context.current().loaded
        if len(loaded) >= _LOADED_MOST:
            loaded.clear()
        loaded[f"{self.name}/{aggregate_id}"] = document
        return from_document(self.kind, document)

    def get(self, aggregate_id: str) -> A:
        """The aggregate. Raises NotFound."""
        found = self.find(aggregate_id)
        if found is None:
            raise NotFound(f"There is no such {self.title}.")
        return found

    def find_many(
        self,
        query: Document,
        *,
        sort: Sequence[tuple[str, int]] = (("_id", 1),),
        limit: int = 0,
    ) -> list[A]:
        """The aggregates that `query` selects, in order."""
        found = self.collection.find(query, {"outbox": 0}, session=session())
        return [from_document(self.kind, d) for d in found.sort(list(sort)).limit(limit)]

    def find_readable(
        self,
        query: Document,
        *,
        sort: Sequence[tuple[str, int]] = (("_id", 1),),
        limit: int = 0,
        unreadable: Callable[[str], object] | None = None,
    ) -> list[A]:
        """As `find_many`, for work that goes through many: a document that cannot be read is
        counted, given to `unreadable` by its id, and left out; it stops no other.
        """
        found = self.collection.find(query, {"outbox": 0}, session=session())
        readable = []
        for document in found.sort(list(sort)).limit(limit):
            if (aggregate := self._read(document)) is not None:
                readable.append(aggregate)
            elif unreadable:
                unreadable(document["_id"])
        return readable

    def put_off(self, aggregate_ids: Iterable[str], until: datetime) -> None:
        """Give these a later `next_try`, past the aggregate: for what cannot be read or written as
        it should, so that it comes behind the others."""
        which = {"_id": {"$in": list(aggregate_ids)}}
        self.collection.update_many(which, {"$set": {"next_try": until}})

    def _read(self, document: Document) -> A | None:
        try:
            for mark in ("version", "sequence"):  # what a change writes by
                document[mark]
            return from_document(self.kind, document)
        except Exception as problem:  # whatever a document can be wrong in
            note_failed(f"read {self.title}", document["_id"], problem)
            return None

    def add(self, aggregate: A) -> A:
        """Store a new aggregate with its events.

        Answers the stored one when the same request (by Idempotency-Key) stored it before.
        Raises Invalid when that key came with another body, Conflict on a broken unique index.
        """
        document = {
            **to_document(aggregate),
            "version": 1,
            "sequence": len(aggregate.raised),
            "created_at": clock.now(),
            "updated_at": clock.now(),
            "outbox": self._entries(aggregate, sequence=0),
            "keys": self._key(),
        }
        if self.keeps_cause:
            work = context.current()
            document["cause"] = {key: getattr(work, key) for key in _CAUSE}
        try:
            self.collection.insert_one(document, session=session())
        except DuplicateKeyError as duplicate:
            return self._replayed(aggregate.id, duplicate)
        aggregate.version = 1
        aggregate.raised.clear()
        return aggregate

    def change(
        self, aggregate_id: str, act: Callable[[A], object], *, expected: int | None = None
    ) -> A:
        """Load, let `act` change it, and save state, events and audit entry in one write.

        `expected` is the version the caller has seen; without it the change is an addition that
        is applied to whatever version is there. `act` may run more than once.
        Raises NotFound, Stale, Invalid (key reused), and whatever `act` raises.
        """
        for _ in range(_ADDITION_TRIES):
            # What the guard, say, has read is good for one try: the write names its version.
            document = context.current().loaded.pop(f"{self.name}/{aggregate_id}", None)
            document = document or self._load(aggregate_id)
            if document is None:
                raise NotFound(f"There is no such {self.title}.")
            aggregate = from_document(self.kind, document)
            if self._seen(document):
                return aggregate
            if expected is not None and aggregate.version != expected:
                raise Stale(
                    f"This {self.title} is at version {aggregate.version} by now, "
                    f"not {expected}: read it again and decide anew."
                )
            act(aggregate)
            if self._save(aggregate, document):
                return aggregate
        raise Conflict(f"This {self.title} is being changed by too many at once.", code="busy")

    def answered(self, aggregate_id: str) -> bool:
        """Whether the request in hand, by its Idempotency-Key, has changed the aggregate before.

        Raises Invalid (key reused).
        """
        found = self.collection.find_one({"_id": aggregate_id}, {"keys": 1})
        return found is not None and self._seen(found)

    def causes(self, aggregate_ids: Iterable[str]) -> Mapping[str, Mapping[str, str | None]]:
        """What made each of these, for `context.following`; nothing where nothing was kept."""
        loaded = context.current().loaded
        known = {key: loaded.get(f"{self.name}/{key}") for key in aggregate_ids}
        if missing := [key for key, document in known.items() if document is None]:
            found = self.collection.find({"_id": {"$in": missing}}, {"cause": 1})
            known |= {document["_id"]: document for document in found}
        return {key: (document or {}).get("cause") or {} for key, document in known.items()}

    def _load(self, aggregate_id: str) -> Document | None:
        return self.collection.find_one({"_id": aggregate_id}, {"outbox": 0}, session=session())

    def put(self, blank: A, act: Callable[[A], object], *, expected: int) -> A:
        """Change the aggregate of that id; one that nobody has set yet is `blank`, at version 0.

        Raises Stale, Invalid (key reused), and whatever `act` raises.
        """
        if expected and self.find(blank.id) is not None:
            return self.change(blank.id, act, expected=expected)
        try:
            if expected == 0:
                act(blank)
                return self.add(blank)
        except Conflict as problem:
            raise Stale(f"This {self.title} has been set meanwhile: read it again.") from problem
        raise Stale(f"This {self.title} has not been set yet: that is version 0.")

    def change_many(
        self,
        seen: Mapping[str, int],
        act: Callable[[A], object],
        *,
        unreadable: Callable[[str], object] = lambda _: None,
    ) -> list[A]:
        """Change several in one write: each at the version that was seen, where nobody has
        changed it since. Answers those that were changed, in the order in which they were given.

        What is changed next in the same work is not loaded again. One whose document cannot be read
        is counted, given to `unreadable` by its id, and left out. Raises whatever `act` raises,
        having changed nothing.
        """
        token, writes, changed = ids.new_id(), [], {}
        for document in self.collection.find({"_id": {"$in": list(seen)}}, {"outbox": 0}):
            aggregate = self._read(document)
            if aggregate is None:
                unreadable(document["_id"])
            elif aggregate.version == seen[aggregate.id]:
                act(aggregate)
                which, update = self._update(aggregate, document)
                update["$set"]["changed_by"] = token
                writes.append(UpdateOne(which, update))
                changed[aggregate.id] = (aggregate, {**document, **update["$set"]})
        if not writes:
            return []
        done = self.collection.bulk_write(writes, ordered=False)
        if done.matched_count < len(writes):  # others were quicker with some
            ours = self.collection.find(
                {"_id": {"$in": list(changed)}, "changed_by": token}, {"_id": 1}
            )
            mine = {one["_id"] for one in ours}
            changed = {key: value for key, value in changed.items() if key in mine}
        for aggregate, document in changed.values():
            document["version"] += 1
            document["sequence"] += len(aggregate.raised)
            aggregate.version += 1
            aggregate.raised.clear()
            context.current().loaded[f"{self.name}/{aggregate.id}"] = document
        return [changed[key][0] for key in seen if key in changed]

    def _save(self, aggregate: A, loaded: Document) -> bool:
        which, update = self._update(aggregate, loaded)
        try:
            result = self.collection.update_one(which, update, session=session())
        except DuplicateKeyError as duplicate:
            raise self._conflict(duplicate) from duplicate
        if not result.matched_count:
            return False
        aggregate.version = loaded["version"] + 1
        aggregate.raised.clear()
        return True

    def _update(self, aggregate: A, loaded: Document) -> tuple[Document, Document]:
        """Which document is written, and how: if it is still at the version that was loaded."""
        state = to_document(aggregate)
        # Only what differs is written: a smaller journal, and less for every member to copy.
        changed = {k: v for k, v in state.items() if k not in loaded or loaded[k] != v}
        for name, value in changed.items():
            self._must_have_room(name, value, loaded.get(name))
        entries = self._entries(aggregate, sequence=loaded["sequence"])
        push: Document = {"outbox": {"$each": entries}}
        if key := self._key():
            push["keys"] = {"$each": key, "$slice": -_KEYS_KEPT}
        return {"_id": aggregate.id, "version": loaded["version"]}, {
            "$set": {**changed, "updated_at": clock.now()},
            "$inc": {"version": 1, "sequence": len(aggregate.raised)},
            "$push": push,
        }

    def _must_have_room(self, name: str, value: Any, before: Any) -> None:
        """Raises Conflict where a list of records has grown too big."""
        if not isinstance(value, list | dict) or len(value) < 2:
            return
        size = len(bson.encode({name: value}))
        if size > _FIELD_BYTES_MOST and size > len(bson.encode({name: before or []})):
            raise Conflict(
                f"This {self.title} holds as much as it can: no more can be added.", code="full"
            )

    def _entries(self, aggregate: A, *, sequence: int) -> list[Document]:
        return [
            *outbox.event_entries(aggregate.raised, subject=aggregate.id, sequence=sequence),
            outbox.audit_entry(
                about=f"{self.title}/{aggregate.id}",
                child_id=getattr(aggregate, "child_id", None),
                setting_id=getattr(aggregate, "setting_id", None),
            ),
        ]

    def _key(self) -> list[Document]:
        work = context.current()
        return [{"k": work.request_key, "f": work.fingerprint}] if work.request_key else []

    def _seen(self, document: Document) -> bool:
        work = context.current()
        for key in document.get("keys", ()):
            if work.request_key and key["k"] == work.request_key:
                if key["f"] != work.fingerprint:
                    raise Invalid(
                        "This Idempotency-Key came with another request body before.",
                        code="key-reused",
                    )
                return True
        return False

    def _replayed(self, aggregate_id: str, duplicate: DuplicateKeyError) -> A:
        if "_id" in ((duplicate.details or {}).get("keyPattern") or {}):
            document = self.collection.find_one({"_id": aggregate_id}, {"outbox": 0})
            if document and self._seen(document):
                return from_document(self.kind, document)
        raise self._conflict(duplicate) from duplicate

    def _conflict(self, duplicate: DuplicateKeyError) -> Conflict:
        words = f"There is such a {self.title} already."
        message = str((duplicate.details or {}).get("errmsg", ""))
        for index, meaning in (self.conflicts or {}).items():
            if index in message:
                words = meaning
        return Conflict(words, code="duplicate")


def creation_id() -> str:
    """The id for what this request creates: with an Idempotency-Key the same one each time."""
    key = context.current().request_key
    return ids.derived_id("creation", key) if key else ids.new_id()


def ensure_all(repositories: Iterable[Repository[Any]]) -> None:
    """Create the indexes of all of a service's repositories."""
    for repository in repositories:
        repository.ensure_indexes()
