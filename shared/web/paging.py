"""Cursor-paged lists: `?cursor=&limit=`, in the order of one indexed field and the id."""

import base64
import json
from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from marshmallow import fields, validate

from shared.errors import Invalid
from shared.store.repository import Aggregate, Repository
from shared.web.fields import Schema

A = TypeVar("A", bound=Aggregate)


class PageQuery(Schema):
    """The query of every list."""

    cursor = fields.String(load_default=None, validate=validate.Length(max=500))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


@cache
def page_schema(item: type[Schema]) -> type[Schema]:
    """The answer of a list of `item`."""
    made = Schema.from_dict(
        {"items": fields.List(fields.Nested(item)), "next_cursor": fields.String(allow_none=True)},
        name=f"{item.__name__}Page",
    )
    return made  # type: ignore[return-value]


def page(
    repository: Repository[A],
    query: dict[str, Any],
    *,
    by: str = "_id",
    cursor: str | None = None,
    limit: int = 50,
    descending: bool = False,
) -> dict[str, Any]:
    """One page of what `query` selects, ordered by the field `by` and then by id.

    Raises Invalid on a cursor that is not one of ours.
    """
    order, beyond = (-1, "$lt") if descending else (1, "$gt")
    if cursor:
        value, last = _read(cursor)
        after = (
            {"_id": {beyond: last}}
            if by == "_id"
            else {"$or": [{by: {beyond: value}}, {by: value, "_id": {beyond: last}}]}
        )
        query = {"$and": [query, after]}
    sort = [(by, order)] if by == "_id" else [(by, order), ("_id", order)]
    found = repository.find_many(query, sort=sort, limit=limit + 1)
    return {"items": found[:limit], "next_cursor": _next(found, limit, by)}


def _next(found: Sequence[Any], limit: int, by: str) -> str | None:
    if len(found) <= limit:
        return None
    last = found[limit - 1]
    value = None if by == "_id" else getattr(last, by)
    value = value.isoformat() if hasattr(value, "isoformat") else value
    return base64.urlsafe_b64encode(json.dumps([value, last.id]).encode()).decode()


def _read(cursor: str) -> tuple[Any, str]:
    try:
        value, last = json.loads(base64.urlsafe_b64decode(cursor))
        if not isinstance(last, str) or not isinstance(value, str | int | None):
            raise ValueError
    except (ValueError, TypeError, RecursionError):
        raise Invalid("Not a cursor of this list.", field="/cursor") from None
    return value, last
