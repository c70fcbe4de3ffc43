"""What waits for each setting's people, kept from events in whatever order they come."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from pymongo.collection import Collection

from services.notifications.domain.due import REVIEWS_WITHIN, ROWS, Due, kind_of_review
from services.notifications.domain.waiting import Heard, Kept, Order, thing_of
from shared import clock
from shared.store.database import Document, MongoDatabase, session

_MARKED = (Kept.DUE, Kept.WAITS)


@dataclass(frozen=True)
class Thing:
    """One thing that waits: about which child or person, since when, by when, where it is done."""

    kind: Due
    child_id: str | None
    day: date
    """Its true date: a review's own, else since when."""
    service: str
    path: str
    person_id: str | None = None
    by: date | None = None
    id: str = ""
    mark: str = ""
    """What a person who says that it is done has seen of it."""

    @property
    def done_by_hand(self) -> bool:
        """Whether a person says that it is done."""
        return ROWS[self.kind].done_by_hand


class DueBoard:
    """For each thing that may wait, the last mark at which it began to, and ended.

    Marks are compared as text. The true date, and by when, stand with the mark that brought them.
    What an earlier release kept has none: then the mark of a missing check is its date itself, and
    of the others `since`, the time of arrival, is the nearest that is known.
    """

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    def ensure_index(self) -> None:
        """Create what is missing."""
        for kept in (*_MARKED, Kept.NAMES):
            self._database[kept].create_index([("setting_id", 1)])

    def note(self, event: Heard) -> None:
        """Keep what the event begins and ends: once or again, in whatever order."""
        for row in ROWS.values():
            if not row.marked:
                continue
            if begin := row.begins_by(event):
                since, mark = begin.since_of(event), row.mark_of(event, begin)
                by = event.data.get(begin.by) if begin.by else None
                said = {
                    "mark": mark,
                    "since": since.isoformat(),
                    "by": by.isoformat() if by else None,
                }
                thing = thing_of(event, begin)
                self._mark("begun", row.kind, thing, event, mark)
                self._say(row.kind, thing, said)
            if end := row.ends_by(event):
                thing = thing_of(event, end)
                self._mark("ended", row.kind, thing, event, row.mark_of(event, end))

    def _mark(self, what: str, kind: Due, thing: str, event: Heard, mark: str) -> None:
        state = {
            "kind": kind.value,
            "setting_id": event.data["setting_id"],
            "child_id": event.data.get("child_id"),
        }
        if "person_id" in event.data:
            state["person_id"] = event.data["person_id"]
        self._kept(kind).update_one(
            {"_id": f"{kind}:{thing}"},
            {"$max": {what: mark}, "$set": state, "$setOnInsert": {"since": clock.now()}},
            upsert=True,
            session=session(),
        )

    def _say(self, kind: Due, thing: str, said: Document) -> None:
        """Keep the date of the latest mark, not of whatever came last."""
        older = {"$or": [{"said": {"$exists": False}}, {"said.mark": {"$lte": said["mark"]}}]}
        self._kept(kind).update_one(
            {"_id": f"{kind}:{thing}", **older}, {"$set": {"said": said}}, session=session()
        )

    def _kept(self, kind: Due) -> Collection[Document]:
        return self._database[ROWS[kind].kept]

    def is_over(self, kind: Due, thing: str) -> bool:
        """Whether it is known that it waits no more."""
        found = self._kept(kind).find_one({"_id": f"{kind}:{thing}"}) or {}
        return "ended" in found and found["ended"] > found.get("begun", "")

    def find(self, setting_id: str, thing_id: str) -> Thing | None:
        """One thing that waits at a setting."""
        return next((one for one in self._marked(setting_id) if one.id == thing_id), None)

    def end_by_hand(self, thing: Thing, mark: str, by: str) -> None:
        """A person says that it is done."""
        self._kept(thing.kind).update_one(
            {"_id": thing.id},
            {"$max": {"ended": mark}, "$set": {"done_by": by, "done_at": clock.now()}},
        )

    def things(self, setting_id: str, today: date) -> list[Thing]:
        """What waits at a setting today, the oldest of each kind first."""
        found = [one for one in self._marked(setting_id) if ROWS[one.kind].shown(one.by, today)]
        found = self._without_reached(setting_id, found)
        found += self._reviews(setting_id, today)
        found += self._failing(setting_id)
        found += self._not_told(setting_id)
        found += self._named_before(setting_id)
        return sorted(found, key=lambda thing: (list(Due).index(thing.kind), thing.day, thing.id))

    def counts(self, setting_id: str, today: date) -> Counter[Due]:
        """How much of each kind waits at a setting today."""
        return Counter(thing.kind for thing in self.things(setting_id, today))

    def _marked(self, setting_id: str) -> Iterator[Thing]:
        waiting = {
            "setting_id": setting_id,
            "begun": {"$exists": True},
            "$expr": {"$not": {"$gt": ["$ended", "$begun"]}},
        }
        for kept in _MARKED:
            for one in self._database[kept].find(waiting):
                if one["kind"] in ROWS:  # a newer release may know more
                    yield _thing(one)

    def _without_reached(self, setting_id: str, found: list[Thing]) -> list[Thing]:
        """Without what a young person's own contact details have ended."""
        whose = {one.child_id for one in found if ROWS[one.kind].ended_by_own_contact}
        if not whose:
            return found
        query = {"setting_id": setting_id, "person_id": {"$in": sorted(map(str, whose))}}
        reached = self._database[Kept.CONTACTS].distinct("person_id", query)
        return [
            one
            for one in found
            if not (ROWS[one.kind].ended_by_own_contact and one.child_id in reached)
        ]

    def _reviews(self, setting_id: str, today: date) -> Iterator[Thing]:
        last = (today + REVIEWS_WITHIN).isoformat()
        reviews = self._database[Kept.REVIEWS].find(
            {"setting_id": setting_id, "open": True, "due_on": {"$lte": last}}
        )
        for review in reviews:
            due_on = date.fromisoformat(review["due_on"])
            if kind := kind_of_review(due_on, today):
                at = ROWS[kind].path(review["_id"], setting_id, review["child_id"], None)
                yield Thing(
                    kind, review["child_id"], due_on, *at, by=due_on, id=f"{kind}:{review['_id']}"
                )

    def _failing(self, setting_id: str) -> Iterator[Thing]:
        failing = self._database[Kept.CONTACTS].find(
            {"setting_id": setting_id, "failing.0": {"$exists": True}},
            {"failing": 1, "person_id": 1},
        )
        for one in failing:
            kind, person_id = Due.CONTACT_FAILING, one["person_id"]
            since = one["failing"][0]["since"].astimezone(clock.LONDON).date()
            at = ROWS[kind].path(one["_id"], setting_id, None, person_id)
            yield Thing(kind, None, since, *at, person_id=person_id, id=f"{kind}:{one['_id']}")

    def _not_told(self, setting_id: str) -> Iterator[Thing]:
        """Those whom the profile names to hear of all this, and whom nothing reaches."""
        profile = self._database[Kept.PROFILES].find_one({"_id": setting_id}) or {}
        named = profile.get("sencos") or ()
        some = {"$nin": [None, ""]}
        reached = (
            self._database[Kept.CONTACTS].distinct(
                "person_id",
                {
                    "setting_id": setting_id,
                    "person_id": {"$in": list(named)},
                    "$or": [{"details.email": some}, {"details.mobile": some}],
                },
            )
            if named
            else []
        )
        kind = Due.SENCO_NOT_TOLD
        for person_id in named:
            if person_id not in reached:
                since = profile["updated_at"].astimezone(clock.LONDON).date()
                at = ROWS[kind].path(person_id, setting_id, None, person_id)
                yield Thing(kind, None, since, *at, person_id=person_id, id=f"{kind}:{person_id}")

    def _named_before(self, setting_id: str) -> Iterator[Thing]:
        """The contacts that keep the name of a child from before it was corrected."""
        kind = Due.NAME_CHANGED
        corrected = {one["child_id"]: one for one in
                     self._database[Kept.NAMES].find({"setting_id": setting_id})}  # fmt: skip
        children = list(corrected)
        contacts = self._database[Kept.CONTACTS].find(
            {
                "setting_id": setting_id,
                "$or": [
                    {"details.children.child_id": {"$in": children}},
                    {"person_id": {"$in": children}},
                ],
            },
            {"person_id": 1, "details.children": 1, "named_at": 1},
        )
        for contact in contacts if children else ():
            person_id = contact["person_id"]
            for child_id, named_at in _named(contact).items():
                mark = corrected.get(child_id)
                if mark and (not named_at or named_at < datetime.fromisoformat(mark["begun"])):
                    at = ROWS[kind].path(contact["_id"], setting_id, child_id, person_id)
                    since = date.fromisoformat(mark["said"]["since"])
                    yield Thing(kind, child_id, since, *at, person_id=person_id,
                                id=f"{kind}:{contact['_id']}/{child_id}")  # fmt: skip


def _named(contact: Document) -> dict[str, datetime | None]:
    """The children whom a contact names, and when each name was last looked at: the person among
    them, where they are the child."""
    found = {one["child_id"]: one.get("named_at") for one in contact["details"]["children"]}
    return {contact["person_id"]: contact.get("named_at"), **found}


def _thing(kept: Document) -> Thing:
    row = ROWS[Due(kept["kind"])]
    thing, said = kept["_id"].partition(":")[2], kept.get("said")
    child_id, person_id = kept["child_id"], kept.get("person_id")
    at = row.path(thing, kept["setting_id"], child_id, person_id)
    by = None
    if said and said["mark"] == kept["begun"]:
        day = date.fromisoformat(said["since"])
        by = date.fromisoformat(said["by"]) if said["by"] else None
    elif row.order is Order.DAY and len(kept["begun"]) == len("2026-01-01"):
        day = date.fromisoformat(kept["begun"])
    else:
        day = kept["since"].astimezone(clock.LONDON).date()
    return Thing(
        row.kind, child_id, day, *at, person_id=person_id, by=by, id=kept["_id"],
        mark=kept["begun"],
    )  # fmt: skip
