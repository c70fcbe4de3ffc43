"""What people have texted back that no rule understands, kept until a person has read it.

Their own words: shown to the setting that has their number, and to nobody else; never in an event,
a log or a metric. What a text of theirs was about is counted.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pymongo.collection import Collection

from services.notifications.domain.values import Channel
from shared import clock
from shared.store.codec import from_plain, plain
from shared.store.database import Document, MongoDatabase

_SEEN_FOR = timedelta(days=60)
_UNREAD_FOR = timedelta(days=365)
_READ_FOR = timedelta(days=90)
_COUNTED_FOR = timedelta(days=400)


@dataclass(frozen=True)
class Reply:
    """One text that came back, and whether somebody of the setting has read it."""

    id: str
    setting_id: str
    person_id: str
    words: str
    at: datetime
    read_at: datetime | None = None
    read_by: str | None = None


class Replies:
    """Texts that came back: the words of some, the number of all."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    @property
    def _kept(self) -> Collection[Document]:
        return self._database["replies"]

    @property
    def _seen(self) -> Collection[Document]:
        return self._database["received_texts"]

    @property
    def _counts(self) -> Collection[Document]:
        return self._database["reply_counts"]

    def ensure_index(self) -> None:
        """Create what is missing; what has been kept long enough goes by itself."""
        for collection in (self._kept, self._seen, self._counts):
            collection.create_index("expires_at", expireAfterSeconds=0)
        self._kept.create_index([("setting_id", 1), ("person_id", 1), ("at", -1)])

    def was_received(self, text_id: str) -> bool:
        """Whether this text, by its provider's id, was dealt with before."""
        return self._seen.count_documents({"_id": _digest(text_id)}, limit=1) > 0

    def note_received(self, text_id: str, what: str) -> None:
        """It is dealt with, and counted as `what`."""
        self._seen.update_one(
            {"_id": _digest(text_id)},
            {"$set": {"expires_at": clock.now() + _SEEN_FOR}},
            upsert=True,
        )
        day = clock.today().isoformat()
        self._counts.update_one(
            {"_id": f"{day}/{what}"},
            {
                "$inc": {"count": 1},
                "$setOnInsert": {
                    "day": day,
                    "what": what,
                    "expires_at": clock.now() + _COUNTED_FOR,
                },
            },
            upsert=True,
        )

    def counts(self, since: date) -> dict[str, int]:
        """How many texts came back since then, by what they were about."""
        found: Counter[str] = Counter()
        for one in self._counts.find({"day": {"$gte": since.isoformat()}}):
            found[one["what"]] += one["count"]
        return dict(sorted(found.items()))

    def keep(self, reply: Reply) -> None:
        """Keep one; the same again changes nothing."""
        document = {**plain(reply), "expires_at": clock.now() + _UNREAD_FOR}
        document["_id"] = document.pop("id")
        self._kept.update_one({"_id": document["_id"]}, {"$setOnInsert": document}, upsert=True)

    def find(self, reply_id: str) -> Reply | None:
        """One."""
        found = self._kept.find_one({"_id": reply_id})
        return _reply(found) if found else None

    def of_person(self, setting_id: str, person_id: str, limit: int) -> list[Reply]:
        """What a person has texted to a setting, the newest first."""
        query = {"setting_id": setting_id, "person_id": person_id}
        return [_reply(one) for one in self._kept.find(query).sort("at", -1).limit(limit)]

    def mark_read(self, reply_id: str, by: str) -> None:
        """Somebody has read it; it is not kept long after that."""
        now = clock.now()
        self._kept.update_one(
            {"_id": reply_id, "read_at": None},
            {"$set": {"read_at": now, "read_by": by, "expires_at": now + _READ_FOR}},
        )

    def last_texted(self, setting_id: str, person_id: str) -> datetime | None:
        """When a setting last sent this person a text."""
        found = self._database["messages"].find_one(
            {
                "setting_id": setting_id,
                "person_id": person_id,
                "channel": Channel.SMS.value,
                "sent_at": {"$ne": None},
            },
            {"sent_at": 1},
            sort=[("sent_at", -1)],
        )
        return found["sent_at"] if found else None


def _reply(document: Document) -> Reply:
    return from_plain(Reply, {**document, "id": document["_id"]})


def _digest(text_id: str) -> str:
    return hashlib.sha256(text_id.encode()).hexdigest()
