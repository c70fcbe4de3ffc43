"""Exchange, queues and bindings: declared whole, idempotently, at every connect by whoever comes.

So an event published before its reader ever ran waits in the reader's queue, or, where only the
reader may make that queue, in its publisher's outbox. Arguments are given explicitly, since
defaults differ between RabbitMQ versions.
"""

import re
from collections.abc import Iterable
from typing import Any

from amqp import Channel
from amqp.exceptions import AccessRefused
from kombu import Exchange, Queue

from shared.errors import NotFound
from shared.events.registry import EventType, event_types

EVENTS = Exchange("sen.events", type="topic", durable=True)
DIRECT = Exchange("", type="direct")

RETRY_SECONDS = (1, 5, 30, 120, 600, 3600)
"""The ladder of delays for a message whose handler failed for a while."""

# A guard against messages that kill their worker, not the retry policy: a lost connection counts
# against every prefetched message.
_DELIVERY_LIMIT = 1000
# An outside reader's queue is a convenience, the API has the truth: the oldest are dropped.
_ADDRESSEE_LENGTH = 10_000


class Incomplete(ConnectionError):
    """Queues are missing that only their own services may make: they have yet to come."""


def events_queue(service: str) -> str:
    return f"{service}.events"


def dead_queue(service: str) -> str:
    return f"{service}.dead"


def retry_queue(service: str, seconds: int) -> str:
    return f"{service}.retry.{seconds}"


def addressee_queue(row: EventType, addressee_id: str) -> str:
    """The queue of one outside reader, such as `referrals.to.<id>`."""
    return f"{row.service}.to.{addressee_id}"


def binding(row: EventType) -> str:
    """What a service's queue binds to for an event; `#` also matches an addressee's id."""
    return f"{row.type}.#" if row.addressee else row.type


def _quorum(name: str, *bindings: Any, **arguments: Any) -> Queue:
    return Queue(
        name,
        bindings=list(bindings),
        durable=True,
        queue_arguments={"x-queue-type": "quorum", **arguments},
    )


def _dead_lettering_to(queue: str) -> dict[str, Any]:
    return {
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": queue,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


def queues(service: str, rows: Iterable[EventType]) -> list[Queue]:
    """All queues of one service: its events, its ladder of delays, its dead letters."""
    from kombu import binding as bind

    own = events_queue(service)
    return [
        _quorum(
            own,
            *(bind(EVENTS, routing_key=binding(row)) for row in rows),
            **{"x-delivery-limit": _DELIVERY_LIMIT},
            **_dead_lettering_to(dead_queue(service)),
        ),
        *(
            _quorum(
                retry_queue(service, seconds),
                **{"x-message-ttl": seconds * 1000},
                **_dead_lettering_to(own),
            )
            for seconds in RETRY_SECONDS
        ),
        _quorum(dead_queue(service)),
    ]


def services() -> list[str]:
    """Every service that publishes or reads."""
    names = {row.service for row in event_types().values()}
    return sorted(names.union(*(row.readers for row in event_types().values())))


def permissions(service: str) -> dict[str, str]:
    """What a service's own user may do at the broker (RabbitMQ's patterns): declare and bind the
    topology, as it does at every connect; publish; read its own queues and nobody else's.

    RabbitMQ lets only who may read a queue make it with a dead letter exchange; so the queues of
    others are theirs to make, and here they are found.
    """
    kinds = r"(events|dead|retry\.[0-9]+)"
    known = rf"({'|'.join(services())})\.{kinds}"
    addressees = "|".join(
        sorted({rf"{row.service}\.to\..+" for row in event_types().values() if row.addressee})
    )
    return {
        "configure": rf"^({re.escape(EVENTS.name)}|{known}|{addressees})$",
        "write": rf"^({re.escape(EVENTS.name)}|amq\.default|{known}|{addressees})$",
        "read": rf"^({re.escape(EVENTS.name)}|{service}\.{kinds})$",
    }


def must_be_service(name: str) -> None:
    """Raises NotFound, which says what services there are."""
    if name not in services():
        raise NotFound(f"There is no service {name!r}; there are {services()}.")


def declare(channel: Channel) -> None:
    """Declare everything.

    Raises Incomplete when somebody's events have no queue yet and this user may not make it: what
    is published now would miss that reader. Raises the channel's errors (a queue with other
    arguments, no rights).
    """
    EVENTS.bind(channel).declare()
    missing = []
    for service in services():
        rows = [row for row in event_types().values() if service in row.readers]
        for queue in queues(service, rows):
            try:
                queue.bind(channel).declare()
            except AccessRefused:  # the channel opens again by itself
                if queue.name == events_queue(service):
                    missing.append(queue.name)
    if missing:  # said last, so that what is one's own is there for the others
        raise Incomplete(f"{', '.join(missing)}: their services have not come up yet")


def declare_addressee(channel: Channel, row: EventType, addressee_id: str) -> None:
    """Declare the bounded queue of one outside reader, before the first event to it is sent."""
    from kombu import binding as bind

    _quorum(
        addressee_queue(row, addressee_id),
        bind(EVENTS, routing_key=f"{row.type}.{addressee_id}"),
        **{"x-max-length": _ADDRESSEE_LENGTH, "x-overflow": "drop-head"},
    ).bind(channel).declare()
