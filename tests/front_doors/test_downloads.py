"""Everything that is fetched as a file, through gunicorn: it refuses a header beyond Latin-1."""

import ast
import inspect
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from werkzeug.http import parse_options_header

from deploy.local.stack import ROOT, SERVICES
from shared.file_names import shown_name
from shared.identity.links import Link, Links
from tests.support import served
from tests.support.house import LINK_KEY, Service
from tests.support.signed_in import signed_in
from tests.support.world import PDF, World, attach, build

NAMES = [
    "Mum\u2019s letter.pdf",
    "“Report” \u2013 final.pdf",
    "👩‍👧 drawing.pdf",
    "خط برائے اسکول.pdf",
    'say "hello".pdf',
    "back\\slash.pdf",
    "a;b.pdf",
    "100%.pdf",
    "a\r\nX-Injected: 1.pdf",
    "x" * 500 + ".pdf",
    "...",
    "../../etc/passwd",
    "report\u202efdp.exe",
    "łódź.pdf",
    "é.pdf",
    "\ud83d.pdf",
]


@pytest.fixture(scope="module")
def world(plans: Service, reviews: Service, referrals: Service, notifications: Service) -> World:
    return build(plans, reviews, referrals, notifications)


@pytest.fixture(scope="module")
def ports(
    world: World,
    plans: Service,
    reviews: Service,
    referrals: Service,
    notifications: Service,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, int]]:
    """Every service that hands out files, behind gunicorn."""
    log = tmp_path_factory.mktemp("gunicorn") / "log"
    with ExitStack() as ending:
        yield {
            service.name: ending.enter_context(
                served.api(service, log, SEN_PLANS_SERVICE_URL="http://127.0.0.1:9")
            )
            for service in (plans, reviews, referrals, notifications)
            if _downloads(service)
        }


def _downloads(service: Service) -> list[tuple[str, str]]:
    """Endpoint and path of every route whose view calls `download`."""
    found = []
    for rule in service.app.url_map.iter_rules():
        view = inspect.unwrap(service.app.view_functions[rule.endpoint])
        if re.search(r"\bdownload\(", inspect.getsource(view)):
            found.append((rule.endpoint, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)))
    return found


def _headers(service: Service, world: World, endpoint: str) -> dict[str, str]:
    """What lets the SENCO in: a token at an API, a cookie at a page."""
    token = service.issuer.token(
        "senco", subject=world.school.senco.id, settings=[world.school.id], services=[]
    )
    if not endpoint.rpartition(".")[0].endswith("pages"):
        return {"Authorization": f"Bearer {token}"}
    http, _ = signed_in(service, token)
    name = service.app.config["SESSION_COOKIE_NAME"]
    kept = http.get_cookie(name, domain="localhost")
    assert kept is not None
    return {"Cookie": f"{name}={kept.value}"}


def _fetch(
    service: Service, world: World, port: int, endpoint: str, path: str
) -> requests.Response:
    link = Links((LINK_KEY,), 90).sign(Link("plan", world.ids["plan_id"], world.ids["person_id"]))
    theirs = re.sub(r"\{(\w+)\}", lambda n: quote({**world.ids, "token": link}[n[1]]), path)
    return requests.get(
        f"http://127.0.0.1:{port}{theirs}",
        headers=_headers(service, world, endpoint),
        timeout=120,
    )


def test_every_route_that_hands_out_a_file_does_so_through_gunicorn(
    request: pytest.FixtureRequest, world: World, ports: dict[str, int]
) -> None:
    count = 0
    for name, port in ports.items():
        service: Service = request.getfixturevalue(name)
        for endpoint, path in _downloads(service):
            answer = _fetch(service, world, port, endpoint, path)
            assert answer.status_code == 200, (endpoint, answer.status_code, answer.text)
            _, options = parse_options_header(answer.headers["Content-Disposition"])
            assert options["filename"], endpoint
            count += 1
    assert count >= 5  # the search finds what it is to find


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_file_is_handed_out_whatever_it_is_called(
    referrals: Service, world: World, ports: dict[str, int], name: str
) -> None:
    """As it was sent today, and as an earlier release kept it."""
    where = {"_id": world.ids["referral_id"], "attachments.id": world.ids["attachment_id"]}
    files = [one for one in _downloads(referrals) if "{attachment_id}" in one[1]]
    assert len(files) >= 2, "the API and the page"
    kept_before = name.encode("utf-8", "replace").decode()
    referrals.store.referrals.collection.update_one(
        where, {"$set": {"attachments.$.name": kept_before}}
    )
    for endpoint, path in files:
        answer = _fetch(referrals, world, ports["referrals"], endpoint, path)
        assert (answer.status_code, answer.content) == (200, PDF), (endpoint, answer.text)
        assert "X-Injected" not in answer.headers
        _, options = parse_options_header(answer.headers["Content-Disposition"])
        assert options["filename"] == shown_name(name)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_file_is_taken_whatever_it_is_called(referrals: Service, world: World, name: str) -> None:
    senco = world.school.at(referrals)
    content = PDF + ascii(name).encode()
    before = senco.get(f"/referrals/{world.ids['referral_id']}")["attachments"]
    sent = name.encode("utf-8", "replace").decode()
    for char in '"\r\n':  # as browsers send them
        sent = sent.replace(char, quote(char))
    after = attach(senco, world.ids["referral_id"], content, sent)
    (made,) = [one for one in after["attachments"] if one not in before]
    assert made["name"] == shown_name(made["name"])  # nothing is left in it that does harm
    if not set(name) & set('"\\\r\n'):  # these a browser or the form's reader rewrites
        assert made["name"] == shown_name(name)
    senco.ask(
        "DELETE",
        f"/referrals/{world.ids['referral_id']}/attachments/{made['id']}",
        version=after["version"],
    )


def test_nobody_else_names_a_file_in_a_header() -> None:
    """One place does: what another writes by hand is not proved against Latin-1."""
    own = ROOT / "shared" / "web" / "downloads.py"
    named = {"content-disposition", "download_name"}
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text())):
            said: list[Any] = []
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                said = [node.value]
            elif isinstance(node, ast.keyword):
                said = [node.arg]
            elif isinstance(node, ast.Name | ast.Attribute):
                said = [node.id if isinstance(node, ast.Name) else node.attr]
            for one in said:
                assert path == own or str(one).lower() not in {*named, "send_file"}, path


def _sources() -> list[Path]:
    rooms = [ROOT / "shared", *(ROOT / "services" / name for name in SERVICES)]
    return [p for room in rooms for p in room.rglob("*.py") if "tests" not in p.parts]
