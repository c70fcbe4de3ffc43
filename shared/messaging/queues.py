"""How a service's queues stand: for operators, and for the worker's own metrics."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shared.messaging import broker, topology


@dataclass(frozen=True)
class QueueState:
    """One queue. `messages` are those that wait; what a reader has in hand is not among them."""

    name: str
    messages: int
    consumers: int


def names(service: str) -> list[str]:
    """The queues of one service: its events, its ladder of delays, its dead letters."""
    ladder = [topology.retry_queue(service, seconds) for seconds in topology.RETRY_SECONDS]
    return [topology.events_queue(service), *ladder, topology.dead_queue(service)]


def look(channel: Any, queues: Iterable[str]) -> list[QueueState]:
    """How these queues stand. Raises the channel's error when one is not there."""
    found = []
    for name in queues:
        said = channel.queue_declare(name, passive=True)
        found.append(QueueState(name, said.message_count, said.consumer_count))
    return found


def states(url: str, services: Iterable[str]) -> list[QueueState]:
    """How the queues of these services stand. Raises one of broker.AWAY."""
    connection = broker.open_connection(url)
    try:
        topology.declare(connection.default_channel)
        return look(connection.default_channel, [n for s in services for n in names(s)])
    finally:
        broker.drop(connection)
