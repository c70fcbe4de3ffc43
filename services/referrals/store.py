"""Where this service's aggregates and projections are kept."""

from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.collection import Collection

from services.referrals.domain.referral import OPEN_WITH_SERVICE, Referral
from services.referrals.domain.support_service import SupportService
from shared.errors import NotFound
from shared.store.database import Document, MongoDatabase, session
from shared.store.repository import Repository

_OPEN = list(OPEN_WITH_SERVICE)


class ReferralsStore:
    """The repositories and projections of the referrals service."""

    def __init__(self, database: MongoDatabase) -> None:
        self.database = database
        self.support_services = Repository(
            database, "support_services", SupportService, "support service",
            indexes=[IndexModel([("details.areas", 1), ("_id", 1)])],
        )  # fmt: skip
        self.referrals = Repository(
            database, "referrals", Referral, "referral",
            indexes=[
                IndexModel([("setting_id", 1), ("_id", 1)]),
                IndexModel([("child_id", 1), ("_id", 1)]),
                # A service's queue: its open referrals by urgency, then by age.
                IndexModel(
                    [("request.support_service_id", 1), ("urgency_rank", 1), ("submitted_at", 1),
                     ("_id", 1)],
                    name="queue", partialFilterExpression={"status": {"$in": _OPEN}},
                ),
                IndexModel([("status", 1), ("overdue_told", 1), ("respond_by", 1)]),
                IndexModel(
                    [("child_id", ASCENDING), ("request.support_service_id", ASCENDING)],
                    name="one_open", unique=True,
                    partialFilterExpression={"status": {"$in": _OPEN}},
                ),
            ],
            conflicts={
                "one_open": "This child has an open referral to this service already."
            },
        )  # fmt: skip

    @property
    def repositories(self) -> list[Repository[Any]]:
        return [self.support_services, self.referrals]

    @property
    def known_children(self) -> Collection[Document]:
        return self.database["known_children"]

    def open_referral(self, child_id: str, support_service_id: str) -> Referral | None:
        """The child's open referral to that service, if there is one."""
        found = self.referrals.find_many(
            {"child_id": child_id, "request.support_service_id": support_service_id,
             "status": {"$in": _OPEN}},
            limit=1,
        )  # fmt: skip
        return found[0] if found else None

    def recipients_of(self, child_id: str) -> list[str]:
        """Who is told about a child at the moment."""
        found = self.known_children.find_one({"_id": child_id}, session=session())
        return list(found["recipients"]) if found else []

    def setting_of_child(self, child_id: str) -> str:
        """The setting a child is at. Raises NotFound."""
        found = self.known_children.find_one({"_id": child_id}, session=session())
        if found is None:
            raise NotFound("There is no such child.")
        return str(found["setting_id"])
