"""What operators see and do: `sen queues`, `sen outbox`, and the same in /metrics."""

import subprocess
import sys
import threading
import time

import pytest
from prometheus_client import REGISTRY

from shared import ids, sen
from shared.messaging import topology
from shared.messaging.broker import Outgoing, Publisher
from shared.messaging.consumer import Consumer
from shared.store.changes import Changes, StoredChange, ledger
from tests.support.house import Service
from tests.support.story import School

pytestmark = pytest.mark.xdist_group("broker")


@pytest.fixture
def _environment(
    plans: Service, amqp_url: str, broker_api_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEN_AMQP_URL", amqp_url)
    monkeypatch.setenv("SEN_RABBITMQ_API_URL", broker_api_url)
    monkeypatch.setenv("SEN_MONGODB_URL", plans.settings.mongodb_url)
    monkeypatch.setenv("SEN_MONGODB_DATABASE", plans.settings.mongodb_database)


@pytest.mark.usefixtures("_environment")
def test_the_outbox_shows_what_the_broker_has_not_confirmed(
    plans: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    school = School(plans)
    plans.take_events()
    school.child(parents=0)
    assert sen.main(["outbox", "plans"]) == 0
    [line] = [x for x in capsys.readouterr().out.splitlines() if x.startswith("children")]
    assert line.split()[1:3] == ["1", "documents"] and "oldest 0 s" in line
    plans.take_events()
    assert sen.main(["outbox", "plans"]) == 0
    assert "oldest" not in capsys.readouterr().out.split("children")[1].splitlines()[0]


@pytest.mark.usefixtures("_environment")
def test_the_changes_of_stored_documents_show_how_far_they_are(
    plans: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    change = StoredChange(
        7, "a child has a nickname", "children",
        old={"nickname": {"$exists": False}}, convert=lambda _: {"$set": {"nickname": None}},
    )  # fmt: skip
    School(plans).child(parents=0)
    changes = Changes(plans.database, [change], pause=0)
    try:
        changes.round(threading.Event())
        assert sen.main(["changes", "plans"]) == 0
        said = capsys.readouterr().out.split()
        assert said[:2] == ["7", "finished"] and int(said[2]) > 0
    finally:
        ledger(plans.database).delete_many({})


def test_whoever_reads_may_stop_reading() -> None:
    """`sen definitions | head -1`: no trouble with RabbitMQ is made up."""
    said = subprocess.Popen(
        [sys.executable, "-m", "shared.sen", "definitions"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert said.stdout and said.stderr
    said.stdout.close()
    assert (said.wait(120), said.stderr.read()) == (0, "")
    said.stderr.close()


@pytest.mark.usefixtures("_environment")
def test_the_queues_show_what_waits_and_who_reads(
    plans: Service, amqp_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    queue = topology.events_queue("plans")
    with Publisher(amqp_url) as publisher:
        publisher.channel().queue_purge(queue)
        publisher.channel().queue_purge(topology.dead_queue("plans"))
        publisher.publish([Outgoing(ids.new_id(), b"{", queue, exchange="") for _ in range(3)])
    by = time.monotonic() + 120
    while True:
        assert sen.main(["queues", "plans"]) == 0
        rows = [line.split() for line in capsys.readouterr().out.splitlines()]
        if ["plans.events", "3", "0"] in [row[:3] for row in rows]:
            break
        assert time.monotonic() < by, rows
    stopping = threading.Event()
    consumer = Consumer("plans", plans.database, amqp_url, plans.handling)
    thread = threading.Thread(target=consumer.run, args=(stopping,))
    thread.start()
    try:
        by = time.monotonic() + 120
        while REGISTRY.get_sample_value("sen_queue_messages", {"queue": "plans.dead"}) != 3:
            assert time.monotonic() < by, "the metrics do not show the dead letters"
            time.sleep(0.1)
        assert REGISTRY.get_sample_value("sen_queue_consumers", {"queue": queue}) == 1
    finally:
        stopping.set()
        thread.join()


@pytest.mark.parametrize(
    ("words", "said"),
    [(["queues", "nobody"], "no service"), (["outbox", "nobody"], "no service"),
     (["dead", "redrive", "plans"], "Name a letter's id")],
)  # fmt: skip
@pytest.mark.usefixtures("_environment")
def test_a_wrong_command_says_why(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sen.main(words) == 2
    assert said in capsys.readouterr().err


def test_a_broker_that_is_away_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEN_AMQP_URL", "amqp://guest:guest@127.0.0.1:9//")
    assert sen.main(["dead", "list", "plans"]) == 1
    assert "RabbitMQ does not answer" in capsys.readouterr().err
