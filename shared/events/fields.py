"""The few kinds of value that an event may carry: ids, dates, codes, numbers. Never free text."""

import re
from enum import StrEnum
from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Range

from shared.pattern import Matches

_UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
_ADDRESS = re.compile(r"^(https?://[^\s/]{1,200})?(/[a-z0-9_.-]{1,60}){1,6}$")
_CODE = re.compile(r"^[A-Za-z][A-Za-z0-9_.:-]{0,63}$")


def ident(**options: Any) -> fields.String:
    """An id (UUID, lower case)."""
    return fields.String(required=True, validate=Matches(_UUID), **options)


def maybe_ident() -> fields.String:
    """An id, or null."""
    return fields.String(required=True, allow_none=True, validate=Matches(_UUID, error="not an id"))


def idents() -> fields.List[Any]:
    """A list of ids."""
    return fields.List(fields.String(validate=Matches(_UUID)), required=True)


def code(values: type[StrEnum] | None = None, **options: Any) -> fields.String:
    """A code: a short word without spaces, of a closed list where `values` is given."""
    check = OneOf([value.value for value in values]) if values else Matches(_CODE)
    return fields.String(required=True, validate=check, **options)


def maybe_code() -> fields.String:
    """A code; null where the event does not say."""
    return fields.String(
        required=False, load_default=None, allow_none=True, validate=Matches(_CODE)
    )


def codes() -> fields.List[Any]:
    """A list of codes."""
    return fields.List(fields.String(validate=Matches(_CODE)), required=True)


def address() -> fields.String:
    """Where a thing is read: a URL, or a path at the service's own, that ends in its id."""
    return fields.String(required=True, validate=Matches(_ADDRESS))


def day(**options: Any) -> fields.Date:
    """A calendar date."""
    return fields.Date(required=True, **options)


def maybe_day() -> fields.Date:
    """A calendar date, or null."""
    return fields.Date(required=True, allow_none=True)


def maybe_moment() -> fields.AwareDateTime:
    """A moment, where a date alone does not say what is over; events of before do not have it."""
    return fields.AwareDateTime(load_default=None, allow_none=True)


def number(least: int = 0, most: int = 10_000) -> fields.Integer:
    """A whole number."""
    return fields.Integer(required=True, strict=True, validate=Range(least, most))


def truth() -> fields.Boolean:
    """Yes or no."""
    return fields.Boolean(required=True, truthy={True}, falsy={False})


def many(schema: type[Schema]) -> fields.List[Any]:
    """A list of small records."""
    return fields.List(fields.Nested(schema), required=True, validate=Length(max=500))


def maybe_many(schema: type[Schema]) -> fields.List[Any]:
    """A list of small records that events of before do not have."""
    return fields.List(
        fields.Nested(schema), load_default=None, allow_none=True, validate=Length(max=100)
    )


class ToldFor(Schema):
    """Who is told for one purpose of a message."""

    purpose = code()
    people = idents()


class DecidesOn(Schema):
    """Who makes one decision."""

    decision = code()
    people = idents()


class OutcomeRef(Schema):
    """An outcome by id and date."""

    outcome_id = ident()
    due_on = day()
    goal_ids = idents()


class ProvisionRef(Schema):
    """A provision by id and dates."""

    provision_id = ident()
    outcome_ids = idents()
    starts_on = day()
    ends_on = maybe_day()


class Rating(Schema):
    """How one outcome was rated in a review."""

    outcome_id = ident()
    rating = code()


class About(Schema):
    """What every event about a child says."""

    child_id = ident()
    setting_id = ident()
