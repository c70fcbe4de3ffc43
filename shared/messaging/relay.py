"""The relay: from the documents' outboxes to the broker, confirmed, then pulled.

One holder of the lease does it at a time; two at once for a moment only repeat themselves, which
the readers' inboxes swallow. The change stream is only the doorbell.
"""

import json
import logging
import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from prometheus_client import Counter, Gauge, Histogram
from pymongo.change_stream import DatabaseChangeStream
from pymongo.errors import PyMongoError

from shared import clock, trace
from shared.events.envelope import trace_attributes
from shared.events.registry import UnknownEvent, by_type
from shared.messaging import broker, topology
from shared.messaging.broker import Outgoing, Publisher
from shared.store import audit, outbox
from shared.store.database import Document, MongoDatabase, describe
from shared.store.each import each, must_be_its_own, note_failed
from shared.store.lease import Lease
from shared.store.outbox import Pending
from shared.trace import Kind

log = logging.getLogger(__name__)

PUBLISHED = Counter("sen_relay_published_total", "Events confirmed by the broker")
REFUSED = Counter("sen_relay_refused_total", "Events returned or nacked by the broker", ["how"])
BATCH = Histogram(
    "sen_relay_batch_size", "Events in one batch", buckets=(1, 5, 20, 50, 100, 200, 500, 1000)
)
BACKLOG = Gauge("sen_outbox_documents", "Documents with something in their outbox")
OLDEST = Gauge("sen_outbox_oldest_seconds", "How long the oldest entry has been due")

_BATCH = 500
_POLL_SECONDS = 1.0
LEASE = "relay"
_LEASE_SECONDS = 10.0
_SURELY_SEEN = timedelta(seconds=1)


