"""Who is doing what, for which cause: carried beside the work, not through every signature."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

from shared import ids, trace


@dataclass(frozen=True)
class Work:
    """One request or one message being worked on."""

    actor_id: str = "system"
    actor_role: str = "system"
    action: str = "unknown"
    correlation_id: str = ""
    causation_id: str | None = None
    traceparent: str = ""
    request_key: str | None = None
    """Idempotency-Key, already bound to route and caller."""
    fingerprint: str | None = None
    """Digest of the request's body: the same key with another body is an error."""
    loaded: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """Documents read in this work: the store writes from them without reading them again."""


_current: ContextVar[Work | None] = ContextVar("work", default=None)


def current() -> Work:
    """The work in hand; outside of any, a fresh one of the system's own."""
    return _current.get() or Work(correlation_id=ids.new_id(), traceparent=trace.start())


@contextmanager
def working(work: Work) -> Iterator[Work]:
    """Make `work` the current one within the block."""
    token = _current.set(work)
    try:
        yield work
    finally:
        _current.reset(token)


@contextmanager
def following(
    name: str, cause: Mapping[str, str | None], attributes: trace.Attributes
) -> Iterator[Work]:
    """Do what a document asks for: in the trace, and under the correlation id, of what made it.

    `name` and `attributes` are those of the span; `cause` is what the repository kept.
    """
    work = current()
    with trace.span(name, inside=cause.get("traceparent"), attributes=attributes) as span:
        more: dict[str, Any] = {"traceparent": span.traceparent}
        if cause.get("correlation_id"):
            more |= {key: cause[key] for key in ("correlation_id", "causation_id")}
        with working(replace(work, **more)) as following_work:
            yield following_work


def amend(**changes: Any) -> None:
    """Change fields of the work in hand (the guard names the actor once it knows them)."""
    _current.set(replace(current(), **changes))
