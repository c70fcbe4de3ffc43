"""Where this service's aggregates and projections are kept."""

import hashlib
from datetime import date, datetime, timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.collection import Collection

from services.notifications.domain.contact import Contact, SettingProfile
from services.notifications.domain.message import Message
from services.notifications.domain.values import Entitlement
from shared import clock, ids
from shared.errors import NotFound, NotYet
from shared.store.database import Document, MongoDatabase, session
from shared.store.projection import project
from shared.store.repository import Repository

_WAITING = ["created", "postponed", "temporary_failure", "sending"]


def contact_id(setting_id: str, person_id: str) -> str:
    """Where a setting's details of a person are kept: no setting meets another's."""
    return ids.derived_id("contact", setting_id, person_id)


class NotificationsStore:
    """The repositories and projections of the notifications service."""

    def __init__(self, database: MongoDatabase) -> None:
        self.database = database
        self.profiles = Repository(database, "profiles", SettingProfile, "profile")
        self.contacts = Repository(
            database, "contacts", Contact, "contact",
            indexes=[IndexModel([("setting_id", 1), ("_id", 1)]),
                     IndexModel([("details.mobile", 1)], name="by_mobile")],
        )  # fmt: skip
        self.messages = Repository(
            database, "messages", Message, "message",
            indexes=[
                IndexModel([("setting_id", 1), ("_id", 1)]),
                IndexModel([("setting_id", 1), ("person_id", 1), ("_id", 1)]),
                IndexModel([("setting_id", 1), ("child_id", 1), ("_id", 1)]),
                IndexModel(
                    [("next_try", ASCENDING)], name="to_send",
                    partialFilterExpression={"state": {"$in": _WAITING}},
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

    def recipients_of(self, child_id: str) -> list[str]:
        """Who is told about a child. Raises NotYet."""
        found = self.known_children.find_one({"_id": child_id}, session=session())
        if found is None:
            raise NotYet("This child is not known here yet.")
        return list(found["recipients"])

    def contact_of(self, setting_id: str, person_id: str) -> Contact | None:
        """How a setting reaches a person, if it has said."""
        return self.contacts.find(contact_id(setting_id, person_id))

    def know_recipients(self, child_id: str, sequence: int, state: Document) -> None:
        """Keep who is told about a child now, and who no longer is."""
        before = self.known_children.find_one({"_id": child_id}, session=session())
        gone = set(before["recipients"] if before else ()) - set(state["recipients"])
        if project(self.known_children, child_id, sequence, state) and gone:
            self.note_former(child_id, *gone)

    def note_former(self, child_id: str, *people: str) -> None:
        """Keep that these were told about a child once: a link may come after its own end."""
        self.known_children.update_one(
            {"_id": child_id}, {"$addToSet": {"former": {"$each": sorted(people)}}},
            session=session(),
        )  # fmt: skip

    def entitlement(self, child_id: str | None, person_id: str) -> Entitlement:
        """Whether a person is told about a child, as far as events have come; of what is their
        own (no child) everybody is."""
        if child_id is None:
            return Entitlement.HELD
        known = self.known_children.find_one({"_id": child_id}, session=session()) or {}
        if person_id in known.get("recipients", ()):
            return Entitlement.HELD
        if person_id in known.get("former", ()):
            return Entitlement.ENDED
        return Entitlement.UNKNOWN

    def knows_child(self, child_id: str) -> bool:
        """Whether it is known who is told about a child."""
        return self.known_children.count_documents({"_id": child_id}, limit=1) > 0

    def profile(self, setting_id: str) -> SettingProfile:
        """What messages say of a setting; a plain word until it says something itself."""
        found = self.profiles.find(setting_id)
        return found or SettingProfile(
            id=setting_id, setting_id=setting_id, name="your child's setting", phone=""
        )

    def messages_to_send(self, at: datetime, limit: int) -> list[Message]:
        """Messages that wait and are due, those first that wait longest.

        One that was never tried is due whatever time it bears: its maker's clock may be ahead.
        """
        due = {"state": {"$in": _WAITING}, "next_try": {"$lte": at}}
        found = self.messages.find_many(due, sort=[("next_try", 1)], limit=limit)
        if len(found) < limit:
            ahead = {"state": "created", "next_try": {"$gt": at}}
            found += self.messages.find_many(
                ahead, sort=[("next_try", 1)], limit=limit - len(found)
            )
        return found

    def reviews_to_remind_of(self, first: date, last: date) -> list[Document]:
        """The open reviews whose date lies within these days."""
        found = self.known_reviews.find(
            {"open": True, "due_on": {"$gte": first.isoformat(), "$lte": last.isoformat()}}
        )
        return list(found)

    def note_reminder(self, review_id: str, due_on: str, days: int) -> None:
        """Note that this reminder went out for this date of the review."""
        self.known_reviews.update_one(
            {"_id": review_id}, {"$addToSet": {"reminded": f"{due_on}:{days}"}}
        )


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
