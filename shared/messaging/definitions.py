"""The topology as RabbitMQ definitions: for operators whose services may not declare."""

from typing import Any

from shared.events.registry import event_types
from shared.messaging import keep, topology


def definitions() -> dict[str, Any]:
    """Exchange, queues, bindings and the policy."""
    document: dict[str, Any] = {
        "exchanges": [
            {"name": topology.EVENTS.name, "vhost": "/", "type": "topic", "durable": True,
             "auto_delete": False, "internal": False, "arguments": {}}
        ],
        "queues": [],
        "bindings": [],
        "policies": [keep.policy()],
    }  # fmt: skip
    for service in topology.services():
        rows = [row for row in event_types().values() if service in row.readers]
        for queue in topology.queues(service, rows):
            document["queues"].append(
                {"name": queue.name, "vhost": "/", "durable": True, "auto_delete": False,
                 "arguments": queue.queue_arguments}
            )  # fmt: skip
        own = topology.events_queue(service)
        document["bindings"] += [
            {"source": topology.EVENTS.name, "vhost": "/", "destination": own,
             "destination_type": "queue", "routing_key": topology.binding(row), "arguments": {}}
            for row in rows
        ]  # fmt: skip
    return document
