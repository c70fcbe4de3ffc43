"""Whoever asks for what is not theirs is told what somebody is told who asks for nothing."""

import re
from typing import Any

import pytest

from deploy.local.stack import SERVICES
from shared import ids
from tests.support.house import Service
from tests.support.world import World, build


@pytest.fixture(scope="module")
def world(plans: Service, reviews: Service, referrals: Service, notifications: Service) -> World:
    return build(plans, reviews, referrals, notifications)


def _said(service: Service, role: str, method: str, path: str) -> dict[str, Any]:
    stranger = service.person(role, settings=[ids.new_id()], services=[ids.new_id()])
    answer = stranger.call(method, path, {} if method in ("POST", "PUT") else None, version=1)
    said = dict(answer.json or {})
    return {"status": answer.status_code} | {
        key: said.get(key) for key in ("detail", "title", "code")
    }


def _another(known: str) -> str:
    """An id that names nothing; what is no id stays (the number of a version)."""
    return ids.new_id() if ids.is_id(known) else known


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_not_theirs_and_what_is_not_there_are_said_alike(
    request: pytest.FixtureRequest, world: World, name: str
) -> None:
    service: Service = request.getfixturevalue(name)
    document = service.anonymous().get("/openapi.json").json
    asked = 0
    for path, operations in document["paths"].items():
        holes = re.findall(r"\{(\w+)\}", path)
        if not holes or not all(hole in world.ids for hole in holes):
            continue
        theirs = path.format_map(world.ids)
        nothing = path.format_map({hole: _another(world.ids[hole]) for hole in holes})
        for method, operation in operations.items():
            for role in operation.get("x-roles", ()) if method != "parameters" else ():
                one = _said(service, role, method.upper(), theirs)
                if one["status"] == 404:
                    asked += 1
                    assert one == _said(service, role, method.upper(), nothing), (method, path)
    assert asked > 5
