"""The interface of a provider of email."""

from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from services.notifications.domain.values import Failure


@dataclass(frozen=True)
class Email:
    """One email as it is handed over. `message_id` is ours, and stays the same for every try."""

    message_id: str
    to: str
    subject: str
    text: str
    html: str
    headers: dict[str, str] = field(default_factory=dict)
    again: bool = False
    """Whether an earlier try may have handed it over, its answer lost."""


class SendingFailed(Exception):
    """It was not taken; the class of the failure decides what follows. `reason` holds no details
    of the person."""

    def __init__(self, failure: Failure, reason: str) -> None:
        super().__init__(reason)
        self.failure = failure
        self.reason = reason


class Provider(Protocol):
    """Sends emails within a `with` block, which keeps one connection for all of them."""

    name: str

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None: ...

    def send(self, email: Email) -> None:
        """Hand one email over. Raises SendingFailed."""
