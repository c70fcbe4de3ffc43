"""The documents of the four APIs are what they say they are: OpenAPI 3.1, each call described."""

import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from deploy.local.stack import SERVICES

_FOLDER = Path(__file__).resolve().parents[2] / "docs" / "openapi"
_CALLS = ("get", "post", "put", "delete")


def _document(service: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_FOLDER / f"{service}.json").read_text())
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_it_is_valid_by_the_specification(service: str) -> None:
    problems = OpenAPIV31SpecValidator(_document(service)).iter_errors()
    assert [f"{list(p.absolute_path)}: {p.message}" for p in problems] == []


@pytest.mark.parametrize("service", SERVICES)
def test_each_call_says_what_it_does_who_may_and_what_comes_back(service: str) -> None:
    seen = set()
    for path, operations in _document(service)["paths"].items():
        for method in set(operations) & set(_CALLS):
            operation = operations[method]
            assert operation["summary"], (method, path)
            assert operation["x-roles"] or operation["security"] == [], (method, path)
            assert any(status.startswith("2") for status in operation["responses"]), (method, path)
            assert operation["operationId"] not in seen
            seen.add(operation["operationId"])


def test_a_fault_would_be_found() -> None:
    broken = _document("plans")
    broken["paths"]["/settings"]["post"]["responses"] = {"done": {}}
    assert list(OpenAPIV31SpecValidator(broken).iter_errors())
