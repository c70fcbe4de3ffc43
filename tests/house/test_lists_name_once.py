"""No list of a request names the same thing twice."""

from enum import StrEnum
from typing import Any

import pytest
from marshmallow import ValidationError, fields

from shared.web import fields as f
from shared.web.problems import pointers
from tests.support.requests import Field, request_fields

LISTS = [
    (name, at, field) for name, at, field in request_fields() if isinstance(field, fields.List)
]


@pytest.mark.parametrize(
    ("name", "at", "field"), LISTS, ids=[f"{name}{at}" for name, at, _ in LISTS]
)
def test_every_list_holds_each_thing_once(name: str, at: str, field: Field) -> None:
    once = [check for check in field.validators if isinstance(check, f.Once)]
    assert once, f"{name}: {at} takes the same thing twice"
    ids_inside = isinstance(field.inner, fields.Nested) and [  # type: ignore[attr-defined]
        key
        for key, inner in field.inner.schema.fields.items()  # type: ignore[attr-defined]
        if isinstance(inner, f.Id) and inner.required
    ]
    if ids_inside:
        # What a record is about is its id; records of one thing that differ are still twice.
        assert once[0].key in ids_inside, f"{name}: {at} is not told apart by {ids_inside}"


def test_what_is_there_twice_is_pointed_at() -> None:
    with pytest.raises(ValidationError) as plain:
        f.Once()(["a", "b", "a", "a"])
    assert list(plain.value.messages) == [2, 3]
    with pytest.raises(ValidationError) as keyed:
        f.Once("id")([{"id": 1, "said": "yes"}, {"id": 1, "said": "no"}])
    assert keyed.value.messages == {1: {"id": ["This is in the list more than once."]}}


class _Level(StrEnum):
    SCHOOL = "school"
    COLLEGE = "college"


class _About(f.Schema):
    child_id = f.ident()


class _Lists(f.Schema):
    ids = f.idents()
    lines = f.texts(9, 100)
    levels = f.codes(_Level)
    about = f.many(_About, key="child_id")
    whole = f.many(_About)


ONE_ID = "01a21de2-e83d-7233-a2b1-8b179d9e2907"


@pytest.mark.parametrize(
    ("name", "value", "pointer"),
    [
        ("ids", ONE_ID, "/ids/1"),
        ("lines", "Words", "/lines/1"),
        ("levels", "school", "/levels/1"),
        ("about", {"child_id": ONE_ID}, "/about/1/child_id"),
        ("whole", {"child_id": ONE_ID}, "/whole/1"),
    ],
)
def test_every_kind_of_list_says_by_a_pointer_what_is_there_twice(
    name: str, value: Any, pointer: str
) -> None:
    """In words, never in what a program prints of its own data."""
    with pytest.raises(ValidationError) as problem:
        _Lists(only=[name]).load({name: [value, value]})
    words = "This is in the list more than once."
    assert pointers(problem.value.messages_dict) == [{"pointer": pointer, "detail": words}]


def test_what_is_wrong_with_a_whole_and_with_its_parts_is_said_of_each() -> None:
    said = {"rows": ["Too many.", {1: {"a/b": ["Twice."]}}]}
    assert pointers(said) == [
        {"pointer": "/rows", "detail": "Too many."},
        {"pointer": "/rows/1/a~1b", "detail": "Twice."},
    ]
