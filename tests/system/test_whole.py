"""The whole system through its front doors, on servers of this test's own."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from deploy.local.demo import Demo
from deploy.local.issuer import Issuer
from deploy.local.sample.load import ensure_loaded
from deploy.local.stack import Stack

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("broker"), pytest.mark.timeout(400)]


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
