"""The policy by which nothing that rests in a queue is dropped for having been looked at.

RabbitMQ counts how often a message of a quorum queue was given back, and from 4.0 drops it at the
21st time where nobody has said otherwise. Whoever looks at dead letters, or at what waits in a
ladder of delays, gives all of it back; so does an outside reader that breaks down.

The arguments of queues that exist cannot be changed, so a policy says it. It is no queue's only one
for certain: RabbitMQ applies the one of the highest priority alone, so what counts is read from the
queue itself. "No limit" (-1) is not what it says: 3.10 takes that for the first time already.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from kombu import Connection

from shared.events.registry import event_types
from shared.messaging import management, topology

NAME = "sen-keep"
_LIMIT = 1_000_000
_PRIORITY = 900
_COUNTS_FROM = 4
"""The version of RabbitMQ from which a queue has a limit that nobody gave it."""
_LIMIT_THEN = 20
_COLUMNS = "?disable_stats=true&columns=name,arguments,policy"


class NotKept(Exception):
    """Looking would, in the end, lose what is looked at; says what to do."""


@dataclass(frozen=True)
class Kept:
    """How often what is in a queue may be given back: None where RabbitMQ does not count."""

    queue: str
    limit: int | None

    @property
    def surely(self) -> bool:
        """Whether looking costs nothing."""
        return self.limit is None or self.limit >= _LIMIT


def pattern() -> str:
    """The queues that the policy is for: dead letters, ladders of delays, outside readers'."""
    services = "|".join(topology.services())
    readers = sorted({rf"{row.service}\.to\..+" for row in event_types().values() if row.addressee})
    return rf"^(({services})\.(dead|retry\.[0-9]+)|{'|'.join(readers)})$"


def as_ctl() -> list[str]:
    """The words by which `rabbitmqctl` makes the policy."""
    body = _body()
    return ["set_policy", "--priority", str(body["priority"]), "--apply-to", body["apply-to"],
            NAME, body["pattern"], json.dumps(body["definition"])]  # fmt: skip


def policy() -> dict[str, Any]:
    """The policy, as RabbitMQ's definitions and its API have it."""
    return {"vhost": "/", "name": NAME, **_body()}


def set_policy(api_url: str, virtual_host: str = "/") -> None:
    """Make the policy, or make it again. Raises Refused."""
    at = management.path("policies", virtual_host, NAME)
    management.call(api_url, "PUT", at, _body())


def how_kept(api_url: str, virtual_host: str = "/") -> dict[str, Kept]:
    """By name, how each queue keeps what is given back: what counts there, from whichever policy
    or argument it comes. Raises Refused."""
    overview = management.call(api_url, "GET", "/api/overview?columns=rabbitmq_version")
    counts = _major(str(overview["rabbitmq_version"])) >= _COUNTS_FROM
    asked = partial(management.call, api_url, "GET")
    policies = {one["name"]: one for one in asked(management.path("policies", virtual_host))}
    operators = asked(management.path("operator-policies", virtual_host))
    found = {}
    for queue in asked(management.path("queues", virtual_host) + _COLUMNS):
        applied = [policies.get(queue.get("policy") or ""), _operators(operators, queue["name"])]
        said = [(one or {}).get("definition", {}).get("delivery-limit") for one in applied]
        said.append(queue["arguments"].get("x-delivery-limit"))
        limit = _lowest([one for one in said if one is not None], counts)
        found[queue["name"]] = Kept(queue["name"], limit)
    return found


def not_kept(api_url: str, virtual_host: str = "/") -> list[Kept]:
    """Of the queues in which something rests, those that may lose it. Raises Refused."""
    found = how_kept(api_url, virtual_host).values()
    return [one for one in found if re.search(pattern(), one.queue) and not one.surely]


def must_be_kept(
    connection: Connection, api_url: str, virtual_host: str, names: Iterable[str]
) -> None:
    """Raises NotKept where a look into one of these queues would cost what is in it, or where
    nobody can say."""
    version = str(connection.connection.server_properties.get("version", ""))
    if _major(version) < _COUNTS_FROM:
        return
    if not api_url:
        raise NotKept(
            f"RabbitMQ {version} may drop what is looked at too often. Set SEN_RABBITMQ_API_URL, "
            "so that this can be ruled out first."
        )
    lost = sorted(set(names) & {one.queue for one in not_kept(api_url, virtual_host)})
    if lost:
        raise NotKept(
            f"RabbitMQ {version} would drop what is looked at too often in {', '.join(lost)}: the "
            f"policy {NAME} is missing, or another one of a higher priority stands before it. "
            "`sen definitions` has it. Nothing was looked at."
        )


def _body() -> dict[str, Any]:
    return {
        "pattern": pattern(),
        "apply-to": "queues",
        "priority": _PRIORITY,
        "definition": {"delivery-limit": _LIMIT},
    }


def _operators(policies: list[dict[str, Any]], queue: str) -> dict[str, Any] | None:
    """The operator's policy that applies beside the other: that of the highest priority. Which one
    that is RabbitMQ says only where it collects figures."""
    for one in sorted(policies, key=lambda policy: -policy["priority"]):
        of_queues = one["apply-to"] in ("all", "queues", "quorum_queues")
        if of_queues and re.search(one["pattern"], queue):
            return one
    return None


def _lowest(limits: list[int], counts: bool) -> int | None:
    """The lowest; from 4.0 a negative one is none, and where nobody says any, RabbitMQ's own."""
    if not counts:
        return min(limits, default=None)
    some = [limit for limit in limits if limit >= 0]
    return min(some) if some else None if limits else _LIMIT_THEN


def _major(version: str) -> int:
    """4 of 4.3.6; of what is no version, as high as can be."""
    first = version.partition(".")[0]
    return int(first) if first.isdigit() else _COUNTS_FROM
