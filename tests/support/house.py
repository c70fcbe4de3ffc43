"""A service in this process on a real database: its app, its store, its handlers."""

import importlib
import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from deploy.local import issuer as local_issuer
from deploy.local.issuer import Issuer
from deploy.local.stack import SERVICES
from shared import clock, context, ids
from shared.context import Work
from shared.events.envelope import wrap
from shared.events.registry import read_by
from shared.messaging.handling import Fate, Handling, Verdict
from shared.settings import Settings
from shared.store import outbox
from shared.store.database import MongoDatabase, connect
from shared.worker import prepare
from tests.support.people import bearer

LINK_KEY = "a-key-for-tests-that-is-long-enough-to-count"


def settings_for(
    service: str, mongodb_url: str, amqp_url: str, jwks_url: str, name: str
) -> Settings:
    """Settings of a service under test; `name` keeps its database apart."""
    return Settings(
        service=service,
        mongodb_url=mongodb_url,
        mongodb_database=f"{name}_{service}",
        amqp_url=amqp_url,
        token_issuer=local_issuer.ISSUER,
        token_audience=local_issuer.AUDIENCE,
        jwks_url=jwks_url,
        link_keys=(LINK_KEY,),
        link_days=90,
        public_urls={s: f"http://{s}.example" for s in SERVICES},
        jobs_every=1,
        worker_host="127.0.0.1",
        worker_port=0,
        prefetch=50,
        max_tries=3,
        log_level="ERROR",
        max_body=200_000,
        service_urls=dict.fromkeys(SERVICES, "http://127.0.0.1:9"),
    )


@dataclass
class Person:
    """Somebody with a token, at one service's door."""

    http: FlaskClient
    authorization: str
    id: str

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        version: int | str | None = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> TestResponse:
        sent = {"Authorization": self.authorization, **(headers or {})}
        if version is not None:
            sent["If-Match"] = f'"{version}"' if isinstance(version, int) else version
        if key:
            sent["Idempotency-Key"] = key
        if body is not None:
            more = {"data": json.dumps(body), "content_type": "application/json", **more}
        return self.http.open(path, method=method, headers=sent, **more)

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = self.call(method, path, body, **more)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json

    def get(self, path: str) -> Any:
        return self.ask("GET", path)

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        return self.ask("POST", path, body, **more)

    def put(self, path: str, body: Any = None, **more: Any) -> Any:
        return self.ask("PUT", path, body, **more)

    def refused(self, status: int, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The problem with which a call is refused."""
        answer = self.call(method, path, body, **more)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        assert answer.content_type == "application/problem+json"
        return answer.json


@dataclass
class Service:
    """One service under test."""

    name: str
    settings: Settings
    issuer: Issuer
    database: MongoDatabase = field(init=False)

    def __post_init__(self) -> None:
        self.database = connect(self.settings.mongodb_url, self.settings.mongodb_database)
        self.database.client.drop_database(self.settings.mongodb_database)
        prepare(self.database, self.store.repositories)
        if hasattr(self.store, "ensure_indexes"):
            self.store.ensure_indexes()

    @cached_property
    def store(self) -> Any:
        module = importlib.import_module(f"services.{self.name}.store")
        return getattr(module, f"{self.name.capitalize()}Store")(self.database)

    @cached_property
    def app(self) -> Flask:
        return self.new_app()

    def new_app(self) -> Flask:
        """Another app of it."""
        module = importlib.import_module(f"services.{self.name}.app")
        made: Flask = module.create_app(self.settings)
        return made

    @cached_property
    def handling(self) -> Handling:
        module = importlib.import_module(f"services.{self.name}.handlers")
        errors = importlib.import_module(f"services.{self.name}.domain.errors")
        return Handling(self.database, module.handlers(self.store), (errors.RuleBroken,))

    @property
    def collections(self) -> list[str]:
        return [repository.name for repository in self.store.repositories]

    def person(self, role: str, *, subject: str | None = None, settings: Sequence[str] = (),
               services: Sequence[str] = ()) -> Person:  # fmt: skip
        subject = subject or ids.new_id()
        header = bearer(self.issuer, role, subject=subject, settings=settings, services=services)
        return Person(self.app.test_client(), header, subject)

    def anonymous(self) -> FlaskClient:
        return self.app.test_client()

    def take_events(self) -> list[dict[str, Any]]:
        """The events that wait in the outboxes, oldest first, taken out as the relay would."""
        found = []
        for name in self.collections:
            pending = outbox.waiting(self.database[name], 10_000)
            outbox.remove(self.database[name], pending)
            found += [
                json.loads(p.entry["body"]) for p in pending if p.entry["kind"] == outbox.EVENT
            ]
        return sorted(found, key=lambda event: event["id"])

    def handle(self, *events: dict[str, Any]) -> list[Verdict]:
        return self.handling.handle([json.dumps(event) for event in events])

    def close(self) -> None:
        self.database.client.drop_database(self.settings.mongodb_database)
        self.database.client.close()


def settle(*services: Service) -> list[dict[str, Any]]:
    """Carry events among `services` until nothing is left. Answers all that flowed.

    What is not to be handled yet goes behind the others, as the ladder of delays would have it.
    """
    flowed: list[dict[str, Any]] = []
    waiting: deque[tuple[Service, dict[str, Any], int]] = deque()
    while True:
        for service in services:
            for event in service.take_events():
                flowed.append(event)
                waiting += [(s, event, 0) for s in services if event["type"] in read_by(s.name)]
        if not waiting:
            return flowed
        service, event, tries = waiting.popleft()
        verdict = service.handle(event)[0]
        if verdict.fate is Fate.RETRY and tries < 50:
            waiting.append((service, event, tries + 1))
        else:
            assert verdict.fate is Fate.DONE, f"{service.name}: {event['type']}: {verdict}"


def event(name: str, data: dict[str, Any], *, subject: str, sequence: int = 1) -> dict[str, Any]:
    """An event as the relay would publish it."""
    with context.working(Work(correlation_id=ids.new_id())):
        envelope, _ = wrap(name, data, subject=subject, sequence=sequence)
    made: dict[str, Any] = json.loads(envelope.to_json())
    return made


def types(events: Iterable[Mapping[str, Any]]) -> list[str]:
    """The bare names of events."""
    return [event["type"].rsplit(".", 1)[1] for event in events]


def days_ago(days: int) -> str:
    from datetime import timedelta

    return (clock.today() - timedelta(days=days)).isoformat()
