"""Values on their way into a template: names as they can be said, whatever was recorded once."""

from collections.abc import Mapping
from typing import Any

from services.notifications.domain.one_line import a_name


def sayable(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same with every single text on one line, turning nothing round: the first line of a
    template is a subject, and a name with a line end in it would end it."""
    return {name: a_name(one) if isinstance(one, str) else one for name, one in values.items()}
