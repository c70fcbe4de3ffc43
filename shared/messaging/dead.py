"""The dead letters of a service: what an operator sees of them, and how they are sent round again.

Bodies are shown without anything personal: events carry ids and codes only, and what is no event
is not shown at all.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from shared.events.envelope import TooNew, Unreadable, unwrap
from shared.messaging import broker, keep, management, topology
from shared.messaging.broker import Outgoing, Publisher

log = logging.getLogger(__name__)

_IDLE_SECONDS = 5.0


@dataclass(frozen=True)
class DeadLetter:
    """One dead letter. `type` and `subject` are None where the message is no event."""

    id: str
    reason: str
    tries: int
    redriven: int
    type: str | None
    subject: str | None
    size: int


def dead_letters(url: str, service: str, api_url: str = "") -> list[DeadLetter]:
    """All dead letters of `service`, oldest first; they stay where they are.

    Raises NotKept where a look would cost them something: RabbitMQ 4 is asked by `api_url`.
    """
    with _held(url, service, api_url) as held:
        return [_describe(message) for message in held]


def redrive(url: str, service: str, wanted: Callable[[DeadLetter], bool], api_url: str = "") -> int:
    """Send the letters that `wanted` picks to the service's queue again, ids and history kept.

    Raises NotKept, as the others that stay are looked at.
    """
    return _take(url, service, wanted, topology.events_queue(service), api_url)


def discard(url: str, service: str, wanted: Callable[[DeadLetter], bool], api_url: str = "") -> int:
    """Drop the letters that `wanted` picks for good. Raises NotKept, as above."""
    return _take(url, service, wanted, None, api_url)


def _take(
    url: str, service: str, wanted: Callable[[DeadLetter], bool], to: str | None, api_url: str
) -> int:
    taken = 0
    with _held(url, service, api_url) as held, Publisher(url) as publisher:
        for message in held:
            letter = _describe(message)
            if not wanted(letter):
                continue
            if to:
                outcome = publisher.publish([_again(message, letter, to)])
                if not outcome.confirmed:
                    raise ConnectionError("the broker did not take the message")
            message.channel.basic_ack(message.delivery_tag)
            taken += 1
    return taken


def _again(message: Any, letter: DeadLetter, to: str) -> Outgoing:
    headers = dict(message.headers or {})
    headers.pop("x-death", None)
    headers.update({"x-sen-tries": 0, "x-sen-redriven": letter.redriven + 1})
    return Outgoing(
        id=letter.id, body=message.body, routing_key=to, exchange="", headers=headers,
        content_type=message.properties.get("content_type") or "application/octet-stream",
    )  # fmt: skip


@contextmanager
def _held(url: str, service: str, api_url: str) -> Iterator[list[Any]]:
    """All messages of the dead letters, held unacked; whatever is not acked goes back."""
    topology.must_be_service(service)
    connection = broker.open_connection(url)
    try:
        channel = connection.default_channel
        topology.declare(channel)
        queue = topology.dead_queue(service)
        keep.must_be_kept(connection, api_url, management.virtual_host(url), [queue])
        held: list[Any] = []
        there = channel.queue_declare(queue, passive=True).message_count
        channel.basic_consume(queue, callback=held.append)
        last, seen = time.monotonic(), 0
        # One who looks at the same time may have some of them in hand: nobody waits for those.
        while len(held) < there and time.monotonic() - last < _IDLE_SECONDS:
            try:
                connection.drain_events(timeout=0.2)
            except TimeoutError:
                pass
            if len(held) > seen:
                last, seen = time.monotonic(), len(held)
        for message in held:
            message.channel = channel
        yield held
        connection.release()
    finally:
        broker.drop(connection)


def _describe(message: Any) -> DeadLetter:
    headers = message.headers or {}
    kind: str | None = None
    subject: str | None = None
    try:
        envelope, _ = unwrap(message.body)
        kind, subject = envelope.type, envelope.subject
    except (Unreadable, TooNew):
        log.debug("a dead letter is no event of ours")
    return DeadLetter(
        id=str(message.properties.get("message_id") or "unknown"),
        reason=str(headers.get("x-sen-reason") or "delivered too often without an answer"),
        tries=int(headers.get("x-sen-tries") or 0),
        redriven=int(headers.get("x-sen-redriven") or 0),
        type=kind,
        subject=subject,
        size=len(message.body),
    )
