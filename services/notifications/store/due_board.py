"""What waits for each setting's SENCO, kept from events in whatever order they come."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from pymongo.collection import Collection

from services.notifications.domain.due import REVIEWS_WITHIN, Due, kind_of_review
from shared import clock
from shared.store.database import Document, MongoDatabase, session


@dataclass(frozen=True)
class Thing:
    """One thing that waits: about which child, or which person, and its day: a review's own, else
    since when."""

    kind: Due
    child_id: str | None
    day: date
    person_id: str | None = None


class DueBoard:
    """For each thing that may wait, the last mark at which it began to, and ended.

    Marks are compared as text: days where a thing may wait again after it ended, `0` and `1` else.
    """

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    @property
    def _things(self) -> Collection[Document]:
        return self._database["due"]

    def ensure_index(self) -> None:
        """Create what is missing."""
        self._things.create_index([("setting_id", 1)])

    def begin(
        self, kind: Due, subject: str, setting_id: str, child_id: str, mark: str = "0"
    ) -> None:
        """It waits, unless a later mark says that it ended."""
        self._mark("begun", kind, subject, setting_id, child_id, mark)

    def end(
        self, kind: Due, subject: str, setting_id: str, child_id: str, mark: str = "1"
    ) -> None:  # fmt: skip
        """It waits no more, unless a later mark says that it began again."""
        self._mark("ended", kind, subject, setting_id, child_id, mark)

    def _mark(
        self, what: str, kind: Due, subject: str, setting_id: str, child_id: str, mark: str
    ) -> None:
        state = {"kind": kind.value, "setting_id": setting_id, "child_id": child_id}
        self._things.update_one(
            {"_id": f"{kind}:{subject}"},
            {"$max": {what: mark}, "$set": state, "$setOnInsert": {"since": clock.now()}},
            upsert=True, session=session(),
        )  # fmt: skip

    def things(self, setting_id: str, today: date) -> list[Thing]:
        """What waits at a setting today, the oldest of each kind first."""
        waiting = {"setting_id": setting_id, "begun": {"$exists": True},
                   "$expr": {"$not": {"$gt": ["$ended", "$begun"]}}}  # fmt: skip
        found = [
            Thing(Due(one["kind"]), one["child_id"], one["since"].astimezone(clock.LONDON).date())
            for one in self._things.find(waiting)
        ]
        last = (today + REVIEWS_WITHIN).isoformat()
        reviews = self._database["known_reviews"].find(
            {"setting_id": setting_id, "open": True, "due_on": {"$lte": last}}
        )
        for review in reviews:
            due_on = date.fromisoformat(review["due_on"])
            if kind := kind_of_review(due_on, today):
                found.append(Thing(kind, review["child_id"], due_on))
        failing = self._database["contacts"].find(
            {"setting_id": setting_id, "failing.0": {"$exists": True}},
            {"failing": 1, "person_id": 1},
        )
        found += [
            Thing(Due.CONTACT_FAILING, None,
                  one["failing"][0]["since"].astimezone(clock.LONDON).date(), one["person_id"])
            for one in failing
        ]  # fmt: skip
        return sorted(found, key=lambda thing: (list(Due).index(thing.kind), thing.day))

    def counts(self, setting_id: str, today: date) -> Counter[Due]:
        """How much of each kind waits at a setting today."""
        return Counter(thing.kind for thing in self.things(setting_id, today))
