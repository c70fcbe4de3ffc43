"""Values of a stated form."""

from typing import Any

from marshmallow import ValidationError, validate


class Matches(validate.Regexp):
    """The whole value has this form. (`Regexp` asks by `match`: `$` lets in a line end.)"""

    def __call__(self, value: Any) -> Any:
        if self.regex.fullmatch(value) is None:
            raise ValidationError(self._format_error(value))
        return value
