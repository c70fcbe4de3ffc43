"""Where this service's aggregates and immutable documents are kept."""

import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from services.plans.domain.assessment import Assessment
from services.plans.domain.check import Check
from services.plans.domain.child import Child
from services.plans.domain.content import Content
from services.plans.domain.copy import Copy
from services.plans.domain.plan import Plan
from services.plans.domain.setting import Setting
from shared import clock
from shared.errors import NotFound
from shared.store.codec import from_plain, plain
from shared.store.database import Document, MongoDatabase, session
from shared.store.each import each
from shared.store.repository import Repository

log = logging.getLogger(__name__)

_SWEPT_AT_ONCE = 500
_ONE_UPN = "one_upn_there"
SAME_UPN = "Another child already has this UPN."
_LOOKED_AT_ONCE = 1000


@dataclass(frozen=True)
class ReadingRights:
    """Who outside a setting may read a child's record at the moment."""

    services: frozenset[str]
    council: bool


class PlansStore:
    """The repositories of the plans service."""

    def __init__(self, database: MongoDatabase) -> None:
        self.database = database
        self.settings = Repository(database, "settings", Setting, "setting")
        self.children = Repository(
            database, "children", Child, "child",
            indexes=[
                IndexModel([("setting_id", 1), ("_id", 1)]),
                IndexModel([("setting_id", 1), ("sen_status", 1), ("_id", 1)]),
                IndexModel([("date_of_birth", 1)]),
            ],
            conflicts={_ONE_UPN: SAME_UPN},
        )  # fmt: skip
        self.assessments = Repository(
            database, "assessments", Assessment, "assessment",
            indexes=[
                IndexModel([("child_id", 1), ("_id", 1)]),
                IndexModel(
                    [("setting_id", 1), ("child_id", 1)], name="one_open_there", unique=True,
                    partialFilterExpression={"state": "gathering"},
                ),
            ],
            conflicts={"one_open_there": "This child is being assessed already."},
            retired=["one_open"],
        )  # fmt: skip
        self.plans = Repository(
            database, "plans", Plan, "plan",
            indexes=[
                IndexModel([("child_id", 1), ("_id", 1)]),
                IndexModel([("setting_id", 1), ("state", 1), ("_id", 1)]),
                IndexModel([("state", 1), ("last_check_on", 1)]),
                IndexModel(
                    [("setting_id", 1), ("child_id", 1)], name="one_prepared_there", unique=True,
                    partialFilterExpression={"state": {"$in": ["draft", "agreed"]}},
                ),
            ],
            conflicts={"one_prepared_there": "A plan for this child is in preparation already."},
            retired=["one_in_preparation"],
        )  # fmt: skip
        self.checks = Repository(
            database, "checks", Check, "check",
            indexes=[IndexModel([("plan_id", 1), ("occurred_on", DESCENDING), ("_id", -1)])],
        )  # fmt: skip
        self.copies = Repository(
            database, "copies", Copy, "copy", keeps_cause=True,
            indexes=[
                IndexModel([("plan_id", 1), ("version_number", 1), ("_id", 1)]),
                IndexModel(
                    [("owed_since", ASCENDING)], name="owed",
                    partialFilterExpression={"state": "owed"},
                ),
            ],
        )  # fmt: skip

    @property
    def repositories(self) -> list[Repository[Any]]:
        return [self.settings, self.children, self.assessments, self.plans, self.checks,
                self.copies]  # fmt: skip

    @property
    def reading_rights(self) -> Collection[Document]:
        return self.database["reading_rights"]

    def ensure_indexes(self) -> None:
        """Indexes beside those of the repositories."""
        self.reading_rights.create_index([("child_id", 1), ("open", 1)])
        self.database["plan_versions"].create_index([("kept_at", 1)])
        try:
            self.children.collection.create_index(
                [("setting_id", 1), ("upn", 1)], name=_ONE_UPN, unique=True,
                partialFilterExpression={"upn": {"$type": "string"}},
            )  # fmt: skip
        except DuplicateKeyError:
            # From before there was a rule. Commands look themselves, until a start finds none.
            log.warning("two children of one setting have the same UPN: there is no index of it")

    def has_upn(self, setting_id: str, upn: str, child_id: str) -> bool:
        """Whether a child of the setting other than `child_id` has that number."""
        # Releases before took a line end behind it.
        either = {"$in": [upn, f"{upn}\n"]}
        query = {"setting_id": setting_id, "upn": either, "_id": {"$ne": child_id}}
        return self.children.collection.find_one(query, {"_id": 1}, session=session()) is not None

    def keep_version(self, plan: Plan) -> str:
        """Keep what the plan says now as an immutable document, before the plan names it.

        Answers its reference: two who race for one version make two documents.
        """
        said = plain(plan.content)
        digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]
        reference = f"{plan.id}:{plan.version_number}:{digest}"
        self.database["plan_versions"].update_one(
            {"_id": reference},
            {"$setOnInsert": {"plan_id": plan.id, "content": said, "kept_at": clock.now()}},
            upsert=True,
            session=session(),
        )
        return reference

    def version_content(self, reference: str) -> Content:
        """What a version said. Raises NotFound."""
        return from_plain(Content, self._immutable("plan_versions", reference)["content"])

    def keep_document(self, plan_id: str, number: int, html: str, pdf: bytes) -> str:
        """Keep a rendered copy as it is issued. Answers its reference."""
        digest = hashlib.sha256(html.encode()).hexdigest()
        reference = f"{plan_id}:{number}:{digest[:16]}"
        self.database["documents"].update_one(
            {"_id": reference},
            {"$setOnInsert": {"html": html, "pdf": pdf, "sha256": digest, "kept_at": clock.now()}},
            upsert=True,
            session=session(),
        )
        return reference

    def document(self, reference: str) -> Document:
        """A rendered copy: `html`, `pdf`. Raises NotFound."""
        return self._immutable("documents", reference)

    def rights_on(self, child_id: str) -> ReadingRights:
        """Who outside the setting may read this child's record."""
        found = list(self.reading_rights.find({"child_id": child_id, "open": True}))
        return ReadingRights(
            frozenset(right["service_id"] for right in found if right.get("service_id")),
            any(right.get("council") for right in found),
        )

    def has_ehc_plan(self, child_id: str) -> bool:
        """Whether an EHC plan that came of any request is in force. (What was heard of before this
        was kept does not say: then the end of one is the end of all.)"""
        query = {"child_id": child_id, "ehc_plan": True}
        return self.reading_rights.find_one(query, session=session()) is not None

    def plans_silent_since(self, day: date, limit: int) -> list[Plan]:
        """Plans in force that nobody has checked since that day or an earlier one, and of whose
        silence nothing was said yet."""
        silence = {"$max": ["$last_check_on", "$active_from"]}
        query = {
            "state": "active",
            "last_check_on": {"$not": {"$gt": day.isoformat()}},  # or none at all
            "active_from": {"$lte": day.isoformat()},
            "$expr": {"$ne": ["$overdue_told_for", silence]},
        }
        return self.plans.find_readable(query, sort=[("last_check_on", 1)], limit=limit)

    def children_to_look_at(self, today: date) -> Iterator[str]:
        """Children for whom a day of the passing of rights has come, or who were changed since
        they were last looked at: a thousand at a time, by id."""
        due = {
            "$or": [
                {"looked_at.next_day": {"$lte": today.isoformat()}},
                {"$expr": {"$ne": ["$looked_at.version", "$version"]}},
            ]
        }
        after: Document = {}
        children = self.children.collection
        while found := list(
            children.find({**due, **after}, {"_id": 1}).sort("_id", 1).limit(_LOOKED_AT_ONCE)
        ):
            yield from (str(one["_id"]) for one in found)
            after = {"_id": {"$gt": found[-1]["_id"]}}

    def note_looked_at(self, child: Child, next_day: date | None) -> None:
        """Keep, beside the child, at which version it was looked at and when to look again: its
        version stays, so that nobody's open form grows old."""
        seen = {"version": child.version, "next_day": next_day.isoformat() if next_day else None}
        self.children.collection.update_one(
            {"_id": child.id, "version": child.version}, {"$set": {"looked_at": seen}}
        )

    def sweep_versions(self, since: timedelta = timedelta(days=3)) -> int:
        """Drop kept versions, a day old or more, that no plan names (their writer lost a race)."""
        now: datetime = clock.now()
        kept = self.database["plan_versions"]
        window = {"kept_at": {"$gte": now - since, "$lt": now - timedelta(days=1)}}

        def look(version: Document) -> bool:
            named = self.plans.collection.count_documents(
                {"_id": version["plan_id"], "versions.ref": version["_id"]}, limit=1
            )
            if named:
                # A plan keeps it for good: it is not asked after again.
                kept.update_one({"_id": version["_id"]}, {"$set": {"named": True}})
                return False
            return kept.delete_one({"_id": version["_id"]}).deleted_count > 0

        found = kept.find({**window, "named": None}, {"plan_id": 1}).limit(_SWEPT_AT_ONCE)
        return each("sweep version", found, look, name=itemgetter("_id"))

    def _immutable(self, collection: str, reference: str) -> Document:
        found = self.database[collection].find_one({"_id": reference}, session=session())
        if found is None:
            raise NotFound("There is no such version.")
        return found
