"""The worker of one service: consumer, relay, calendar jobs, senders and changes of what is stored,
each in a thread."""

import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Histogram, generate_latest
from pymongo.errors import PyMongoError

from shared import context, ids, trace
from shared.backup.dump import MARK as RESTORED
from shared.context import Work
from shared.gauges import Measure, StoreGauges
from shared.identity.sessions import Sessions
from shared.messaging.consumer import Consumer
from shared.messaging.handling import Handler, Handling
from shared.messaging.relay import Relay
from shared.settings import Settings
from shared.stopping import stop_on_signals, wait_for
from shared.store import audit, inbox
from shared.store.changes import Changes, StoredChange
from shared.store.database import MongoDatabase, describe
from shared.store.lease import Lease
from shared.store.repository import Repository, ensure_all

log = logging.getLogger(__name__)

JOB_SECONDS = Histogram(
    "sen_job_seconds", "Time that one look of the calendar takes", ["job"],
    buckets=(0.01, 0.05, 0.2, 1, 5, 20, 60, 300),
)  # fmt: skip

_STALE_SECONDS = 15.0


@dataclass(frozen=True)
class ServiceWorker:
    """What a service brings to its worker."""

    repositories: Sequence[Repository[Any]]
    handlers: Mapping[str, Handler]
    rule_errors: tuple[type[Exception], ...]
    jobs: Mapping[str, Callable[[], int]] = field(default_factory=dict)
    """What the calendar raises: each answers how much it did. One worker at a time does them."""
    senders: Sequence[Callable[[threading.Event], None]] = ()
    """What talks to the outside: each runs in a thread of its own until told to stop."""
    measures: Sequence[Measure] = ()
    """Figures of the store that `/metrics` gives besides."""
    restored: Callable[[], object] | None = None
    """What is to be done once after a restore, before anything else."""
    changes: Sequence[StoredChange] = ()
    """How stored documents change their shape."""
    prepare: Callable[[], None] | None = None
    """Creates the indexes beside those of the repositories."""


def prepare(
    database: MongoDatabase,
    repositories: Iterable[Repository[Any]],
) -> None:
    """Create the indexes that are missing; safe for many processes at once."""
    ensure_all(repositories)
    inbox.ensure_index(database)
    audit.ensure_index(database)
    Sessions(database).ensure_index()


def run(settings: Settings, database: MongoDatabase, service: ServiceWorker) -> None:
    """Run until SIGTERM or SIGINT: stop taking, finish what is in hand, close."""
    stopping = stop_on_signals()
    trace.configure(settings.service, settings.traces_url, settings.traces_ratio)
    if service.measures:
        REGISTRY.register(StoreGauges(service.measures))
    relay = Relay(database, [r.name for r in service.repositories], settings.amqp_url)
    consumer = Consumer(
        settings.service, database, settings.amqp_url,
        Handling(database, service.handlers, service.rule_errors),
        batch=settings.prefetch, max_tries=settings.max_tries,
    )  # fmt: skip
    changes = Changes(database, service.changes)
    with _probes(settings, relay, consumer):
        while not stopping.is_set():
            try:
                prepare(database, service.repositories)
                if service.prepare:
                    service.prepare()
                _after_restore(database, service)
                changes.settle(stopping)
                break
            except PyMongoError as problem:
                log.warning("worker: the database is away", extra={"why": describe(problem)})
                stopping.wait(1.0)
        threads = [
            threading.Thread(target=relay.run, args=(stopping,), name="relay"),
            threading.Thread(target=consumer.run, args=(stopping,), name="consumer"),
            threading.Thread(target=changes.run, args=(stopping,), name="stored-changes"),
            threading.Thread(
                target=_jobs, args=(stopping, settings, database, service.jobs), name="jobs"
            ),
            *(
                threading.Thread(target=sender, args=(stopping,), name=f"sender-{number}")
                for number, sender in enumerate(service.senders)
            ),
        ]
        for thread in threads:
            thread.start()
        log.info("worker: running")
        wait_for(stopping)
        for thread in threads:
            thread.join()
        log.info("worker: stopped")


def _after_restore(database: MongoDatabase, service: ServiceWorker) -> None:
    """A restore leaves a mark: the first worker that meets it does what is to be done, and takes it
    away. It may be done more than once."""
    if database[RESTORED].find_one() is None:
        return
    log.warning("worker: the database was restored from a backup")
    if service.restored:
        service.restored()
    database[RESTORED].delete_many({})


def _jobs(
    stopping: threading.Event,
    settings: Settings,
    database: MongoDatabase,
    jobs: Mapping[str, Callable[[], int]],
) -> None:
    lease = Lease(database, "jobs", seconds=max(30.0, settings.jobs_every * 2))
    while not stopping.is_set():
        for name, job in jobs.items():
            try:
                if not lease.hold():
                    break
                with (
                    trace.span(name) as span,
                    context.working(
                        Work(action=name, correlation_id=ids.new_id(), traceparent=span.traceparent)
                    ),
                ):
                    with JOB_SECONDS.labels(name).time():
                        done = job()
                    if done:
                        log.info("job done", extra={"job": name, "count": done})
            except PyMongoError as problem:
                log.warning("job put off", extra={"job": name, "why": describe(problem)})
            except Exception:
                log.exception("job failed", extra={"job": name})
        stopping.wait(settings.jobs_every)
    with contextlib.suppress(PyMongoError):
        lease.release()


@contextlib.contextmanager
def _probes(settings: Settings, relay: Relay, consumer: Consumer) -> Iterator[None]:
    """Answer /healthz (the process turns), /readyz (broker and database answer) and /metrics."""
    if not settings.worker_port:
        yield
        return

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(200, generate_latest(), CONTENT_TYPE_LATEST)
            elif self.path == "/healthz":
                self._answer(200, b'{"status": "alive"}', "application/json")
            elif self.path == "/readyz":
                late = {
                    name: age > _STALE_SECONDS
                    for name, age in (
                        ("relay", time.monotonic() - relay.healthy_at),
                        ("consumer", time.monotonic() - consumer.healthy_at),
                    )
                }
                body = json.dumps({k: "waiting" if v else "ready" for k, v in late.items()})
                self._answer(503 if any(late.values()) else 200, body.encode(), "application/json")
            else:
                self._answer(404, b"{}", "application/json")

        def _answer(self, status: int, body: bytes, content_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Probes are not worth a line."""

    server = ThreadingHTTPServer((settings.worker_host, settings.worker_port), Answers)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="probes", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
