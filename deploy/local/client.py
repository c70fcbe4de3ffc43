"""A client of the four APIs, as the sample data, the demo and the tests call them."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import requests

from deploy.local.issuer import Issuer

Json = dict[str, Any]
T = TypeVar("T")


class Refused(RuntimeError):
    """An API answered with a problem."""

    def __init__(self, call: str, status: int, problem: Json) -> None:
        super().__init__(f"{call}: {status} {problem}")
        self.status = status
        self.problem = problem


@dataclass
class Caller:
    """One person with a token. `urls` says where each service answers. For one thread."""

    urls: Mapping[str, str]
    token: str
    id: str
    session: requests.Session = field(default_factory=requests.Session)

    def call(
        self,
        method: str,
        service: str,
        path: str,
        body: Any = None,
        *,
        version: int | None = None,
        key: str | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> requests.Response:
        """One request; answers whatever came."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        if key:
            headers["Idempotency-Key"] = key
        return self.session.request(
            method, self.urls[service] + path, json=body, headers=headers, params=query, timeout=30
        )

    def ask(self, method: str, service: str, path: str, body: Any = None, **more: Any) -> Any:
        """One request that is to succeed: its JSON. Raises Refused."""
        response = self.call(method, service, path, body, **more)
        if response.status_code >= 300:
            raise Refused(f"{method} {service} {path}", response.status_code, _json(response))
        return response.json()

    def get(self, service: str, path: str, **query: Any) -> Any:
        """Read. Raises Refused."""
        return self.ask("GET", service, path, query=query)

    def items(self, service: str, path: str, **query: Any) -> list[Json]:
        """Read a whole list, page by page. Raises Refused."""
        found: list[Json] = []
        cursor: str | None = None
        while True:
            page = self.get(service, path, **query, **({"cursor": cursor} if cursor else {}))
            found += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    def known_items(self, service: str, path: str, **query: Any) -> list[Json]:
        """The same, and nothing where the service has not heard of it yet."""
        try:
            return self.items(service, path, **query)
        except Refused as refused:
            if refused.status != 404:
                raise
            return []

    def post(self, service: str, path: str, body: Any = None, **more: Any) -> Any:
        """Create, or do. Raises Refused."""
        return self.ask("POST", service, path, body, **more)

    def put(self, service: str, path: str, body: Any = None, **more: Any) -> Any:
        """Write. Raises Refused."""
        return self.ask("PUT", service, path, body, **more)

    def change(
        self, service: str, path: str, body: Any = None, *, method: str = "POST", **more: Any
    ) -> Any:
        """Change what `path` names but for its last word, at whatever version it is by now.

        What the events of others do to it raises its version meanwhile. Raises Refused.
        """
        named = path.rsplit("/", 1)[0]
        while True:
            version = self.get(service, named)["version"]
            try:
                return self.ask(method, service, path, body, version=version, **more)
            except Refused as refused:
                if refused.status != 412:
                    raise


def caller(
    urls: Mapping[str, str],
    issuer: Issuer,
    role: str,
    subject: str,
    *,
    settings: Sequence[str] = (),
    services: Sequence[str] = (),
) -> Caller:
    """Somebody with a token of the local issuer."""
    token = issuer.token(role, subject=subject, settings=list(settings), services=list(services))
    return Caller(urls, token, subject)


def eventually(what: str, look: Callable[[], T | None], *, seconds: float = 60.0) -> T:
    """Look until something is there: what one service does reaches another in its own time.

    Raises TimeoutError, which says `what` did not happen.
    """
    by = time.monotonic() + seconds
    pause = 0.02
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > by:
            raise TimeoutError(f"within {seconds:.0f} s this did not happen: {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.5)


def _json(response: requests.Response) -> Json:
    try:
        found: Json = response.json()
    except ValueError:
        return {"body": response.text[:300]}
    return found
