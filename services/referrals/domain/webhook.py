"""A support service's own system is told by HTTP: where, signed with what, and how it went."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from services.referrals.domain.errors import RuleBroken

RETRY_SECONDS = (0, 5, 30, 120, 600, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600)
"""Before each try: the first at once, then over about two days."""
_LOG_MOST = 20


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    """Every try was used up: it can be replayed."""


@dataclass
class Webhook:
    """Where a service wants to be told. The secret signs; it is shown when it is made."""

    id: str
    support_service_id: str
    url: str
    secret: str
    active: bool = True
    place: int | None = None
    """Which of the service's few places it has: two never have the same. Webhooks of before have
    none."""
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    def change(self, url: str, active: bool) -> None:
        """Another address, or none for a while."""
        self.url, self.active = url, active

    def turn_secret(self, secret: str) -> None:
        """A new secret from now on."""
        self.secret = secret


@dataclass
class Attempt:
    """One try: what was answered, or why nothing was."""

    at: datetime
    status: int | None
    problem: str | None
    milliseconds: int


@dataclass
class Delivery:
    """One event on its way to one webhook. Its id is the same however often it is sent."""

    id: str
    webhook_id: str
    support_service_id: str
    event_id: str
    type: str
    body: str
    made_at: datetime
    next_try: datetime
    state: DeliveryState = DeliveryState.WAITING
    tries: int = 0
    attempts: list[Attempt] = field(default_factory=list)
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    def took_place(self, attempt: Attempt, *, asked_to_wait: int | None = None) -> None:
        """A try was made. `asked_to_wait` are the seconds its server asked for (Retry-After)."""
        self.tries += 1
        self.attempts = [*self.attempts, attempt][-_LOG_MOST:]
        if attempt.status is not None and 200 <= attempt.status < 300:
            self.state = DeliveryState.DELIVERED
        elif self.tries >= len(RETRY_SECONDS):
            self.state = DeliveryState.FAILED
        else:
            wait = max(RETRY_SECONDS[self.tries], min(asked_to_wait or 0, 24 * 3600))
            self.next_try = attempt.at + timedelta(seconds=wait)

    def replay(self, now: datetime) -> None:
        """Send it again, with the same id."""
        if self.state is DeliveryState.WAITING:
            raise RuleBroken("waiting", "It is still on its way.", conflict=True)
        self.state, self.tries, self.next_try = DeliveryState.WAITING, 0, now
