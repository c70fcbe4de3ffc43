"""The broker's address: an AMQP URI; for TLS with the parameters of RabbitMQ's own clients.

`amqps://user:password@host:5671//?cacertfile=/run/sen-ca/ca.crt`. A certificate is always looked
at, with its name; without `cacertfile`, whether the system's authorities signed it.
(AMQP URI query parameters: https://www.rabbitmq.com/docs/uri-query-parameters)
"""

import ssl
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

_OPTIONS = {
    "cacertfile": "ca_certs",
    "certfile": "certfile",
    "keyfile": "keyfile",
    "server_name_indication": "server_hostname",
}


def split(url: str) -> tuple[str, dict[str, Any] | None]:
    """Answers the address without parameters, and what TLS needs to know, or None without TLS.

    Raises ValueError on another scheme or a parameter that is not known here: never a value.
    """
    parts = urlsplit(url)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.scheme not in ("amqp", "amqps"):
        raise ValueError("an address of a broker begins with amqp:// or amqps://")
    known = _OPTIONS if parts.scheme == "amqps" else {}
    if unknown := sorted(set(given) - set(known)):
        allowed = ", ".join(known) or "none"
        raise ValueError(f"{parts.scheme}:// has no parameters {unknown} here, but {allowed}")
    address = urlunsplit(parts._replace(query=""))
    if parts.scheme == "amqp":
        return address, None
    return address, {
        "cert_reqs": ssl.CERT_REQUIRED,
        "tls_minimum_version": ssl.TLSVersion.TLSv1_2,
        "server_hostname": parts.hostname,
        **{_OPTIONS[name]: value for name, value in given.items()},
    }
