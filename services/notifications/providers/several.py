"""Several providers of one channel: the first whose turn it is, the next where it fails."""

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, Self, TypeVar

from prometheus_client import Counter, Gauge

from services.notifications.domain.circuit import Circuit
from services.notifications.domain.message import ANY_PROVIDER
from services.notifications.domain.values import Failure
from services.notifications.providers.provider import Email, Provider, SendingFailed, TextMessage

HANDED_OVER = Counter("sen_provider_handed_over_total", "Messages taken", ["provider"])
FAILED = Counter("sen_provider_failures_total", "Attempts that failed", ["provider", "failure"])
TURN = Gauge("sen_provider_has_turn", "Whether a provider is used at the moment", ["provider"])

Handed = TypeVar("Handed", Email, TextMessage)


def _rank(problem: SendingFailed) -> int:
    """Which of several providers' failures decides: that the mailbox takes nothing now (then the
    person's next channel has its turn), else the one that leaves most hope of another."""
    if problem.failure is Failure.PERMANENT:
        return 3 if problem.verdict.wrong else 0
    return 1 if problem.failure is Failure.MISCONFIGURED else 2


class Broken(Exception):
    """A provider's code has failed as it was not to: whether it took the message is not known.

    Its cause is that error; its words are the provider's name.
    """

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self.provider = provider


@dataclass(frozen=True)
class Health:
    """How a provider is: whether it has its turn, and failures in a row."""

    provider: str
    has_turn: bool
    failures: int


class Several(Generic[Handed]):
    """Tries them in order, one at least. What one may have taken, or says of the address for good,
    goes to no other."""

    name = "several"

    def __init__(
        self, providers: Sequence[Provider[Handed]], clock: Callable[[], float] = time.monotonic,
        circuits: dict[str, Circuit] | None = None,
    ) -> None:  # fmt: skip
        self._providers: Sequence[Provider[Handed]] = providers
        self._clock = clock
        # What one thread finds out about a provider, its others need not.
        self._circuits = {} if circuits is None else circuits
        for provider in providers:
            self._circuits.setdefault(provider.name, Circuit())
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        for provider in self._providers:
            self._opened.enter_context(provider)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._opened.close()

    def send(self, message: Handed, unsure: Collection[str] = ()) -> str:
        """Hand one over to the first that takes it; answers its name. Raises SendingFailed.

        `unsure` are the providers that may have it already, which are asked first.
        """
        for provider in self._providers:
            asked = ANY_PROVIDER in unsure or provider.name in unsure
            if asked and self._took(provider, message, unsure):
                return provider.name
        failed: list[SendingFailed] = []
        for provider in self._providers:
            if not self._circuits[provider.name].has_turn(self._clock()):
                failed.append(self._resting(provider.name))
                continue
            try:
                provider.send(message)
            except SendingFailed as problem:
                self._note(provider.name, message.message_id, problem)
                problem.provider = provider.name
                if not problem.verdict.elsewhere:
                    raise
                failed.append(problem)
            except Exception as problem:
                # Our own error, or its client's: of this message, and perhaps after it was taken.
                FAILED.labels(provider.name, "technical").inc()
                raise Broken(provider.name) from problem
            else:
                HANDED_OVER.labels(provider.name).inc()
                self._note(provider.name, message.message_id, None)
                return provider.name
        raise min(failed, key=_rank)

    def _resting(self, name: str) -> SendingFailed:
        # Whatever is ours to mend is waited for as long as it takes.
        failure = Failure.MISCONFIGURED if self._circuits[name].ours else Failure.RETRYABLE
        return SendingFailed(failure, "no provider has its turn")

    def _took(
        self, provider: Provider[Handed], message: Handed, unsure: Collection[str]
    ) -> bool:  # fmt: skip
        try:
            return provider.took(message)
        except SendingFailed as problem:
            self._note(provider.name, message.message_id, problem)
            still = ANY_PROVIDER if ANY_PROVIDER in unsure else provider.name
            raise SendingFailed(
                Failure.AMBIGUOUS, f"asked, {problem.reason}", provider=still
            ) from problem
        except Exception as problem:
            FAILED.labels(provider.name, "technical").inc()
            raise Broken(provider.name) from problem

    def health(self) -> list[Health]:
        """How each provider is, as this process knows it."""
        return [
            Health(name, circuit.has_turn(self._clock()), circuit.failures)
            for name, circuit in sorted(self._circuits.items())
        ]

    def _note(self, name: str, message_id: str, problem: SendingFailed | None) -> None:
        circuit = self._circuits[name]
        if problem:
            FAILED.labels(name, problem.failure).inc()
        # What is the message's own, or its address's, says that the provider is well: it answered.
        if problem is None or not problem.verdict.provider:
            circuit.succeeded()
        else:
            circuit.failed(
                self._clock(),
                problem.wait.total_seconds(),
                by=message_id,
                ours=problem.failure is Failure.MISCONFIGURED,
            )
        TURN.labels(name).set(circuit.has_turn(self._clock()))
