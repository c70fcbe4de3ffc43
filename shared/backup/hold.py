"""Holding events back for a moment, so that databases and broker agree.

An event is at any time in its service's outbox, in the broker, or in the inboxes of those who read
it. While the relays are held, what is in the broker is handled; then the readers are held too, and
give back what they have in hand. Now every event is in an outbox, in the inboxes, or waits in a
queue, and is read from there. Commands go on.

Only the queues themselves are asked: RabbitMQ's figures of what readers have in hand are seconds
old, or are not there at all.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from shared import ids
from shared.messaging import broker, keep, management, queues, topology
from shared.messaging.consumer import NO_READING
from shared.messaging.queues import QueueState
from shared.messaging.relay import LEASE as RELAY
from shared.store.database import MongoDatabase
from shared.store.lease import Lease

log = logging.getLogger(__name__)

_LEASE_SECONDS = 20.0
_RELAY_NOTICES = 12.0
"""A relay looks at its lease every few seconds, and finishes what it is publishing."""
_ON_ITS_WAY_SECONDS = 2.0
_ASKED_EVERY = 0.5
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
def held(databases: Mapping[str, MongoDatabase], lease_name: str = RELAY) -> Iterator[None]:
    """Keep the relays of these services from publishing, or whoever else goes by that lease from
    their work, until the block ends."""
    name = f"held:{ids.new_id()}"
    leases = [
        Lease(database, lease_name, _LEASE_SECONDS, holder=name) for database in databases.values()
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
    databases: Mapping[str, MongoDatabase], amqp_url: str, api_url: str, *, patience: float,
    say: Callable[[str], None],
) -> list[Waiting]:  # fmt: skip
    """Wait until nothing is under way; answers what rests in the broker.

    Only while relays are held. The readers go on when it answers: what they handle from then on is
    in the inboxes too, and is passed over when it comes back. Raises NotQuiet, NotKept.
    """
    by = time.monotonic() + patience
    say("relays are held; waiting until what is in the broker is handled")
    time.sleep(_RELAY_NOTICES)
    _until("events wait to be handled", lambda: _states(amqp_url, lambda q: q.messages), by)
    with held(databases, NO_READING):
        say("readers are held, too")
        _until("queues are still read", lambda: _states(amqp_url, lambda q: q.consumers), by)
        before = at_rest(amqp_url, api_url)
        while True:
            # What is on its way from a ladder to its queue is in neither for a moment.
            time.sleep(_ON_ITS_WAY_SECONDS)
            after = at_rest(amqp_url, api_url)
            if {(one.queue, one.id) for one in before} == {(one.queue, one.id) for one in after}:
                break
            if time.monotonic() > by:
                raise NotQuiet(f"after {patience:.0f} s events still move in the ladders")
            before = after
    say(f"quiet; {len(after)} messages rest in the broker")
    return after


def _until(what: str, asked: Callable[[], dict[str, int]], by: float) -> None:
    while counts := asked():
        if time.monotonic() > by:
            raise NotQuiet(f"{what}: {counts}")
        time.sleep(_ASKED_EVERY)


def _states(amqp_url: str, count: Callable[[QueueState], int]) -> dict[str, int]:
    """What counts of each queue of events, where there is any."""
    connection = broker.open_connection(amqp_url)
    try:
        names = [topology.events_queue(service) for service in topology.services()]
        found = queues.look(connection.default_channel, names)
        return {state.name: count(state) for state in found if count(state)}
    finally:
        broker.drop(connection)


def at_rest(amqp_url: str, api_url: str) -> list[Waiting]:
    """What rests in ladders, as dead letters, and in queues that nobody reads now; it stays there.

    Raises NotKept where a look would cost what rests there something.
    """
    own = [topology.events_queue(service) for service in topology.services()]
    names = [name for service in topology.services() for name in queues.names(service)]
    kept = [name for name in names if name not in own]
    connection = broker.open_connection(amqp_url)
    try:
        channel = connection.default_channel
        topology.declare(channel)
        keep.must_be_kept(connection, api_url, management.virtual_host(amqp_url), kept)
        # Ladders first: what leaves one meanwhile is found in its queue.
        return [message for name in [*kept, *own] for message in _look_into(channel, name)]
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
