"""What the benchmarks stand on: servers of their own, and single processes started on them."""

import contextlib
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from deploy.local import mongod, rabbitmq
from deploy.local.ports import free_port
from deploy.local.stack import Stack
from tests.support import served
from tests.support.house import Service, settings_for
from tests.support.people import served_issuer


@dataclass
class Ground:
    """A MongoDB and a RabbitMQ that are ours alone, and an issuer."""

    mongodb_url: str
    amqp_url: str
    keys: Any
    folder: Path
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(10_000)))

    def service(self, name: str) -> Service:
        """A service in this process, on a database of its own."""
        issuer, jwks_url = self.keys
        run = f"b{next(self.numbers)}"
        return Service(
            name, settings_for(name, self.mongodb_url, self.amqp_url, jwks_url, run), issuer
        )

    @contextlib.contextmanager
    def gunicorn(self, app: str, env: dict[str, str]) -> Iterator[int]:
        """gunicorn with the product's own configuration. Gives its port."""
        with served.gunicorn(app, env, self.folder / "gunicorn.log") as port:
            yield port

    @contextlib.contextmanager
    def api(self, service: Service, app: str = "", **more: str) -> Iterator[int]:
        """The api of a service, as it is deployed (or as `app` makes it), with more settings. Gives
        its port."""
        with served.api(service, self.folder / "gunicorn.log", app, **more) as port:
            yield port


@contextlib.contextmanager
def ground() -> Iterator[Ground]:
    """Start it, end it."""
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="sen-bench-")))
        port = free_port()
        database = mongod.start_mongod(folder / "mongod", port, cache_gb=1.0)
        ending.callback(database.kill)
        broker_port = free_port()
        for managed in rabbitmq.start_rabbitmq(folder / "rabbitmq", broker_port):
            ending.callback(managed.kill)
        keys = ending.enter_context(served_issuer(folder / "issuer"))
        yield Ground(mongod.url(port), rabbitmq.url(broker_port), keys, folder)


@contextlib.contextmanager
def whole_system(folder: Path) -> Iterator[Stack]:
    """The whole system, as `make up` starts it."""
    stack = Stack(folder, usual_ports=False, mongodb_url="", amqp_url="")
    stack.start()
    try:
        yield stack
    finally:
        stack.stop()


def client(url: str) -> "MongoClient[dict[str, Any]]":
    """A client for the benchmark itself."""
    return MongoClient(url, tz_aware=True)
