"""Where this service's aggregates and projections are kept."""

import hashlib
from collections.abc import Collection as Many
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.collection import Collection

from services.notifications.domain.contact import Contact, SettingProfile
from services.notifications.domain.message import ANY_PROVIDER, About, Message
from services.notifications.domain.values import Entitlement, Purpose
from services.notifications.store.due_board import DueBoard
from services.notifications.store.replies import Replies
from services.notifications.store.standing import Standing
from services.notifications.store.told import no_longer, pair
from services.notifications.store.volumes import Volumes
from shared import clock, ids
from shared.errors import NotFound, NotYet
from shared.events.told import told_for
from shared.store.codec import from_plain, plain
from shared.store.database import Document, MongoDatabase, session
from shared.store.projection import project
from shared.store.repository import Repository

_WAITING = ["created", "postponed", "temporary_failure", "sending"]
_NEWS_KEPT = 30
_GATHERING = [purpose.value for purpose in Purpose if purpose.gathers]


def contact_id(setting_id: str, person_id: str) -> str:
    """Where a setting's details of a person are kept: no setting meets another's."""
    return ids.derived_id("contact", setting_id, person_id)


@dataclass(frozen=True)
class PersonLine:
    """A person in the list of those whom a setting tells things."""

    person_id: str
    name: str
    children: list[str]
    channels: list[str]
    failing: list[str]


@dataclass(frozen=True)
class Waiting:
    """A message that waits to be sent: `gathers` where it may go out with others."""

    id: str
    version: int
    whose: tuple[str | None, str | None]
    gathers: bool


@dataclass(frozen=True)
class News:
    """What everybody who is told about a child was told."""

    cause: str
    at: datetime
    setting_id: str
    purpose: Purpose
    about: About
    expires_on: date | None
    expires_at: datetime | None = None


