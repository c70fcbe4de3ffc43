"""The AsyncAPI document of what support services' own systems receive: from the event registry."""

from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from shared.events.envelope import CONTENT_TYPE
from shared.events.registry import EventType, event_types
from shared.messaging import topology

_ID = {"type": "string", "format": "uuid"}
_CHANNELS = ("queue", "webhook")


def document() -> dict[str, Any]:
    """AsyncAPI 3.0: the queue and the webhook, and every message that goes there."""
    rows = [row for row in event_types().values() if row.addressee]
    messages = {row.name: _message(row) for row in rows}
    refs = {name: {"$ref": f"#/components/messages/{name}"} for name in messages}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "SEN Support: referrals to a support service",
            "version": "1.0.0",
            "description": "What a support service's own system receives: by its own queue in "
            "RabbitMQ (`sen support-service credentials ID`), and by signed webhooks. Messages "
            "carry ids, dates and codes; the content is read at `address`, with the service's own "
            "token. Each comes at least once, under the same id.",
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {
            "rabbitmq": {
                "host": "rabbitmq.example:5671", "protocol": "amqps",
                "description": "The operator's broker. Credentials read the service's queue only.",
                "security": [{"type": "userPassword"}],
            },
            "receiver": {
                "host": "your-own-system.example", "protocol": "https",
                "description": "The address that you gave: POST /support-services/{id}/webhooks.",
            },
        },
        "channels": {
            "queue": {
                "address": f"{rows[0].service}.to.{{supportServiceId}}",
                "title": "The service's own queue",
                "servers": [{"$ref": "#/servers/rabbitmq"}],
                "parameters": {"supportServiceId": {"description": "The service's id."}},
                "messages": refs,
                "bindings": {"amqp": {
                    "is": "queue", "bindingVersion": "0.3.0",
                    "queue": {"name": topology.addressee_queue(rows[0], "ID"), "durable": True,
                              "exclusive": False, "autoDelete": False},
                }},
            },
            "webhook": {
                "address": "/",
                "title": "Your own address, called by POST and signed (Standard Webhooks)",
                "servers": [{"$ref": "#/servers/receiver"}],
                "messages": refs,
            },
        },
        "operations": {
            f"send_to_{channel}": {
                "action": "send",
                "channel": {"$ref": f"#/channels/{channel}"},
                "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"}
                             for name in messages],
            }
            for channel in _CHANNELS
        },
        "components": {"messages": messages},
    }  # fmt: skip


def _message(row: EventType) -> dict[str, Any]:
    return {
        "name": row.type,
        "title": row.name,
        "summary": row.about,
        "contentType": CONTENT_TYPE,
        "payload": {
            "type": "object",
            "required": ["specversion", "id", "type", "source", "subject", "time", "dataschema",
                         "sequence", "data"],
            "properties": {
                "specversion": {"const": "1.0"},
                "id": {**_ID, "description": "The same however often it comes."},
                "type": {"const": row.type},
                "source": {"type": "string", "format": "uri-reference"},
                "subject": {**_ID, "description": "The referral."},
                "time": {"type": "string", "format": "date-time"},
                "datacontenttype": {"const": "application/json"},
                "dataschema": {"const": row.dataschema},
                "sequence": {"type": "integer", "minimum": 1,
                             "description": "Rises with each event of the same referral: a lower "
                             "one that comes later is older."},
                "settingid": _ID,
                "actorid": {"type": "string"},
                "correlationid": {"type": "string"},
                "causationid": {"type": "string"},
                "traceparent": {"type": "string"},
                "data": _schema(row),
            },
        },
    }  # fmt: skip


def _schema(row: EventType) -> dict[str, Any]:
    plugin = MarshmallowPlugin()
    APISpec("x", "1", "3.1.0", plugins=[plugin])
    assert plugin.converter is not None
    found: dict[str, Any] = plugin.converter.schema2jsonschema(row.schema())
    return found
