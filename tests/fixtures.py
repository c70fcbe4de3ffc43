"""The fixtures of all tests (a pytest plugin, so that every service's own tests have them too)."""

from collections.abc import Iterator

import pytest

from deploy.local.issuer import Issuer
from shared import ids
from tests.support import servers
from tests.support.house import Service, settings_for
from tests.support.people import served_issuer


@pytest.fixture(scope="session")
def mongodb_url() -> Iterator[str]:
    """A real MongoDB."""
    with servers.mongodb() as url:
        yield url


@pytest.fixture(scope="session")
def a_broker() -> Iterator[servers.Broker]:
    """A real RabbitMQ. Queues have fixed names: tests that use it are in the group `broker`."""
    with servers.broker() as made:
        yield made


@pytest.fixture(scope="session")
def amqp_url(a_broker: servers.Broker) -> str:
    """How it is reached by AMQP."""
    return a_broker.url


@pytest.fixture(scope="session")
def broker_api_url(a_broker: servers.Broker) -> str:
    """Its management API; empty where somebody else's broker is used and nobody said where."""
    return a_broker.api_url


@pytest.fixture(scope="session")
def issuer_and_keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Issuer, str]]:
    with served_issuer(tmp_path_factory.mktemp("issuer")) as found:
        yield found


@pytest.fixture(scope="session")
def issuer(issuer_and_keys: tuple[Issuer, str]) -> Issuer:
    return issuer_and_keys[0]


def _service(name: str, mongodb_url: str, keys: tuple[Issuer, str]) -> Iterator[Service]:
    run = f"t{ids.new_id()[-12:]}"
    made = Service(name, settings_for(name, mongodb_url, "amqp://", keys[1], run), keys[0])
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def plans(mongodb_url: str, issuer_and_keys: tuple[Issuer, str]) -> Iterator[Service]:
    """The plans service. Its database lasts for the session: tests use settings of their own."""
    yield from _service("plans", mongodb_url, issuer_and_keys)


@pytest.fixture(scope="session")
def reviews(mongodb_url: str, issuer_and_keys: tuple[Issuer, str]) -> Iterator[Service]:
    yield from _service("reviews", mongodb_url, issuer_and_keys)


@pytest.fixture(scope="session")
def referrals(mongodb_url: str, issuer_and_keys: tuple[Issuer, str]) -> Iterator[Service]:
    yield from _service("referrals", mongodb_url, issuer_and_keys)


@pytest.fixture(scope="session")
def notifications(mongodb_url: str, issuer_and_keys: tuple[Issuer, str]) -> Iterator[Service]:
    yield from _service("notifications", mongodb_url, issuer_and_keys)
