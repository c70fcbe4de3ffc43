"""Forms of pages: fields as data, their values, and what is wrong with them in words.

The schemas and the rules are those of the API: a form is another way in to the same command.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import marshmallow
from flask import current_app, request
from marshmallow import ValidationError

from shared.errors import Conflict, Invalid, Stale
from shared.web.problems import pointers

_CHANGED = "Somebody has changed this meanwhile. Look at it again and decide anew."


@dataclass(frozen=True)
class Field:
    """One field. `kind`: text, long_text, number, date, moment, choice, choices, yes_no, tick.

    `options` are pairs of value and words.
    """

    name: str
    label: str
    kind: str = "text"
    options: Sequence[tuple[str, str]] = ()
    hint: str | None = None
    optional: bool = False


@dataclass(frozen=True)
class Fault:
    """What is wrong, and with which field (None: with the whole)."""

    field: str | None
    words: str


def values_of(fields: Sequence[Field]) -> dict[str, Any]:
    """What was filled in, as the API would be told it; what was left empty is left out."""
    found = {field.name: _value(field) for field in fields}
    return {name: value for name, value in found.items() if value not in (None, "")}


def attempt(act: Callable[[], object]) -> list[Fault]:
    """Do it; answers what is wrong where it is refused. What is not there, or not theirs, is
    raised."""
    rule_errors: tuple[type[Any], ...] = current_app.extensions["sen.rule_errors"]
    try:
        act()
    except ValidationError as problem:
        found = pointers(problem.messages_dict)
        return [Fault(_name(entry["pointer"]), entry["detail"]) for entry in found]
    except Stale:
        return [Fault(None, _CHANGED)]
    except (Conflict, Invalid) as problem:
        return [Fault(_name(problem.field), problem.detail)]
    except rule_errors as problem:
        return [Fault(_name(fault.field), fault.detail) for fault in problem.faults]
    return []


def load(schema: type[marshmallow.Schema], values: Mapping[str, Any]) -> Any:
    """What a schema makes of the values. Raises ValidationError."""
    return schema().load(dict(values))


def form_version() -> int:
    """The version that the page showed. Raises Invalid."""
    said = request.form.get("version", "")
    if not said.isdecimal() or len(said) > 15:
        raise Invalid("This form is not complete. Load the page again.", code="bad-form")
    return int(said)


def _name(pointer: str | None) -> str | None:
    return pointer.strip("/").replace("/", "-") if pointer else None


def _value(field: Field) -> Any:
    form, name = request.form, field.name
    if field.kind == "date":
        parts = [form.get(f"{name}-{part}", "").strip() for part in ("year", "month", "day")]
        return "-".join(part.zfill(2) for part in parts) if any(parts) else None
    if field.kind == "choices":
        return form.getlist(name) or None
    if field.kind == "tick":
        return name in form
    said = form.get(name, "").replace("\r\n", "\n").strip()
    if field.kind == "number" and said.isdecimal():
        return int(said)
    if field.kind == "yes_no" and said:
        return {"yes": True, "no": False}.get(said, said)
    return said
