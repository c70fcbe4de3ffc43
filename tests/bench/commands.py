"""Commands: POST of a contribution and of a check, against the bare floors of the same."""

import json
import statistics
from contextlib import ExitStack
from typing import Any

from shared import ids
from tests.bench.ground import Ground
from tests.bench.http_load import Request, request, run
from tests.support.house import Service, days_ago
from tests.support.story import School, content, contribution
from tests.support.stubs import served_collector

ASSESSMENTS, PLANS = 500, 50


def measure(ground: Ground, *, count: int, rounds: int) -> dict[str, float]:
    """Requests a second of each, medians of rounds taken in turn."""
    plans = ground.service("plans")
    school = School(plans)
    assessments, active = _prepare(school)
    token = school.senco.authorization
    with ExitStack() as ending:
        ours = ending.enter_context(ground.api(plans))
        other = ending.enter_context(
            ground.api(plans, "tests.bench.floors:ours_with_a_transaction()")
        )
        _, collector = ending.enter_context(served_collector())
        traced = ending.enter_context(ground.api(plans, SEN_TRACES_URL=collector))
        env = {"SEN_MONGODB_URL": ground.mongodb_url}
        bare = ending.enter_context(ground.gunicorn("tests.bench.floors:insert()", env))
        boxed = ending.enter_context(ground.gunicorn("tests.bench.floors:outbox()", env))
        said = json.dumps(contribution("staff")).encode()
        kinds: dict[str, tuple[int, Any]] = {
            "contribution": (ours, lambda n: _contribution(assessments, token, said, n)),
            "check": (ours, lambda n: _check(active, token, n)),
            "check, traced": (traced, lambda n: _check(active, token, n)),
            "contribution, in a transaction": (
                other, lambda n: _contribution(assessments, token, said, n)
            ),
            "check, in a transaction": (other, lambda n: _check(active, token, n)),
            "floor: bare insert": (bare, lambda _n: request("POST", "bench", "/things", said)),
            "floor: transaction with outbox": (
                boxed, lambda _n: request("POST", "bench", "/things", said)
            ),
        }  # fmt: skip
        for port, make in kinds.values():
            run(port, make, 100)  # warm
        found: dict[str, list[float]] = {name: [] for name in kinds}
        for _ in range(rounds):
            for name, (port, make) in kinds.items():
                found[name].append(run(port, make, count).per_second)
                if port in (ours, other, traced):
                    _empty(plans)
    plans.close()
    return {name: statistics.median(values) for name, values in found.items()}


def _prepare(school: School) -> tuple[list[str], list[dict[str, Any]]]:
    assessments, active = [], []
    for _ in range(ASSESSMENTS):
        child = school.child(parents=0)
        made = school.senco.post(f"/children/{child['id']}/assessments", {"concern": "None yet"})
        assessments.append(made["id"])
    child = school.child(parents=0)
    plan = school.active(child)
    for _ in range(PLANS):
        active.append(_copy(school, plan))
    school.plans.take_events()
    school.plans.database.create_collection("outbox")
    return assessments, active


def _copy(school: School, plan: dict[str, Any]) -> dict[str, Any]:
    """Another plan in force, of another child."""
    collection = school.plans.database["plans"]
    document = collection.find_one({"_id": plan["id"]})
    assert document
    document.update(_id=ids.new_id(), child_id=ids.new_id(), outbox=[])
    collection.insert_one(document)
    return {"id": document["_id"], "content": content() | plan["content"]}


def _contribution(assessments: list[str], token: str, body: bytes, number: int) -> Request:
    path = f"/assessments/{assessments[number % len(assessments)]}/contributions"
    return request("POST", "bench", path, body, {"Authorization": token})


def _check(active: list[dict[str, Any]], token: str, number: int) -> Request:
    plan = active[number % len(active)]
    body = {
        "occurred_on": days_ago(5),
        "outcomes": [{"outcome_id": o["id"], "status": "on_track"}
                     for o in plan["content"]["outcomes"]],
        "deliveries": [],
    }  # fmt: skip
    return request(
        "POST", "bench", f"/plans/{plan['id']}/checks", json.dumps(body).encode(),
        {"Authorization": token},
    )  # fmt: skip


def _empty(plans: Service) -> None:
    """As the relay would: outboxes are emptied, and assessments stay short."""
    for name in plans.collections:
        plans.database[name].update_many({"outbox.0": {"$exists": True}}, {"$set": {"outbox": []}})
    plans.database["assessments"].update_many({}, {"$set": {"contributions": []}})
