"""The broker by TLS: nobody is believed but whom our authority has signed for that name."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from ssl import SSLCertVerificationError

import pytest
from environs import EnvError

from deploy.local import certificates, rabbitmq
from deploy.local.certificates import Certificates
from deploy.local.ports import free_port
from shared import ids
from shared.messaging import address, topology
from shared.messaging.broker import AWAY, Outgoing, Publisher, open_connection
from shared.settings import environment, read_settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates.make(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def url(shown: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not rabbitmq.installed():
        pytest.skip("no RabbitMQ of our own here")
    port = free_port()
    processes = rabbitmq.start_rabbitmq(
        tmp_path_factory.mktemp("rabbitmq"), port, certificates=shown
    )
    yield rabbitmq.url(port, certificates=shown)
    for managed in reversed(processes):
        managed.kill()


def test_with_the_authority_that_signed_it_events_are_published(url: str) -> None:
    with Publisher(url) as publisher:
        sent = publisher.publish([Outgoing(ids.new_id(), "{}", "plans.CheckRecorded")])
    assert sent.confirmed


@pytest.mark.parametrize("why", ["another authority", "no authority of ours", "another name"])
def test_whoever_else_answers_there_is_not_believed(url: str, why: str, tmp_path: Path) -> None:
    where, _, ours = url.partition("?")
    other = {
        "another authority": f"cacertfile={certificates.make(tmp_path / 'tls').authority}",
        "no authority of ours": "",
        "another name": f"{ours}&server_name_indication=rabbitmq.council.example",
    }[why]
    with pytest.raises(SSLCertVerificationError):
        open_connection(f"{where}?{other}")
    assert issubclass(SSLCertVerificationError, AWAY)  # so a worker waits, and says why


def test_without_tls_nothing_is_said_to_it(url: str) -> None:
    with pytest.raises(AWAY):
        open_connection(url.partition("?")[0].replace("amqps", "amqp"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("http://broker/", "begins with amqp"),
        ("amqps://u:secret@broker//?verify=verify_none", "'verify'"),
        ("amqp://u:secret@broker//?cacertfile=/ca.crt", "'cacertfile'"),
        ("", "begins with amqp"),
    ],
)
def test_an_address_that_says_something_unknown_is_refused_at_the_start(
    wrong: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Verification cannot be switched off, nor asked for where there is no TLS."""
    with pytest.raises(ValueError, match=said) as problem:
        address.split(wrong)
    assert "secret" not in str(problem.value)
    monkeypatch.setenv("SEN_AMQP_URL", wrong)
    monkeypatch.setenv("SEN_MONGODB_URL", "mongodb://database/")
    monkeypatch.setenv("SEN_LINK_KEYS", "k" * 32)
    monkeypatch.setenv("SEN_TOKEN_ISSUER", "urn:issuer")
    monkeypatch.setenv("SEN_JWKS_URL", "https://issuer.example/jwks")
    for service in topology.services():
        monkeypatch.setenv(f"SEN_{service.upper()}_PUBLIC_URL", "https://sen.example")
    with pytest.raises(EnvError, match="SEN_AMQP_URL"):
        read_settings("plans", environment())


def test_the_sample_consumer_reads_by_tls_too(
    url: str, shown: Certificates, tmp_path: Path
) -> None:
    event = (
        '{"id": "1", "type": "t", "subject": "s", "data": {"status": "submitted", "address": "/r"}}'
    )
    queue = topology.events_queue("referrals")
    with Publisher(url) as publisher:
        publisher.channel().queue_purge(queue)
        publisher.publish([Outgoing(ids.new_id(), event, queue, exchange="")])
    command = [sys.executable, "deploy/samples/read_referrals.py", "--queue", queue, "--most", "1",
               "--seen", str(tmp_path / "seen"), "--url", url.partition("?")[0]]  # fmt: skip
    done = subprocess.run([*command, "--authority", str(shown.authority)], cwd=ROOT,
                          capture_output=True, text=True, check=False, timeout=60)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "t s: submitted, read it at /r" in done.stdout
