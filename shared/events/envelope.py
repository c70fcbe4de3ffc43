"""The envelope: CloudEvents 1.0, structured JSON (https://github.com/cloudevents/spec)."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from shared import clock, context, ids, trace
from shared.events.registry import EventType, UnknownEvent, by_name, by_type

CONTENT_TYPE = "application/cloudevents+json"


class Unreadable(ValueError):
    """The message is no event that this system can read, now or ever. Says why."""


class TooNew(ValueError):
    """The event has a version that a newer worker must handle."""


class _EnvelopeSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    specversion = fields.String(required=True, validate=validate.Equal("1.0"))
    id = fields.UUID(required=True)
    type = fields.String(required=True)
    source = fields.String(required=True)
    subject = fields.UUID(required=True)
    time = fields.AwareDateTime(required=True)
    dataschema = fields.String(required=True, validate=validate.Regexp(r"^urn:[^ ]+:[0-9]{1,4}$"))
    sequence = fields.Integer(required=True)
    settingid = fields.String(allow_none=True, load_default=None)
    actorid = fields.String(required=True)
    correlationid = fields.String(required=True)
    causationid = fields.String(allow_none=True, load_default=None)
    traceparent = fields.String(load_default="")
    data = fields.Dict(required=True)


_SCHEMA = _EnvelopeSchema()


@dataclass(frozen=True)
class Envelope:
    """One event with its attributes. `data` is plain JSON when written, checked when read."""

    id: str
    type: str
    source: str
    subject: str
    time: datetime
    dataschema: str
    sequence: int
    settingid: str | None
    actorid: str
    correlationid: str
    causationid: str | None
    traceparent: str
    data: dict[str, Any]

    def to_json(self) -> str:
        """The structured-mode JSON of the event."""
        body = {
            "specversion": "1.0",
            "id": self.id,
            "type": self.type,
            "source": self.source,
            "subject": self.subject,
            "time": self.time.isoformat(),
            "datacontenttype": "application/json",
            "dataschema": self.dataschema,
            "sequence": self.sequence,
            "settingid": self.settingid,
            "actorid": self.actorid,
            "correlationid": self.correlationid,
            "causationid": self.causationid,
            "traceparent": self.traceparent,
            "data": self.data,
        }
        return json.dumps({k: v for k, v in body.items() if v is not None}, separators=(",", ":"))


def wrap(name: str, data: dict[str, Any], *, subject: str, sequence: int) -> tuple[Envelope, str]:
    """The envelope and routing key for an event of the work in hand.

    Raises UnknownEvent, or marshmallow.ValidationError when `data` breaks the event's schema.
    """
    row = by_name(name)
    row.check(data)
    work = context.current()
    envelope = Envelope(
        id=ids.new_id(),
        type=row.type,
        source=f"/services/{row.service}",
        subject=subject,
        time=clock.now(),
        dataschema=row.dataschema,
        sequence=sequence,
        settingid=data.get("setting_id"),
        actorid=work.actor_id,
        correlationid=work.correlation_id,
        causationid=work.causation_id,
        traceparent=trace.within(work.traceparent),
        data=data,
    )
    return envelope, row.routing_key(data)


def unwrap(body: bytes | str) -> tuple[Envelope, EventType]:
    """Read an event and check it against the registry; its data comes typed.

    Raises Unreadable (never will be readable) or TooNew (a newer worker can).
    """
    try:
        fields_ = _SCHEMA.load(json.loads(body))
        row = by_type(fields_["type"])
        version = int(fields_["dataschema"].rsplit(":", 1)[1])
        if version > row.version:
            raise TooNew(f"{row.type} version {version}; this worker knows {row.version}")
        data = row.read(fields_["data"], version)
    except TooNew:
        raise
    except ValidationError as problem:
        raise Unreadable(f"schema: {sorted(map(str, problem.messages_dict))}") from problem
    except (ValueError, RecursionError) as problem:
        raise Unreadable(f"{type(problem).__name__}: not an event") from problem
    except (UnknownEvent, KeyError) as problem:
        raise Unreadable(f"unknown type or version: {problem}") from problem
    fields_.pop("specversion")
    return (
        Envelope(**{**fields_, "id": str(fields_["id"]), "subject": str(fields_["subject"]),
                    "data": data}),
        row,
    )  # fmt: skip
