"""A collector of OpenTelemetry's spans: a local server that takes OTLP over HTTP, and what it was sent."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent
from opentelemetry.proto.trace.v1.trace_pb2 import Status


@dataclass(frozen=True)
class Span:
    """One span as it was sent."""

    service: str
    name: str
    kind: str
    trace: str
    id: str
    parent: str
    failed: bool
    began: int
    ended: int
    """Nanoseconds since 1970."""
    attributes: dict[str, str | int]
    events: int


@dataclass
class Collector:
    """What was sent, and where to send it."""

    url: str = ""
    spans: list[Span] = field(default_factory=list)

    def named(self, name: str) -> list[Span]:
        """Spans of this name."""
        return [span for span in self.spans if span.name == name]

    def of_trace(self, trace: str) -> list[Span]:
        """A whole trace, in the order of beginning."""
        found = [span for span in self.spans if span.trace == trace]
        return sorted(found, key=lambda span: span.began)

    def line_of(self, span: Span) -> list[str]:
        """The span and its ancestors, from the first, as `service: name`."""
        by_id = {one.id: one for one in self.spans}
        line: list[str] = []
        at: Span | None = span
        while at:
            line.insert(0, f"{at.service}: {at.name}")
            at = by_id.get(at.parent)
        return line

    def take(self, body: bytes) -> None:
        """Keep what one request says."""
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            about = {a.key: a.value.string_value for a in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += [_span(about["service.name"], sent) for sent in scope.spans]


def _span(service: str, sent: Sent) -> Span:
    return Span(
        service=service, name=sent.name, kind=Sent.SpanKind.Name(sent.kind)[len("SPAN_KIND_"):],
        trace=sent.trace_id.hex(), id=sent.span_id.hex(), parent=sent.parent_span_id.hex(),
        failed=sent.status.code == Status.STATUS_CODE_ERROR,
        began=sent.start_time_unix_nano, ended=sent.end_time_unix_nano,
        attributes={
            a.key: a.value.int_value if a.value.HasField("int_value") else a.value.string_value
            for a in sent.attributes
        },
        events=len(sent.events),
    )  # fmt: skip


@contextmanager
def collector() -> Iterator[Collector]:
    """A collector that listens on a free port."""
    kept = Collector()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    kept.url = f"http://127.0.0.1:{server.server_port}/v1/traces"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
