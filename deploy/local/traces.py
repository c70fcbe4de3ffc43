"""A collector of traces for development: takes OpenTelemetry's spans by OTLP over HTTP, keeps the
latest, and shows what came of a request."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, render_template_string, request
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent
from opentelemetry.proto.trace.v1.trace_pb2 import Status

_KEPT_TRACES = 2_000
_SHOWN = 100

_STYLE = """<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:1rem/1.5 sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .8rem .25rem 0;
border-bottom:1px solid #ccc;vertical-align:top}td.n{text-align:right;white-space:nowrap}
.wrong{color:#d4351c}small{color:#505a5f}</style>"""

_LIST = (
    """<!doctype html><html lang="en-GB"><meta charset="utf-8"><title>Traces</title>"""
    + _STYLE
    + """<h1>Traces</h1><p>{% if whole %}All of them, latest first. <a href="/traces">Only what
reached another service</a>.{% else %}Requests of which other services heard, latest first.
<a href="/traces?all=1">All of them</a>.{% endif %} <a href="/">Back</a></p>
<table><tr><th>When<th>What<th>Services<th>Spans<th>Until the last of it</tr>{% for one in traces %}
<tr><td>{{ one.began.strftime("%H:%M:%S") }}<td><a href="/traces/{{ one.id }}">{{ one.name }}</a>
{% if one.failed %}<span class="wrong">(something failed)</span>{% endif %}
<td>{{ one.services | join(", ") }}<td class="n">{{ one.spans }}<td class="n">{{ one.lasted }}</tr>
{% endfor %}</table></html>"""
)

_ONE = (
    """<!doctype html><html lang="en-GB"><meta charset="utf-8"><title>A trace</title>"""
    + _STYLE
    + """<p><a href="/traces">Traces</a></p><h1>{{ lines[0].span.name }}</h1>
<p><small>{{ id }}</small></p>
<table><tr><th>Service<th>What<th>Begins after<th>Lasts<th>About</tr>{% for line in lines %}
<tr><td>{{ line.span.service }}<td style="padding-left:{{ line.depth * 1.2 }}rem">
{% if line.depth %}↳ {% endif %}{{ line.span.name }}
{% if line.span.failed %}<span class="wrong">failed</span>{% endif %}
<td class="n">{{ line.after }}<td class="n">{{ line.lasts }}<td><small>{{ line.about }}</small></tr>
{% endfor %}</table></html>"""
)


@dataclass(frozen=True)
class Span:
    """One span as it was sent; times in nanoseconds since 1970."""

    service: str
    name: str
    kind: str
    trace: str
    id: str
    parent: str
    failed: bool
    began: int
    ended: int
    attributes: dict[str, str | int]
    events: int


@dataclass(frozen=True)
class Line:
    """A span where it stands in its trace, in words."""

    span: Span
    depth: int
    after: str
    lasts: str
    about: str


@dataclass(frozen=True)
class Summary:
    """A trace in a list."""

    id: str
    name: str
    began: datetime
    services: list[str]
    spans: int
    lasted: str
    failed: bool


class Traces:
    """The latest traces. Safe for many threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, list[Span]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, body: bytes) -> None:
        """Keep what one request says. Raises google.protobuf.message.DecodeError."""
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            about = {a.key: a.value.string_value for a in resource.resource.attributes}
            for scope in resource.scope_spans:
                for sent in scope.spans:
                    self._keep(_span(about.get("service.name", ""), sent))

    def spans(self) -> list[Span]:
        """All that is kept."""
        with self._lock:
            return [span for spans in self._kept.values() for span in spans]

    def named(self, name: str) -> list[Span]:
        """Spans of this name."""
        return [span for span in self.spans() if span.name == name]

    def of_trace(self, trace: str) -> list[Span]:
        """A whole trace, in the order of beginning."""
        with self._lock:
            return sorted(self._kept.get(trace, ()), key=lambda span: span.began)

    def line_of(self, span: Span) -> list[str]:
        """The span and its ancestors, from the first, as `service: name`."""
        by_id = {one.id: one for one in self.of_trace(span.trace)}
        line: list[str] = []
        at: Span | None = span
        while at:
            line.insert(0, f"{at.service}: {at.name}")
            at = by_id.get(at.parent)
        return line

    def lines(self, trace: str) -> list[Line]:
        """A trace as a tree, each span below the one that it is part of."""
        spans = self.of_trace(trace)
        known = {span.id for span in spans}
        first = spans[0].began if spans else 0

        def below(parent: str | None, depth: int) -> Iterator[Line]:
            for span in spans:
                at_top = span.parent not in known
                if span.parent == parent if parent else at_top:
                    about = ", ".join(
                        f"{key} {value}" for key, value in span.attributes.items()
                        if key not in ("messaging.system", "http.request.method", "http.route")
                    )  # fmt: skip
                    yield Line(
                        span, depth, _words(span.began - first), _words(span.ended - span.began),
                        about,
                    )  # fmt: skip
                    yield from below(span.id, depth + 1)

        return list(below(None, 0))

    def latest(self, *, whole: bool) -> list[Summary]:
        """The latest traces; unless `whole`, those that more than one service has part in."""
        with self._lock:
            kept = [(trace, list(spans)) for trace, spans in self._kept.items()]
        found = []
        for trace, spans in reversed(kept):
            services = sorted({span.service.removeprefix("sen-") for span in spans})
            if len(services) > 1 or whole:
                first = min(spans, key=lambda span: span.began)
                found.append(
                    Summary(
                        trace, first.name, datetime.fromtimestamp(first.began / 1e9, UTC), services,
                        len(spans), _words(max(span.ended for span in spans) - first.began),
                        any(span.failed for span in spans),
                    )
                )  # fmt: skip
        return sorted(found, key=lambda one: one.began, reverse=True)[:_SHOWN]

    def _keep(self, span: Span) -> None:
        with self._lock:
            self._kept.setdefault(span.trace, []).append(span)
            if len(self._kept) > _KEPT_TRACES:
                self._kept.popitem(last=False)


def blueprint(kept: Traces) -> Blueprint:
    """`/v1/traces` takes spans; `/traces` shows them."""
    made = Blueprint("traces", __name__)

    @made.post("/v1/traces")
    def take() -> Response:
        kept.take(request.get_data())
        return Response(status=200, content_type="application/x-protobuf")

    @made.get("/traces")
    def traces() -> str:
        whole = bool(request.args.get("all"))
        return render_template_string(_LIST, traces=kept.latest(whole=whole), whole=whole)

    @made.get("/traces/<trace>")
    def one(trace: str) -> str:
        lines = kept.lines(trace)
        return render_template_string(_ONE, lines=lines, id=trace) if lines else abort(404)

    return made


def _words(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e6:.1f} ms" if nanoseconds < 1e9 else f"{nanoseconds / 1e9:.2f} s"


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