class Relay:
    """Publishes what waits in the outboxes of `collections`."""

    def __init__(self, database: MongoDatabase, collections: Sequence[str], amqp_url: str) -> None:
        self._database = database
        self._collections = list(collections)
        self._publisher = Publisher(amqp_url)
        self._lease = Lease(database, LEASE, seconds=_LEASE_SECONDS)
        self._addressees: set[str] = set()
        self._looked_at: dict[str, datetime] = {}
        self.healthy_at = 0.0
        """When (monotonic) the relay last got through a round."""

    def run(self, stopping: threading.Event) -> None:
        """Work until `stopping` is set; whatever fails is tried again."""
        while not stopping.is_set():
            try:
                if self._lease.hold():
                    self._serve(stopping)
                else:
                    self.healthy_at = time.monotonic()
                    stopping.wait(_LEASE_SECONDS / 4)
            except broker.AWAY as problem:
                log.warning("relay: the broker is away", extra={"why": broker.describe(problem)})
                self._publisher.close()
                stopping.wait(1.0)
            except PyMongoError as problem:
                log.warning(
                    "relay: the database does not take it", extra={"why": describe(problem)}
                )
                stopping.wait(1.0)
            except Exception:
                log.exception("relay: a round failed")
                stopping.wait(1.0)
        self._publisher.close()
        try:
            self._lease.release()
        except PyMongoError:
            log.warning("relay: the lease runs out by itself")

    def round(self, collections: Sequence[str] | None = None) -> int:
        """Publish one batch of what is due, of all collections or of some.

        Answers how many entries left their outboxes.
        """
        left = 0
        for name in self._collections if collections is None else collections:
            self._looked_at[name] = clock.now()
            collection = self._database[name]
            pending = outbox.waiting(collection, _BATCH)
            if not pending:
                continue
            done: list[Pending] = []
            events = [p for p in pending if p.entry["kind"] == outbox.EVENT]
            try:
                if events:
                    done, failed = self._publish(events)
                    outbox.postpone(collection, failed)
            finally:
                audits = [p for p in pending if p.entry["kind"] == outbox.AUDIT]
                kept = self._keep_audit(audits)
                if len(kept) < len(audits):
                    safe = {item.id for item in kept}
                    outbox.postpone(collection, [p for p in audits if p.id not in safe])
                done = done + kept
                outbox.remove(collection, done)
            left += len(done)
        return left

    def _serve(self, stopping: threading.Event) -> None:
        """Hold the lease and relay until it is lost or `stopping` is set."""
        renew_at = time.monotonic() + _LEASE_SECONDS / 3
        where: Sequence[str] | None = None
        # Opened before the first look, so that no ring is missed.
        with self._doorbell() as doorbell:
            while not stopping.is_set():
                left = self.round(where)
                self.healthy_at = time.monotonic()
                if time.monotonic() >= renew_at:
                    self._measure()
                    if not self._lease.hold():
                        return
                    renew_at = time.monotonic() + _LEASE_SECONDS / 3
                if left < _BATCH:
                    # Waits for a ring, for _POLL_SECONDS at most; then everything is looked at.
                    ring = doorbell.try_next()
                    where = self._rung(ring) if ring else None

    def _rung(self, ring: Document) -> list[str]:
        """Where to look; nowhere when that was looked at since: rings pile up in a busy hour."""
        name = ring["ns"]["coll"]
        looked_at = self._looked_at.get(name)
        return [] if looked_at and ring["wallTime"] < looked_at - _SURELY_SEEN else [name]

    def _doorbell(self) -> DatabaseChangeStream[Document]:
        return self._database.watch(
            [
                {
                    "$match": {
                        "ns.coll": {"$in": self._collections},
                        # A command raises the version; the relay's own pull does not.
                        "$or": [
                            {"operationType": "insert"},
                            {"updateDescription.updatedFields.version": {"$exists": True}},
                        ],
                    }
                },
                {"$project": {"_id": 1, "ns": 1, "wallTime": 1}},
            ],
            max_await_time_ms=round(_POLL_SECONDS * 1000),
            batch_size=1000,
        )

    def _keep_audit(self, pending: list[Pending]) -> list[Pending]:
        if not pending:
            return []
        try:
            self._keep(*pending)
            return pending
        except Exception as problem:
            must_be_its_own(problem)
        kept: list[Pending] = []  # one that cannot be kept holds up no other
        each("keep audit entry", pending, lambda item: kept.append(self._keep(item)))
        return kept

    def _keep(self, *pending: Pending) -> Pending:
        audit.keep(self._database, ((item.id, item.entry["entry"]) for item in pending))
        return pending[-1]

    def _publish(self, waiting: list[Pending]) -> tuple[list[Pending], list[Pending]]:
        events = [item for item in waiting if _is_known(item)]
        if not events:
            return [], waiting
        self._meet_addressees(events)
        began = time.time_ns()
        outcome = self._publisher.publish(
            [
                Outgoing(
                    id=item.id,
                    body=item.entry["body"],
                    routing_key=item.entry["routing_key"],
                    mandatory=_has_readers(item.entry["type"]),
                )
                for item in events
            ]
        )
        BATCH.observe(len(events))
        PUBLISHED.inc(len(outcome.confirmed))
        for how, ids in (("returned", outcome.returned), ("nacked", outcome.nacked)):
            if ids:
                REFUSED.labels(how).inc(len(ids))
                log.error(
                    "relay: events stay in the outbox", extra={"how": how, "ids": sorted(ids)}
                )
        sent = [item for item in events if item.id in outcome.confirmed]
        if trace.recording():
            each("trace event", sent, partial(_trace, began=began))
        return sent, [item for item in waiting if item.id not in outcome.confirmed]

    def _meet_addressees(self, events: list[Pending]) -> None:
        """Make sure that the queue of every outside reader exists before the first event to it."""
        for item in events:
            row = by_type(item.entry["type"])
            key = item.entry["routing_key"]
            if row.addressee and key not in self._addressees:
                topology.declare_addressee(
                    self._publisher.channel(), row, key.removeprefix(f"{row.type}.")
                )
                self._addressees.add(key)

    def _measure(self) -> None:
        waiting = [outbox.backlog(self._database[name]) for name in self._collections]
        BACKLOG.set(sum(count for count, _ in waiting))
        oldest = [since.timestamp() for _, since in waiting if since]
        OLDEST.set(max(0.0, time.time() - min(oldest)) if oldest else 0.0)


def _trace(item: Pending, began: int) -> None:
    """From when it was given to the broker until the broker confirmed it."""
    event = json.loads(item.entry["body"])
    about = trace_attributes(event["type"], item.id, event["subject"])
    trace.begin(
        f"send {event['type']}", Kind.PRODUCER, inside=event.get("traceparent"), attributes=about,
        began_ns=began,
    ).end()  # fmt: skip


def _is_known(item: Pending) -> bool:
    """Whether its type is in this release's registry; one of a newer release waits for its worker,
    behind the others."""
    try:
        by_type(item.entry["type"])
        return True
    except UnknownEvent as problem:
        note_failed("relay event", item.id, problem)
        return False


def _has_readers(type_name: str) -> bool:
    row = by_type(type_name)
    return bool(row.readers or row.addressee)
