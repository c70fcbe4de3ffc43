"""Listens in on the events of a running system: for the demo and the tests, never for a service."""

import contextlib
import json
import threading
from functools import partial
from typing import Any, Self

from kombu import Exchange, Queue

from shared import ids
from shared.messaging import broker, topology

Json = dict[str, Any]
_KEPT_MILLISECONDS = 3_600_000


class Tap:
    """Keeps every event, in the order of its coming.

    Its queue is durable, so it misses nothing while the broker is restarted.
    """

    def __init__(self, amqp_url: str) -> None:
        self._url = amqp_url
        self._name = f"tap.{ids.new_id()}"
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True, name="tap")
        self._ids: set[str] = set()
        self.events: list[Json] = []

    def __enter__(self) -> Self:
        connection = broker.open_connection(self._url)
        try:
            self._queue().bind(connection.default_channel).declare()
        finally:
            broker.drop(connection)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        try:
            connection = broker.open_connection(self._url)
            connection.default_channel.queue_delete(self._name)
            broker.drop(connection)
        except broker.AWAY:
            return  # it expires

    def _queue(self) -> Queue:
        return Queue(
            self._name,
            exchange=Exchange(topology.EVENTS.name, type="topic", durable=True),
            routing_key="#",
            durable=True,
            queue_arguments={"x-queue-type": "quorum", "x-expires": _KEPT_MILLISECONDS},
        )

    def _listen(self) -> None:
        while not self._stopping.is_set():
            connection = None
            try:
                connection = broker.open_connection(self._url)
                channel = connection.default_channel
                channel.basic_qos(0, 500, False)
                channel.basic_consume(self._name, callback=partial(self._keep, channel))
                while not self._stopping.is_set():
                    with contextlib.suppress(TimeoutError):
                        connection.drain_events(timeout=0.2)
            except broker.AWAY:
                self._stopping.wait(0.5)
            finally:
                broker.drop(connection)

    def _keep(self, channel: Any, message: Any) -> None:
        event = json.loads(message.body)
        # What was kept but not acked comes again.
        if event["id"] not in self._ids:
            self._ids.add(event["id"])
            self.events.append(event)
        channel.basic_ack(message.delivery_tag)
