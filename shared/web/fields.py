"""marshmallow fields whose limits are always stated: text that can be stored, dates that exist."""

import re
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import marshmallow
from marshmallow import ValidationError, fields, validate

# Control characters other than tab and line ends: no person types them.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Schema(marshmallow.Schema):
    """Unknown fields are errors."""

    class Meta:
        unknown = marshmallow.RAISE
        ordered = True


class Text(fields.String):
    """Text of `least` to `most` characters, trimmed, without control characters."""

    def __init__(self, *, most: int = 200, least: int = 1, **options: Any) -> None:
        super().__init__(**options)
        self._least = least
        self.validators = [validate.Length(least, most), *self.validators]

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("Not text.")
        text = str(super()._deserialize(value.strip(), attr, data, **kwargs))
        if _CONTROL.search(text):
            raise ValidationError("Holds a control character.")
        return text


def text(most: int = 200, **options: Any) -> Text:
    """Required text."""
    return Text(most=most, required=True, **options)


def maybe_text(most: int = 200) -> Text:
    """Text that may be left out."""
    return Text(most=most, load_default=None, allow_none=True)


def long_text(**options: Any) -> Text:
    """Required text of a few paragraphs."""
    return Text(most=5_000, required=True, **options)


class Id(fields.String):
    """An id (UUID), kept in lower case."""

    _form = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or not self._form.match(value.lower()):
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
    """A list of texts that may be left out, each once."""
    checks = [validate.Length(max=most), Once()]
    return fields.List(text(each), load_default=list, validate=checks)


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


def day(**options: Any) -> fields.Date:
    """A date between 1990 and 2099."""
    limits = validate.Range(date(1990, 1, 1), date(2099, 12, 31))
    return fields.Date(validate=limits, **{"required": True, **options})


def maybe_day() -> fields.Date:
    """A date that may be left out."""
    return day(required=False, load_default=None, allow_none=True)


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


def moment() -> fields.AwareDateTime:
    """A moment, answered with its offset."""
    return fields.AwareDateTime(dump_only=True)


def moment_in() -> fields.AwareDateTime:
    """A required moment with its offset, between 1990 and 2099."""
    limits = validate.Range(datetime(1990, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC))
    return fields.AwareDateTime(required=True, validate=limits)


class Answer(fields.Field[Any]):
    """The answer to a question that is data: text, a whole number, yes or no, or some texts."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, list):
            if len(value) > 50 or not all(isinstance(one, str) for one in value):
                raise ValidationError("A list of texts.")
            return [self._text(one) for one in value]
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, bool) or (isinstance(value, int) and abs(value) < 2**53):
            return value
        raise ValidationError("Text, a whole number, true or false, or a list of texts.")

    def _text(self, value: str) -> str:
        if len(value) > 5_000 or _CONTROL.search(value):
            raise ValidationError("Text of 5,000 characters at most, without control characters.")
        return value.strip()


def answers(most: int) -> fields.Dict:
    """Answers by the names of their questions."""
    name = validate.Regexp(r"^[a-z][a-z0-9_]{0,39}$", error="Not the name of a question.")
    return fields.Dict(
        keys=fields.String(validate=name), values=Answer(), load_default=dict,
        validate=validate.Length(max=most),
    )  # fmt: skip


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
