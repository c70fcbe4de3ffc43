"""The fields of every request, read from the schemas of the APIs."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from marshmallow import fields

from deploy.local.stack import SERVICES

Field = fields.Field[Any]


def request_fields() -> Iterator[tuple[str, str, Field]]:
    """Every field of every request of the APIs: `service.endpoint`, its pointer, itself."""
    for service in SERVICES:
        api = importlib.import_module(f"services.{service}.api")
        for found in pkgutil.walk_packages(api.__path__, f"{api.__name__}."):
            for name, view in vars(importlib.import_module(found.name)).items():
                described = getattr(view, "_apidoc", {}) if isinstance(view, FunctionType) else {}
                for one in described.get("arguments", {}).get("parameters", []):
                    schema = one["schema"]() if isinstance(one["schema"], type) else one["schema"]
                    for at, field in _inside(schema.fields):
                        yield f"{service}.{name}", at, field


def _inside(of: dict[str, Field], at: str = "") -> Iterator[tuple[str, Field]]:
    for name, field in of.items():
        yield from _and_inside(field, f"{at}/{name}")


def _and_inside(field: Field, at: str) -> Iterator[tuple[str, Field]]:
    yield at, field
    if isinstance(field, fields.List):
        yield from _and_inside(field.inner, f"{at}/*")
    if isinstance(field, fields.Nested):
        yield from _inside(field.schema.fields, at)
