"""How long a service's families wait, and how old what it holds is: counted, then published."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from services.referrals.domain.support_service import SupportService
from services.referrals.domain.values import CLOCK_RUNS, OPEN_WITH_SERVICE, ReferralStatus
from services.referrals.domain.waiting import AGE_BANDS, Waits, waits
from services.referrals.store import IN_QUEUE, ReferralsStore
from shared import clock
from shared.store.database import Document
from shared.store.each import each

_SEEN_WITHIN = timedelta(days=365)


def publish_waiting_times(store: ReferralsStore, every: timedelta = timedelta(0)) -> int:
    """The calendar's: the figures of every service whose last are so old. Answers how many."""
    recent = {
        entry["_id"]
        for entry in store.waiting_times.find({"as_of": {"$gt": clock.now() - every}}, {"_id": 1})
    }

    def publish(service: SupportService) -> None:
        found = waits(_histogram(store, service.id))
        store.waiting_times.update_one(
            {"_id": service.id},
            {"$set": {"waits": vars(found), "ageing": ageing(store, service.id),
                      "as_of": clock.now()}},
            upsert=True,
        )  # fmt: skip

    due = store.support_services.find_readable({"_id": {"$nin": list(recent)}})
    return each("publish waiting times", due, publish)


def published(store: ReferralsStore, service_id: str) -> Document | None:
    """What was last published of a service: `waits`, `ageing`, `as_of`."""
    return store.waiting_times.find_one({"_id": service_id})


def waits_of(store: ReferralsStore, service_id: str) -> Waits:
    """The published waiting times of a service."""
    found = published(store, service_id)
    return Waits(**found["waits"]) if found else Waits(0, None, None)


def medians(store: ReferralsStore) -> dict[str, int | None]:
    """The published median waits, in days, by service."""
    found = store.waiting_times.find({}, {"waits.median_days": 1})
    return {entry["_id"]: entry["waits"]["median_days"] for entry in found}


def council_table(store: ReferralsStore) -> Sequence[dict[str, Any]]:
    """Every service with its published figures, for the council."""
    by_id = {entry["_id"]: entry for entry in store.waiting_times.find({})}
    table = []
    for service in store.support_services.find_many({}, sort=[("details.name", 1), ("_id", 1)]):
        entry = by_id.get(service.id)
        if entry:
            table.append({**entry, "support_service_id": service.id, "name": service.details.name,
                          "capacity": service.details.capacity})  # fmt: skip
    return table


def ageing(store: ReferralsStore, service_id: str) -> dict[str, Any]:
    """What a service holds at this moment: by status, by how long ago it was first received, what
    is past its target, what nobody holds, and since when the oldest has waited."""
    now, today = clock.now(), clock.today().isoformat()
    waiting = [s for s in OPEN_WITH_SERVICE if s is not ReferralStatus.IN_PROGRESS]
    days = {"$dateDiff": {"startDate": "$received_at", "endDate": now, "unit": "day"}}
    late = {"$and": [{"$in": ["$status", list(CLOCK_RUNS)]}, {"$lt": ["$respond_by", today]}]}
    found = store.referrals.collection.aggregate([
        {"$match": {"request.support_service_id": service_id, **IN_QUEUE}},
        {"$group": {
            "_id": {"status": "$status", "band": {"$switch": {
                "branches": [{"case": {"$lt": [days, below]}, "then": number}
                             for number, (_, below) in enumerate(AGE_BANDS)],
                "default": len(AGE_BANDS) - 1}}},
            "count": {"$sum": 1},
            "overdue": {"$sum": {"$cond": [late, 1, 0]}},
            "unclaimed": {"$sum": {"$cond": ["$unclaimed", 1, 0]}},
            "oldest": {"$min": "$received_at"},
        }},
    ])  # fmt: skip
    groups = list(found)
    bands = [0] * len(AGE_BANDS)
    by_status: dict[str, int] = {}
    for group in groups:
        by_status[group["_id"]["status"]] = (
            by_status.get(group["_id"]["status"], 0) + group["count"]
        )
        if group["_id"]["status"] in waiting:
            bands[group["_id"]["band"]] += group["count"]
    oldest = [g["oldest"] for g in groups if g["_id"]["status"] in waiting and g["oldest"]]
    return {
        "open": sum(by_status.values()),
        "by_status": by_status,
        "waiting_by_age": [
            {"from_days": low, "below_days": high if number < len(AGE_BANDS) - 1 else None,
             "count": bands[number]}
            for number, (low, high) in enumerate(AGE_BANDS)
        ],
        "overdue": sum(g["overdue"] for g in groups),
        "unclaimed": sum(g["unclaimed"] for g in groups),
        "oldest_received_at": min(oldest, default=None),
    }  # fmt: skip


def _histogram(store: ReferralsStore, service_id: str) -> dict[int, int]:
    """Days waited -> how many, of those whose work began within the last year."""
    since = (clock.today() - _SEEN_WITHIN).isoformat()
    found = store.referrals.collection.aggregate([
        {"$match": {"request.support_service_id": service_id, "began_on": {"$gte": since}}},
        {"$group": {"_id": "$waited_days", "count": {"$sum": 1}}},
    ])  # fmt: skip
    return {int(group["_id"]): group["count"] for group in found}
