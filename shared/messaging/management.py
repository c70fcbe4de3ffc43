"""RabbitMQ's management API, as operators of managed brokers have it too."""

from typing import Any
from urllib.parse import quote, urlsplit

import requests

_TIMEOUT = (3.05, 15.0)


class Refused(Exception):
    """The broker's API did not do it; says why."""


def virtual_host(amqp_url: str) -> str:
    """The virtual host of an AMQP URL."""
    return urlsplit(amqp_url).path[1:].replace("%2F", "/").replace("%2f", "/") or "/"


def path(*parts: str) -> str:
    """A path of the API: each part stands for itself, whatever is in it."""
    return "/api/" + "/".join(quote(part, safe="") for part in parts)


def call(api_url: str, method: str, at: str, body: dict[str, Any] | None = None) -> Any:
    """Ask the API, whose address holds a name and a password. Answers what it says, or None.

    Raises Refused.
    """
    parts = urlsplit(api_url)
    url = f"{parts.scheme}://{parts.hostname}:{parts.port or 15672}{at}"
    try:
        answer = requests.request(
            method, url, json=body, timeout=_TIMEOUT, auth=(parts.username or "",
                                                            parts.password or ""),
        )  # fmt: skip
        if answer.status_code >= 300:
            raise Refused(f"RabbitMQ's API answered {answer.status_code} to {method} {at}")
        return answer.json() if answer.content else None
    except (requests.RequestException, ValueError) as problem:
        raise Refused(f"RabbitMQ's API does not answer: {type(problem).__name__}") from problem
