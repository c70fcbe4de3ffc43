"""The interface of a provider: of email, or of texts."""

from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self, TypeVar

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


@dataclass(frozen=True)
class TextMessage:
    """One text as it is handed over, to a number in E.164. `message_id` is ours."""

    message_id: str
    to: str
    text: str
    again: bool = False


Handed = TypeVar("Handed", Email, TextMessage, contravariant=True)


class SendingFailed(Exception):
    """It was not taken; the class of the failure decides what follows. `reason` holds no details
    of the person."""

    def __init__(self, failure: Failure, reason: str) -> None:
        super().__init__(reason)
        self.failure = failure
        self.reason = reason


class Provider(Protocol[Handed]):
    """Sends within a `with` block, which keeps one connection for all of them."""

    name: str

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None: ...

    def send(self, message: Handed, /) -> None:
        """Hand one over. Raises SendingFailed."""
