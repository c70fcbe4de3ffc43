"""What becomes of messages: handled in one transaction with their inbox entries, or sorted out.

A batch is one transaction: inbox entries, the handlers' documents, commit. If it fails, each
message is tried alone, so one poison message never holds up or fails its neighbours. One that meets
another writer of its document is set aside until its neighbours are done.
"""

import logging
import random
import time
from collections import Counter as Counted
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from enum import StrEnum

from prometheus_client import Counter, Gauge, Histogram
from pymongo.errors import DuplicateKeyError, PyMongoError

from shared import clock, context, trace
from shared.context import Work
from shared.errors import NotYet, SenError, Unavailable
from shared.events.envelope import Envelope, TooNew, Unreadable, trace_attributes, unwrap
from shared.store import database as db
from shared.store import inbox
from shared.store.database import MongoDatabase
from shared.store.inbox import MetBefore
from shared.trace import Kind

log = logging.getLogger(__name__)

Handler = Callable[[Envelope], None]

HANDLED = Counter("sen_events_handled_total", "Events whose effect is committed", ["type"])
DUPLICATES = Counter("sen_events_duplicate_total", "Events met again and passed over")
FAILED = Counter("sen_events_failed_total", "Tries that failed", ["type", "fate"])
LAG = Gauge("sen_consumer_lag_seconds", "Age of the oldest event of the latest batch; 0 when idle")
SECONDS = Histogram("sen_events_batch_seconds", "Time to handle one batch")

_TRANSIENT_TRIES = 4
_TRANSIENT_TRIES_ALONE = 12
_TRIED_AGAIN_ALONE = 40
"""Of a whole batch, some four seconds: what a killed worker has locked (docs/decisions/0009) may be
most of one, and then holds up neither what is behind it nor the worker's readiness."""


class Fate(StrEnum):
    """What is to be done with a message."""

    DONE = "done"
    RETRY = "retry"
    WAIT = "wait"
    """For a newer worker."""
    DEAD = "dead"


@dataclass(frozen=True)
class Verdict:
    """A message's fate, and why, without anything personal in it."""

    fate: Fate
    reason: str = ""


DONE = Verdict(Fate.DONE)


@dataclass
class _Patience:
    """How often a batch's messages, alone, are still tried again after a conflict."""

    left: int = _TRIED_AGAIN_ALONE

    def once_more(self, among: int) -> bool:
        """Whether to try again what is `among` so many."""
        if among == 1:
            self.left -= 1
        return self.left >= 0


class _MetAnother(Exception):
    """Somebody else writes what one of the messages is about."""

    def __init__(self, event_id: str) -> None:
        super().__init__(event_id)
        self.event_id = event_id


