"""Cursor-paged lists: `?cursor=&limit=`, in the order of one indexed field and the id."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, TypeVar

from marshmallow import fields, validate

from shared.errors import Invalid
from shared.store.repository import Aggregate, Repository
from shared.web.fields import Schema, Token

A = TypeVar("A", bound=Aggregate)


class PageQuery(Schema):
    """The query of every list."""

    cursor: fields.String = Token(most=500, least=0, load_default=None)
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


@cache
def page_schema(item: type[Schema]) -> type[Schema]:
    """The answer of a list of `item`."""
    return Schema.from_dict(
        {"items": fields.List(fields.Nested(item)), "next_cursor": fields.String(allow_none=True)},
        name=f"{item.__name__}Page",
    )  # type: ignore[return-value]


def page(
    repository: Repository[A],
    query: dict[str, Any],
    *,
    by: str | tuple[str, ...] = (),
    cursor: str | None = None,
    limit: int = 50,
    descending: bool = False,
    readable: bool = False,
) -> dict[str, Any]:
    """One page of what `query` selects, ordered by the field or fields `by` and then by id.

    `readable`: what cannot be read is counted and left out, and hides none of the others.
    Raises Invalid on a cursor that is not one of ours.
    """
    names = (by,) if isinstance(by, str) else by
    order, beyond = (-1, "$lt") if descending else (1, "$gt")
    if cursor:
        query = {"$and": [query, _after((*names, "_id"), _read(cursor, len(names)), beyond)]}
    sort = [(name, order) for name in (*names, "_id")]
    find = _find_readable if readable else _find
    found = find(repository, query, sort, limit + 1)
    return {"items": found[:limit], "next_cursor": _next(found, limit, names)}


def _find(
    repository: Repository[A], query: dict[str, Any], sort: list[tuple[str, int]], most: int
) -> list[A]:
    return repository.find_many(query, sort=sort, limit=most)


def _find_readable(
    repository: Repository[A], query: dict[str, Any], sort: list[tuple[str, int]], most: int
) -> list[A]:
    """As many as can be read, looking further where some cannot."""
    asked = most
    while True:
        unreadable: list[str] = []
        found = repository.find_readable(
            query, sort=sort, limit=asked, unreadable=unreadable.append
        )
        if len(found) >= most or len(found) + len(unreadable) < asked:
            return found[:most]
        asked = most + len(unreadable) + most


def _after(names: tuple[str, ...], values: list[Any], beyond: str) -> dict[str, Any]:
    """What lies behind `values` in the order of `names`."""
    return {
        "$or": [
            {**dict(zip(names[:n], values[:n], strict=True)), names[n]: {beyond: values[n]}}
            for n in range(len(names))
        ]
    }


def _next(found: Sequence[Any], limit: int, names: tuple[str, ...]) -> str | None:
    if len(found) <= limit:
        return None
    last = found[limit - 1]
    values = [_plain(getattr(last, name)) for name in names]
    return base64.urlsafe_b64encode(json.dumps([*values, last.id]).encode()).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    return value.isoformat() if isinstance(value, date) else value


def _read(cursor: str, names: int) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor))
        if not isinstance(values, list) or len(values) != names + 1:
            raise ValueError
        return [_typed(value) for value in values]
    except (ValueError, TypeError, RecursionError, KeyError, OverflowError):
        raise Invalid("Not a cursor of this list.", field="/cursor") from None


def _typed(value: Any) -> Any:
    """What the database can compare. Raises ValueError, and OverflowError on a moment that with
    its offset is before year 1 or after 9999."""
    if isinstance(value, dict):
        moment = datetime.fromisoformat(value["at"])
        if moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC)
    if isinstance(value, str):
        value.encode()  # halves of surrogate pairs cannot be stored
        return value
    if value is None or (isinstance(value, int) and abs(value) < 2**63):
        return value
    raise ValueError
