"""Dataclass <-> document: dates as ISO text (they sort), enums by value, moments as they are."""

from datetime import date, datetime, time
from typing import Any, TypeVar

from cattrs import Converter

from shared.store.database import Document

T = TypeVar("T")

_converter = Converter()
_converter.register_unstructure_hook(datetime, lambda moment: moment)
_converter.register_unstructure_hook(date, lambda day: day.isoformat())
_converter.register_unstructure_hook(time, lambda hour: hour.isoformat("minutes"))
_converter.register_structure_hook(time, lambda value, _: time.fromisoformat(value))
_converter.register_structure_hook(datetime, lambda value, _: value)
_converter.register_structure_hook(date, lambda value, _: date.fromisoformat(value))

# What an event carries is JSON: there a moment is text too.
_for_json = _converter.copy()
_for_json.register_unstructure_hook(datetime, datetime.isoformat)

# Kept beside the aggregate's own state, and written by the repository alone.
_MECHANICS = ("raised", "version")


def to_document(thing: Any) -> Document:
    """The state of an aggregate as a document, without the mechanics of the store."""
    document: Document = _converter.unstructure(thing)
    for name in _MECHANICS:
        document.pop(name, None)
    document["_id"] = document.pop("id")
    return document


def from_document(kind: type[T], document: Document) -> T:
    """The aggregate that `document` holds; fields that `kind` does not know are passed over."""
    return _converter.structure({**document, "id": document["_id"], "raised": []}, kind)


def plain(thing: Any) -> Document:
    """Any dataclass as plain values (what an immutable document is made of)."""
    document: Document = _converter.unstructure(thing)
    return document


def plain_json(thing: Any) -> Document:
    """Any dataclass as values that JSON knows (what an event's data is made of)."""
    data: Document = _for_json.unstructure(thing)
    return data


def from_plain(kind: type[T], values: Document) -> T:
    """The dataclass whose plain values these are."""
    return _converter.structure(values, kind)
