"""The whole system through its front doors, on servers of this test's own."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests
from playwright.sync_api import expect

from deploy.local import client
from deploy.local.demo import Demo
from deploy.local.issuer import Issuer
from deploy.local.sample import bodies
from deploy.local.sample.council import person_id
from deploy.local.sample.load import ensure_loaded
from deploy.local.sample.words import NEEDS
from deploy.local.stack import Stack
from tests.support.browser import chromium

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("broker"), pytest.mark.timeout(400)]

_SERVICE = "Occupational Therapy"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Stack(tmp_path_factory.mktemp("stack"), usual_ports=False)
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
    assert _demo(stack, known, lines).run() == 0, "\n".join(lines)


def test_a_worker_signs_in_and_a_new_referral_appears(stack: Stack, known: dict[str, str]) -> None:
    """gunicorn, the local sign-in, server-sent events, a real browser."""
    with chromium() as browser:
        page = browser.new_context(locale="en-GB").new_page()
        page.goto(stack.urls["referrals"])
        page.get_by_role("button", name=f"A worker of {_SERVICE}").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Queue of {_SERVICE}")
        page.evaluate("window.stays = true")
        sent = _refer(stack, known)
        expect(page.get_by_role("link", name=sent[-8:])).to_be_visible(timeout=15_000)
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
    time.sleep(2)
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
    assert status == [0], "\n".join(lines)


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
        away = requests.post(url, json=child, headers=headers, timeout=30)
        assert (away.status_code, away.headers["Content-Type"]) == (503, "application/problem+json")
        assert requests.get(stack.urls["plans"] + "/readyz", timeout=30).status_code == 503
    finally:
        stack.start_mongod()
    made = requests.post(url, json=child, headers=headers, timeout=30)
    again = requests.post(url, json=child, headers=headers, timeout=30)
    assert (made.status_code, made.json()["id"]) == (201, again.json()["id"])


def test_the_pages_of_a_link_that_is_not_ours_say_so(stack: Stack) -> None:
    page = requests.get(f"{stack.urls['plans']}/family/plans/nonsense", timeout=10)
    assert page.status_code == 404
    assert "The link may have expired" in page.text
    assert Path(stack.folder).exists()
