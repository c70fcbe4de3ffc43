"""Leases: what must run once at a time is done by whoever holds its lease."""

import os
import socket
from dataclasses import dataclass, field

from pymongo.errors import DuplicateKeyError

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
        mine_or_free = {"$or": [{"$eq": ["$holder", self.holder]}, {"$lt": ["$until", "$$NOW"]}]}
        until = {"$add": ["$$NOW", round(self.seconds * 1000)]}
        try:
            result = self.database["leases"].update_one(
                {"_id": self.name, "$expr": mine_or_free},
                [{"$set": {"holder": self.holder, "until": until}}],
                upsert=True,
            )
        except DuplicateKeyError:  # somebody else's, and still running
            return False
        return bool(result.matched_count or result.upserted_id)

    def release(self) -> None:
        """Give the lease back, so that the next holder need not wait it out."""
        self.database["leases"].delete_one({"_id": self.name, "holder": self.holder})
