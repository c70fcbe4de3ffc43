"""Order is not to be relied on: shuffled and repeated, the same events come to the same end."""

import random
from collections import deque
from typing import Any

import pytest

from shared.events.registry import read_by
from shared.messaging.handling import Fate
from tests.support.house import Service
from tests.support.story import School, parent

_SEEN = {
    "reviews": ("known_children", "known_plans"),
    "referrals": ("known_children",),
    "notifications": ("known_children",),
}


def _end(service: Service, setting: str) -> dict[str, Any]:
    """What a service knows of a setting, and how many things it made for it."""
    found: dict[str, Any] = {}
    for name in _SEEN[service.name]:
        documents = service.database[name].find({"setting_id": setting}).sort("_id", 1)
        found[name] = [{**d, "held_still": 0} for d in documents]
    for repository in service.store.repositories:
        query = {"setting_id": setting}
        found[repository.name] = repository.collection.count_documents(query)
    return found


def _forget(service: Service, setting: str) -> None:
    for name in service.database.list_collection_names():
        service.database[name].delete_many({"setting_id": setting})
    service.database["inbox"].delete_many({})


def _feed(service: Service, events: list[dict[str, Any]]) -> None:
    waiting = deque((e, 0) for e in events if e["type"] in read_by(service.name))
    while waiting:
        said, tries = waiting.popleft()
        verdict = service.handle(said)[0]
        if verdict.fate is Fate.RETRY and tries < 100:
            waiting.append((said, tries + 1))
        else:
            assert verdict.fate is Fate.DONE, verdict


@pytest.mark.parametrize("name", list(_SEEN))
def test_shuffled_and_repeated_events_come_to_the_same_end(
    plans: Service, name: str, request: pytest.FixtureRequest
) -> None:
    service: Service = request.getfixturevalue(name)
    school = School(plans)
    plans.take_events()
    child = school.child(parents=2)
    school.senco.post(f"/children/{child['id']}/parents", parent(entitled=False))
    events = plans.take_events()
    plan = _active_keeping_events(plans, school, child, events)
    current = school.senco.get(f"/plans/{plan['id']}")
    school.senco.post(
        f"/plans/{plan['id']}/amend", {"why": "More", "content": current["content"]},
        version=current["version"],
    )  # fmt: skip
    events += plans.take_events()
    _feed(service, events)
    wanted = _end(service, school.id)
    chance = random.Random(name)
    for _ in range(8):
        _forget(service, school.id)
        mixed = [*events, *chance.sample(events, len(events) // 2)]
        chance.shuffle(mixed)
        _feed(service, mixed)
        assert _end(service, school.id) == wanted


def _active_keeping_events(
    plans: Service, school: School, child: dict[str, Any], events: list[dict[str, Any]]
) -> dict[str, Any]:
    from tests.support import story

    kept = story.settle

    def settle(*services: Service) -> list[dict[str, Any]]:
        flowed = kept(*services)
        events.extend(flowed)
        return flowed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(story, "settle", settle)
        return school.active(child)
