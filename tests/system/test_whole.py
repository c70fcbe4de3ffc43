"""The whole system through its front doors, on servers of this test's own."""

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from playwright.sync_api import expect
from pymongo import MongoClient

from deploy.local import certificates, client, mongod
from deploy.local.demo import Demo
from deploy.local.issuer import Issuer
from deploy.local.sample import bodies
from deploy.local.sample.council import person_id
from deploy.local.sample.load import ensure_loaded
from deploy.local.sample.words import NEEDS
from deploy.local.stack import ROOT, SERVICES, Stack
from deploy.local.traces import Traces
from tests.support.browser import chromium
from tests.support.stubs import served_collector

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("broker"), pytest.mark.timeout(1800)]

_DRAFTED = "create referrals.ReferralSuggested"
_SERVICE = "Occupational Therapy"


@pytest.fixture(scope="module")
def collected() -> Iterator[tuple[Traces, str]]:
    with served_collector() as made:
        yield made


@pytest.fixture(scope="module")
def spans(collected: tuple[Traces, str]) -> Traces:
    return collected[0]


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, collected: tuple[Traces, str]
) -> Iterator[Stack]:
    made = Stack(
        tmp_path_factory.mktemp("stack"), usual_ports=False,
        settings={"SEN_TRACES_URL": collected[1]},
        certificates=certificates.make(tmp_path_factory.mktemp("tls")),
    )  # fmt: skip
    made.start()
    pids = [managed.pid for managed in made.running.values()]
    try:
        yield made
    finally:
        made.stop()
    assert not [pid for pid in pids if psutil.pid_exists(pid)], "a process was left behind"


@pytest.fixture(scope="module")
def known(stack: Stack) -> dict[str, str]:
    return ensure_loaded(stack.urls, stack.folder, say=lambda _line: None)


def _demo(stack: Stack, known: dict[str, str], lines: list[str]) -> Demo:
    return Demo(stack.urls, stack.amqp_url, Issuer(stack.folder / "issuer"), known, lines.append)


def test_one_family_walks_through_all_four_services(stack: Stack, known: dict[str, str]) -> None:
    lines: list[str] = []
    demo = _demo(stack, known, lines)
    assert demo.run() == 0, "\n".join(lines)
    assert not demo.repeated, "no sender was killed"


def test_one_trace_leads_from_a_request_to_what_came_of_it_in_all_four_services(
    stack: Stack, known: dict[str, str], spans: Traces
) -> None:
    """A review without progress: the plan is told, more support is suggested, a referral is drafted,
    the family gets an email. After the walk above."""
    _wait_until(lambda: all(spans.named(name) for name in (_DRAFTED, "send message")))
    drafted = spans.named(_DRAFTED)[0]
    completed = "sen-reviews: POST /reviews/<id:review_id>/complete"
    _wait_until(lambda: spans.line_of(drafted)[0] == completed)
    assert spans.line_of(drafted) == [
        completed,
        "sen-reviews: create reviews.ReviewCompleted",
        "sen-reviews: process reviews.ReviewCompleted",
        "sen-reviews: create reviews.EscalationSuggested",
        "sen-referrals: process reviews.EscalationSuggested",
        f"sen-referrals: {_DRAFTED}",
    ]
    names = Counter(  # of what took effect: a transaction that met another's is tried again
        f"{span.service}: {span.name}" for span in spans.of_trace(drafted.trace)
        if "error.type" not in span.attributes
    )  # fmt: skip
    assert names["sen-plans: process reviews.ReviewCompleted"] == 1
    sent = [span for span in spans.of_trace(drafted.trace) if span.name == "send message"]
    assert spans.line_of(sent[0]) == [
        completed,
        "sen-reviews: create reviews.ReviewCompleted",
        "sen-notifications: process reviews.ReviewCompleted",
        "sen-notifications: send message",
    ]
    found = spans.of_trace(drafted.trace)
    ids = {span.id for span in found}
    assert [span.kind for span in found if span.parent not in ids] == ["SERVER"]
    assert found[0].attributes["http.response.status_code"] == 200
    # It lasts until the broker has confirmed.
    relayed = [span for span in found if span.name == "send reviews.ReviewCompleted"]
    assert len(relayed) == 1 and relayed[0].ended > relayed[0].began


