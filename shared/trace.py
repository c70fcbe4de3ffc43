"""Traces: every request, event and effect is a span (https://www.w3.org/TR/trace-context/).

The `traceparent` value is carried by hand: in the work in hand, in events, in documents that
something is sent from later. Where `configure` was given an address, OpenTelemetry exports the
spans by OTLP. Spans carry ids, codes and routes; never names, paths as they came, or what an error
says.
"""

import re
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what is not used is not loaded
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span as Recorded
    from opentelemetry.trace import Tracer

Attributes = Mapping[str, str | int]

_VALID = re.compile(r"^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$")
_EXPORT_SECONDS = 2.0


class Kind(StrEnum):
    """What a span is, by the names of OpenTelemetry."""

    SERVER = "SERVER"
    CLIENT = "CLIENT"
    PRODUCER = "PRODUCER"
    CONSUMER = "CONSUMER"
    INTERNAL = "INTERNAL"


@dataclass(frozen=True)
class Span:
    """One piece of work; `traceparent` is what its parts continue."""

    traceparent: str
    recorded: "Recorded | None" = None

    def note(self, attributes: Attributes) -> None:
        """Say more of it."""
        if self.recorded:
            self.recorded.set_attributes(attributes)

    def fail(self, why: str) -> None:
        """It came to nothing; `why` is a kind of error or a status, never what it says."""
        if self.recorded:
            from opentelemetry.trace import StatusCode

            self.recorded.set_status(StatusCode.ERROR)
            self.recorded.set_attribute("error.type", why)

    def end(self) -> None:
        """It is over."""
        if self.recorded:
            self.recorded.end()


_provider: "TracerProvider | None" = None
_tracer: "Tracer | None" = None
"""Of that provider: to make one costs as much as a span."""


def configure(service: str, url: str, ratio: float) -> None:
    """Export this process's spans to `url` (OTLP over HTTP), from a thread of its own.

    `ratio` of the traces that begin here are kept; one that came from elsewhere is kept when it was
    there. To be called after a fork. A collector that is away costs spans, never work.
    """
    global _provider, _tracer
    if not url:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    about = {
        "service.name": f"sen-{service}",
        "service.namespace": "sen-support",
        "service.instance.id": socket.gethostname(),
    }
    _provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(ratio)), resource=Resource.create(about)
    )
    exporter = OTLPSpanExporter(endpoint=url, timeout=_EXPORT_SECONDS)
    _provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracer = _provider.get_tracer("sen-support")


def begin(
    name: str, kind: Kind = Kind.INTERNAL, *, inside: str | None = None,
    attributes: Attributes | None = None, began_ns: int | None = None,
) -> Span:  # fmt: skip
    """A span inside another, whose traceparent is given; a new trace where that is no valid one."""
    if _provider is None or _tracer is None:
        return Span(within(inside))
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    recorded = _tracer.start_span(
        name,
        TraceContextTextMapPropagator().extract({"traceparent": inside or ""}),
        SpanKind[kind],
        attributes,
        start_time=began_ns,
    )
    about = recorded.get_span_context()
    return Span(f"00-{about.trace_id:032x}-{about.span_id:016x}-{about.trace_flags:02x}", recorded)


@contextmanager
def span(
    name: str, kind: Kind = Kind.INTERNAL, *, inside: str | None = None,
    attributes: Attributes | None = None,
) -> Iterator[Span]:  # fmt: skip
    """A span around the block; it fails when the block raises."""
    made = begin(name, kind, inside=inside, attributes=attributes)
    try:
        yield made
    except BaseException as problem:
        made.fail(type(problem).__name__)
        raise
    finally:
        made.end()


def recording() -> bool:
    """Whether anybody is told of spans: where not, what costs time need not be found out."""
    return _provider is not None


def start() -> str:
    """A traceparent that begins a new trace."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def within(traceparent: str | None) -> str:
    """A traceparent with a new span in that trace, or a new trace when it is not a valid one."""
    if not traceparent or not _VALID.fullmatch(traceparent):
        return start()
    version, trace_id, _, flags = traceparent.split("-")
    return f"{version}-{trace_id}-{secrets.token_hex(8)}-{flags}"


def trace_id(traceparent: str) -> str:
    """The 32 hex digits that name the trace, or nothing."""
    return traceparent.split("-")[1] if _VALID.fullmatch(traceparent) else ""