class Handling:
    """Handles messages for one service.

    `rule_errors` are the domain's own refusals: they are final, the message goes to the dead.
    """

    def __init__(
        self,
        database: MongoDatabase,
        handlers: Mapping[str, Handler],
        rule_errors: tuple[type[Exception], ...] = (),
    ) -> None:
        self._database = database
        self._handlers = handlers
        self._rule_errors = rule_errors

    def handle(self, bodies: Sequence[bytes | str]) -> list[Verdict]:
        """A verdict for each body, in order. Raises Unavailable when the database is away."""
        verdicts: list[Verdict | None] = [None] * len(bodies)
        readable: dict[int, Envelope] = {}
        for index, body in enumerate(bodies):
            try:
                envelope, _ = unwrap(body)
                self._handlers[envelope.type]
                readable[index] = envelope
            except Unreadable as problem:
                verdicts[index] = Verdict(Fate.DEAD, str(problem))
            except TooNew as problem:
                verdicts[index] = Verdict(Fate.WAIT, f"too new: {problem}")
            except KeyError:
                verdicts[index] = Verdict(Fate.DEAD, "no handler for this type")
        with SECONDS.time():
            for index, verdict in self._handle_envelopes(readable, _Patience()).items():
                verdicts[index] = verdict
        return [verdict or DONE for verdict in verdicts]

    def _handle_envelopes(
        self, envelopes: dict[int, Envelope], patience: _Patience
    ) -> dict[int, Verdict]:
        if not envelopes:
            return {}
        items = list(envelopes.items())
        try:
            self._commit(list(envelopes.values()), patience)
            return dict.fromkeys(envelopes, DONE)
        except _MetAnother as met:
            # What came before it went well and will again; it comes last, when the other is done.
            at = [envelope.id for _, envelope in items].index(met.event_id)
            parts = [items[:at], items[at + 1 :], items[at : at + 1]]
        except Exception as problem:
            if db.is_away(problem) and not db.is_transient(problem):
                raise Unavailable("the database is away") from problem
            if len(envelopes) == 1:
                index, envelope = items[0]
                return {index: self._judge(envelope, problem)}
            # Two workers that write the same documents meet less in smaller transactions.
            many = 2 if db.is_transient(problem) else len(envelopes)
            parts = [items[part::many] for part in range(many)]
        return {
            index: verdict
            for part in parts
            for index, verdict in self._handle_envelopes(dict(part), patience).items()
        }

    def _commit(self, envelopes: list[Envelope], patience: _Patience) -> None:
        """One transaction for all; tried again, with jitter, while the database says to."""
        # Alone it waits longer for the other worker that writes the same document.
        tries = _TRANSIENT_TRIES if len(envelopes) > 1 else _TRANSIENT_TRIES_ALONE
        met_before = False
        for attempt in range(tries):
            try:
                handled = self._attempt(envelopes, look_first=met_before)
            except Exception as problem:
                met_before = met_before or isinstance(problem, MetBefore)
                again = isinstance(problem, DuplicateKeyError | MetBefore) or (
                    db.is_transient(problem) and patience.once_more(len(envelopes))
                )
                if not again or attempt == tries - 1:
                    raise
                time.sleep(random.uniform(0, min(0.005 * 2 ** min(attempt, 6), 0.2)))
                continue
            if handled:
                oldest = min(envelope.time for envelope in handled)
                LAG.set(max(0.0, (clock.now() - oldest).total_seconds()))
            for name, count in Counted(envelope.type for envelope in handled).items():
                HANDLED.labels(name).inc(count)
            return

    def _attempt(self, envelopes: list[Envelope], *, look_first: bool) -> list[Envelope]:
        # Repeats are rare: they are looked for once one has aborted the transaction.
        before = inbox.already(self._database, [e.id for e in envelopes]) if look_first else set()
        fresh = {e.id: e for e in envelopes if e.id not in before}
        DUPLICATES.inc(len(envelopes) - len(fresh))
        if not fresh:
            return []
        # A span lasts until its effect is committed, or is not.
        with ExitStack() as spans, db.transaction(self._database):
            inbox.enter(self._database, fresh)
            for envelope in fresh.values():
                span = spans.enter_context(_span(envelope))
                with context.working(_work(envelope, span.traceparent)):
                    self._call(envelope, alone=len(fresh) == 1)
        return list(fresh.values())

    def _call(self, envelope: Envelope, *, alone: bool) -> None:
        try:
            self._handlers[envelope.type](envelope)
        except PyMongoError as problem:
            if alone or db.is_away(problem) or not db.is_transient(problem):
                raise
            raise _MetAnother(envelope.id) from problem

    def _judge(self, envelope: Envelope, problem: Exception) -> Verdict:
        reason = f"{type(problem).__name__}: {getattr(problem, 'code', '')}".rstrip(": ")
        final = isinstance(problem, self._rule_errors) or (
            isinstance(problem, SenError) and not isinstance(problem, NotYet | Unavailable)
        )
        fate = Fate.DEAD if final else Fate.RETRY
        FAILED.labels(envelope.type, fate.value).inc()
        level = logging.INFO if isinstance(problem, NotYet) else logging.ERROR
        with context.working(_work(envelope, envelope.traceparent)):
            log.log(
                level,
                "event not handled",
                extra={"event_id": envelope.id, "type": envelope.type, "fate": fate.value,
                       "reason": reason},
                exc_info=None if isinstance(problem, (SenError, *self._rule_errors)) else problem,
            )  # fmt: skip
        return Verdict(fate, reason)


def _span(envelope: Envelope) -> AbstractContextManager[trace.Span]:
    about = trace_attributes(envelope.type, envelope.id, envelope.subject)
    return trace.span(
        f"process {envelope.type}", Kind.CONSUMER, inside=envelope.traceparent, attributes=about
    )


def _work(envelope: Envelope, traceparent: str) -> Work:
    return Work(
        actor_id=envelope.actorid,
        actor_role="event",
        action=envelope.type,
        correlation_id=envelope.correlationid,
        causation_id=envelope.id,
        traceparent=traceparent,
    )
