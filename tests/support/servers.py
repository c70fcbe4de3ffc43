"""A real MongoDB (replica set) and a real RabbitMQ for the tests, from wherever there is one.

`MONGODB_URL` / `AMQP_URL` where set; containers where a Docker engine answers; else the embedded
servers of `make up`, in a folder of this run's own, on free ports.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local import mongod, rabbitmq
from deploy.local.ports import free_port
from shared.messaging import keep


@cache
def docker_answers() -> bool:
    """Whether a Docker engine can be used here."""
    try:
        import docker

        docker.from_env(timeout=60).ping()
    except Exception:  # no library, no socket, no rights: whatever it is, there is none
        return False
    return True


@contextmanager
def mongodb() -> Iterator[str]:
    """The URL of a MongoDB."""
    if url := os.environ.get("MONGODB_URL"):
        yield url
    elif docker_answers():
        with _container("mongo:6.0", 27017, command="--replSet rs0 --bind_ip_all") as ports:
            url = mongod.url(ports[27017])
            _be_primary(url)
            yield url
    else:
        with _folder("mongod") as folder:
            port = free_port()
            managed = mongod.start_mongod(folder, port)
            try:
                yield mongod.url(port)
            finally:
                managed.kill()  # its data goes with it


@dataclass(frozen=True)
class Broker:
    """How a RabbitMQ is reached: by AMQP, and, where that is known, by its management API."""

    url: str
    api_url: str


@contextmanager
def broker() -> Iterator[Broker]:
    """A RabbitMQ, with the policy that keeps what rests."""
    if url := os.environ.get("AMQP_URL"):
        yield _with_policy(Broker(url, os.environ.get("RABBITMQ_API_URL", "")))
    elif docker_answers():
        with _container("rabbitmq:3.13-management", 5672, 15672) as ports:
            _until_it_answers(rabbitmq.url(ports[5672]))
            yield _with_policy(Broker(rabbitmq.url(ports[5672]), rabbitmq.api_url(ports[15672])))
    else:
        with _folder("rabbitmq") as folder:
            port, api_port = free_port(), free_port()
            processes = rabbitmq.start_rabbitmq(folder, port, api_port)
            try:
                yield _with_policy(Broker(rabbitmq.url(port), rabbitmq.api_url(api_port)))
            finally:
                for managed in reversed(processes):
                    managed.kill()


def _with_policy(made: Broker) -> Broker:
    if made.api_url:
        keep.set_policy(made.api_url)
    return made


@contextmanager
def _folder(name: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"sen-{name}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _container(image: str, *ports: int, command: str | None = None) -> Iterator[Mapping[int, int]]:
    from testcontainers.core.container import DockerContainer

    with ExitStack() as stack:
        made: Any = DockerContainer(image).with_exposed_ports(*ports)
        if command:
            made = made.with_command(command)
        started = stack.enter_context(made)
        yield {port: int(started.get_exposed_port(port)) for port in ports}


def _be_primary(url: str) -> None:
    with MongoClient(url, serverSelectionTimeoutMS=60_000) as client:
        try:
            client.admin.command(
                "replSetInitiate",
                {"_id": "rs0", "members": [{"_id": 0, "host": "127.0.0.1:27017"}]},
            )
        except OperationFailure as problem:
            if problem.code != 23:  # initiated before
                raise
        by = time.monotonic() + 60
        while time.monotonic() < by:
            try:
                if client.admin.command("hello").get("isWritablePrimary"):
                    return
            except PyMongoError:
                pass
            time.sleep(0.2)
        raise TimeoutError("the replica set has no primary")


def _until_it_answers(url: str) -> None:
    from shared.messaging.broker import AWAY, drop, open_connection

    by = time.monotonic() + 90
    while True:
        try:
            drop(open_connection(url))
            return
        except AWAY:
            if time.monotonic() > by:
                raise
            time.sleep(0.5)
