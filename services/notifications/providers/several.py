"""Several providers of one channel: the first whose turn it is, the next where it fails."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Generic, Self, TypeVar

from prometheus_client import Counter, Gauge

from services.notifications.domain.circuit import Circuit
from services.notifications.domain.values import Failure
from services.notifications.providers.provider import Email, Provider, SendingFailed, TextMessage

HANDED_OVER = Counter("sen_provider_handed_over_total", "Messages taken", ["provider"])
FAILED = Counter("sen_provider_failures_total", "Attempts that failed", ["provider", "failure"])
TURN = Gauge("sen_provider_has_turn", "Whether a provider is used at the moment", ["provider"])

Handed = TypeVar("Handed", Email, TextMessage)

_NEXT_ONE_MAY_DO = (Failure.RETRYABLE, Failure.MISCONFIGURED)


class Several(Generic[Handed]):
    """Tries them in order. What one refuses for good, or may have taken, goes to no other."""

    name = "several"

    def __init__(
        self, providers: Sequence[Provider[Handed]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._providers: Sequence[Provider[Handed]] = providers
        self._clock = clock
        self._circuits = {provider.name: Circuit() for provider in providers}
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

    def send(self, message: Handed, /) -> None:
        """Hand one over to the first that takes it. Raises SendingFailed."""
        last = SendingFailed(Failure.RETRYABLE, "no provider has its turn")
        for provider in self._providers:
            circuit = self._circuits[provider.name]
            if not circuit.has_turn(self._clock()):
                continue
            try:
                provider.send(message)
            except SendingFailed as problem:
                FAILED.labels(provider.name, problem.failure).inc()
                self._note(provider.name, problem.failure)
                if problem.failure not in _NEXT_ONE_MAY_DO:
                    raise
                last = problem
            else:
                HANDED_OVER.labels(provider.name).inc()
                self._note(provider.name, None)
                return
        raise last

    def _note(self, name: str, failure: Failure | None) -> None:
        circuit = self._circuits[name]
        # A refusal for good is the message's own fault: the provider is well.
        if failure in (None, Failure.PERMANENT):
            circuit.succeeded()
        else:
            circuit.failed(self._clock())
        TURN.labels(name).set(circuit.has_turn(self._clock()))
