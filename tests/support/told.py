"""Every schema of what the services are told, and every field of it, found in the code."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import Any

import marshmallow
from marshmallow import fields

from deploy.local.stack import SERVICES
from shared.web.app import ServiceBlueprint
from shared.web.fields import Schema

Leaf = tuple[str, fields.Field[Any]]


def _modules(service: str) -> Iterator[Any]:
    for room in ("app", "schemas", "api", "pages"):
        module = importlib.import_module(f"services.{service}.{room}")
        yield module
        for found in pkgutil.iter_modules(getattr(module, "__path__", ())):
            yield importlib.import_module(f"{module.__name__}.{found.name}")


def _blueprints() -> Iterator[ServiceBlueprint]:
    for service in SERVICES:
        for module in _modules(service):
            found = getattr(module, "blueprint", None)
            if isinstance(found, ServiceBlueprint):
                yield found


def _inside(schema: type[marshmallow.Schema]) -> Iterator[type[marshmallow.Schema]]:
    """The schema and those nested in it."""
    yield schema
    for field in schema._declared_fields.values():
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.Nested):
            yield from _inside(type(inner.schema))


def _subclasses(schema: type[marshmallow.Schema]) -> Iterator[type[marshmallow.Schema]]:
    for one in schema.__subclasses__():
        yield one
        yield from _subclasses(one)


@cache
def request_schemas() -> tuple[type[marshmallow.Schema], ...]:
    """All schemas but those that only answers are made of: pages load some that no route names."""
    asked: set[type[marshmallow.Schema]] = set()
    answered: set[type[marshmallow.Schema]] = set()
    for blueprint in _blueprints():
        for methods in blueprint._docs.values():
            for doc in methods.values():
                for one in ((doc or {}).get("arguments") or {}).get("parameters", ()):
                    asked |= set(_inside(type(one["schema"])))
                answers = ((doc or {}).get("response") or {}).get("responses", {})
                for several in answers.values():
                    for one in several if isinstance(several, list) else [several]:
                        if isinstance(one, dict) and one.get("schema") is not None:
                            answered |= set(_inside(type(one["schema"])))
    services = {one for one in _subclasses(Schema) if one.__module__.startswith("services.")}
    found = (services | asked) - (answered - asked)
    return tuple(sorted(found, key=lambda one: f"{one.__module__}.{one.__name__}"))


@cache
def request_fields() -> tuple[Leaf, ...]:
    """Each field that is told something, with the names that lead to it; lists and dictionaries
    by what they hold."""
    found: list[Leaf] = []
    for schema in request_schemas():
        where = f"{schema.__module__}.{schema.__name__}"
        for name, field in schema().fields.items():
            if not field.dump_only:
                found += _leaves(f"{where}.{name}", field)
    return tuple(found)


def _leaves(where: str, field: fields.Field[Any]) -> Iterator[Leaf]:
    if isinstance(field, fields.List):
        yield from _leaves(f"{where}[]", field.inner)
    elif isinstance(field, fields.Dict):
        for part, inner in (("key", field.key_field), ("value", field.value_field)):
            assert inner is not None, f"{where}: says what its {part}s are"
            yield from _leaves(f"{where}.{part}", inner)
    elif not isinstance(field, fields.Nested):  # those are schemas of their own
        yield where, field
