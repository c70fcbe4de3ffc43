"""The envelope: CloudEvents 1.0, structured JSON (https://github.com/cloudevents/spec)."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from cattrs import Converter
from marshmallow import ValidationError

from shared import clock, context, ids, trace
from shared.events.registry import EventType, UnknownEvent, by_name, by_type
from shared.trace import Kind

CONTENT_TYPE = "application/cloudevents+json"


class Unreadable(ValueError):
    """The message is no event that this system can read, now or ever. Says why."""


class TooNew(ValueError):
    """The event has a version that a newer worker must handle."""


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


@dataclass(frozen=True)
class _Attributes:
    """The attributes as they come, each of its own type; unknown ones are passed over."""

    specversion: str
    id: UUID
    type: str
    source: str
    subject: UUID
    time: datetime
    dataschema: str
    sequence: int
    actorid: str
    correlationid: str
    data: dict[str, Any]
    settingid: str | None = None
    causationid: str | None = None
    traceparent: str = ""


def _moment(value: object, _kind: object) -> datetime:
    moment = datetime.fromisoformat(_text(value, str))
    if moment.tzinfo is None:
        raise ValueError("a moment without its offset")
    return moment


def _text(value: object, _kind: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _number(value: object, _kind: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("not a number")
    return value


def _dictionary(value: object, _kind: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


_converter = Converter(detailed_validation=False)
_converter.register_structure_hook(UUID, lambda value, _: UUID(_text(value, str)))
_converter.register_structure_hook(datetime, _moment)
_converter.register_structure_hook(str, _text)
_converter.register_structure_hook(int, _number)
_converter.register_structure_hook_func(lambda kind: kind == dict[str, Any], _dictionary)


def wrap(name: str, data: dict[str, Any], *, subject: str, sequence: int) -> tuple[Envelope, str]:
    """The envelope and routing key for an event of the work in hand.

    Raises UnknownEvent, or marshmallow.ValidationError when `data` breaks the event's schema.
    """
    row = by_name(name)
    row.check(data)
    work, event_id = context.current(), ids.new_id()
    # What readers do is part of this span, which is no longer than a moment.
    about = trace_attributes(row.type, event_id, subject)
    span = trace.begin(
        f"create {row.type}", Kind.PRODUCER, inside=work.traceparent, attributes=about
    )
    span.end()
    envelope = Envelope(
        id=event_id,
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
        traceparent=span.traceparent,
        data=data,
    )
    return envelope, row.routing_key(data)


def trace_attributes(type_name: str, event_id: str, subject: str) -> trace.Attributes:
    """What a span says of an event (OpenTelemetry's conventions for messaging)."""
    return {
        "messaging.system": "rabbitmq",
        "messaging.message.id": event_id,
        "sen.event.type": type_name,
        "sen.event.subject": subject,
    }


def rewrap(event: Envelope) -> str:
    """The JSON of an event that was read, in its newest version: for readers outside."""
    row = by_type(event.type)
    plain = replace(event, data=row.schema().dump(event.data), dataschema=row.dataschema)
    return plain.to_json()


def unwrap(body: bytes | str) -> tuple[Envelope, EventType]:
    """Read an event and check it against the registry; its data comes typed.

    Raises Unreadable (never will be readable) or TooNew (a newer worker can).
    """
    try:
        said = _converter.structure(_dictionary(json.loads(body), dict), _Attributes)
        if said.specversion != "1.0":
            raise ValueError("another version of CloudEvents")
        row = by_type(said.type)
        version = _version(said.dataschema)
        if version > row.version:
            raise TooNew(f"{row.type} version {version}; this worker knows {row.version}")
        data = row.read(said.data, version)
    except TooNew:
        raise
    except ValidationError as problem:
        raise Unreadable(f"schema: {sorted(map(str, problem.messages_dict))}") from problem
    except (UnknownEvent, KeyError) as problem:
        raise Unreadable(f"unknown type, version or attribute: {problem}") from problem
    except (ValueError, TypeError, RecursionError, AttributeError) as problem:
        raise Unreadable(f"{type(problem).__name__}: not an event") from problem
    return (
        Envelope(
            id=str(said.id), type=said.type, source=said.source, subject=str(said.subject),
            time=said.time, dataschema=said.dataschema, sequence=said.sequence,
            settingid=said.settingid, actorid=said.actorid, correlationid=said.correlationid,
            causationid=said.causationid, traceparent=said.traceparent, data=data,
        ),
        row,
    )  # fmt: skip


def _version(dataschema: str) -> int:
    name, _, version = dataschema.rpartition(":")
    if not name.startswith("urn:") or not version.isdigit() or len(version) > 4:
        raise ValueError("no dataschema of ours")
    return int(version)
