"""Text in requests: every field that takes text takes a line, a name, or paragraphs
(docs/decisions/0031)."""

from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validate

from shared import text as rules
from shared.pattern import Matches

NAME_MOST = 200
"""For one name of a person. Some have 35 letters and more in each of several parts."""


class _Said(fields.String):
    """Text of `most` characters at most, as its rule leaves it."""

    def __init__(self, *, most: int, least: int = 1, **options: Any) -> None:
        super().__init__(**options)
        size = validate.Length(least, most, error="This must be {max} characters or fewer")
        self.validators = [size, *self.validators]

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("Not text.")
        said = str(super()._deserialize(value, attr, data, **kwargs))
        try:
            return self._fit(said)
        except rules.Unfit as problem:
            raise ValidationError(str(problem)) from None

    def _fit(self, said: str) -> str:
        """What is kept of it. Raises Unfit."""
        raise NotImplementedError


class Text(_Said):
    """One line."""

    longest: ClassVar[int] = 300

    def __init__(self, *, most: int = NAME_MOST, **options: Any) -> None:
        if most > self.longest:
            raise ValueError(f"Text of more than {self.longest} characters is long text.")
        super().__init__(most=most, **options)

    def _fit(self, said: str) -> str:
        return rules.line(said)


class Name(Text):
    """The name of a person or an organisation, which messages say: never a link."""

    longest = 500

    def _fit(self, said: str) -> str:
        return rules.name(said)


class LongText(_Said):
    """Paragraphs: their line breaks are kept."""

    def _fit(self, said: str) -> str:
        return rules.paragraphs(said)


class Token(fields.String):
    """A value that machines exchange, of visible ASCII characters: no person reads it."""

    def __init__(self, *, most: int, least: int = 1, **options: Any) -> None:
        super().__init__(**options)
        self.validators = [
            validate.Length(least, most),
            Matches(r"^[\x21-\x7e]*$", error="Not a value of this kind."),
            *self.validators,
        ]


class Heard(fields.String):
    """What somebody has written elsewhere and a machine passes on: taken whatever it holds."""

    def __init__(self, *, most: int, least: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self.validators = [validate.Length(least, most), *self.validators]


class WebAddress(fields.Url):
    """A web address, in visible characters."""

    def __init__(self, *, most: int = 500, **options: Any) -> None:
        words = "Enter a web address in the correct format, like https://www.example.com"
        super().__init__(error_messages={"invalid": words}, **options)
        size = validate.Length(max=most, error="This must be {max} characters or fewer")
        self.validators = [*self.validators, size]

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        said = str(super()._deserialize(value, attr, data, **kwargs)).strip()
        if any(one.isspace() or not one.isprintable() for one in said):
            raise self.make_error("invalid")
        return said


def text(most: int = NAME_MOST, **options: Any) -> Text:
    """Required text on one line."""
    return Text(most=most, required=True, **options)


def maybe_text(most: int = NAME_MOST) -> Text:
    """Text on one line that may be left out."""
    return Text(most=most, load_default=None, allow_none=True)


def name(most: int = NAME_MOST, **options: Any) -> Name:
    """A required name."""
    return Name(most=most, **{"required": True, **options})


def maybe_name(most: int = NAME_MOST) -> Name:
    """A name that may be left out."""
    return name(most, required=False, load_default=None, allow_none=True)


def long_text(most: int = 5_000, **options: Any) -> LongText:
    """Required text of a few paragraphs."""
    return LongText(most=most, required=True, **options)


def maybe_long_text(most: int = 5_000) -> LongText:
    """Text of a few paragraphs that may be left out."""
    return LongText(most=most, load_default=None, allow_none=True)


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
        try:
            said = rules.paragraphs(value)
        except rules.Unfit as problem:
            raise ValidationError(str(problem)) from None
        if len(said) > 5_000:
            raise ValidationError("This must be 5000 characters or fewer")
        return said


def answers(most: int) -> fields.Dict:
    """Answers by the names of their questions."""
    key = Matches(r"^[a-z][a-z0-9_]{0,39}$", error="Not the name of a question.")
    return fields.Dict(
        keys=fields.String(validate=key),
        values=Answer(),
        load_default=dict,
        validate=validate.Length(max=most),
    )
