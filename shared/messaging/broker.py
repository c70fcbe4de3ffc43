"""One connection, one thread: time-outs everywhere, and the connection dropped on any doubt."""

import contextlib
import logging
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from amqp.exceptions import AMQPError
from kombu import Connection
from kombu.exceptions import KombuError, OperationalError

from shared.events.envelope import CONTENT_TYPE
from shared.messaging import address, topology

log = logging.getLogger(__name__)

AWAY = (AMQPError, KombuError, OperationalError, OSError, EOFError)
"""What says that the broker cannot be reached, or that this connection is no longer to be used."""


def describe(problem: BaseException) -> str:
    """One of AWAY in a line: its kind; and which queues, where some are missing."""
    return str(problem) if isinstance(problem, topology.Incomplete) else type(problem).__name__


def open_connection(url: str, *, heartbeat: int = 0) -> Connection:
    """A connected connection. Raises one of AWAY within seconds when the broker does not answer,
    ValueError for what is no address.

    `read_timeout` keeps a frozen broker from hanging this thread for ever, closing included.
    """
    where, tls = address.split(url)
    connection = Connection(
        where,
        ssl=tls or False,
        heartbeat=heartbeat,
        connect_timeout=4,
        transport_options={
            "read_timeout": 10,
            "write_timeout": 10,
            "max_retries": 1,
            "interval_start": 0,
        },
    )
    connection.connect()
    return connection


def drop(connection: Connection | None) -> None:
    """Let a connection go without asking the broker's leave: it may not answer."""
    if connection is None:
        return
    with contextlib.suppress(Exception):
        connection.collect(socket_timeout=0.5)


@dataclass(frozen=True)
class Outgoing:
    """One message to publish."""

    id: str
    """Unique within its batch."""
    body: str | bytes
    routing_key: str
    exchange: str = topology.EVENTS.name
    headers: dict[str, Any] = field(default_factory=dict)
    content_type: str = CONTENT_TYPE
    mandatory: bool = True
    message_id: str | None = None
    """The message's own id where that is another than `id`."""


@dataclass
class Outcome:
    """What became of a batch: only `confirmed` ids are safe with the broker."""

    confirmed: set[str] = field(default_factory=set)
    returned: set[str] = field(default_factory=set)
    """No queue takes them."""
    nacked: set[str] = field(default_factory=set)


class Publisher:
    """Publishes batches with publisher confirms, on a connection of its own, from one thread.

    Confirms are collected by delivery tag, `multiple` included, for the whole batch at once:
    waiting for each would be nine times slower. After any error the connection is dropped, since
    a late confirm would pass for another message's; publishing again is harmless (the inbox).
    """

    def __init__(self, url: str, *, deadline: float = 10.0) -> None:
        self._url = url
        self._deadline = deadline
        self._connection: Connection | None = None
        self._channel: Any = None
        self._tag = 0
        self._open: dict[int, str] = {}
        self._outcome = Outcome()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def channel(self) -> Any:
        """The channel to declare on; connects, and declares the topology, when there is none.

        Raises one of AWAY, topology.Incomplete among them.
        """
        if self._channel is None:
            self._connection = open_connection(self._url)
            channel = self._connection.default_channel
            topology.declare(channel)
            channel.confirm_select()
            channel.events["basic_ack"].add(self._on_ack)
            channel.events["basic_nack"].add(self._on_nack)
            channel.events["basic_return"].add(self._on_return)
            self._tag, self._channel = 0, channel
        return self._channel

    def publish(self, batch: Sequence[Outgoing]) -> Outcome:
        """Publish all of `batch` and wait, to one real deadline, for the broker's word on each.

        Raises one of AWAY (a time-out is one); then the fate of the batch is unknown.
        """
        try:
            return self._publish(batch)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Drop the connection."""
        drop(self._connection)
        self._connection = self._channel = None

    def _publish(self, batch: Sequence[Outgoing]) -> Outcome:
        channel = self.channel()
        self._open, self._outcome = {}, Outcome()
        by = time.monotonic() + self._deadline
        for message in batch:
            self._tag += 1
            self._open[self._tag] = message.id
            channel.basic_publish(
                channel.prepare_message(
                    message.body,
                    content_type=message.content_type,
                    content_encoding="utf-8",
                    headers=message.headers,
                    properties={
                        "delivery_mode": 2,
                        "message_id": message.message_id or message.id,
                        "correlation_id": message.id,
                    },
                ),
                exchange=message.exchange,
                routing_key=message.routing_key,
                mandatory=message.mandatory,
            )
        while self._open:
            left = by - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{len(self._open)} confirms did not come in time")
            assert self._connection is not None
            with contextlib.suppress(socket.timeout):
                self._connection.drain_events(timeout=min(left, 1.0))
        self._outcome.confirmed -= self._outcome.returned
        return self._outcome

    def _settle(self, tag: int, multiple: bool, into: set[str]) -> None:
        tags = [open_ for open_ in self._open if open_ <= tag] if multiple else [tag]
        for settled in tags:
            if (message_id := self._open.pop(settled, None)) is not None:
                into.add(message_id)

    def _on_ack(self, tag: int, multiple: bool) -> None:
        self._settle(tag, multiple, self._outcome.confirmed)

    def _on_nack(self, tag: int, multiple: bool, *_: Any) -> None:
        self._settle(tag, multiple, self._outcome.nacked)

    def _on_return(self, _error: Any, _exchange: str, _key: str, message: Any) -> None:
        self._outcome.returned.add(message.properties["correlation_id"])
