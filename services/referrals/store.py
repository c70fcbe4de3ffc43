"""Where this service's aggregates and projections are kept."""

import contextlib
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.collection import Collection

from services.referrals.domain.people import ServicePeople
from services.referrals.domain.referral import Referral
from services.referrals.domain.support_service import SupportService
from services.referrals.domain.support_session import (
    LIVE_BOOKING,
    SessionStatus,
    SupportSession,
)
from services.referrals.domain.values import OPEN_WITH_SERVICE, ReferralStatus
from services.referrals.domain.webhook import Delivery, Webhook
from shared.errors import Conflict, NotFound
from shared.events.told import told_for
from shared.store.database import Document, MongoDatabase, session
from shared.store.files import Files
from shared.store.repository import Repository

_SERVICE = ("request.support_service_id", ASCENDING)
# What the queue is filtered by, at the end of its indexes: no document is fetched to be left out.
_FILTERS = [("_id", ASCENDING), ("status", ASCENDING), ("unclaimed", ASCENDING),
            ("claimed_by", ASCENDING), ("respond_by", ASCENDING)]  # fmt: skip
IN_QUEUE: Document = {"status": {"$in": list(OPEN_WITH_SERVICE)}}
"""What lies with a service: its queue, from the moment it is submitted to its end."""


class ReferralsStore:
    """The repositories and projections of the referrals service.

    `public_url` is where this service is reached from outside: addresses in events start with it.
    """

    def __init__(self, database: MongoDatabase, public_url: str = "") -> None:
        self.database = database
        self._public_url = public_url
        self.files = Files(database)
        self.support_services = Repository(
            database, "support_services", SupportService, "support service",
            indexes=[IndexModel([("details.areas", 1), ("_id", 1)])],
        )  # fmt: skip
        self.service_people = Repository(
            database, "service_people", ServicePeople, "list of a service's people"
        )
        self.referrals = Repository(
            database, "referrals", Referral, "referral", indexes=_REFERRAL_INDEXES,
            conflicts={
                "one_open_there": "This child has an open referral to this service already."
            },
            retired=["one_open"],
        )  # fmt: skip
        self.support_sessions = Repository(
            database, "support_sessions", SupportSession, "support session",
            indexes=[
                IndexModel([("details.starts_at", 1), ("_id", 1)]),
                IndexModel([("support_service_id", 1), ("details.starts_at", 1), ("_id", 1)]),
                IndexModel([("bookings.person_id", 1), ("details.starts_at", 1), ("_id", 1)]),
            ],
        )  # fmt: skip
        self.webhooks = Repository(
            database, "webhooks", Webhook, "webhook",
            indexes=[
                IndexModel([("support_service_id", 1), ("_id", 1)]),
                IndexModel(
                    [("support_service_id", 1), ("place", 1)], name="one_in_each_place",
                    unique=True, partialFilterExpression={"place": {"$type": "number"}},
                ),
            ],
        )  # fmt: skip
        self.deliveries = Repository(
            database, "deliveries", Delivery, "delivery", keeps_cause=True,
            indexes=[
                IndexModel([("webhook_id", 1), ("_id", -1)]),
                IndexModel([("next_try", 1)], name="waiting",
                           partialFilterExpression={"state": "waiting"}),
                # A delivery log is kept for 30 days.
                IndexModel([("made_at", 1)], expireAfterSeconds=30 * 86_400),
            ],
        )  # fmt: skip

    @property
    def repositories(self) -> list[Repository[Any]]:
        return [
            self.support_services,
            self.service_people,
            self.referrals,
            self.support_sessions,
            self.webhooks,
            self.deliveries,
        ]

    @property
    def known_children(self) -> Collection[Document]:
        return self.database["known_children"]

    @property
    def known_assessments(self) -> Collection[Document]:
        """What assessments have found: by assessment."""
        return self.database["known_assessments"]

    @property
    def known_plans(self) -> Collection[Document]:
        """Whose plan a plan is: by plan. From events, and from what the owner was asked for."""
        return self.database["known_plans"]

    @property
    def looks(self) -> Collection[Document]:
        """When each worker last looked at a service's queue."""
        return self.database["looks"]

    @property
    def waiting_times(self) -> Collection[Document]:
        """What is published of each service: by service."""
        return self.database["waiting_times"]

    def ensure_indexes(self) -> None:
        """Create the indexes beside those of the repositories; safe for many at once."""
        self.files.ensure_index()
        self.known_assessments.create_index([("child_id", ASCENDING), ("completed_on", DESCENDING)])

    def address_of(self, referral_id: str) -> str:
        """Where a referral's content is read."""
        return f"{self._public_url}/referrals/{referral_id}"

    def open_referral(self, child_id: str, support_service_id: str) -> Referral | None:
        """The child's open referral to that service, if there is one."""
        found = self.referrals.find_many(
            {"child_id": child_id, "request.support_service_id": support_service_id, **IN_QUEUE},
            limit=1,
        )
        return found[0] if found else None

    def session_beside(self, session: SupportSession, person_id: str) -> SupportSession | None:
        """Another session in which somebody has a place, and which overlaps this one."""
        place = {"person_id": person_id, "status": {"$in": list(LIVE_BOOKING)}}
        query = {**_overlapping(session), "bookings": {"$elemMatch": place}}
        found = self.support_sessions.find_many(query, limit=1)
        return found[0] if found else None

    def hold_sessions_beside(self, beside: SupportSession) -> None:
        """In the transaction in hand: nobody gets a place in one of them in the same instant."""
        self.support_sessions.collection.update_many(
            _overlapping(beside), {"$inc": {"held": 1}}, session=session()
        )

    def begin_people(self, service_id: str) -> None:
        """An empty list of a service's people; once, whoever is first."""
        with contextlib.suppress(Conflict):
            self.service_people.add(ServicePeople(service_id))

    def referrals_of(self, child_id: str, setting_id: str) -> list[Referral]:
        """What a setting has asked for a child, the oldest first."""
        return self.referrals.find_many({"child_id": child_id, "setting_id": setting_id})

    def place_on_list(self, referral: Referral) -> int | None:
        """How many are seen first, and itself: the more urgent, then who has waited longer."""
        if referral.status is not ReferralStatus.WAITING_LIST:
            return None
        before = {
            "request.support_service_id": referral.support_service_id,
            "status": ReferralStatus.WAITING_LIST,
            "$or": [
                {"urgency_rank": {"$lt": referral.urgency_rank}},
                {"urgency_rank": referral.urgency_rank,
                 "received_at": {"$lt": referral.received_at}},
            ],
        }  # fmt: skip
        return self.referrals.collection.count_documents(before) + 1

    def recipients_of(self, child_id: str) -> list[str]:
        """Who is told about a child at the moment."""
        found = self.known_children.find_one({"_id": child_id}, session=session())
        return list(found["recipients"]) if found else []

    def deciders_of(self, child_id: str) -> list[str]:
        """Who agrees or does not, at the moment: the parents with parental responsibility, or once
        rights have passed the young person, or who acts for them. Whoever is told about the child,
        where no event has said yet who decides."""
        found = self.known_children.find_one({"_id": child_id}, session=session())
        if found is None:
            return []
        deciders = found.get("deciders")
        return list(found["recipients"] if deciders is None else deciders)

    def is_told(self, child_id: str, person_id: str, purpose: str) -> bool:
        """Whether a person is told about a child for a purpose (a code of a message)."""
        return person_id in told_for(self.known_children.find_one({"_id": child_id}), purpose)

    def setting_of_child(self, child_id: str) -> str:
        """The setting a child is at. Raises NotFound."""
        found = self.known_children.find_one({"_id": child_id}, session=session())
        if found is None:
            raise NotFound("There is no such child.")
        return str(found["setting_id"])

    def is_plan_of(self, plan_id: str, child_id: str) -> bool:
        """Whether this is known as a plan of that child."""
        query = {"_id": plan_id, "child_id": child_id}
        return self.known_plans.find_one(query, {"_id": 1}, session=session()) is not None

    def remember_plan(self, plan_id: str, child_id: str) -> None:
        """Its owner has said whose it is: a draft, or one of before events came here."""
        self.known_plans.update_one(
            {"_id": plan_id},
            {"$setOnInsert": {"child_id": child_id, "sequence": -1}},
            upsert=True,
        )

    def needs_of_child(self, child_id: str) -> Document | None:
        """What the child's latest assessment found: `areas` and `primary_need`."""
        return self.known_assessments.find_one(
            {"child_id": child_id}, sort=[("completed_on", DESCENDING)]
        )


