"""Each guarantee, seen to hold; and the same check seen to fail with the guarantee taken out."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared import context, ids
from shared.context import Work
from shared.messaging import topology
from shared.messaging.broker import Outcome, Outgoing, Publisher
from shared.messaging.relay import Relay
from shared.store import inbox, outbox
from tests.support.house import Service, days_ago, event, types
from tests.support.story import School, content


def _seen_to_fail(check: Callable[[], None]) -> None:
    with pytest.raises(AssertionError):
        check()


@pytest.fixture(scope="module")
def school(plans: Service) -> School:
    return School(plans)


# --- outbox: state and event in one write


@pytest.mark.parametrize("taken_out", [False, True])
def test_outbox(
    plans: Service, school: School, monkeypatch: pytest.MonkeyPatch, taken_out: bool
) -> None:
    def check() -> None:
        plans.take_events()
        child = school.child(parents=0)
        found = [e for e in plans.take_events() if e["subject"] == child["id"]]
        assert types(found) == ["ChildRegistered"]

    if taken_out:
        monkeypatch.setattr(outbox, "event_entries", lambda *_a, **_k: [])
        _seen_to_fail(check)
    else:
        check()


# --- inbox: each event has its effect once


@pytest.mark.parametrize("taken_out", [False, True])
def test_inbox(
    plans: Service, school: School, monkeypatch: pytest.MonkeyPatch, taken_out: bool
) -> None:
    def check() -> None:
        child = school.child(parents=0)
        school.assessed(child)
        said = event(
            "AssessmentCompleted",
            {"child_id": child["id"], "setting_id": school.id, "sen_support": "needed",
             "areas": ["cognition_and_learning"], "primary_need": "MLD",
             "completed_on": days_ago(1)},
            subject=ids.new_id(),
        )  # fmt: skip
        before = school.senco.get(f"/children/{child['id']}")["version"]
        plans.handle(said)
        plans.handle(said, said)
        assert school.senco.get(f"/children/{child['id']}")["version"] == before + 1

    if taken_out:
        monkeypatch.setattr(inbox, "already", lambda *_: set())
        monkeypatch.setattr(inbox, "enter", lambda *_: None)
        _seen_to_fail(check)
    else:
        check()


# --- key: the same request twice is one


@pytest.mark.parametrize("taken_out", [False, True])
def test_key(school: School, monkeypatch: pytest.MonkeyPatch, taken_out: bool) -> None:
    def check() -> None:
        key, path = ids.new_id(), f"/settings/{school.id}/children"
        body = {"first_name": "A", "last_name": "B", "date_of_birth": "2019-01-01"}
        first = school.senco.post(path, body, key=key)
        assert school.senco.post(path, body, key=key)["id"] == first["id"]
        school.senco.refused(422, "POST", path, {**body, "first_name": "C"}, key=key)

    if taken_out:
        monkeypatch.setattr("shared.web.requests.bind_key", lambda: None)
        _seen_to_fail(check)
    else:
        check()


# --- version: nobody writes over what they have not seen


@pytest.mark.parametrize("taken_out", [False, True])
def test_version(school: School, monkeypatch: pytest.MonkeyPatch, taken_out: bool) -> None:
    def check() -> None:
        child = school.child(parents=0)
        school.assessed(child)
        plan = school.draft(child)
        at = f"/plans/{plan['id']}/content"
        school.senco.refused(428, "PUT", at, content())
        school.senco.put(at, content(), version=plan["version"])
        school.senco.refused(412, "PUT", at, content(), version=plan["version"])

    if taken_out:
        monkeypatch.setattr(
            "services.plans.commands.plan.edit_draft",
            lambda store, plan_id, said, expected: store.plans.change(
                plan_id, lambda plan: plan.edit_draft(said)
            ),
        )
        _seen_to_fail(check)
    else:
        check()


# --- confirms: an event leaves its outbox only when the broker has it


@pytest.mark.xdist_group("broker")
@pytest.mark.parametrize("taken_out", [False, True])
def test_confirms(
    plans: Service,
    school: School,
    amqp_url: str,
    monkeypatch: pytest.MonkeyPatch,
    taken_out: bool,
) -> None:
    def careless(self: Publisher, batch: list[Outgoing]) -> Outcome:
        try:
            whole(self, batch)
        except OSError:
            pass
        return Outcome(confirmed={message.id for message in batch})

    whole: Any = Publisher.publish
    relay = Relay(plans.database, plans.collections, "amqp://guest:guest@127.0.0.1:9//")

    def check() -> None:
        plans.take_events()
        child = school.child(parents=0)
        try:
            relay.round()
        except OSError:
            pass
        left = [e["subject"] for e in plans.take_events()]
        assert left == [child["id"]], "the broker has not got it, and it is gone"

    if taken_out:
        monkeypatch.setattr(Publisher, "publish", careless)
        _seen_to_fail(check)
    else:
        check()


@pytest.mark.xdist_group("broker")
def test_the_relay_publishes_and_what_no_queue_takes_comes_back(
    plans: Service, school: School, amqp_url: str
) -> None:
    with Publisher(amqp_url) as publisher:
        channel = publisher.channel()
        channel.queue_purge(topology.events_queue("reviews"))
        plans.take_events()
        child = school.child(parents=0)
        relay = Relay(plans.database, plans.collections, amqp_url)
        assert relay.round() > 0
        assert plans.take_events() == []
        message = channel.basic_get(topology.events_queue("reviews"), no_ack=True)
        assert json.loads(message.body)["subject"] == child["id"]
        with context.working(Work(correlation_id=ids.new_id())):
            lost = Outgoing(id="lost", body="{}", routing_key="nobody.Listens")
            kept = Outgoing(id="kept", body="{}", routing_key="x.y", mandatory=False)
            outcome = publisher.publish([lost, kept])
        assert (outcome.confirmed, outcome.returned) == ({"kept"}, {"lost"})
