"""Whatever a request says, in whatever place: an answer that says what is wrong, never a 5xx."""

import base64
import io
import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.test import EnvironBuilder

from deploy.local.stack import SERVICES
from shared import ids
from tests.support.house import Service
from tests.support.world import World, build

HALF = b"\xed\xa0\xbd"
"""Half a surrogate pair, as UTF-8 would write it if it did."""
RAW = (
    HALF,
    b"\xff",
    b"\xc3",
    b"\x00",
    b"\xf4\x90\x80\x80",
    b"\xef\xbf\xbf",
    b"\n",
    b"\xe2\x80\xa8",
)
BODIES: dict[str, bytes] = {
    "half, raw": b'{"name": "' + HALF + b'"}',
    "half, raw, as the whole": b'"' + HALF + b'"',
    "half, raw, in a key": b'{"' + HALF + b'": 1}',
    "half, escaped": b'{"name": "\\ud83d"}',
    "half, UTF-16": '{"name": "'.encode("utf-16-le") + b"\x3d\xd8" + '"}'.encode("utf-16-le"),
    "half, UTF-16 with its mark": b"\xff\xfe"
    + '{"a": "'.encode("utf-16-le")
    + b"\x3d\xd8"
    + '"}'.encode("utf-16-le"),
    "half, UTF-16 big": b"\xfe\xff"
    + '{"a": "'.encode("utf-16-be")
    + b"\xd8\x3d"
    + '"}'.encode("utf-16-be"),
    "half, UTF-32": '{"a": "'.encode("utf-32-le") + b"\x3d\xd8\x00\x00" + '"}'.encode("utf-32-le"),
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "UTF-8 with its mark": b'\xef\xbb\xbf{"a": 1}',
    "no UTF-8": b'{"a": "\xff"}',
    "a number without end": b'{"a": ' + b"9" * 5000 + b"}",
    "a number too large": b'{"a": 1e999}',
    "NUL, raw": b'{"a": "\x00"}',
    "nothing in a list": b"[[]]",
}

JSON_ALL_THE_SAME = ("UTF-8 with its mark", "nothing in a list", "a number too large")
"""What asks for no body takes any that is JSON."""


def _cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


LATE, EARLY = {"at": "9999-12-31T23:59:59-14:00"}, {"at": "0001-01-01T00:00:00+14:00"}
HALVES = ["\ud83d", "x"]
VALUES: tuple[Any, ...] = (
    LATE,
    EARLY,
    {"at": "2026-01-01T00:00:00"},
    {"at": "2026-01-01T00:00:00+00:00"},
    {"at": 1},
    {},
    "\ud83d",
    "\x00",
    2**63,
    -(2**63),
    2**62,
    1.5,
    float("nan"),
    True,
    None,
    [],
    "x" * 300,
)
CURSORS = (
    "x",
    "%00",
    "WzFd",
    "====",
    quote("é"),
    "%ED%A0%BD",
    "%FF",
    "A" * 600,
    *(_cursor(*(value,) * number, "x") for value in VALUES for number in (0, 1, 2)),
    *(_cursor(*("x",) * number, value) for value in VALUES for number in (0, 1, 2)),
    *(_cursor(*("2026-01-01",) * number, value) for value in VALUES for number in (1, 2)),
)
NUMBERS = (
    "0",
    "00",
    str(2**31),
    str(2**53),
    str(2**63),
    str(2**64),
    "9" * 400,
    "-1",
    "1.5",
    "%D9%A3",
)


@pytest.fixture(scope="module")
def world(plans: Service, reviews: Service, referrals: Service, notifications: Service) -> World:
    return build(plans, reviews, referrals, notifications)


@pytest.fixture
def service(request: pytest.FixtureRequest, world: World) -> Service:
    found: Service = request.getfixturevalue(request.param)
    return found


each_service = pytest.mark.parametrize("service", SERVICES, indirect=True)


