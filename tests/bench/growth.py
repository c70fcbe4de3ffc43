"""The same with 1,000 and with 1,000,000 documents in the store."""

import json
import statistics
from collections.abc import Iterator
from typing import Any

from shared import clock, ids
from tests.bench.commands import _check, _copy
from tests.bench.ground import Ground
from tests.bench.http_load import request, run
from tests.bench.messages import _fill_outboxes, _rate, _relay_all, events
from tests.support.house import Service, settle
from tests.support.story import School
from tests.support.world import add_service, submitted

FEW, MANY = 1_000, 1_000_000


def measure(
    ground: Ground, *, many: int, rounds: int, count: int
) -> dict[str, tuple[float, float]]:
    """A second: checks recorded, pages of a queue read, events relayed; with few, with many."""
    found: dict[str, tuple[float, float]] = {}
    plans = ground.service("plans")
    school = School(plans)
    active = [_copy(school, school.active(school.child(parents=0))) for _ in range(20)]
    plans.take_events()
    with ground.api(plans) as port:
        header = school.senco.authorization

        def checks() -> float:
            rate = run(port, lambda n: _check(active, header, n), count).per_second
            plans.database["checks"].update_many(
                {"outbox.0": {"$exists": True}}, {"$set": {"outbox": []}}
            )
            return rate

        checks()
        school.senco.post(f"/plans/{active[0]['id']}/checks", json.loads(
            _check(active, header, 0).raw.partition(b"\r\n\r\n")[2]))  # fmt: skip
        found["POST of a check"] = _few_and_many(
            plans, "checks", checks, many, rounds, {"plan_id": ids.new_id}
        )
    found["relay"] = _relay(ground, plans, many, rounds)
    plans.close()
    found["first page of a queue"] = _queue(ground, many, rounds, count)
    return found


def _queue(ground: Ground, many: int, rounds: int, count: int) -> tuple[float, float]:
    plans, referrals = ground.service("plans"), ground.service("referrals")
    school = School(plans)
    service_id = add_service(referrals)
    senco = school.at(referrals)
    for _ in range(60):
        child = school.child(parents=0)
        settle(plans, referrals)
        submitted(referrals, senco, child["id"], service_id)
    referrals.take_events()
    worker = referrals.person("support_worker", services=[service_id])
    path = f"/support-services/{service_id}/queue?limit=25"
    with ground.api(referrals) as port:
        one = request("GET", "bench", path, b"", {"Authorization": worker.authorization})

        def pages() -> float:
            return run(port, lambda _n: one, max(200, count // 4)).per_second

        pages()
        # The others lie in the same queue: the page has to be found among them.
        found = _few_and_many(referrals, "referrals", pages, many, rounds, {"child_id": ids.new_id})
    referrals.close()
    plans.close()
    return found


def _relay(ground: Ground, plans: Service, many: int, rounds: int) -> tuple[float, float]:
    made = events(5_000)
    rates = []
    for size in (FEW, many):
        some = []
        for _ in range(rounds):
            _fill_outboxes(plans, made)
            _fill(plans, "children", size, {})
            some.append(_rate(len(made), lambda: _relay_all(plans, ground.amqp_url)))
        rates.append(statistics.median(some))
    return rates[0], rates[1]


def _few_and_many(
    service: Service, collection: str, rate: Any, many: int, rounds: int, fresh: dict[str, Any]
) -> tuple[float, float]:
    rates = []
    for size in (FEW, many):
        _fill(service, collection, size, fresh)
        rate()
        rates.append(statistics.median(rate() for _ in range(rounds)))
    return rates[0], rates[1]


def _fill(service: Service, collection: str, size: int, fresh: dict[str, Any]) -> None:
    """Let the collection hold so many documents, like one that is there."""
    held = service.database[collection]
    model = held.find_one({"outbox.0": {"$exists": False}}) or held.find_one()
    assert model
    model.update(outbox=[], keys=[])
    missing = size - held.estimated_document_count()
    batch: list[dict[str, Any]] = []
    for document in _copies(model, missing, fresh):
        batch.append(document)
        if len(batch) == 5_000:
            held.insert_many(batch, ordered=False)
            batch = []
    if batch:
        held.insert_many(batch, ordered=False)


def _copies(model: dict[str, Any], count: int, fresh: dict[str, Any]) -> Iterator[dict[str, Any]]:
    now = clock.now()
    for _ in range(count):
        yield {**model, "_id": ids.new_id(), "updated_at": now,
               **{name: make() for name, make in fresh.items()}}  # fmt: skip
