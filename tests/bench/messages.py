"""Relay and consumer: events from outboxes to the broker, and from the broker to their effects."""

import json
import statistics
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from shared import clock, ids
from shared.messaging import topology
from shared.messaging.broker import Outgoing, Publisher
from shared.messaging.consumer import Consumer
from shared.messaging.handling import Handling
from shared.messaging.relay import Relay
from shared.store import outbox
from shared.store.database import session
from tests.bench.ground import Ground
from tests.support.house import Service, event

TYPE = "plans.ChildRegistered"


def events(count: int) -> list[dict[str, Any]]:
    """So many events of one kind, each of another child."""
    setting = ids.new_id()
    made = []
    for _ in range(count):
        child = ids.new_id()
        data = {"child_id": child, "setting_id": setting, "recipients": []}
        made.append(event("ChildRegistered", data, subject=child))
    return made


# --- relay


def relay(ground: Ground, *, count: int, rounds: int) -> dict[str, float]:
    """Events a second from outboxes to quorum queues, confirmed; and with a confirm each."""
    plans = ground.service("plans")
    made = events(count)
    found: dict[str, list[float]] = {
        "relay": [],
        "a confirm each": [],
        "floor: only publishing": [],
    }
    with Publisher(ground.amqp_url) as publisher:
        for _ in range(rounds):
            _fill_outboxes(plans, made)
            found["relay"].append(_rate(count, lambda: _relay_all(plans, ground.amqp_url)))
            _purge(publisher)
            few = max(500, count // 20)
            _fill_outboxes(plans, made[:few])
            found["a confirm each"].append(_rate(few, lambda: _relay_one_by_one(plans, publisher)))
            _purge(publisher)
            bodies = [_outgoing(one) for one in made]
            found["floor: only publishing"].append(
                _rate(count, partial(_publish_all, publisher, bodies))
            )
            _purge(publisher)
    plans.close()
    return {name: statistics.median(rates) for name, rates in found.items()}


def _fill_outboxes(plans: Service, made: list[dict[str, Any]]) -> None:
    collection = plans.database["children"]
    collection.delete_many({})
    now = clock.now()
    collection.insert_many(
        {
            "_id": one["subject"], "setting_id": one["data"]["setting_id"], "version": 1,
            "first_name": "Robin", "last_name": "Vennacombe", "date_of_birth": "2018-03-04",
            "outbox": [{"_id": one["id"], "kind": "event", "next": now, "tries": 0, "type": TYPE,
                        "routing_key": TYPE, "body": json.dumps(one)}],
        }
        for one in made
    )  # fmt: skip


def _relay_all(plans: Service, url: str) -> None:
    relaying = Relay(plans.database, ["children"], url)
    while relaying.round():
        pass
    relaying._publisher.close()


def _relay_one_by_one(plans: Service, publisher: Publisher) -> None:
    collection = plans.database["children"]
    for pending in outbox.waiting(collection, 1_000_000):
        entry = pending.entry
        publisher.publish([Outgoing(pending.id, entry["body"], entry["routing_key"])])
        outbox.remove(collection, [pending])


def _outgoing(one: dict[str, Any]) -> Outgoing:
    return Outgoing(one["id"], json.dumps(one), TYPE)


def _publish_all(publisher: Publisher, bodies: list[Outgoing]) -> None:
    for at in range(0, len(bodies), 500):
        publisher.publish(bodies[at : at + 500])


# --- consumer


def consumer(ground: Ground, *, count: int, rounds: int) -> dict[str, float]:
    """Events a second from the queue to committed effects: inbox and one document each."""
    reviews = ground.service("reviews")
    found: dict[str, list[float]] = {"consumer": [], "one message a transaction": []}
    with Publisher(ground.amqp_url) as publisher:
        for _ in range(rounds):
            for name, batch, some in (("consumer", 100, count),
                                      ("one message a transaction", 1, max(500, count // 10))):  # fmt: skip
                _purge(publisher)
                _publish_all(publisher, [_outgoing(one) for one in events(some)])
                found[name].append(consume(reviews, ground.amqp_url, some, batch))
    reviews.close()
    return {name: statistics.median(rates) for name, rates in found.items()}


def consume(reviews: Service, url: str, count: int, batch: int) -> float:
    """Consume `count` events that wait; each writes one document. Answers events a second."""
    effects = reviews.database["bench_effects"]
    effects.delete_many({})
    reviews.database["inbox"].delete_many({})

    def write(said: Any) -> None:
        effects.insert_one({"_id": said.subject, "at": said.time, **said.data}, session=session())

    handling = Handling(reviews.database, {TYPE: write})
    reader = Consumer("reviews", reviews.database, url, handling, batch=batch)
    stopping = threading.Event()
    thread = threading.Thread(target=reader.run, args=(stopping,))
    began = time.perf_counter()
    thread.start()
    while effects.estimated_document_count() < count:
        if time.perf_counter() - began > 120:
            raise TimeoutError("the events were not consumed")
        time.sleep(0.05)
    took = time.perf_counter() - began
    stopping.set()
    thread.join()
    return count / took


def _rate(count: int, act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return count / (time.perf_counter() - began)


def _purge(publisher: Publisher) -> None:
    for service in topology.services():
        publisher.channel().queue_purge(topology.events_queue(service))