def test_spans_say_nothing_of_anybody(stack: Stack, spans: Traces) -> None:
    """Ids, codes and routes: no address that was asked for, no name, no words of an error."""
    assert spans.spans()
    allowed = {
        "http.request.method", "http.route", "http.response.status_code", "error.type",
        "messaging.system", "messaging.message.id", "sen.event.type", "sen.event.subject",
        "sen.message.id", "sen.message.purpose", "sen.copy.id", "sen.delivery.id",
    }  # fmt: skip
    for span in spans.spans():
        assert set(span.attributes) <= allowed, span
        assert span.events == 0, span  # where an SDK puts the words of an exception
        assert "?" not in span.name and "@" not in span.name, span


def _wait_until(true: Callable[[], bool]) -> None:
    """Spans are exported every few seconds."""
    by = time.monotonic() + 120
    while not true() and time.monotonic() < by:
        time.sleep(0.5)


def test_a_worker_signs_in_and_a_new_referral_appears(stack: Stack, known: dict[str, str]) -> None:
    """gunicorn, the local sign-in, server-sent events, a real browser."""
    with chromium() as browser:
        page = browser.new_context(locale="en-GB").new_page()
        page.goto(stack.urls["referrals"])
        page.get_by_role("button", name=f"A worker of {_SERVICE}").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Queue of {_SERVICE}")
        page.evaluate("window.stays = true")
        sent = _refer(stack, known)
        expect(page.get_by_role("link", name=sent[-8:])).to_be_visible(timeout=120_000)
        assert page.evaluate("window.stays")  # it was not loaded anew
        page.get_by_role("link", name=sent[-8:]).click()
        page.get_by_role("button", name="Hold it").click()
        assert "deciding how it can help" in page.inner_text("main")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("You have signed out")


def _refer(stack: Stack, known: dict[str, str]) -> str:
    """A referral to that service, by the API. Answers its id."""
    issuer = Issuer(stack.folder / "issuer")
    senco = client.caller(
        stack.urls, issuer, "senco", person_id("school", "senco"), settings=[known["school"]]
    )
    child = senco.items("plans", f"/settings/{known['school']}/children")[0]
    body = bodies.referral_request(NEEDS[0], known[_SERVICE])
    made = senco.post("referrals", f"/children/{child['id']}/referrals", body)
    at = f"/referrals/{made['id']}"
    senco.change("referrals", f"{at}/consent", {"status": "given", "by": "A", "how": "signed"})
    sent: str = senco.change("referrals", f"{at}/submit", None)["id"]
    return sent


def test_the_walk_survives_kill_9_of_every_worker_and_a_stop_of_the_broker(
    stack: Stack, known: dict[str, str]
) -> None:
    if "rabbitmq" not in stack.running:
        pytest.skip("the broker is not ours to stop")
    lines: list[str] = []
    status: list[int] = []
    walk = threading.Thread(target=lambda: status.append(_demo(stack, known, lines).run()))
    walk.start()
    client.eventually("the walk is under way", lambda: len(lines) > 5, seconds=120)
    for service in ("plans", "notifications"):
        stack.kill_one(f"{service}-worker")
        stack.start_worker(service, wait=False)
    stack.stop_one("rabbitmq")
    time.sleep(8)
    stack.start_rabbitmq()
    for service in ("reviews", "referrals"):
        stack.kill_one(f"{service}-worker")
        stack.start_worker(service, wait=False)
    walk.join()
    # An email whose sender was killed may have come again, under one Message-ID (runbook).
    assert status == [0], "\n".join(lines)


