"""What rests in a queue is not dropped for having been looked at."""

import re
import shlex
from typing import Any

import pytest
import yaml

from deploy.local.stack import ROOT
from shared import ids
from shared.backup.hold import at_rest
from shared.events.registry import event_types
from shared.messaging import dead, keep, management, queues, topology
from shared.messaging.broker import Outgoing, Publisher
from shared.messaging.definitions import definitions
from shared.messaging.keep import NotKept
from tests.support.manifests import of

_LOOKS = 60
"""RabbitMQ 4 drops at the 21st."""


def _queues() -> list[str]:
    outside = {topology.addressee_queue(row, "one") for row in event_types().values()
               if row.addressee}  # fmt: skip
    return [*(queue["name"] for queue in definitions()["queues"]), *sorted(outside)]


@pytest.mark.parametrize("name", _queues())
def test_the_policy_is_for_everything_that_rests_and_for_no_queue_of_events(name: str) -> None:
    """A queue of events has a limit of its own: a guard against what kills its worker."""
    of_events = name in {topology.events_queue(service) for service in topology.services()}
    assert bool(re.search(keep.pattern(), name)) is not of_events


def test_it_is_made_wherever_a_broker_is_made() -> None:
    """By the topology operator, and in docker compose by the words of `rabbitmqctl`."""
    said = keep.policy()
    made = of("servers", "Policy")[said["name"]]["spec"]
    assert (made["vhost"], made["pattern"], made["applyTo"], made["priority"], made["definition"]) == (
        said["vhost"], said["pattern"], said["apply-to"], said["priority"], said["definition"]
    )  # fmt: skip
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["rabbitmq"]
    words = shlex.split(compose["healthcheck"]["test"][1].replace("$$", "$").replace(";", " ;"))
    ours = keep.as_ctl()
    assert any(words[at : at + len(ours)] == ours for at in range(len(words)))
    assert said in definitions()["policies"]


@pytest.mark.parametrize("name", ["plans.dead.too", "x.plans.dead", "plansXdead", "other.dead"])
def test_the_policy_is_for_no_queue_of_somebody_else(name: str) -> None:
    assert not re.search(keep.pattern(), name)


@pytest.mark.parametrize(
    ("version", "policy", "argument", "kept"),
    [("3.10.8", None, None, True), ("3.13.7", 20, None, False), ("3.13.7", 1_000_000, None, True),
     ("4.0.5", None, None, False), ("4.3.6", 1_000_000, None, True), ("4.3.6", -1, None, True),
     ("4.3.6", 20, None, False), ("4.3.6", 1_000_000, 20, False), ("4.3.6", -1, 20, False), ("9.0", None, None, False)],
)  # fmt: skip
def test_what_counts_is_what_the_queue_itself_says(
    monkeypatch: pytest.MonkeyPatch,
    version: str,
    policy: int | None,
    argument: int | None,
    kept: bool,
) -> None:
    """From whichever policy and argument it comes."""
    queue: dict[str, Any] = {"name": "plans.dead", "arguments": {}}
    if policy is not None:
        queue["policy"] = "somebody-s"
    if argument is not None:
        queue["arguments"] = {"x-delivery-limit": argument}
    answers: dict[str, Any] = {
        "/api/overview": {"rabbitmq_version": version},
        "/api/queues/%2F": [queue],
        "/api/policies/%2F": [{"name": "somebody-s", "definition": {"delivery-limit": policy}}],
        "/api/operator-policies/%2F": [],
    }
    monkeypatch.setattr(
        keep.management, "call", lambda _url, _method, at: answers[at.partition("?")[0]]
    )
    assert keep.how_kept("http://x")["plans.dead"].surely is kept


@pytest.mark.xdist_group("broker")
def test_a_dead_letter_stays_however_often_it_is_looked_at(
    amqp_url: str, broker_api_url: str
) -> None:
    letter, queue = ids.new_id(), topology.dead_queue("plans")
    with Publisher(amqp_url) as publisher:
        publisher.channel().queue_purge(queue)
        publisher.publish([Outgoing(letter, b"{", queue, exchange="")])
    for _ in range(_LOOKS):
        found = dead.dead_letters(amqp_url, "plans", broker_api_url)
        assert [one.id for one in found] == [letter]
    assert dead.discard(amqp_url, "plans", lambda _: True, broker_api_url) == 1


@pytest.mark.xdist_group("broker")
@pytest.mark.parametrize("kind", ["policies", "operator-policies"])
def test_somebody_elses_policy_that_stands_before_ours_is_seen(
    amqp_url: str, broker_api_url: str, kind: str
) -> None:
    """Of policies that of the highest priority applies alone; an operator's besides."""
    if not broker_api_url:
        pytest.skip("nobody has said where this broker's API is")
    with Publisher(amqp_url) as publisher:
        topology.declare(publisher.channel())
    assert keep.not_kept(broker_api_url) == []
    at = management.path(kind, "/", "before-ours")
    theirs = {"pattern": r"^plans\.", "definition": {"delivery-limit": 5}, "priority": 999,
              "apply-to": "queues"}  # fmt: skip
    management.call(broker_api_url, "PUT", at, theirs)
    try:
        found = {one.queue: one.limit for one in keep.not_kept(broker_api_url)}
        assert found == {q: 5 for q in queues.names("plans") if q != "plans.events"}
    finally:
        management.call(broker_api_url, "DELETE", at)
    assert keep.not_kept(broker_api_url) == []


@pytest.mark.xdist_group("broker")
def test_nothing_is_looked_at_while_a_look_would_cost_it(
    amqp_url: str, broker_api_url: str
) -> None:
    """RabbitMQ 4 without the policy; an earlier one does not count."""
    if not broker_api_url:
        pytest.skip("nobody has said where this broker's API is")
    management.call(broker_api_url, "DELETE", management.path("policies", "/", keep.NAME))
    try:
        if keep.not_kept(broker_api_url):
            for api_url in (broker_api_url, ""):  # the other cannot know
                with pytest.raises(NotKept):
                    dead.dead_letters(amqp_url, "plans", api_url)
                with pytest.raises(NotKept):
                    at_rest(amqp_url, api_url)
        else:
            dead.dead_letters(amqp_url, "plans")
    finally:
        keep.set_policy(broker_api_url)
    assert keep.not_kept(broker_api_url) == []
