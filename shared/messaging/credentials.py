"""Credentials at the broker: for each service of ours, and for an outside reader.

A service's user may do what `topology.permissions` says; a reader's can read its own queue, and
nothing else.

Made by the HTTP API of RabbitMQ's management plugin, as operators of managed brokers have it too.
"""

import re
import secrets
from dataclasses import dataclass

from shared.events.registry import event_types
from shared.ids import is_id
from shared.messaging import broker, management, topology


@dataclass(frozen=True)
class Credentials:
    """What signs in. The password is known to nobody else."""

    user: str
    password: str
    virtual_host: str
    queue: str
    """The one it reads."""


def grant(amqp_url: str, api_url: str, service: str, addressee_id: str) -> Credentials:
    """Make the reader's queue and its user, or give the user a new password.

    `api_url` holds an administrator's name and password. Raises ValueError on what is no id,
    Refused, or one of `broker.AWAY`.
    """
    if not is_id(addressee_id):
        raise ValueError(f"{addressee_id!r} is no id")
    queue = _declare(amqp_url, service, addressee_id)
    rights = {"configure": "^$", "write": "^$", "read": f"^{re.escape(queue)}$"}
    user = user_of(service, addressee_id)
    return Credentials(
        *_make_user(api_url, user, management.virtual_host(amqp_url), rights),
        queue,
    )


def grant_service(
    api_url: str, service: str, *, user: str = "", virtual_host: str = "/"
) -> Credentials:
    """Make a service's own user, `sen-<service>` unless named, or give it a new password.

    Raises NotFound for no service, or Refused.
    """
    topology.must_be_service(service)
    rights = topology.permissions(service)
    return Credentials(
        *_make_user(api_url, user or f"sen-{service}", virtual_host, rights),
        topology.events_queue(service),
    )


def revoke(api_url: str, service: str, addressee_id: str) -> None:
    """Take the user away; its queue stays. Raises Refused."""
    management.call(api_url, "DELETE", management.path("users", user_of(service, addressee_id)))


def user_of(service: str, addressee_id: str) -> str:
    """The name of the reader's user."""
    return f"{service}-to-{addressee_id}"


def _declare(amqp_url: str, service: str, addressee_id: str) -> str:
    rows = [row for row in event_types().values() if row.service == service and row.addressee]
    connection = broker.open_connection(amqp_url)
    try:
        channel = connection.default_channel
        topology.declare(channel)
        for row in rows:
            topology.declare_addressee(channel, row, addressee_id)
        connection.release()
    finally:
        broker.drop(connection)
    return topology.addressee_queue(rows[0], addressee_id)


def _make_user(
    api_url: str, user: str, virtual_host: str, rights: dict[str, str]
) -> tuple[str, str, str]:
    """Answers the user, its new password, and where it has its rights."""
    password = secrets.token_urlsafe(32)
    management.call(
        api_url, "PUT", management.path("users", user), {"password": password, "tags": ""}
    )
    management.call(api_url, "PUT", management.path("permissions", virtual_host, user), rights)
    return user, password, virtual_host