def _rules(service: Service) -> list[tuple[str, str, str]]:
    """Method, path with its holes, endpoint: of everything that the app answers."""
    return [
        (method, re.sub(r"<(?:(\w+):)?(\w+)>", r"{\2}", rule.rule), rule.endpoint)
        for rule in service.app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def _operations(service: Service) -> list[tuple[str, str, dict[str, Any]]]:
    document = service.anonymous().get("/openapi.json").json
    return [
        (method.upper(), path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in ("get", "post", "put", "delete")
    ]


def _filled(path: str, world: World) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: world.ids.get(name[1], "1"), path)


def _raw(
    service: Service,
    method: str,
    path: bytes,
    query: bytes,
    headers: dict[str, str],
    body: bytes = b"",
    kind: str = "",
) -> Any:
    """As a client that keeps to no rule would send it: bytes, which WSGI has as Latin-1."""
    made = EnvironBuilder("/", method=method, data=body or None, content_type=kind or None)
    environ = made.get_environ()
    environ["PATH_INFO"] = path.decode("latin-1")
    environ["QUERY_STRING"] = query.decode("latin-1")
    environ["wsgi.url_scheme"] = "https"
    for name, value in headers.items():
        environ["HTTP_" + name.upper().replace("-", "_")] = value
    return service.app.test_client().open(environ)


def _who(service: Service, world: World, operation: dict[str, Any]) -> Any:
    return world.person(service, (operation.get("x-roles") or ["senco"])[0])


def _must_be_said(answer: Any, about: object) -> None:
    try:
        _must_be_an_answer(answer, about)
    finally:
        answer.close()  # a stream gives its place back


def _must_be_an_answer(answer: Any, about: object) -> None:
    if "/sign-in" in str(about):  # no issuer answers here
        assert answer.status_code < 500 or answer.status_code == 503, about
        return
    assert answer.status_code < 500, (about, answer.status_code, answer.text[:300])
    if answer.status_code >= 400:
        said = answer.content_type
        assert said == "application/problem+json" or said.startswith("text/html"), (about, said)


@each_service
def test_bytes_that_are_no_text_in_a_path_or_a_query(service: Service, world: World) -> None:
    for method, path, _endpoint in _rules(service):
        for raw in RAW:
            for place in (re.findall(r"\{\w+\}", path) or [None])[:2]:
                at = path.replace(place, "@@") if place else path + "@@"
                at = _filled(at, world)
                said = at.encode().replace(b"@@", raw)
                _must_be_said(_raw(service, method, said, b"", {}), (method, path, raw))
            full = _filled(path, world).encode()
            for query in (b"cursor=" + raw, raw + b"=1", b"next=" + raw, b"purpose=" + raw):
                _must_be_said(_raw(service, method, full, query, {}), (method, path, query))


@each_service
def test_bytes_that_are_no_text_from_somebody_who_is_let_in(service: Service, world: World) -> None:
    for method, path, operation in _operations(service):
        who = _who(service, world, operation)
        named = [one["name"] for one in operation.get("parameters", ()) if one.get("in") == "query"]
        at = _filled(path, world).encode()
        for raw in RAW:
            for name in named:
                answer = _raw(
                    service,
                    method,
                    at,
                    name.encode() + b"=" + raw,
                    {"Authorization": who.authorization},
                )
                _must_be_said(answer, (method, path, name, raw))
            for name in (
                "If-Match",
                "Idempotency-Key",
                "X-Correlation-ID",
                "traceparent",
                "Last-Event-ID",
                "Authorization",
                "Cookie",
            ):
                headers = {"Authorization": who.authorization, name: raw.decode("latin-1")}
                if b"\n" not in raw and b"\x00" not in raw:  # no server lets those through
                    _must_be_said(_raw(service, method, at, b"", headers), (method, path, name))


@each_service
def test_bodies_that_are_no_json(service: Service, world: World) -> None:
    for method, path, operation in _operations(service):
        if method == "GET":
            continue
        who = _who(service, world, operation)
        for name, body in BODIES.items():
            for kind in (
                "application/json",
                "application/json; charset=utf-16",
                "application/x-www-form-urlencoded",
            ):
                answer = who.call(
                    method, _filled(path, world), version=999, data=body, content_type=kind
                )
                _must_be_said(answer, (method, path, name))
                if name not in JSON_ALL_THE_SAME:
                    assert answer.status_code >= 400, (method, path, name)


@each_service
def test_forms_and_file_names_that_are_no_text(service: Service, world: World) -> None:
    for method, path, _endpoint in _rules(service):
        if method != "POST":
            continue
        at = _filled(path, world).encode()
        for raw in RAW:
            for body in (b"version=" + raw, raw + b"=1", b"text=%ED%A0%BD&name=%FF"):
                answer = _raw(
                    service, method, at, b"", {}, body, "application/x-www-form-urlencoded"
                )
                _must_be_said(answer, (method, path, body))


def test_a_file_may_have_any_name(referrals: Service, world: World) -> None:
    who = world.person(referrals, "senco")
    at = f"/referrals/{world.ids['referral_id']}/attachments"
    for raw in RAW:
        body = (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a'
            + raw
            + b'.pdf"\r\n\r\n%PDF-1.4\r\n--x--\r\n'
        )
        answer = _raw(
            referrals,
            "POST",
            at.encode(),
            b"",
            {"Authorization": who.authorization},
            body,
            "multipart/form-data; boundary=x",
        )
        _must_be_said(answer, raw)
    for name in ("a\ud83d.pdf", "\x00.pdf", "\u202efdp.exe", "/", ".." * 200):
        answer = who.call(
            "POST",
            at,
            content_type="multipart/form-data",
            data={
                "file": (
                    io.BytesIO(b"%PDF-1.4"),
                    name.encode("utf-8", "surrogatepass").decode("latin-1"),
                )
            },
        )
        _must_be_said(answer, ascii(name))


@each_service
def test_whatever_a_cursor_says_the_list_answers(service: Service, world: World) -> None:
    lists = 0
    for method, path, operation in _operations(service):
        named = {one["name"] for one in operation.get("parameters", ()) if one.get("in") == "query"}
        if method != "GET" or "cursor" not in named:
            continue
        lists += 1
        who = _who(service, world, operation)
        sorts = [""]
        for one in operation["parameters"]:
            if one["name"] == "sort":
                sorts = [f"&sort={value}" for value in one["schema"]["enum"]]
        for sort in sorts:
            for cursor in CURSORS:
                answer = who.call("GET", f"{_filled(path, world)}?cursor={cursor}{sort}")
                _must_be_said(answer, (path, cursor))
                assert answer.status_code in (200, 422), (path, cursor, answer.status_code)
    assert lists > 0


@each_service
def test_whatever_number_a_path_names(service: Service, world: World) -> None:
    for method, path, endpoint in _rules(service):
        rule = next(r for r in service.app.url_map.iter_rules() if r.endpoint == endpoint)
        for name in re.findall(r"<int:(\w+)>", rule.rule):
            for number in NUMBERS:
                at = _filled(path.replace(f"{{{name}}}", number), world)
                for role in ("senco", "support_worker", "council_officer"):
                    answer = world.person(service, role).call(method, at)
                    _must_be_said(answer, (method, path, number))
                    assert answer.status_code in (303, 401, 403, 404, 405, 409, 422)


@each_service
def test_each_id_in_a_path_is_one_and_nothing_more(service: Service, world: World) -> None:
    for method, path, operation in _operations(service):
        who = _who(service, world, operation)
        for name in re.findall(r"\{(\w+)\}", path):
            if name == "number":
                continue
            for end in ("%0A", "%0D%0A", "%00", "%20", "%E2%80%A8", "x"):
                whole = _filled(path.replace(f"{{{name}}}", ids.new_id() + end), world)
                answer = who.call(method, whole, {}, version=1)
                assert answer.status_code == 404, (method, path, end, answer.status_code)


TAGS = (
    ('"{v}"', True),
    ('W/"{v}"', True),
    ('"{v}-gzip"', True),
    ('"{v}--gzip"', True),
    ('W/"{v}-gzip"', True),
    ('"{v};gzip"', True),
    ('"999", "{v}"', True),
    ('W/"999",W/"{v}"', True),
    ('"x", "{v}"', True),
    (' "{v}" ', True),
    ('"999"', False),
    ('"x"', False),
    ('"{v}x"', False),
    ('"999", "998"', False),
)


@pytest.mark.parametrize(("said", "fits"), TAGS)
def test_a_change_names_its_version_as_proxies_leave_it(
    plans: Service, world: World, said: str, fits: bool
) -> None:
    who = world.school.senco
    child = world.school.child()
    body = {name: child[name] for name in ("first_name", "last_name", "date_of_birth")}
    answer = who.call(
        "PUT", f"/children/{child['id']}", body, version=said.replace("{v}", str(child["version"]))
    )
    assert answer.status_code == (200 if fits else 412), answer.text


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("*", 428),
        ("", 422),
        ("3", 422),
        ("W/3", 422),
        ('w/"3"', 422),
        ('"3', 422),
        ('"3""3"', 422),
        ('"3" "3"', 422),
        (",", 422),
        (", " * 5000 + "x", 422),
        ('"' * 4999, 422),
    ],
)
def test_a_version_that_is_none(world: World, said: str, status: int) -> None:
    at = f"/children/{world.school.child()['id']}"
    world.school.senco.refused(status, "PUT", at, {}, version=said)
