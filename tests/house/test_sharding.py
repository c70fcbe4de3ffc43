"""What is stored can be spread over a sharded MongoDB: by setting where there is one, else by id
(docs/runbook.md, "Past one machine")."""

import dataclasses
import importlib
import re
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from deploy.local.stack import SERVICES
from shared.store.repository import Repository

ROOT = Path(__file__).resolve().parents[2]
# One for each setting or service, or kept for a month: small whatever the number of plans.
SMALL = {
    "settings",
    "support_services",
    "service_people",
    "support_sessions",
    "webhooks",
    "deliveries",
}


def _repositories(service: str) -> list[Repository[Any]]:
    module = importlib.import_module(f"services.{service}.store")
    with MongoClient[dict[str, Any]]("mongodb://127.0.0.1:9/", connect=False) as client:
        store = getattr(module, f"{service.capitalize()}Store")(client["none"])
        return list(store.repositories)


@pytest.mark.parametrize("service", SERVICES)
def test_what_grows_with_the_plans_says_whose_setting_it_is(service: str) -> None:
    for repository in _repositories(service):
        fields = {field.name for field in dataclasses.fields(repository.kind)}
        assert "setting_id" in fields or repository.name in SMALL, repository.name


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_unique_is_unique_within_a_setting(service: str) -> None:
    """A unique index of a sharded collection begins with its shard key; what is small is not
    sharded."""
    seen = 0
    for repository in _repositories(service):
        if repository.name in SMALL:
            continue
        for index in repository.indexes:
            if index.document.get("unique"):
                assert next(iter(index.document["key"])) == "setting_id", index.document["name"]
                seen += 1
    assert seen == {"plans": 2, "referrals": 1}.get(service, 0)


@pytest.mark.parametrize("service", SERVICES)
def test_the_runbook_names_every_aggregate_that_is_sharded(service: str) -> None:
    words = (ROOT / "docs" / "runbook.md").read_text()
    named = set(re.findall(rf"`sen_{service}`: ([a-z_, ]+)", words)[0].split(", "))
    assert named == {r.name for r in _repositories(service)} - SMALL
