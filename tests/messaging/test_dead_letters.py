"""Poison waits in the dead letters with its reason, and neighbours are not held up."""

import json
import threading
import time

import pytest

from shared import ids
from shared.messaging import dead, topology
from shared.messaging.broker import Outgoing, Publisher
from shared.messaging.consumer import Consumer
from shared.messaging.dead import DeadLetter
from tests.support.house import Service, event

pytestmark = pytest.mark.xdist_group("broker")


def test_poison_goes_to_the_dead_and_can_be_redriven_and_discarded(
    reviews: Service, amqp_url: str, broker_api_url: str
) -> None:
    def letters_now() -> list[DeadLetter]:
        return dead.dead_letters(amqp_url, "reviews", broker_api_url)

    child, setting = ids.new_id(), ids.new_id()
    data = {"child_id": child, "setting_id": setting, "recipients": []}
    good = event("ChildRegistered", data, subject=child)
    poison = {
        "not-json": b"{",
        "unknown": json.dumps({**good, "type": "plans.Nothing"}).encode(),
        "schema": json.dumps({**good, "data": {"child_id": 1}}).encode(),
    }
    queue = topology.events_queue("reviews")
    with Publisher(amqp_url) as publisher:
        for name in (queue, topology.dead_queue("reviews")):
            publisher.channel().queue_purge(name)
        batch = [Outgoing(i, body, queue, exchange="") for i, body in poison.items()]
        batch.insert(1, Outgoing(good["id"], json.dumps(good), queue, exchange=""))
        assert len(publisher.publish(batch).confirmed) == 4
    stopping = threading.Event()
    consumer = Consumer("reviews", reviews.database, amqp_url, reviews.handling, max_tries=3)
    thread = threading.Thread(target=consumer.run, args=(stopping,))
    thread.start()
    try:
        by = time.monotonic() + 120
        while len(letters_now()) < 3:
            assert time.monotonic() < by, "the poison did not reach the dead letters"
        assert reviews.store.setting_of_child(child) == setting
        letters = {letter.id: letter for letter in letters_now()}
        assert set(letters) == set(poison)
        assert "schema" in letters["schema"].reason
        assert dead.redrive(
            amqp_url, "reviews", lambda letter: letter.id == "unknown", broker_api_url
        ) == 1  # fmt: skip
        by = time.monotonic() + 120
        while not [x for x in letters_now() if x.redriven == 1]:
            assert time.monotonic() < by, "the redriven letter did not come back"
        assert dead.discard(amqp_url, "reviews", lambda _letter: True, broker_api_url) == 3
        assert letters_now() == []
    finally:
        stopping.set()
        thread.join()
