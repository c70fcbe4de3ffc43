"""Leases: what must run once at a time is done by whoever holds its lease."""

import os
import socket
from dataclasses import dataclass, field

from pymongo import ReturnDocument

from shared import ids
from shared.store.database import MongoDatabase


@dataclass
class Lease:
    """A lease on `name`, taken and renewed by the database's clock, never by this process's."""

    database: MongoDatabase
    name: str
    seconds: float = 10.0
    holder: str = field(
        default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}:{ids.new_id()[-8:]}"
    )

    def hold(self) -> bool:
        """Take or renew the lease. Answers whether this holder has it now."""
        # A missing holder compares lower than any text, and a missing date lower than any date.
        free = {"$or": [{"$eq": ["$holder", self.holder]}, {"$lt": ["$until", "$$NOW"]}]}
        until = {"$add": ["$$NOW", round(self.seconds * 1000)]}
        found = self.database["leases"].find_one_and_update(
            {"_id": self.name},
            [
                {"$set": {"mine": free}},
                {
                    "$set": {
                        "holder": {"$cond": ["$mine", self.holder, "$holder"]},
                        "until": {"$cond": ["$mine", until, "$until"]},
                    }
                },
                {"$unset": "mine"},
            ],
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        return found is not None and bool(found["holder"] == self.holder)

    def is_held(self) -> bool:
        """Whether anybody has it now."""
        now = {"_id": self.name, "$expr": {"$lt": ["$$NOW", "$until"]}}
        return self.database["leases"].find_one(now, {"_id": 1}) is not None

    def take(self) -> None:
        """Take it, whoever has it: they notice when they would renew it."""
        until = {"$add": ["$$NOW", round(self.seconds * 1000)]}
        self.database["leases"].update_one(
            {"_id": self.name}, [{"$set": {"holder": self.holder, "until": until}}], upsert=True
        )

    def release(self) -> None:
        """Give the lease back, so that the next holder need not wait it out."""
        self.database["leases"].delete_one({"_id": self.name, "holder": self.holder})
