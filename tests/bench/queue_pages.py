"""How long the server takes for the first page of a service's queue, in a store that is full."""

import random
import statistics
import time
from datetime import timedelta
from typing import Any

from shared import clock, ids
from shared.identity.sessions import Sessions
from tests.bench.ground import Ground
from tests.support.house import Service, settle
from tests.support.story import School
from tests.support.world import add_service, submitted

_SERVICES, _OPEN_HERE = 100, 10_000
_OPEN = ("submitted", "acknowledged", "triage", "information_requested", "accepted",
         "waiting_list", "allocated", "in_progress")  # fmt: skip
_OVER = ("closed", "declined", "withdrawn")
_WAYS = {
    "most urgent first": "sort=urgency", "answer owed soonest first": "sort=target",
    "longest waiting first": "sort=age", "changed last first": "sort=changed",
    "held by nobody": "unclaimed=true", "held by me (there is none)": "mine=true",
    "past the target": "overdue=true&sort=target", "urgent": "urgency=urgent",
    "on the waiting list": "status=waiting_list",
}  # fmt: skip


def measure(ground: Ground, *, many: int, count: int) -> dict[str, tuple[float, float]]:
    """Milliseconds, p50 and p95, by what is shown."""
    plans, referrals = ground.service("plans"), ground.service("referrals")
    referrals.store.ensure_indexes()
    service_id = add_service(referrals)
    school = School(plans)
    child = school.child(parents=0)
    settle(plans, referrals)
    made = submitted(referrals, school.at(referrals), child["id"], service_id)
    referrals.take_events()
    _fill(referrals, made["id"], service_id, many)
    worker = referrals.person("support_worker", services=[service_id])
    at = f"/support-services/{service_id}/queue?limit=25&"
    found = {name: _times(lambda q=query: worker.get(at + q), count)
             for name, query in _WAYS.items()}  # fmt: skip
    page = _page(referrals, worker.authorization, service_id)
    found["as a page that one signs in to"] = _times(page, count)
    referrals.close()
    plans.close()
    return found


def _times(read: Any, count: int) -> tuple[float, float]:
    for _ in range(5):
        read()
    took = []
    for _ in range(count):
        began = time.perf_counter()
        read()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took), statistics.quantiles(took, n=20)[18]


def _page(service: Service, authorization: str, service_id: str) -> Any:
    token = authorization.removeprefix("Bearer ")
    begun = Sessions(service.database).begin(token, "", "A worker", time.time() + 3600)
    http = service.app.test_client()
    with http.session_transaction("/sign-in", base_url="https://localhost") as cookie:
        cookie["key"] = begun.key

    def read() -> None:
        answer = http.get(f"/queue/{service_id}", base_url="https://localhost")
        assert answer.status_code == 200

    return read


def _fill(service: Service, model_id: str, service_id: str, many: int) -> None:
    """So many referrals of a hundred services, a tenth of them open."""
    held = service.database["referrals"]
    model = held.find_one({"_id": model_id})
    assert model
    model.update(outbox=[], keys=[], history=[])
    chance, now = random.Random(1), clock.now()
    services = [ids.new_id() for _ in range(_SERVICES - 1)]
    batch: list[dict[str, Any]] = []
    for number in range(many - 1):
        here = number < min(_OPEN_HERE, many // 2)
        status = chance.choice(_OPEN if here or chance.random() < 0.1 else _OVER)
        received = now - timedelta(days=chance.random() * 400)
        rank = chance.choice((0, 1, 1, 2, 2, 2, 2))
        held_by = None if chance.random() < 0.5 else f"worker-{chance.randrange(40)}"
        batch.append({
            **model, "_id": ids.new_id(), "child_id": ids.new_id(), "status": status,
            "request": {**model["request"], "support_service_id": service_id if here
                        else chance.choice(services),
                        "urgency": ("urgent", "soon", "routine")[rank]},
            "urgency_rank": rank, "received_at": received, "submitted_at": received,
            "respond_by": (received.date() + timedelta(days=chance.randrange(10, 40))).isoformat(),
            "claimed_by": held_by, "unclaimed": held_by is None,
            "changed_at": received + timedelta(days=chance.random() * 5),
        })  # fmt: skip
        if len(batch) == 5_000:
            held.insert_many(batch, ordered=False)
            batch = []
    if batch:
        held.insert_many(batch, ordered=False)
