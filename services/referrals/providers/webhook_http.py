"""Signed HTTP calls to support services' own systems (the Standard Webhooks specification)."""

import base64
import hashlib
import hmac
import ipaddress
import socket
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

from services.referrals.domain.webhook import Attempt, Delivery, Webhook
from shared import clock

_TIMEOUT = (3.05, 10.0)
_BODY_READ = 1024


@dataclass(frozen=True)
class Caller:
    """Calls webhooks. `private_too` allows addresses inside: on a developer's machine only."""

    private_too: bool = False

    def post(self, webhook: Webhook, delivery: Delivery) -> tuple[Attempt, int | None]:
        """One try: what came of it, and for how many seconds its server asked us to wait.

        Redirects are not followed: they would lead signed content elsewhere.
        """
        at, began = clock.now(), time.monotonic()
        status: int | None = None
        problem: str | None = None
        wait: int | None = None
        if not self.private_too and (words := refused_address(webhook.url)):
            return Attempt(at, None, words, 0), None
        try:
            with requests.post(
                webhook.url, data=delivery.body.encode(), timeout=_TIMEOUT, allow_redirects=False,
                headers=headers(webhook.secret, delivery, int(time.time())), stream=True,
            ) as answer:  # fmt: skip
                status = answer.status_code
                answer.raw.read(_BODY_READ)
                after = answer.headers.get("Retry-After", "")
                wait = int(after) if after.isdecimal() and len(after) < 7 else None
        except requests.RequestException as failure:
            problem = type(failure).__name__
        took = int((time.monotonic() - began) * 1000)
        return Attempt(at, status, problem, took), wait


def headers(secret: str, delivery: Delivery, timestamp: int) -> dict[str, str]:
    """What a receiver checks: the id stays the same however often it is sent."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "sen-support-webhooks/1",
        "webhook-id": delivery.id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, delivery.id, timestamp, delivery.body),
    }


def signature(secret: str, delivery_id: str, timestamp: int, body: str) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`; `secret` is the key in hex."""
    said = f"{delivery_id}.{timestamp}.{body}".encode()
    digest = hmac.new(bytes.fromhex(secret), said, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def shown_secret(secret: str) -> str:
    """The secret as receivers' libraries take it: `whsec_` and base64."""
    return "whsec_" + base64.b64encode(bytes.fromhex(secret)).decode()


def refused_address(url: str) -> str | None:
    """Why an address is not called, in words; None where it may be.

    Only https, and only to addresses of the open internet: nobody reaches our own servers by
    naming them as a webhook.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        return "This is no address."
    if parts.scheme != "https" or not parts.hostname or parts.username:
        return "An https address, without a name and password in it."
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return "There is no server of this name."
    if any(not ipaddress.ip_address(entry[4][0]).is_global for entry in found):
        return "This address is not on the open internet."
    return None
