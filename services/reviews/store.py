"""Where this service's aggregates and projections are kept."""

from collections.abc import Iterable
from typing import Any

from pymongo import IndexModel
from pymongo.collection import Collection

from services.reviews.domain.calendar import Calendar, IsOpen
from services.reviews.domain.escalation import Escalation
from services.reviews.domain.evening import EveningState, ParentsEvening
from services.reviews.domain.progress import Progress
from services.reviews.domain.review import PlanKnown, Review, ReviewState
from services.reviews.domain.talks import Talk
from shared.bank_holidays import is_working_day
from shared.errors import NotFound, NotYet
from shared.events.envelope import Envelope
from shared.events.told import told_for
from shared.store.codec import from_plain
from shared.store.database import Document, MongoDatabase, session
from shared.store.projection import project
from shared.store.repository import Repository


class ReviewsStore:
    """The repositories and projections of the reviews service."""

    def __init__(self, database: MongoDatabase) -> None:
        self.database = database
        self.calendars = Repository(database, "calendars", Calendar, "calendar")
        self.reviews = Repository(
            database, "reviews", Review, "review",
            indexes=[
                IndexModel([("plan_id", 1), ("due_on", 1), ("_id", 1)]),
                IndexModel([("setting_id", 1), ("due_on", 1), ("_id", 1)]),
                IndexModel([("setting_id", 1), ("state", 1), ("due_on", 1), ("_id", 1)]),
                IndexModel([("child_id", 1), ("due_on", 1), ("_id", 1)]),
                IndexModel([("state", 1), ("due_on", 1)]),
                IndexModel([("state", 1), ("discussion_overdue_told", 1), ("held_on", 1)]),
            ],
        )  # fmt: skip
        self.progress = Repository(database, "progress", Progress, "progress")
        self.escalations = Repository(
            database, "escalations", Escalation, "escalation",
            indexes=[
                IndexModel([("setting_id", 1), ("_id", 1)]),
                IndexModel([("child_id", 1), ("state", 1), ("_id", 1)]),
                IndexModel([("state", 1), ("_id", 1)]),
            ],
        )  # fmt: skip

        self.evenings = Repository(
            database, "parents_evenings", ParentsEvening, "parents' evening",
            indexes=[IndexModel([("setting_id", 1), ("_id", 1)])],
        )  # fmt: skip

    @property
    def repositories(self) -> list[Repository[Any]]:
        return [self.calendars, self.reviews, self.progress, self.escalations,
                self.evenings]  # fmt: skip

    @property
    def known_plans(self) -> Collection[Document]:
        return self.database["known_plans"]

    @property
    def known_settings(self) -> Collection[Document]:
        """What each setting is. Plans says it of every setting once, also of those from before."""
        return self.database["known_settings"]

    @property
    def known_children(self) -> Collection[Document]:
        return self.database["known_children"]

    def calendar(self, setting_id: str) -> Calendar:
        """A setting's calendar; one without dates of its own until it gives some."""
        return self.calendars.find(setting_id) or Calendar(id=setting_id, setting_id=setting_id)

    def is_open(self, setting_id: str) -> IsOpen:
        """Whether a review can be held on a day: no weekend, bank holiday or closure."""
        calendar = self.calendar(setting_id)
        return lambda day: is_working_day(day) and calendar.is_open(day)

    def follow_plan(self, event: Envelope) -> bool:
        """Keep what an event says of a plan. Answers whether it was newer than what was kept."""
        data = event.data
        state = {
            "child_id": data["child_id"],
            "setting_id": data["setting_id"],
            "status": data["status"],
            "active_from": data["active_from"].isoformat(),
            "outcome_ids": [outcome["outcome_id"] for outcome in data["outcomes"]],
            "provisions": {p["provision_id"]: p["outcome_ids"] for p in data["provisions"]},
        }
        applied = project(self.known_plans, event.subject, event.sequence, state)
        self.reach_cycle(event.subject, data["cycle"])
        return applied

    def reach_cycle(self, plan_id: str, cycle: int) -> None:
        """Note that a plan is in this cycle at least: whoever says so first."""
        self.known_plans.update_one({"_id": plan_id}, {"$max": {"cycle": cycle}}, session=session())

    def decided_cycle(self, plan_id: str) -> int:
        """The latest cycle of a plan after whose review it was decided to go on; 0 for none."""
        decided = {"plan_id": plan_id, "decision.decision": {"$in": ["amend", "adjust"]}}
        found = self.reviews.find_many(decided, sort=[("cycle", -1)], limit=1)
        return found[0].cycle or 0 if found else 0

    def known_plan(self, plan_id: str) -> Document:
        """What is known of a plan. Raises NotYet."""
        found = self.known_plans.find_one({"_id": plan_id}, session=session())
        if found is None:
            raise NotYet("This plan is not known here yet.")
        return found

    def plan_known(self, plan_id: str) -> PlanKnown:
        """The same as the domain wants it. Raises NotYet."""
        found = self.known_plan(plan_id)
        wanted = ("cycle", "active_from", "outcome_ids", "provisions")
        return from_plain(PlanKnown, {key: found[key] for key in wanted})

    def hold_still(self, plan_id: str) -> Document:
        """The plan, held against others who would change what is known of it at the same moment
        (in a transaction they meet in a write conflict). Raises NotYet."""
        found = self.known_plans.find_one_and_update(
            {"_id": plan_id}, {"$inc": {"held_still": 1}}, session=session()
        )
        if found is None:
            raise NotYet("This plan is not known here yet.")
        return found

    def setting_of_child(self, child_id: str) -> str:
        """The setting a child is at. Raises NotFound."""
        found = self.known_children.find_one({"_id": child_id}, session=session())
        if found is None:
            raise NotFound("There is no such child.")
        return str(found["setting_id"])

    def children_of(self, setting_id: str, children: Iterable[str]) -> set[str]:
        """Those of these children that are at a setting."""
        query = {"_id": {"$in": list(children)}, "setting_id": setting_id}
        return {one["_id"] for one in self.known_children.find(query, {"_id": 1})}

    def is_told(self, child_id: str, person_id: str, purpose: str) -> bool:
        """Whether a person is told about a child for a purpose (a code of a message), as far as
        events have come."""
        return person_id in told_for(self.known_children.find_one({"_id": child_id}), purpose)

    def recipients_of(self, child_id: str) -> list[str]:
        """Who is told about a child, as far as events have come."""
        found = self.known_children.find_one({"_id": child_id}, session=session())
        return list(found.get("recipients") or ()) if found else []

    def talks_beside(self, evening: ParentsEvening) -> list[Talk]:
        """The talks that are arranged at the setting's other evenings of the same day."""
        found = self.evenings.find_many(_evenings_beside(evening))
        return [talk for other in found for talk in other.talks()]

    def hold_evenings_beside(self, evening: ParentsEvening) -> None:
        """In the transaction in hand: nobody takes a time at one of them in the same instant."""
        self.evenings.collection.update_many(
            _evenings_beside(evening), {"$inc": {"held": 1}}, session=session()
        )

    def children_to_discuss(self, setting_id: str, most: int) -> list[str]:
        """The children of a setting with a review that waits to be talked about."""
        query = {"setting_id": setting_id, "state": ReviewState.COMPLETED.value, "discussion": None}
        found = self.reviews.find_many(query, sort=[("held_on", 1)], limit=most)
        return list(dict.fromkeys(review.child_id for review in found))

    def may_request_assessment(self, setting_id: str) -> bool:
        """Whether a setting itself may request an EHC needs assessment: a nursery that is no
        maintained nursery school may not [CFA 2014 s.36; CoP 9.9]."""
        found = self.known_settings.find_one({"_id": setting_id}, session=session())
        return not found or found["kind"] != "early_years" or bool(found["maintained_nursery"])

    def open_to_council(self, child_id: str) -> bool:
        """Whether the council is dealing with a request for this child."""
        states = ["needs_assessment_requested", "agreed_to_assess"]
        query = {"child_id": child_id, "state": {"$in": states}}
        return self.escalations.collection.count_documents(query, limit=1) > 0


def _evenings_beside(evening: ParentsEvening) -> Document:
    """The query for the setting's other evenings of the same day."""
    return {
        "setting_id": evening.setting_id,
        "_id": {"$ne": evening.id},
        "details.held_on": evening.details.held_on.isoformat(),
        "state": EveningState.ANNOUNCED,
    }