def _overlapping(session: SupportSession) -> Document:
    """The query for other sessions at the same time, if only for a minute."""
    return {
        "_id": {"$ne": session.id},
        "status": SessionStatus.ANNOUNCED,
        "details.starts_at": {"$lt": session.details.ends_at},
        "details.ends_at": {"$gt": session.details.starts_at},
    }


def _queue(name: str, *order: tuple[str, int]) -> IndexModel:
    """An index that answers a service's queue in one order, whatever it is filtered by."""
    return IndexModel([_SERVICE, *order, *_FILTERS], name=name, partialFilterExpression=IN_QUEUE)


_REFERRAL_INDEXES = [
    IndexModel([("setting_id", 1), ("_id", 1)]),
    IndexModel([("child_id", 1), ("_id", 1)]),
    _queue("queue_by_urgency", ("urgency_rank", 1), ("received_at", 1)),
    _queue("queue_by_target", ("respond_by", 1)),
    _queue("queue_by_age", ("received_at", 1)),
    IndexModel([_SERVICE, ("changed_at", -1)], name="changes"),
    _queue("queue_by_change", ("changed_at", 1)),  # read backwards: the latest first
    IndexModel([("status", 1), ("overdue_told", 1), ("respond_by", 1)]),
    IndexModel([("told_on", 1)], name="told", partialFilterExpression=IN_QUEUE),
    IndexModel([("consent.expires_on", 1)], name="consent_ends",
               partialFilterExpression=IN_QUEUE),
    IndexModel([_SERVICE, ("began_on", 1), ("waited_days", 1)], name="waits"),
    IndexModel([("attachments.scan", 1)], name="to_scan",
               partialFilterExpression={"attachments.scan": "waiting"}),
    IndexModel([("attachments.file_id", 1)], name="files", sparse=True),
    IndexModel(
        [("setting_id", 1), ("child_id", 1), _SERVICE], name="one_open_there", unique=True,
        partialFilterExpression=IN_QUEUE,
    ),
]  # fmt: skip
