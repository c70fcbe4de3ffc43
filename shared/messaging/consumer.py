"""The consumer: takes what is there, up to a batch, has it handled, then acks.

An own short loop over `drain_events`: the handlers' errors never reach kombu, and what is not
handled goes, confirmed, to the ladder of delays or to the dead letters before it is acked.
"""

import logging
import threading
import time
from typing import Any

from kombu import Connection
from prometheus_client import Gauge
from pymongo.errors import PyMongoError

from shared.errors import Unavailable
from shared.messaging import broker, queues, topology
from shared.messaging.broker import Outgoing, Publisher
from shared.messaging.handling import LAG, Fate, Handling, Verdict
from shared.store.database import MongoDatabase, describe
from shared.store.lease import Lease

log = logging.getLogger(__name__)

WAITING = Gauge("sen_queue_messages", "Messages that wait in a queue", ["queue"])
CONSUMERS = Gauge("sen_queue_consumers", "Workers that read a queue", ["queue"])

_HEARTBEAT = 30
_MEASURE_SECONDS = 5.0
_WAITING_RUNG = 2
NO_READING = "no_reading"
"""The lease by which a backup keeps consumers from their queues."""
_ASKED_EVERY = 2.0
_TRIES, _REASON, _QUEUE = "x-sen-tries", "x-sen-reason", "x-sen-queue"


class Consumer:
    """Consumes `<service>.events` in one thread, publishes on a connection apart."""

    def __init__(
        self,
        service: str,
        database: MongoDatabase,
        amqp_url: str,
        handling: Handling,
        *,
        batch: int = 50,
        max_tries: int = 12,
    ) -> None:
        self._service = service
        self._database = database
        self._url = amqp_url
        self._handling = handling
        self._batch = batch
        self._max_tries = max_tries
        self._publisher = Publisher(amqp_url)
        self._no_reading = Lease(database, NO_READING)
        self._buffer: list[Any] = []
        self.healthy_at = 0.0
        """When (monotonic) the loop last turned with a live connection."""

    def run(self, stopping: threading.Event) -> None:
        """Consume until `stopping` is set; finish what is in hand, then close."""
        while not stopping.is_set():
            try:
                # Without the database the messages would only bounce.
                if self._no_reading.is_held():
                    self.healthy_at = time.monotonic()
                    stopping.wait(1.0)
                else:
                    self._consume(stopping)
            except broker.AWAY as problem:
                log.warning("consumer: the broker is away", extra={"why": broker.describe(problem)})
                stopping.wait(1.0)
            except (Unavailable, PyMongoError) as problem:
                # Pausing spends nobody's tries: unacked messages go back to the queue.
                log.warning("consumer: waiting", extra={"why": _why(problem)})
                stopping.wait(1.0)
            except Exception:
                log.exception("consumer: starting over")
                stopping.wait(1.0)
        self._publisher.close()

    def _consume(self, stopping: threading.Event) -> None:
        connection = broker.open_connection(self._url, heartbeat=_HEARTBEAT)
        self._buffer = []
        try:
            channel = connection.default_channel
            topology.declare(channel)
            # The next batches are here while one is handled.
            channel.basic_qos(0, self._batch * 4, False)
            channel.basic_consume(
                topology.events_queue(self._service), callback=self._buffer.append, no_ack=False
            )
            tick_at, measure_at = time.monotonic() + _HEARTBEAT / 2, 0.0
            ask_at = time.monotonic() + _ASKED_EVERY
            while not stopping.is_set():
                if time.monotonic() >= ask_at:
                    if self._is_held():
                        log.info("consumer: reading is held")
                        return
                    ask_at = time.monotonic() + _ASKED_EVERY
                if time.monotonic() >= tick_at:
                    connection.heartbeat_check()
                    tick_at = time.monotonic() + _HEARTBEAT / 2
                if time.monotonic() >= measure_at:
                    self._measure(channel)
                    measure_at = time.monotonic() + _MEASURE_SECONDS
                self._fill(connection)
                self.healthy_at = time.monotonic()
                if not self._buffer:
                    LAG.set(0)
                while self._buffer:
                    taken, self._buffer[:] = (
                        self._buffer[: self._batch],
                        self._buffer[self._batch :],
                    )
                    self._settle(channel, taken)
                    if stopping.is_set():
                        break
        finally:
            broker.drop(connection)

    def _is_held(self) -> bool:
        """Whether a backup keeps us from reading; while nobody can say, we go on."""
        try:
            return self._no_reading.is_held()
        except PyMongoError:
            return False

    def _fill(self, connection: Connection) -> None:
        """Wait for a first message, then take what is there, never waiting to fill the batch."""
        timeout = 1.0
        while len(self._buffer) < self._batch:
            try:
                connection.drain_events(timeout=timeout)
            except TimeoutError:
                return
            timeout = 0.001 if self._buffer else 1.0

    def _settle(self, channel: Any, messages: list[Any]) -> None:
        verdicts = self._handling.handle([message.body for message in messages])
        self._set_aside(
            [
                (message, verdict)
                for message, verdict in zip(messages, verdicts, strict=True)
                if verdict.fate is not Fate.DONE
            ]
        )
        # All of them are now either committed or confirmed elsewhere.
        channel.basic_ack(messages[-1].delivery_tag, multiple=True)

    def _measure(self, channel: Any) -> None:
        for state in queues.look(channel, queues.names(self._service)):
            WAITING.labels(state.name).set(state.messages)
            CONSUMERS.labels(state.name).set(state.consumers)

    def _set_aside(self, failed: list[tuple[Any, Verdict]]) -> None:
        if not failed:
            return
        batch = [
            self._outgoing(number, message, verdict)
            for number, (message, verdict) in enumerate(failed)
        ]
        outcome = self._publisher.publish(batch)
        if len(outcome.confirmed) != len(batch):
            raise ConnectionError("the broker did not take a message that was to be set aside")

    def _outgoing(self, number: int, message: Any, verdict: Verdict) -> Outgoing:
        headers = dict(message.headers or {})
        # RabbitMQ drops what goes round by TTL alone when it sees its own x-death.
        headers.pop("x-death", None)
        before = str(headers.get(_TRIES, 0))
        tries = int(before) if before.isdigit() else 0
        # Waiting for a newer worker spends no tries.
        tries += verdict.fate is not Fate.WAIT
        headers.update({_TRIES: tries, _REASON: verdict.reason[:200]})
        if verdict.fate is Fate.DEAD or tries >= self._max_tries:
            headers[_QUEUE] = topology.events_queue(self._service)
            log.error(
                "message to the dead letters",
                extra={"event_id": message.properties.get("message_id"), "reason": verdict.reason,
                       "tries": tries},
            )  # fmt: skip
            key = topology.dead_queue(self._service)
        else:
            ladder = topology.RETRY_SECONDS
            rung = _WAITING_RUNG if verdict.fate is Fate.WAIT else min(tries, len(ladder)) - 1
            key = topology.retry_queue(self._service, ladder[rung])
        return Outgoing(
            # A poison message may have no id, or somebody else's.
            id=str(number),
            message_id=message.properties.get("message_id") or "unknown",
            body=message.body,
            routing_key=key,
            exchange="",
            headers=headers,
            content_type=message.properties.get("content_type") or "application/octet-stream",
        )


def _why(problem: Unavailable | PyMongoError) -> str:
    return problem.code if isinstance(problem, Unavailable) else describe(problem)
