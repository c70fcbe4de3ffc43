"""A backup's "nothing is under way": the queues themselves are asked, and their readers held."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from deploy.local.client import eventually
from shared import ids
from shared.backup import hold
from shared.backup.hold import NotQuiet, Waiting, wait_until_quiet
from shared.messaging import dead, queues, topology
from shared.messaging.broker import Outgoing, Publisher
from shared.messaging.consumer import NO_READING, Consumer
from shared.messaging.handling import Verdict
from tests.support.house import Service

pytestmark = pytest.mark.xdist_group("broker")

_PATIENCE = 120.0


@pytest.fixture(autouse=True)
def _nothing_waits(amqp_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No relay runs here, so nobody has to notice that they are held."""
    monkeypatch.setattr(hold, "_RELAY_NOTICES", 0.0)
    with Publisher(amqp_url) as publisher:
        topology.declare(publisher.channel())
        for service in topology.services():
            for queue in queues.names(service):
                publisher.channel().queue_purge(queue)


@contextmanager
def _reading(plans: Service, amqp_url: str) -> Iterator[Consumer]:
    stopping = threading.Event()
    consumer = Consumer("plans", plans.database, amqp_url, plans.handling)
    thread = threading.Thread(target=consumer.run, args=(stopping,))
    thread.start()
    try:
        yield consumer
    finally:
        stopping.set()
        thread.join()


def _put(amqp_url: str, *bodies: bytes, queue: str = topology.events_queue("plans")) -> list[str]:
    said = [Outgoing(ids.new_id(), body, queue, exchange="") for body in bodies]
    with Publisher(amqp_url) as publisher:
        assert len(publisher.publish(said).confirmed) == len(bodies)
    return [one.id for one in said]


def _quiet(
    plans: Service, amqp_url: str, api_url: str, patience: float = _PATIENCE
) -> list[Waiting]:
    found = wait_until_quiet(
        {"plans": plans.database}, amqp_url, api_url, patience=patience, say=lambda _: None
    )
    return [one for one in found if one.queue.startswith("plans.")]


def test_events_that_nobody_reads_are_not_quiet(
    plans: Service, amqp_url: str, broker_api_url: str
) -> None:
    """They would be in no outbox and no inbox, and emptied away at a restore."""
    _put(amqp_url, *[b"{"] * 5)
    with pytest.raises(NotQuiet, match=r"plans\.events': 5"):
        _quiet(plans, amqp_url, broker_api_url, patience=0)


def test_what_a_reader_has_in_hand_is_not_quiet_until_it_is_handled(
    plans: Service, amqp_url: str, broker_api_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, go_on, handle = threading.Event(), threading.Event(), plans.handling.handle

    def slow(bodies: Sequence[bytes | str]) -> list[Verdict]:
        taken.set()
        go_on.wait(_PATIENCE)
        return handle(bodies)

    monkeypatch.setattr(plans.handling, "handle", slow)
    with _reading(plans, amqp_url):
        [poison] = _put(amqp_url, b"{")
        assert taken.wait(_PATIENCE)
        try:
            with pytest.raises(NotQuiet, match=r"still read.*plans\.events': 1"):
                _quiet(plans, amqp_url, broker_api_url, patience=0)
        finally:
            go_on.set()
        [rests] = _quiet(plans, amqp_url, broker_api_url)
        assert (rests.queue, rests.id, rests.body) == ("plans.dead", poison, "{")


def test_what_waits_in_a_ladder_rests_and_the_readers_go_on_afterwards(
    plans: Service, amqp_url: str, broker_api_url: str
) -> None:
    ladder = topology.retry_queue("plans", max(topology.RETRY_SECONDS))
    with _reading(plans, amqp_url):
        [waits] = _put(amqp_url, b"{", queue=ladder)
        found = _quiet(plans, amqp_url, broker_api_url)
        assert [(one.queue, one.id) for one in found] == [(ladder, waits)]
        [poison] = _put(amqp_url, b"[")
        eventually(
            "what comes after it is handled",
            lambda: (
                [one.id for one in dead.dead_letters(amqp_url, "plans", broker_api_url)] == [poison]
            ),
            seconds=_PATIENCE,
        )


def test_what_comes_back_from_a_ladder_while_readers_are_held_is_found_in_its_queue(
    plans: Service, amqp_url: str, broker_api_url: str
) -> None:
    with hold.held({"plans": plans.database}, NO_READING), _reading(plans, amqp_url):
        [back] = _put(amqp_url, b"{", queue=topology.retry_queue("plans", 1))
        eventually(
            "it is back",
            lambda: (
                [(one.queue, one.id) for one in hold.at_rest(amqp_url, broker_api_url)]
                == [(topology.events_queue("plans"), back)]
            ),
            seconds=_PATIENCE,
        )
