"""Spans: exported where there is an address, carried on where there is none, silent about people."""

from collections.abc import Callable, Iterator

import pytest
import requests

from deploy.local.traces import Traces
from shared import trace
from shared.trace import Kind
from tests.support.stubs import served_collector

_FROM_OUTSIDE = f"00-{'ab' * 16}-{'cd' * 8}-01"


@pytest.fixture
def collected() -> Iterator[tuple[Traces, str]]:
    with served_collector() as made:
        yield made


@pytest.fixture
def kept(collected: tuple[Traces, str]) -> Traces:
    return collected[0]


@pytest.fixture
def url(collected: tuple[Traces, str]) -> str:
    return collected[1]


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, float], None]:
    """Configures, and sends nothing anywhere once the test is over."""
    monkeypatch.setattr(trace, "_provider", None)
    return lambda url, ratio: trace.configure("plans", url, ratio)


def _flush() -> None:
    assert trace._provider is not None
    trace._provider.force_flush(5000)


def test_a_span_continues_the_trace_that_it_is_given(
    kept: Traces, url: str, configured: Callable[[str, float], None]
) -> None:
    configured(url, 1.0)
    with (
        trace.span("outer", Kind.SERVER, inside=_FROM_OUTSIDE) as outer,
        trace.span("inner", inside=outer.traceparent, attributes={"sen.copy.id": "1"}),
    ):
        pass
    _flush()
    inner, around = kept.spans()
    assert (inner.name, inner.service, inner.kind) == ("inner", "sen-plans", "INTERNAL")
    assert (around.trace, around.parent, around.kind) == ("ab" * 16, "cd" * 8, "SERVER")
    assert (inner.parent, inner.trace) == (around.id, around.trace)
    assert trace.trace_id(outer.traceparent) == "ab" * 16
    assert inner.attributes == {"sen.copy.id": "1"}


def test_the_desk_shows_what_came_of_a_request(
    kept: Traces, url: str, configured: Callable[[str, float], None]
) -> None:
    configured(url, 1.0)
    with trace.span("POST /plans", Kind.SERVER) as outer:
        about = {"messaging.message.id": "an-event"}
        trace.begin("process", inside=outer.traceparent, attributes=about).end()
    _flush()
    desk = url.removesuffix("/v1/traces")
    assert (
        "POST /plans" not in requests.get(f"{desk}/traces", timeout=120).text
    )  # one service alone
    assert "POST /plans" in requests.get(f"{desk}/traces?all=1", timeout=120).text
    page = requests.get(f"{desk}/traces/{kept.spans()[0].trace}", timeout=120).text
    assert page.index("POST /plans") < page.index("process") < page.index("an-event")
    assert requests.get(f"{desk}/traces/nothing", timeout=120).status_code == 404


def test_what_an_error_says_is_not_told(
    kept: Traces, url: str, configured: Callable[[str, float], None]
) -> None:
    configured(url, 1.0)
    with pytest.raises(ValueError, match="Robin"), trace.span("process"):
        raise ValueError("Robin Hollowmere is not on the roll")
    _flush()
    (span,) = kept.spans()
    assert span.failed and span.attributes == {"error.type": "ValueError"} and span.events == 0


def test_a_part_of_the_traces_is_kept_and_what_comes_from_outside_as_it_was_decided_there(
    kept: Traces, url: str, configured: Callable[[str, float], None]
) -> None:
    configured(url, 0.0)
    with trace.span("ours") as ours:
        assert ours.traceparent.endswith("-00") or int(ours.traceparent[-2:], 16) % 2 == 0
    with trace.span("theirs", inside=_FROM_OUTSIDE):
        pass
    _flush()
    assert [span.name for span in kept.spans()] == ["theirs"]


def test_without_an_address_the_trace_goes_on_and_nothing_is_recorded(
    configured: Callable[[str, float], None],
) -> None:
    configured("", 1.0)
    assert not trace.recording()
    with trace.span("request", inside=_FROM_OUTSIDE) as span:
        assert trace.trace_id(span.traceparent) == "ab" * 16
        assert span.traceparent != _FROM_OUTSIDE
    assert trace.trace_id(trace.begin("job").traceparent)


@pytest.mark.parametrize("parent", ["", None, "nonsense", f"00-{'0' * 32}-{'cd' * 8}-01"])
def test_what_is_no_traceparent_begins_a_new_trace(
    parent: str | None, kept: Traces, url: str, configured: Callable[[str, float], None]
) -> None:
    configured(url, 1.0)
    with trace.span("request", inside=parent):
        pass
    _flush()
    (span,) = kept.spans()
    assert span.parent == "" and int(span.trace, 16)


def test_a_collector_that_is_away_costs_no_work(
    configured: Callable[[str, float], None],
) -> None:
    configured("http://127.0.0.1:9/v1/traces", 1.0)
    for _ in range(100):
        with trace.span("request"):
            pass
    assert trace._provider is not None
    trace._provider.shutdown()
