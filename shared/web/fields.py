"""marshmallow fields whose limits are always stated; text and days have files of their own."""

import re
from enum import StrEnum
from typing import Any

import marshmallow
from marshmallow import ValidationError, fields, validate

from shared.web.day_fields import Meaning as Meaning
from shared.web.day_fields import day as day
from shared.web.day_fields import day_that as day_that
from shared.web.day_fields import maybe_day as maybe_day
from shared.web.day_fields import maybe_day_that as maybe_day_that
from shared.web.day_fields import moment as moment
from shared.web.day_fields import moment_that as moment_that
from shared.web.text_fields import Heard as Heard
from shared.web.text_fields import LongText as LongText
from shared.web.text_fields import Name as Name
from shared.web.text_fields import Text as Text
from shared.web.text_fields import Token as Token
from shared.web.text_fields import WebAddress as WebAddress
from shared.web.text_fields import answers as answers
from shared.web.text_fields import long_text as long_text
from shared.web.text_fields import maybe_long_text as maybe_long_text
from shared.web.text_fields import maybe_name as maybe_name
from shared.web.text_fields import maybe_text as maybe_text
from shared.web.text_fields import name as name
from shared.web.text_fields import text as text


class Schema(marshmallow.Schema):
    """Unknown fields are errors."""

    class Meta:
        unknown = marshmallow.RAISE
        ordered = True


class Id(fields.String):
    """An id (UUID), kept in lower case."""

    _form = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or not self._form.fullmatch(value.lower()):
            raise ValidationError("Not an id (UUID).")
        return value.lower()


def ident(**options: Any) -> Id:
    """A required id."""
    return Id(required=True, **options)


def maybe_ident() -> Id:
    """An id that may be left out."""
    return Id(load_default=None, allow_none=True)


def idents(most: int = 50, **options: Any) -> fields.List[Any]:
    """A list of ids."""
    return fields.List(Id(), validate=[validate.Length(max=most), Once()], **options)


def texts(most: int, each: int) -> fields.List[Any]:
    """A list of texts that may be left out, each once: of lines where they are short."""
    checks = [validate.Length(max=most), Once()]
    one = text(each) if each <= Text.longest else long_text(each)
    return fields.List(one, load_default=list, validate=checks)


def code(kind: type[StrEnum], **options: Any) -> fields.Enum[Any]:
    """One of an enum's values."""
    return fields.Enum(kind, by_value=True, **{"required": True, **options})


def codes(kind: type[StrEnum], *, least: int = 0, **options: Any) -> fields.List[Any]:
    """A list of an enum's values, each once."""
    return fields.List(
        fields.Enum(kind, by_value=True),
        validate=[validate.Length(least, len(kind)), Once()],
        **options,
    )


def number(least: int, most: int, **options: Any) -> fields.Integer:
    """A whole number within limits."""
    return fields.Integer(
        strict=True, validate=validate.Range(least, most), **{"required": True, **options}
    )


def truth(**options: Any) -> fields.Boolean:
    """true or false, nothing that merely looks like it."""
    return fields.Boolean(truthy={True}, falsy={False}, **{"required": True, **options})


def many(
    schema: type[marshmallow.Schema],
    *,
    least: int = 0,
    most: int = 50,
    key: str | None = None,
    **options: Any,
) -> fields.List[Any]:
    """A list of records, each once: by the field `key` that says what one is about."""
    return fields.List(
        fields.Nested(schema),
        validate=[validate.Length(least, most), Once(key)],
        **{"required": True, **options},
    )


class Once(validate.Validator):
    """Nothing is in the list twice: by the field `key` of its records, or as a whole."""

    def __init__(self, key: str | None = None) -> None:
        self.key = key

    def __call__(self, values: list[Any]) -> list[Any]:
        again: dict[int, Any] = {}
        seen: list[Any] = []
        for number, value in enumerate(values):
            about = self._of(value)
            if about in seen:
                words = ["This is in the list more than once."]
                again[number] = {self.key: words} if self.key else words
            seen.append(about)
        if again:
            raise ValidationError(again)
        return values

    def _of(self, value: Any) -> Any:
        if self.key is None:
            return value
        return value[self.key] if isinstance(value, dict) else getattr(value, self.key)
