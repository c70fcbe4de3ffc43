"""The interface of a provider: of email, or of texts."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Protocol, Self, TypeVar

from services.notifications.domain.refusals import AWAY, OURS, UNANSWERED, WRONG, Verdict
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


@dataclass(frozen=True)
class TextMessage:
    """One text as it is handed over, to a number in E.164. `message_id` is ours; `since` is when
    it was made: no provider can have taken it before."""

    message_id: str
    to: str
    text: str
    since: datetime


Handed = TypeVar("Handed", Email, TextMessage, contravariant=True)


_USUALLY = {
    Failure.PERMANENT: WRONG,
    Failure.MISCONFIGURED: OURS,
    Failure.RETRYABLE: AWAY,
    Failure.AMBIGUOUS: UNANSWERED,
}


class SendingFailed(Exception):
    """It was not taken; the class of the failure decides what follows. `reason` holds no details
    of the person; `wait` is what the provider asks for (Retry-After).

    `verdict` says whose trouble it is, where that is not as usual for such a failure.
    """

    def __init__(
        self,
        failure: Failure,
        reason: str,
        *,
        provider: str | None = None,
        wait: timedelta = timedelta(),
        verdict: Verdict | None = None,
    ) -> None:
        super().__init__(reason)
        self.failure = failure
        self.reason = reason
        self.provider = provider
        self.wait = wait
        self.verdict = verdict or _USUALLY.get(failure) or Verdict(failure)


def refused(verdict: Verdict, reason: str, *, wait: timedelta = timedelta()) -> SendingFailed:
    """The failure that a verdict makes."""
    return SendingFailed(verdict.failure, reason, wait=wait, verdict=verdict)


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

    def took(self, message: Handed, /) -> bool:
        """Whether it was handed over before, where an answer was lost. Raises SendingFailed.

        False of a provider that cannot be asked.
        """


class NothingToClose:
    """The block of a provider that keeps its connections, if it has any, for the next time."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Nothing is closed."""


def retry_after(said: str | None) -> timedelta:
    """What a Retry-After header asks for (RFC 9110 section 10.2.3), an hour at most."""
    seconds = int(said) if said and said.isdecimal() and len(said) < 6 else 0
    return timedelta(seconds=min(seconds, 3600))
