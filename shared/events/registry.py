"""The event registry: what each event carries, who reads it, and in which of two ways."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, Literal

from marshmallow import Schema

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]


class Kind(StrEnum):
    """How a reader takes an event: order is never to be relied on, so it must be one of these."""

    PROJECTION = "projection"
    """Carries the whole of a state: the reader keeps the sequence last applied, skips older."""
    REACTION = "reaction"
    """Has one effect for this event, whenever it comes; the effect has a natural key besides."""


class UnknownEvent(LookupError):
    """No such event type is registered."""


@dataclass(frozen=True)
class EventType:
    """One row of the registry."""

    service: str
    name: str
    about: str
    schema: type[Schema]
    readers: Mapping[str, Kind] = field(default_factory=dict)
    version: int = 1
    addressee: str | None = None
    """A field of the data: the event also goes to the queue of whoever that field names."""
    upcasters: Mapping[int, Upcaster] = field(default_factory=dict)
    """From version n: how to make it version n + 1."""

    @property
    def type(self) -> str:
        return f"{self.service}.{self.name}"

    @property
    def dataschema(self) -> str:
        return f"urn:sen-support:{self.type}:{self.version}"

    def routing_key(self, data: Mapping[str, Any]) -> str:
        """The type; followed by the addressee's id where the event has one."""
        return f"{self.type}.{data[self.addressee]}" if self.addressee else self.type

    def read(self, data: dict[str, Any], version: int) -> dict[str, Any]:
        """The data as the newest version, checked and with dates as dates.

        Raises marshmallow.ValidationError. Fields that this version does not know are dropped,
        since a newer writer may have added some.
        """
        for older in range(version, self.version):
            data = self.upcasters[older](data)
        loaded: dict[str, Any] = _made(self.schema, "exclude").load(data)
        return loaded

    def check(self, data: dict[str, Any]) -> None:
        """Check data that is to be written. Raises marshmallow.ValidationError."""
        _made(self.schema, "raise").load(data)


def event_types() -> Mapping[str, EventType]:
    """All event types by `service.Name`."""
    from shared.events.catalogue import CATALOGUE

    return CATALOGUE


def by_type(type_name: str) -> EventType:
    """The row of `service.Name`. Raises UnknownEvent."""
    try:
        return event_types()[type_name]
    except KeyError:
        raise UnknownEvent(f"no event type {type_name!r} is registered") from None


def by_name(name: str) -> EventType:
    """The row of an event by its bare name (names are unique). Raises UnknownEvent."""
    try:
        return _by_name()[name]
    except KeyError:
        raise UnknownEvent(f"no event {name!r} is registered") from None


@cache
def _by_name() -> Mapping[str, EventType]:
    return {row.name: row for row in event_types().values()}


@cache
def _made(schema: type[Schema], unknown: Literal["exclude", "raise"]) -> Schema:
    # Making a schema costs more than using it.
    return schema(unknown=unknown)


def read_by(service: str) -> dict[str, EventType]:
    """The event types that `service` handles."""
    return {key: row for key, row in event_types().items() if service in row.readers}
