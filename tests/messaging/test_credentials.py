"""A support service's own system reads its own queue, and can do nothing else there."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from amqp import Connection
from amqp.exceptions import AccessRefused, AMQPError

from deploy.local import rabbitmq
from deploy.local.ports import free_port
from shared import ids
from shared.events.registry import event_types
from shared.messaging import credentials, topology
from shared.messaging.broker import Outgoing, Publisher
from shared.messaging.credentials import Credentials
from shared.messaging.definitions import definitions
from shared.messaging.management import Refused

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Broker:
    port: int
    amqp_url: str
    api_url: str


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    if not rabbitmq.installed():
        pytest.skip("no RabbitMQ of our own here")
    port, api_port = free_port(), free_port()
    processes = rabbitmq.start_rabbitmq(tmp_path_factory.mktemp("rabbitmq"), port, api_port)
    yield Broker(port, rabbitmq.url(port), rabbitmq.api_url(api_port))
    for managed in reversed(processes):
        managed.kill()


def enter(broker: Broker, made: Credentials) -> Connection:
    connection = Connection(
        f"127.0.0.1:{broker.port}", userid=made.user, password=made.password,
        virtual_host=made.virtual_host,
    )  # fmt: skip
    connection.connect()
    return connection


def put(broker: Broker, service_id: str, body: str) -> None:
    with Publisher(broker.amqp_url) as publisher:
        sent = publisher.publish([
            Outgoing(id="1", body=body, exchange=topology.EVENTS.name,
                     routing_key=f"referrals.ReferralSubmitted.{service_id}", headers={},
                     content_type="application/cloudevents+json")
        ])  # fmt: skip
    assert sent.confirmed


def test_a_reader_reads_its_own_queue_and_can_do_nothing_else(broker: Broker) -> None:
    service_id, other = ids.new_id(), ids.new_id()
    made = credentials.grant(broker.amqp_url, broker.api_url, "referrals", service_id)
    credentials.grant(broker.amqp_url, broker.api_url, "referrals", other)
    put(broker, service_id, "for this one")
    put(broker, other, "for another")
    with enter(broker, made) as connection:
        message = connection.channel().basic_get(made.queue)
        assert message.body == "for this one"
        message.channel.basic_ack(message.delivery_tag)
        for forbidden in (
            lambda c: c.basic_get(f"referrals.to.{other}"),
            lambda c: c.basic_get("referrals.events"),
            lambda c: c.queue_declare("mine", durable=True),
            lambda c: c.queue_delete(made.queue),
            lambda c: c.queue_bind(made.queue, topology.EVENTS.name, "#"),
            lambda c: c.queue_purge(f"referrals.to.{other}"),
        ):  # fmt: skip
            with pytest.raises(AccessRefused):
                forbidden(connection.channel())
    with enter(broker, made) as connection, pytest.raises(AMQPError):
        channel = connection.channel()
        channel.confirm_select()
        channel.basic_publish_confirm(_message(), exchange=topology.EVENTS.name, routing_key="x")


def _message() -> object:
    from amqp.basic_message import Message

    return Message("forged")


def test_a_new_password_ends_the_old_and_what_is_revoked_is_gone(broker: Broker) -> None:
    service_id = ids.new_id()
    first = credentials.grant(broker.amqp_url, broker.api_url, "referrals", service_id)
    second = credentials.grant(broker.amqp_url, broker.api_url, "referrals", service_id)
    with pytest.raises((AMQPError, OSError)):
        enter(broker, first)
    enter(broker, second).close()
    credentials.revoke(broker.api_url, "referrals", service_id)
    with pytest.raises((AMQPError, OSError)):
        enter(broker, second)
    with pytest.raises(Refused):
        credentials.revoke(broker.api_url, "referrals", service_id)
    with pytest.raises(ValueError):
        credentials.grant(broker.amqp_url, broker.api_url, "referrals", "not-an-id/../../")


def run_sen(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "shared.sen", *arguments],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **environment},
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_the_operators_command_and_the_sample_consumer(broker: Broker, tmp_path: Path) -> None:
    """`sen support-service credentials ID`, and the consumer that the docs offer, as they run."""
    service_id = ids.new_id()
    environment = {"SEN_AMQP_URL": broker.amqp_url, "SEN_RABBITMQ_API_URL": broker.api_url}
    done = run_sen(environment, "support-service", "credentials", service_id)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    event = {"id": "1", "type": "referrals.ReferralSubmitted", "subject": "r",
             "data": {"status": "submitted", "address": "/referrals/r"}}  # fmt: skip
    put(broker, service_id, json.dumps(event))
    url = f"amqp://{made['user']}:{made['password']}@127.0.0.1:{broker.port}/"
    read = subprocess.run(
        [sys.executable, "deploy/samples/read_referrals.py", "--url", url, "--queue", made["queue"],
         "--seen", str(tmp_path / "seen"), "--most", "1"],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert read.returncode == 0, read.stderr
    assert "referrals.ReferralSubmitted r: submitted, read it at /referrals/r" in read.stdout


@pytest.fixture
def host(broker: Broker) -> str:
    """A virtual host of the test's own: nothing is declared there yet."""
    name = ids.new_id()
    url = f"{broker.api_url}/api/vhosts/{name}"
    assert requests.put(url, timeout=120).status_code == 201
    rights = {"configure": ".*", "write": ".*", "read": ".*"}
    given = requests.put(f"{broker.api_url}/api/permissions/{name}/guest", json=rights, timeout=120)
    assert given.ok
    return name