class NotificationsStore:
    """The repositories and projections of the notifications service."""

    def __init__(self, database: MongoDatabase) -> None:
        self.database = database
        self.due = DueBoard(database)
        self.standing = Standing(database)
        self.volumes = Volumes(database)
        self.replies = Replies(database)
        self.profiles = Repository(database, "profiles", SettingProfile, "profile")
        self.contacts = Repository(
            database, "contacts", Contact, "contact",
            indexes=[IndexModel([("setting_id", 1), ("_id", 1)]),
                     IndexModel([("person_id", 1)]),
                     IndexModel([("details.mobile", 1)], name="by_mobile"),
                     IndexModel([("setting_id", 1), ("failing.channel", 1)], name="failing",
                                partialFilterExpression={"failing.0": {"$exists": True}})],
        )  # fmt: skip
        self.messages = Repository(
            database, "messages", Message, "message", keeps_cause=True,
            indexes=[
                IndexModel([("setting_id", 1), ("_id", 1)]),
                IndexModel([("setting_id", 1), ("person_id", 1), ("_id", 1)]),
                IndexModel([("setting_id", 1), ("child_id", 1), ("_id", 1)]),
                IndexModel(
                    [("next_try", ASCENDING)], name="to_send",
                    partialFilterExpression={"state": {"$in": _WAITING}},
                ),
                IndexModel(
                    [("person_id", ASCENDING), ("setting_id", ASCENDING)], name="to_gather",
                    partialFilterExpression={"state": {"$in": ["created", "postponed"]}},
                ),
            ],
        )  # fmt: skip

    @property
    def repositories(self) -> list[Repository[Any]]:
        return [self.profiles, self.contacts, self.messages]

    @property
    def known_children(self) -> Collection[Document]:
        return self.database["known_children"]

    @property
    def known_reviews(self) -> Collection[Document]:
        return self.database["known_reviews"]

    @property
    def known_evenings(self) -> Collection[Document]:
        return self.database["known_evenings"]

    @property
    def known_rights(self) -> Collection[Document]:
        return self.database["known_rights"]

    def rights_pass_on(self, child_id: str | None, day: date) -> bool:
        """Whether a child's rights are still said to pass on that day."""
        query = {"_id": child_id, "passes_on": day.isoformat()}
        return self.known_rights.count_documents(query, limit=1) > 0

    def evening_is_cancelled(self, evening_id: str) -> bool:
        """Whether a parents' evening does not take place."""
        query = {"_id": evening_id, "open": False}
        return self.known_evenings.count_documents(query, limit=1) > 0

    @property
    def short_links(self) -> Collection[Document]:
        """Where the short addresses in texts lead: by the digest of their code."""
        return self.database["short_links"]

    def keep_short_link(self, code: str, url: str, days: int) -> None:
        """Let a short address lead there for so many days."""
        self.short_links.update_one(
            {"_id": _digest(code)},
            {"$set": {"url": url, "expires_at": clock.now() + timedelta(days=days)}},
            upsert=True,
        )

    def short_link(self, code: str) -> str:
        """Where a short address leads. Raises NotFound."""
        found = self.short_links.find_one({"_id": _digest(code)})
        if found is None or found["expires_at"] <= clock.now():
            raise NotFound("This link has expired or is not complete.", code="link")
        return str(found["url"])

    def ensure_indexes(self) -> None:
        """Indexes beside those of the repositories."""
        self.short_links.create_index("expires_at", expireAfterSeconds=0)
        self.known_reviews.create_index([("open", 1), ("due_on", 1)])
        self.known_reviews.create_index([("setting_id", 1), ("open", 1), ("due_on", 1)])
        self.due.ensure_index()
        self.volumes.ensure_index()
        self.replies.ensure_index()

    def recipients_of(self, child_id: str, purpose: Purpose) -> list[str]:
        """Who is told about a child for a purpose. Raises NotYet."""
        found = self.known_children.find_one({"_id": child_id}, session=session())
        if found is None:
            raise NotYet("This child is not known here yet.")
        return told_for(found, purpose)

    def contact_of(self, setting_id: str, person_id: str) -> Contact | None:
        """How a setting reaches a person, if it has said."""
        return self.contacts.find(contact_id(setting_id, person_id))

    def know_recipients(self, child_id: str, sequence: int, state: Document) -> None:
        """Keep who is told about a child now, and who no longer is: of anything, or for a
        purpose. What is heard late says who was told before."""
        before = self.known_children.find_one({"_id": child_id}, session=session())
        applied = project(self.known_children, child_id, sequence, state)
        earlier, later = (before, state) if applied else (state, before or {})
        gone = set(earlier["recipients"] if earlier else ()) - set(later.get("recipients", ()))
        if applied and gone:
            self.note_former(child_id, *gone)
        if pairs := no_longer(earlier, later):
            self.known_children.update_one(
                {"_id": child_id}, {"$addToSet": {"former_for": {"$each": pairs}}},
                session=session(),
            )  # fmt: skip

    def keep_news(self, child_id: str, news: News) -> None:
        """Keep what was told about a child, for those of whom it is heard late."""
        self.known_children.update_one(
            {"_id": child_id},
            {"$push": {"news": {"$each": [plain(news)], "$slice": -_NEWS_KEPT}}},
            session=session(),
        )  # fmt: skip

    def news_after(self, child_id: str, moment: datetime) -> list[News]:
        """What has come about since then, and was told."""
        known = self.known_children.find_one({"_id": child_id}, {"news": 1}, session=session())
        found = [from_plain(News, one) for one in (known or {}).get("news", ())]
        return [news for news in found if news.at > moment]

    def note_former(self, child_id: str, *people: str) -> None:
        """Keep that these were told about a child once: a link may come after its own end."""
        self.known_children.update_one(
            {"_id": child_id}, {"$addToSet": {"former": {"$each": sorted(people)}}},
            session=session(),
        )  # fmt: skip

    def entitlement(self, child_id: str | None, person_id: str, purpose: Purpose) -> Entitlement:
        """Whether a person is told about a child for a purpose, as far as events have come; of what
        is their own (no child) everybody is."""
        if child_id is None:
            return Entitlement.HELD
        known = self.known_children.find_one({"_id": child_id}, session=session()) or {}
        if person_id in told_for(known, purpose):
            return Entitlement.HELD
        if person_id in known.get("former", ()):
            return Entitlement.ENDED
        if pair(purpose, person_id) in known.get("former_for", ()):
            return Entitlement.ENDED
        return Entitlement.UNKNOWN

    def knows_child(self, child_id: str) -> bool:
        """Whether it is known who is told about a child."""
        return self.known_children.count_documents({"_id": child_id}, limit=1) > 0

    def children_elsewhere(self, setting_id: str, children: Many[str]) -> set[str]:
        """Those of these children that are at another setting."""
        query = {"_id": {"$in": list(children)}, "setting_id": {"$nin": [setting_id, None]}}
        return {one["_id"] for one in self.known_children.find(query, {"_id": 1})}

    def contacts_elsewhere(self, setting_id: str, people: Many[str]) -> set[str]:
        """Those of these people who are contacts of other settings alone."""
        query = {"person_id": {"$in": list(people)}}
        found = list(self.contacts.collection.find(query, {"person_id": 1, "setting_id": 1}))
        own = {one["person_id"] for one in found if one["setting_id"] == setting_id}
        return {one["person_id"] for one in found} - own

    def profile(self, setting_id: str) -> SettingProfile:
        """What messages say of a setting; a plain word until it says something itself."""
        found = self.profiles.find(setting_id)
        return found or SettingProfile(
            id=setting_id, setting_id=setting_id, name="your child's setting", phone=""
        )

    def waiting_messages(self, at: datetime, limit: int) -> list[Waiting]:
        """Messages that wait and are due, those first that wait longest.

        One that was never tried is due whatever time it bears: its maker's clock may be ahead.
        """
        due = {"state": {"$in": _WAITING}, "next_try": {"$lte": at}}
        ahead = {"state": "created", "next_try": {"$gt": at}}
        fields = {"version": 1, "purpose": 1, "person_id": 1, "setting_id": 1,
                  "attempts": {"$slice": 1}}  # fmt: skip
        found: list[Document] = []
        for query in (due, ahead):
            if len(found) < limit:
                some = self.messages.collection.find(query, fields).sort("next_try", ASCENDING)
                found += some.limit(limit - len(found))
        return [
            Waiting(
                # A document that lacks any of these cannot be read: it is found out at its claim.
                one["_id"], one.get("version", 0), (one.get("person_id"), one.get("setting_id")),
                one.get("purpose") in _GATHERING and not one.get("attempts"),
            )
            for one in found
        ]  # fmt: skip

    def waiting_beside(self, message: Message, limit: int = 20) -> list[Message]:
        """What waits for the same person at the same setting and may go out with it."""
        query = {
            "person_id": message.person_id, "setting_id": message.setting_id,
            "state": {"$in": ["created", "postponed"]}, "purpose": {"$in": _GATHERING},
            "_id": {"$ne": message.id},
        }  # fmt: skip
        return self.messages.find_readable(query, sort=[("created_on", 1)], limit=limit)

    def people_of(self, setting_id: str, child_id: str | None = None) -> list[PersonLine]:
        """Everybody with a contact at a setting, or whose contact there names a child; those first
        who cannot be reached, by name."""
        query: Document = {"setting_id": setting_id}
        if child_id:
            query["details.children.child_id"] = child_id
        fields = {"person_id": 1, "details.name": 1, "details.children": 1, "details.channels": 1,
                  "failing": 1}  # fmt: skip
        found = [
            PersonLine(
                one["person_id"], one["details"]["name"],
                [child["first_name"] for child in one["details"]["children"]],
                one["details"]["channels"],
                [known["channel"] for known in one.get("failing", ())],
            )
            for one in self.contacts.collection.find(query, fields)
        ]  # fmt: skip
        return sorted(found, key=lambda one: (not one.failing, one.name.casefold()))

    def names_of(self, setting_id: str, child_ids: Iterable[str]) -> dict[str, str]:
        """The first names by which a setting's families know these children."""
        query = {"setting_id": setting_id, "details.children.child_id": {"$in": sorted(child_ids)}}
        return {
            child["child_id"]: child["first_name"]
            for one in self.contacts.collection.find(query, {"details.children": 1})
            for child in one["details"]["children"]
        }

    def is_said_again(self, message: Message) -> bool:
        """Whether something later tells the same person of the same thing, for the same purpose."""
        about = {
            f"about.{key}": getattr(message.about, key)
            for key in ("child_id", "subject_id", "thing_id")
        }
        later = {"$gt": message.caused_at or message.created_on}
        same = {"setting_id": message.setting_id, "person_id": message.person_id}
        query = {**same, "purpose": message.purpose.value, **about, "caused_at": later}
        return self.messages.collection.count_documents(query, limit=1) > 0

    def was_told(self, setting_id: str, person_id: str, but: Sequence[Purpose] = ()) -> bool:
        """Whether a setting has (had) anything to tell a person, `but` these purposes apart."""
        told = {"setting_id": setting_id, "person_id": person_id, "purpose": {"$nin": list(but)}}
        return self.messages.collection.count_documents(told, limit=1) > 0

    def messages_to(self, setting_id: str, person_id: str, limit: int) -> list[Message]:
        """What a setting has told a person, the newest first."""
        return self.messages.find_readable(
            {"setting_id": setting_id, "person_id": person_id},
            sort=[("created_on", -1)], limit=limit,
        )  # fmt: skip

    def messages_by_state(self) -> dict[str, int]:
        """How many messages wait, by state: those that are on their way."""
        group = {"$group": {"_id": "$state", "count": {"$sum": 1}}}
        found = self.messages.collection.aggregate(
            [{"$match": {"state": {"$in": _WAITING}}}, group]
        )
        counts = {one["_id"]: int(one["count"]) for one in found}
        return {state: counts.get(state, 0) for state in _WAITING}

    def doubt_what_waits(self) -> int:
        """After a restore: what waits may have gone out since the backup, so providers are asked
        first. Answers how many messages."""
        found = self.messages.collection.update_many(
            {"state": {"$in": _WAITING}}, {"$set": {"unsure": [ANY_PROVIDER]}}
        )
        return found.modified_count

    def review_stands(self, plan_id: str | None, day: date) -> bool:
        """Whether a review of that plan is still to be held on that day."""
        query = {"plan_id": plan_id, "open": True, "due_on": day.isoformat()}
        return self.known_reviews.count_documents(query, limit=1) > 0

    def sencos_of(self, setting_id: str) -> list[str]:
        """Who hears what is due at a setting."""
        return list(self.profile(setting_id).sencos)

    def settings_without_digest(self, day: date) -> list[str]:
        """The settings where somebody is to hear what is due, and has not on that day."""
        found = self.database["digests"].find({"day": {"$gte": day.isoformat()}}, {"_id": 1})
        released = {one["_id"] for one in found}
        profiles = self.profiles.collection.find({"sencos.0": {"$exists": True}}, {"setting_id": 1})
        return [p["setting_id"] for p in profiles if p["setting_id"] not in released]

    def note_digest_released(self, setting_id: str, day: date) -> None:
        """That day is done."""
        self.database["digests"].update_one(
            {"_id": setting_id}, {"$max": {"day": day.isoformat()}}, upsert=True
        )

    def reviews_to_remind_of(self, today: date, days_before: Sequence[int]) -> list[Document]:
        """The open reviews that come within some of these numbers of days and whose families were
        not reminded so many days before: of the nearest number that is reached."""
        windows, after = [], today - timedelta(days=1)
        for days in sorted(days_before):
            until = today + timedelta(days=days)
            told = {"$concat": ["$due_on", f":{days}"]}
            windows.append({
                "due_on": {"$gt": after.isoformat(), "$lte": until.isoformat()},
                "$expr": {"$not": {"$in": [told, {"$ifNull": ["$reminded", []]}]}},
            })  # fmt: skip
            after = until
        return list(self.known_reviews.find({"open": True, "$or": windows}).sort("due_on", 1))

    def note_reminder(self, review_id: str, due_on: str, days: int) -> None:
        """Note that this reminder went out for this date of the review."""
        self.known_reviews.update_one(
            {"_id": review_id}, {"$addToSet": {"reminded": f"{due_on}:{days}"}}
        )


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
