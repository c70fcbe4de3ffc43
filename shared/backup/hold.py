"""Holding events back for a moment, so that databases and broker agree.

An event is at any time in its service's outbox, in the broker, or in the inboxes of those who read
it. While the relays are held, what is in the broker is handled; then every event is in an outbox or
in the inboxes, but for those that wait in a ladder of delays or as dead letters: they are read from
there. Commands go on.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests

from shared import ids
from shared.messaging import broker, queues, topology
from shared.store.database import MongoDatabase
from shared.store.lease import Lease

log = logging.getLogger(__name__)

_LEASE_SECONDS = 20.0
_RELAY_NOTICES = 12.0
"""A relay looks at its lease every few seconds, and finishes what it is publishing."""
_FRESH_SECONDS = 6.0
"""RabbitMQ's own figures are up to five seconds old."""
_TIMEOUT = 10
_OCTETS = "application/octet-stream"


class NotQuiet(Exception):
    """Events would not come to rest in the time that they were given."""


@dataclass(frozen=True)
class Waiting:
    """A message that rests in a queue."""

    queue: str
    body: str
    id: str
    content_type: str
    headers: dict[str, Any] = field(default_factory=dict)


@contextmanager
def held(databases: Mapping[str, MongoDatabase]) -> Iterator[None]:
    """Keep the relays of these services from publishing, until the block ends."""
    name = f"held:{ids.new_id()}"
    leases = [
        Lease(database, "relay", _LEASE_SECONDS, holder=name) for database in databases.values()
    ]
    done = threading.Event()

    def renew() -> None:
        while not done.wait(_LEASE_SECONDS / 5):
            for lease in leases:
                lease.take()

    for lease in leases:
        lease.take()
    renewing = threading.Thread(target=renew, name="held", daemon=True)
    renewing.start()
    try:
        yield
    finally:
        done.set()
        renewing.join()
        for lease in leases:
            lease.release()


def wait_until_quiet(
    amqp_url: str, api_url: str, *, patience: float, say: Callable[[str], None]
) -> list[Waiting]:
    """Wait until nothing is under way; answers what rests in ladders and dead letters.

    Only while relays are held. Raises NotQuiet.
    """
    by = time.monotonic() + patience
    say("relays are held; waiting until what is in the broker is handled")
    time.sleep(_RELAY_NOTICES)
    before = at_rest(amqp_url)
    while True:
        time.sleep(_FRESH_SECONDS)
        moving = {name: count for name, count in _depths(api_url).items() if count}
        after = at_rest(amqp_url)
        still = {(one.queue, one.id) for one in before} == {(one.queue, one.id) for one in after}
        if not moving and still:
            say(f"quiet; {len(after)} messages rest in ladders and dead letters")
            return after
        if time.monotonic() > by:
            raise NotQuiet(
                f"after {patience:.0f} s events still move: {moving or 'in the ladders'}"
            )
        before = after


def at_rest(amqp_url: str) -> list[Waiting]:
    """What rests in the ladders and dead letters; it stays there."""
    connection = broker.open_connection(amqp_url)
    try:
        channel = connection.default_channel
        topology.declare(channel)
        return [
            message for service in topology.services() for name in queues.names(service)
            if name != topology.events_queue(service) for message in _look_into(channel, name)
        ]  # fmt: skip
    finally:
        broker.drop(connection)  # what was looked at goes back


def _look_into(channel: Any, name: str) -> Iterator[Waiting]:
    while (message := channel.basic_get(name)) is not None:
        body = message.body
        yield Waiting(
            name,
            body.decode("utf-8", "surrogateescape") if isinstance(body, bytes) else str(body),
            str(message.properties.get("message_id")),
            str(message.properties.get("content_type") or _OCTETS),
            {k: v for k, v in (message.headers or {}).items() if k != "x-death"},
        )  # fmt: skip


def _depths(api_url: str) -> dict[str, int]:
    """How many messages each queue of events holds, those in a worker's hands included."""
    parts = urlsplit(api_url)
    at = f"{parts.scheme}://{parts.hostname}:{parts.port}/api/queues/%2F"
    answer = requests.get(at, auth=(parts.username or "", parts.password or ""), timeout=_TIMEOUT)
    answer.raise_for_status()
    ours = {topology.events_queue(service) for service in topology.services()}
    return {
        one["name"]: int(one.get("messages", 0)) for one in answer.json() if one["name"] in ours
    }