def test_a_service_that_the_database_does_not_let_in_waits_and_loses_nothing(
    stack: Stack, known: dict[str, str]
) -> None:
    """A password changed too soon, rights taken away: requests are answered 503, no event spends a
    try, and all goes on once an operator has mended it."""
    if "notifications" not in stack.passwords:
        pytest.skip("the database is not ours to close")
    token = Issuer(stack.folder / "issuer").token(
        "senco", subject="somebody", settings=[known["school"]]
    )
    headers = {"Authorization": f"Bearer {token}"}
    url, school = stack.urls["notifications"], f"/settings/{known['school']}"
    child = {"first_name": "A", "last_name": "B", "date_of_birth": "2019-01-01"}
    with MongoClient[dict[str, Any]](stack.mongodb_url) as mongo:
        inbox = mongo[f"{stack.database_prefix}_notifications"]["inbox"]
        mongo.admin.command("updateUser", "notifications", roles=[])
        try:
            before = inbox.count_documents({})
            asked = requests.get(f"{url}{school}/contacts", headers=headers, timeout=120)
            assert asked.status_code == 503
            assert requests.get(f"{url}/readyz", timeout=120).status_code == 503
            for _ in range(3):
                at = f"{stack.urls['plans']}{school}/children"
                made = requests.post(at, json=child, headers=headers, timeout=120)
                assert made.status_code == 201
            time.sleep(5)
            assert inbox.count_documents({}) == before
        finally:
            roles = mongod.roles(f"{stack.database_prefix}_notifications")
            mongo.admin.command("updateUser", "notifications", roles=roles)
        _wait_until(lambda: inbox.count_documents({}) >= before + 3)
        assert inbox.count_documents({}) >= before + 3
    said = _sen(stack, "notifications", "dead", "list", "notifications")
    assert (said.returncode, said.stdout) == (0, "")


def test_an_operator_looks_from_inside_a_services_pod(stack: Stack) -> None:
    """`kubectl exec deploy/plans-worker -- sen queues`: with the rights of that service alone."""
    if not stack.users:
        pytest.skip("the servers are not ours")
    said = _sen(stack, "plans", "queues")
    assert said.returncode == 0, said.stderr
    for service in SERVICES:
        assert any(line.startswith(f"{service}.events") for line in said.stdout.splitlines())
    assert _sen(stack, "plans", "outbox", "plans").returncode == 0
    forbidden = _sen(stack, "plans", "dead", "list", "reviews")
    assert forbidden.returncode == 1 and "AccessRefused" in forbidden.stderr


def _sen(stack: Stack, service: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "shared.sen", *arguments], env=stack.api_environment(service),
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_without_the_database_commands_answer_503_and_work_again_after(
    stack: Stack, known: dict[str, str]
) -> None:
    if "mongod" not in stack.running:
        pytest.skip("the database is not ours to stop")
    token = Issuer(stack.folder / "issuer").token(
        "senco", subject="somebody", settings=[known["school"]]
    )
    url = f"{stack.urls['plans']}/settings/{known['school']}/children"
    child = {"first_name": "A", "last_name": "B", "date_of_birth": "2019-01-01"}
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "one"}
    stack.stop_one("mongod")
    try:
        away = requests.post(url, json=child, headers=headers, timeout=120)
        assert (away.status_code, away.headers["Content-Type"]) == (503, "application/problem+json")
        assert requests.get(stack.urls["plans"] + "/readyz", timeout=120).status_code == 503
    finally:
        stack.start_mongod()
    made = requests.post(url, json=child, headers=headers, timeout=120)
    again = requests.post(url, json=child, headers=headers, timeout=120)
    assert (made.status_code, made.json()["id"]) == (201, again.json()["id"])


def test_every_line_that_a_service_logs_is_json_with_its_trace(stack: Stack) -> None:
    """After all of the above; an api that cannot listen says so in JSON too."""
    taken = stack.api_command("plans")
    environment = {
        **stack.api_environment("plans"),
        "SEN_BIND": f"127.0.0.1:{stack.ports['plans']}",
    }
    done = subprocess.run(
        taken, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode
    said = done.stderr.splitlines()
    assert any("in use" in json.loads(line)["message"] for line in said)
    for log in (stack.folder / "logs").glob("*.log"):
        if log.name.startswith(SERVICES):
            said += log.read_text().splitlines()
    lines = [json.loads(line) for line in said]
    assert all({"level", "logger", "message", "timestamp"} <= set(line) for line in lines)
    ours = [line for line in lines if not line["logger"].startswith("gunicorn")]
    assert ours and all(line["service"] in SERVICES and line["trace_id"] for line in ours)


def test_the_pages_of_a_link_that_is_not_ours_say_so(stack: Stack) -> None:
    page = requests.get(f"{stack.urls['plans']}/family/plans/nonsense", timeout=120)
    assert page.status_code == 404
    assert "The link may have expired" in page.text
    assert Path(stack.folder).exists()
