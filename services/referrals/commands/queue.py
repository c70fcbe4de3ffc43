"""A service's queue: in which order, filtered by what, and what changed since somebody looked."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.referrals.commands import people, triage, work
from services.referrals.domain.errors import Faults, RuleBroken
from services.referrals.domain.values import CLOCK_RUNS, ReferralStatus, Urgency
from services.referrals.store import IN_QUEUE, ReferralsStore
from shared import clock, ids
from shared.errors import NotFound, SenError
from shared.store.database import Document
from shared.web.paging import page


class QueueOrder(StrEnum):
    """By what a queue is sorted."""

    URGENCY = "urgency"
    """The most urgent first, then who has waited longest."""
    TARGET = "target"
    """By when an answer is owed."""
    AGE = "age"
    """Who has waited longest."""
    CHANGED = "changed"
    """What changed last."""

    @property
    def fields(self) -> tuple[str, ...]:
        return {
            QueueOrder.URGENCY: ("urgency_rank", "received_at"),
            QueueOrder.TARGET: ("respond_by",),
            QueueOrder.AGE: ("received_at",),
            QueueOrder.CHANGED: ("changed_at",),
        }[self]


@dataclass
class QueueFilter:
    """What of a queue is shown."""

    statuses: list[ReferralStatus] = field(default_factory=list)
    urgency: Urgency | None = None
    unclaimed: bool = False
    held_by: str | None = None
    allocated_to: str | None = None
    astray: bool = False
    """Only what is with somebody who is not at the service."""
    overdue: bool = False
    changed: bool = False
    """Only what changed since the reader last looked."""


def queue_query(
    store: ReferralsStore,
    service_id: str,
    wanted: QueueFilter,
    *,
    reader: str,
    looked_at: datetime | None,
) -> Document:
    """The query of a service's queue for one of its workers."""
    query: Document = {"request.support_service_id": service_id, **IN_QUEUE}
    conditions: list[Document] = []
    if wanted.statuses:
        conditions.append({"status": {"$in": list(wanted.statuses)}})
    if wanted.urgency:
        query["urgency_rank"] = wanted.urgency.rank
    if wanted.unclaimed:
        query["unclaimed"] = True
    if wanted.held_by:
        query["claimed_by"] = wanted.held_by
    if wanted.allocated_to:
        query["allocated_to"] = wanted.allocated_to
    if wanted.astray:
        conditions.append(people.with_nobody_here(store, service_id))
    if wanted.overdue:
        conditions.append({"status": {"$in": list(CLOCK_RUNS)}})
        query["respond_by"] = {"$lt": clock.today().isoformat()}
    if wanted.changed and looked_at:
        query.update({"changed_at": {"$gt": looked_at}, "changed_by": {"$ne": reader}})
    return {**query, "$and": conditions} if conditions else query


def read_queue(
    store: ReferralsStore, service_id: str, reader: str, wanted: QueueFilter, order: QueueOrder,
    *, cursor: str | None, limit: int,
) -> dict[str, Any]:  # fmt: skip
    """One page of a service's queue for one of its workers. Raises Invalid on a bad cursor."""
    people.meet(store, service_id, reader)
    looked_at = last_look(store, service_id, reader)
    _must_know(store, service_id, wanted, reader)
    query = queue_query(store, service_id, wanted, reader=reader, looked_at=looked_at)
    return page(
        store.referrals, query, by=order.fields, descending=order is QueueOrder.CHANGED,
        cursor=cursor, limit=limit,
    )  # fmt: skip


def _must_know(store: ReferralsStore, service_id: str, wanted: QueueFilter, reader: str) -> None:
    """A filter names somebody who is or was at the service, or who has something of the queue:
    anything else is a slip, and an empty list would say that they have nothing."""
    asked = {"/held_by": wanted.held_by, "/allocated_to": wanted.allocated_to}
    known = people.people_of(store, service_id)
    strange = {f: who for f, who in asked.items() if who not in (None, reader)}
    if not all(known.find(str(who)) for who in strange.values()):
        inside = people.holdings(store, service_id).people
        faults = Faults()
        for field_name, who in strange.items():
            if not known.find(str(who)) and who not in inside:
                faults.add("not-of-service", "Choose somebody who works at this service.",
                           field=field_name)  # fmt: skip
        faults.refuse()


def last_look(store: ReferralsStore, service_id: str, reader: str) -> datetime | None:
    """When somebody last said that they had looked at a queue."""
    found = store.looks.find_one({"_id": ids.derived_id("look", service_id, reader)})
    return found["at"] if found else None


def look(store: ReferralsStore, service_id: str, reader: str) -> datetime:
    """They have looked: what changes from now on is new to them."""
    now = clock.now()
    store.looks.update_one(
        {"_id": ids.derived_id("look", service_id, reader)}, {"$set": {"at": now}}, upsert=True
    )
    return now


class BulkAction(StrEnum):
    """What can be done to many at once."""

    ACKNOWLEDGE = "acknowledge"
    CLAIM = "claim"
    RELEASE = "release"
    HAND_OVER = "hand_over"
    ALLOCATE = "allocate"
    WAITING_LIST = "waiting_list"


@dataclass
class Bulk:
    """What became of each: done, or refused with why."""

    done: list[str] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)


def act_on_many(
    store: ReferralsStore,
    service_id: str,
    by: str,
    action: BulkAction,
    chosen: list[tuple[str, int]],
    to: str | None,
) -> Bulk:
    """Do one thing to each of `chosen` (id and version), each by itself: one that is refused
    holds up none of the others."""
    bulk = Bulk()
    for referral_id, version in chosen:
        try:
            referral = store.referrals.get(referral_id)
            if referral.support_service_id != service_id or not referral.is_open:
                raise NotFound("There is no such referral in this queue.")
            _act(store, referral_id, by, action, version, to)
            bulk.done.append(referral_id)
        except (SenError, RuleBroken) as refusal:
            bulk.refused.append({"id": referral_id, "code": refusal.code, "detail": str(refusal)})
    return bulk


def _act(
    store: ReferralsStore, referral_id: str, by: str, action: BulkAction, version: int,
    to: str | None,
) -> None:  # fmt: skip
    match action:
        case BulkAction.ACKNOWLEDGE:
            triage.acknowledge_referral(store, referral_id, version)
        case BulkAction.CLAIM:
            triage.claim_referral(store, referral_id, by)
        case BulkAction.RELEASE:
            triage.release_referral(store, referral_id, by)
        case BulkAction.HAND_OVER:
            triage.hand_over_referral(store, referral_id, _named(to), version, by=by)
        case BulkAction.ALLOCATE:
            work.allocate_referral(store, referral_id, _named(to), version, by=by)
        case BulkAction.WAITING_LIST:
            work.put_on_waiting_list(store, referral_id, version)


def _named(to: str | None) -> str:
    if not to:
        raise RuleBroken("nobody", "Say to whom.", field="/to")
    return to
