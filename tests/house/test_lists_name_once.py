"""No list of a request names the same thing twice."""

import pytest
from marshmallow import ValidationError, fields

from shared.web import fields as f
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
