"""Every route of the OpenAPI documents: who is let in, and what bad input is answered with."""

import re
from typing import Any

import pytest

from deploy.local.issuer import ROLES
from deploy.local.stack import SERVICES
from shared import ids
from tests.support.house import Service
from tests.support.story import School
from tests.support.world import World, build

_HTTP = ("get", "post", "put", "delete")
# The directory, and the sessions that services put on for any setting.
_FOR_ALL_STAFF = {
    ("GET", "/support-services/{support_service_id}"),
    ("GET", "/support-services/{support_service_id}/forms"),
    ("GET", "/support-services/{support_service_id}/waiting-times"),
    ("GET", "/support-sessions/{session_id}"),
    ("GET", "/support-sessions/{session_id}/calendar.ics"),
    ("POST", "/support-sessions/{session_id}/bookings"),
    # Operators and the council register and correct every setting, and read no record.
    ("PUT", "/settings/{setting_id}"),
}


@pytest.fixture
def service(request: pytest.FixtureRequest) -> Service:
    found: Service = request.getfixturevalue(request.param)
    return found


def _operations(service: Service) -> list[tuple[str, str, dict[str, Any]]]:
    document = service.anonymous().get("/openapi.json").json
    return [
        (method.upper(), path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in _HTTP and operation["x-roles"]  # a provider's callback knows nobody's role
    ]


@pytest.fixture(scope="module")
def world(plans: Service, reviews: Service, referrals: Service, notifications: Service) -> World:
    return build(plans, reviews, referrals, notifications)


def _path(path: str, setting_id: str) -> str:
    path = path.replace("{setting_id}", setting_id).replace("{number}", "1")
    return re.sub(r"\{\w+\}", lambda _: ids.new_id(), path)


@pytest.mark.parametrize("service", SERVICES, indirect=True)
def test_a_role_that_is_not_in_the_table_is_403_and_another_settings_is_404(
    service: Service,
) -> None:
    own, other = ids.new_id(), ids.new_id()
    for method, path, operation in _operations(service):
        for role in ROLES:
            who = service.person(role, settings=[own], services=[own])
            answer = who.call(method, _path(path, other), {}, version=1)
            if role not in operation["x-roles"]:
                assert answer.status_code == 403, (role, method, path, answer.text)
            elif "{setting_id}" in path:
                assert answer.status_code == 404, (role, method, path, answer.text)
            else:
                assert answer.status_code < 500, (role, method, path, answer.text)


@pytest.mark.parametrize("service", SERVICES, indirect=True)
def test_every_role_in_the_table_reaches_its_own_things_and_nobody_elses(
    service: Service, world: World
) -> None:
    for method, path, operation in _operations(service):
        theirs = re.sub(r"\{(\w+)\}", lambda name: world.ids[name[1]], path)
        # A version that is not there: the guard is passed, and nothing is changed.
        version = 999 if "If-Match" in str(operation) else None
        for role in operation["x-roles"]:
            stranger = service.person(role, settings=[ids.new_id()], services=[ids.new_id()])
            answer = stranger.call(method, theirs, {}, version=version)
            if _belongs_to_somebody(method, role, path):
                assert answer.status_code == 404, (role, method, path, answer.text)
            if role == "teacher" and "{booking_id}" in path:
                continue  # it is the SENCO's: another test has a teacher's own
            answer = world.person(service, role).call(method, theirs, {}, version=version)
            assert answer.status_code not in (401, 403, 404), (role, method, path, answer.text)
            assert answer.status_code < 500, (role, method, path, answer.text)


def _belongs_to_somebody(method: str, role: str, path: str) -> bool:
    """Whether what the path names is out of reach for others in that role."""
    if role == "council_officer":  # one council; which children's records is another test's matter
        return False
    return "{" in path and (method, path) not in _FOR_ALL_STAFF


@pytest.mark.parametrize("service", SERVICES, indirect=True)
def test_without_a_token_that_holds_nothing_is_answered(service: Service) -> None:
    for method, path, _ in _operations(service):
        for header in ({}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic abc"}):
            answer = service.anonymous().open(
                _path(path, ids.new_id()), method=method, headers=header
            )
            assert answer.status_code == 401, (method, path, answer.text)
            assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("service", SERVICES, indirect=True)
def test_the_operators_figures_are_not_for_who_comes_from_outside(service: Service) -> None:
    """Prometheus asks the pod itself; an ingress says for whom it asks."""
    http = service.anonymous()
    assert "sen_http_requests_total" in http.get("/metrics").text
    from_outside = http.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"})
    assert (from_outside.status_code, from_outside.content_type) == (
        404,
        "application/problem+json",
    )
    assert "sen_http" not in from_outside.text


@pytest.mark.parametrize("service", SERVICES, indirect=True)
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", "application/json"),
        (b"[" * 50_000, "application/json"),
        (b'{"a": NaN}', "application/json"),
        (b'"\\ud800"', "application/json"),
        (b'{"a": "\\u0000"}', "application/json"),
        (b"[1]", "application/json"),
        (b'{"unknown_field": 1}', "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"a=b", "application/x-www-form-urlencoded"),
        (b" " * 300_000, "application/json"),
    ],
)
def test_bad_bodies_get_a_problem_and_never_a_5xx(service: Service, body: bytes, kind: str) -> None:
    own = ids.new_id()
    for method, path, operation in _operations(service):
        if method == "GET":
            continue
        who = service.person(operation["x-roles"][0], settings=[own], services=[own])
        answer = who.call(method, _path(path, own), version=1, data=body, content_type=kind)
        assert 400 <= answer.status_code < 500, (method, path, answer.status_code, answer.text)
        assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("service", SERVICES, indirect=True)
def test_bad_queries_and_headers_name_what_is_wrong(service: Service) -> None:
    own = ids.new_id()
    for method, path, operation in _operations(service):
        who = service.person(operation["x-roles"][0], settings=[own], services=[own])
        for query in ("limit=0", "limit=x", "cursor=%00", "nothing=1", "cursor=WzFd"):
            answer = who.call(method, f"{_path(path, own)}?{query}", version=1)
            assert answer.status_code < 500, (method, path, query, answer.text)
        for headers in ({"If-Match": "abc"}, {"If-Match": '"9' + "9" * 30 + '"'},
                        {"Idempotency-Key": "a b"}):  # fmt: skip
            answer = who.call(method, _path(path, own), headers=headers)
            assert answer.status_code < 500, (method, path, headers, answer.text)


def test_another_settings_things_are_not_there(plans: Service) -> None:
    school, other = School(plans), School(plans)
    plan = school.active(school.child())
    for who in (other.senco, other.teacher, plans.person("council_officer"),
                plans.person("support_worker", services=[ids.new_id()])):  # fmt: skip
        who.refused(404, "GET", f"/plans/{plan['id']}")
    other.senco.refused(404, "GET", f"/children/{plan['child_id']}")
    other.senco.refused(
        404, "POST", f"/plans/{plan['id']}/cease", {"reason": "outcomes_met"}, version=1
    )
    assert school.senco.get(f"/plans/{plan['id']}")["state"] == "active"
