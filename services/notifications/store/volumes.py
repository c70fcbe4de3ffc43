"""How much was sent, by day and provider; what counts towards a day's limits; providers' health.

Numbers alone: nothing here says to whom, or about whom.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pymongo import WriteConcern
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError
from pymongo.read_concern import ReadConcern

from services.notifications.domain.values import Channel
from shared import clock
from shared.store.database import Document, MongoDatabase

_KEPT = timedelta(days=400)
_COUNTS_KEPT = timedelta(days=2)
QUICK_SECONDS = 10.0


@dataclass(frozen=True)
class Volume:
    """One provider's day."""

    day: str
    channel: Channel
    provider: str
    handed_over: int = 0
    parts: int = 0
    """Of texts: what is paid for."""
    pence: float = 0.0
    measured: int = 0
    """Messages whose way took no time by their person's wish: those that speed is told by."""
    quick: int = 0
    """Of these, handed over within ten seconds of the event."""
    failed: int = 0
    not_delivered: int = 0
    """Taken, and reported later as not delivered."""


@dataclass(frozen=True)
class ProviderHealth:
    """How a provider is, as the worker that said so last knew it."""

    provider: str
    has_turn: bool
    failures: int
    seen_at: datetime


class Tally:
    """What one sender has counted and not yet added: a write for each message would be half of
    what it costs."""

    def __init__(self) -> None:
        self.grown: defaultdict[tuple[Channel, str], Counter[str]] = defaultdict(Counter)

    def handed_over(
        self, channel: Channel, provider: str, *, parts: int, pence: float, seconds: float | None
    ) -> None:
        """One more was taken. `seconds` from its event, where that tells of our speed."""
        grown: dict[str, Any] = {"handed_over": 1, "parts": parts, "pence": pence}
        if seconds is not None:
            grown |= {"measured": 1, "quick": int(seconds <= QUICK_SECONDS)}
        self.grown[channel, provider].update(grown)

    def failed(self, channel: Channel, provider: str) -> None:
        """An attempt has failed."""
        self.grown[channel, provider]["failed"] += 1


class Volumes:
    """Counts. One that is lost with a machine is no harm: they wait for no journal."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    @property
    def _days(self) -> Collection[Document]:
        return self._quickly("volumes")

    @property
    def _counts(self) -> Collection[Document]:
        return self._quickly("daily_counts")

    @property
    def _health(self) -> Collection[Document]:
        return self._quickly("provider_health")

    def _quickly(self, name: str) -> Collection[Document]:
        return self._database[name].with_options(
            write_concern=WriteConcern(w=1), read_concern=ReadConcern("local")
        )

    def ensure_index(self) -> None:
        """Create what is missing; what is old goes by itself."""
        for collection in (self._days, self._counts, self._health):
            collection.create_index("expires_at", expireAfterSeconds=0)

    # --- volumes

    def add(self, tally: Tally) -> None:
        """Add what a sender has counted."""
        day = clock.today().isoformat()
        for (channel, provider), grown in tally.grown.items():
            self._days.update_one(
                {"_id": f"{day}/{channel}/{provider}"},
                {"$inc": dict(grown), "$setOnInsert": {
                    "day": day, "channel": channel, "provider": provider,
                    "expires_at": clock.now() + _KEPT,
                }},
                upsert=True,
            )  # fmt: skip

    def note_not_delivered(self, channel: Channel, provider: str) -> None:
        """What was taken did not arrive."""
        tally = Tally()
        tally.grown[channel, provider]["not_delivered"] += 1
        self.add(tally)

    def days(self, since: date) -> list[Volume]:
        """Every provider's days since then, the newest first."""
        found = self._days.find({"day": {"$gte": since.isoformat()}}).sort([("_id", -1)])
        names = set(Volume.__dataclass_fields__) - {"channel"}
        return [
            Volume(channel=Channel(one["channel"]), **{k: v for k, v in one.items() if k in names})
            for one in found
        ]

    # --- limits

    def take_turn(self, counts: Sequence[tuple[str, int]]) -> bool:
        """Count one more towards each, unless one is at its limit for today; then towards none."""
        day = clock.today().isoformat()
        taken: list[tuple[str, int]] = []
        for name, most in counts:
            if not self._count(f"{day}/{name}", most):
                self.give_back(taken)
                return False
            taken.append((name, most))
        return True

    def give_back(self, counts: Sequence[tuple[str, int]]) -> None:
        """It did not go out after all."""
        day = clock.today().isoformat()
        for name, _ in counts:
            self._counts.update_one({"_id": f"{day}/{name}"}, {"$inc": {"count": -1}})

    def _count(self, name: str, most: int) -> bool:
        if most <= 0:
            return False
        below = {"_id": name, "count": {"$lt": most}}
        one_more: Document = {"$inc": {"count": 1}}
        first = {"$setOnInsert": {"expires_at": clock.now() + _COUNTS_KEPT}}
        try:
            self._counts.update_one(below, one_more | first, upsert=True)
        except DuplicateKeyError:
            # There is one: at its limit, or begun by another sender this moment.
            return self._counts.update_one(below, one_more).matched_count > 0
        return True

    # --- providers

    def note_health(self, provider: str, *, has_turn: bool, failures: int) -> None:
        """How a provider is at the moment."""
        self._health.update_one(
            {"_id": provider},
            {"$set": {"has_turn": has_turn, "failures": failures, "seen_at": clock.now(),
                      "expires_at": clock.now() + _COUNTS_KEPT}},
            upsert=True,
        )  # fmt: skip

    def health(self) -> list[ProviderHealth]:
        """Every provider that was used of late."""
        return [
            ProviderHealth(one["_id"], one["has_turn"], one["failures"], one["seen_at"])
            for one in self._health.find().sort("_id", 1)
        ]