def publish_as(broker: Broker, made: Credentials) -> set[str]:
    url = f"amqp://{made.user}:{made.password}@127.0.0.1:{broker.port}/{made.virtual_host}"
    with Publisher(url) as publisher:  # declares first
        return publisher.publish([
            Outgoing(id="1", body="{}", routing_key="plans.CheckRecorded", headers={})
        ]).confirmed  # fmt: skip


def test_on_a_new_broker_nobody_publishes_before_every_reader_has_its_queue(
    broker: Broker, host: str
) -> None:
    """Each service comes as its own user, one after the other. What they would publish waits in
    their outboxes until the last has come: it would miss a reader else."""
    *early, last = [
        credentials.grant_service(broker.api_url, service, user=f"{service}-{host}",
                                  virtual_host=host)
        for service in topology.services()
    ]  # fmt: skip
    for made in early:
        with pytest.raises(topology.Incomplete, match=last.queue) as said:
            publish_as(broker, made)
        assert made.queue not in str(said.value)
    assert publish_as(broker, last)
    assert all(publish_as(broker, made) for made in early)
    waiting = {}
    with enter(broker, last) as connection:
        for queue in definitions()["queues"]:
            said = connection.channel().queue_declare(queue["name"], passive=True)
            if queue["name"].endswith(".events"):
                waiting[said.queue] = said.message_count
    readers = event_types()["plans.CheckRecorded"].readers
    assert readers
    assert waiting == {
        topology.events_queue(service): 4 if service in readers else 0
        for service in topology.services()
    }


def test_each_services_own_user_reads_its_own_queues_alone(broker: Broker, host: str) -> None:
    """The permissions that deploy/kubernetes gives: a service that is taken over reads no other's
    events."""
    with Publisher(f"{broker.amqp_url.rstrip('/')}/{host}") as publisher:
        publisher.channel()
    for service in topology.services():
        made = credentials.grant_service(broker.api_url, service, user=f"{service}-{host}",
                                         virtual_host=host)  # fmt: skip
        for other in topology.services():
            for queue in (topology.events_queue(other), topology.dead_queue(other)):
                with enter(broker, made) as connection:
                    if other == service:
                        connection.channel().basic_get(queue)
                    else:
                        with pytest.raises(AccessRefused):
                            connection.channel().basic_get(queue)


def test_the_operators_command_makes_a_services_user(broker: Broker, host: str) -> None:
    environment = {"SEN_AMQP_URL": f"{broker.amqp_url.rstrip('/')}/{host}",
                   "SEN_RABBITMQ_API_URL": broker.api_url}  # fmt: skip
    done = run_sen(environment, "service-user", "plans")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["user"] == "sen-plans" and made["virtual_host"] == host
    with pytest.raises(topology.Incomplete):
        publish_as(broker, Credentials(**made))
    assert json.loads(run_sen(environment, "service-user", "plans", "--user", "b").stdout) != made
    refused = run_sen(environment, "service-user", "planz")
    assert refused.returncode == 2 and "planz" in refused.stderr
