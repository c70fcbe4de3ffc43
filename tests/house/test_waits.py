"""No test hangs on the machine's speed: tests wait for facts, with deadlines far longer than it takes.

Found in the syntax of every test and of what tests are made of (not of benchmarks and load, which
measure speed): pauses outside a loop that looks for something, deadlines that a busy machine may
miss, assertions about how long something took. Where a pause or a short deadline is what the test is
about, a row of the tables says why.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.stack import ROOT

LEAST_SECONDS = 60
"""The shortest deadline for what a test waits for."""
_LEAST_FOR_A_TEST = 900
"""After which a test is ended as one that hangs (`pytest.mark.timeout`)."""
_LONGEST_LOOK = 1.0
"""Seconds between two looks."""
_MEASURING = ("tests/bench/", "tests/load/")
_CLOCKS = {"monotonic", "perf_counter", "time"}
_DEADLINES = {"timeout", "seconds", "patience"}
_WAITS = {"wait", "join", "wait_until_quiet", "wait_until_heard"}
# Of these `seconds` is no deadline, or `timeout` no waiting of ours.
_NO_DEADLINES = {"timedelta", "perform", "sleep", "serverSelectionTimeoutMS"}

_LASTS = "the fault lasts so long, and then is over; nothing is asserted of what happened by then"
PAUSES = {
    "tests/faults/faults.py:step_a_clock": _LASTS,
    "tests/faults/faults.py:stop_the_broker": _LASTS,
    "tests/faults/faults.py:kill_the_broker": _LASTS,
    "tests/faults/faults.py:freeze_the_broker": _LASTS,
    "tests/faults/faults.py:raise_the_memory_alarm": _LASTS,
    "tests/faults/faults.py:raise_the_disk_alarm": _LASTS,
    "tests/faults/faults.py:kill_the_database": _LASTS,
    "tests/faults/faults.py:_network": _LASTS,
    "tests/faults/faults.py:_kill_the_primary": _LASTS,
    "tests/system/test_whole.py:"
    "test_the_walk_survives_kill_9_of_every_worker_and_a_stop_of_the_broker": _LASTS,
    "tests/system/test_whole.py:"
    "test_a_service_that_the_database_does_not_let_in_waits_and_loses_nothing": (
        "what may not happen gets five seconds to happen: a slow machine fails nothing by it"
    ),
}
"""Where something pauses for a fixed time -> why no assertion hangs on it."""
_ASKED_AGAIN = "no answer in time is one more look, not a failure"
_NO_PATIENCE = "it stays as it is, however long one looks, so one look is enough"
SHORT = {
    "tests/faults/faults.py:die_at": "whoever did not come by that point is said to; nothing fails",
    "tests/faults/proxy.py:_connect": "a broker that does not answer is one that is away",
    "tests/faults/stack.py:unready": _ASKED_AGAIN,
    "tests/messaging/test_quiet.py:test_events_that_nobody_reads_are_not_quiet": _NO_PATIENCE,
    "tests/messaging/test_quiet.py:"
    "test_what_a_reader_has_in_hand_is_not_quiet_until_it_is_handled": _NO_PATIENCE,
}
"""Where a deadline is short -> why a busy machine does not fail by it."""


def _paths() -> list[Path]:
    found = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "services").glob("*/tests/**/*.py")]
    return sorted(path for path in found if not str(path.relative_to(ROOT)).startswith(_MEASURING))


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _is_clock(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and _name(node) in _CLOCKS and not node.args


def _constant(node: ast.AST) -> float | None:
    found = node.value if isinstance(node, ast.Constant) else None
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def _walk(
    node: ast.AST, where: str = "", looking: bool = False
) -> Iterator[tuple[ast.AST, str, bool]]:
    """Each node, in which function it is, and whether in a loop that looks again and again."""
    for child in ast.iter_child_nodes(node):
        inner, again = where, looking
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            inner, again = child.name, False
        elif isinstance(child, ast.While):
            again = True
        yield child, inner, again
        yield from _walk(child, inner, again)


def _pauses(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node, where, looking in _walk(tree):
        if isinstance(node, ast.Call) and _name(node) == "sleep":
            seconds = _constant(node.args[0]) if node.args else None
            if not looking or (seconds is not None and seconds > _LONGEST_LOOK):
                yield where, node.lineno


def _short_deadlines(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node, where, _ in _walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            for clock, length in ((node.left, node.right), (node.right, node.left)):
                seconds = _constant(length)
                if _is_clock(clock) and seconds is not None and seconds < LEAST_SECONDS:
                    yield where, node.lineno
        if isinstance(node, ast.Call) and _name(node) not in _NO_DEADLINES:
            # Playwright counts in milliseconds.
            by_hand = [_constant(one) for one in node.args[:1]] if _name(node) in _WAITS else []
            named = [_constant(one.value) for one in node.keywords if one.arg in _DEADLINES]
            if _name(node) == "timeout" and isinstance(node.func, ast.Attribute):
                ends = _constant(node.args[0]) if node.args else None
                if ends is not None and ends < _LEAST_FOR_A_TEST:
                    yield where, node.lineno
            for seconds in (one for one in [*by_hand, *named] if one is not None):
                least = LEAST_SECONDS * (1000 if seconds >= 1000 else 1)
                if seconds < least:
                    yield where, node.lineno


def _speed_asserted(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Assertions that something took less than so long."""
    for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)):
        took = {
            target.id
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
            if any(
                isinstance(one, ast.BinOp)
                and isinstance(one.op, ast.Sub)
                and any(map(_is_clock, ast.walk(one)))
                for one in ast.walk(node.value)
            )
        }
        for node in (n for n in ast.walk(function) if isinstance(n, ast.Assert)):
            compared = [one for one in ast.walk(node.test) if isinstance(one, ast.Compare)]
            for one in compared:
                names = {n.id for n in ast.walk(one) if isinstance(n, ast.Name)}
                between = any(
                    isinstance(part, ast.BinOp)
                    and isinstance(part.op, ast.Sub)
                    and any(map(_is_clock, ast.walk(part)))
                    for part in ast.walk(one)
                )
                if names & took or between:
                    yield function.name, node.lineno


def _found(look: object) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in _paths():
        at = str(path.relative_to(ROOT))
        for where, line in look(ast.parse(path.read_text())):  # type: ignore[operator]
            found.setdefault(f"{at}:{where}", []).append(f"{at}:{line}")
    return found


def test_no_test_pauses_where_it_could_wait_for_a_fact() -> None:
    found = _found(_pauses)
    assert {key: lines for key, lines in found.items() if key not in PAUSES} == {}
    assert set(PAUSES) <= set(found), "a row that nothing needs any more"


def test_no_deadline_is_one_that_a_busy_machine_may_miss() -> None:
    found = _found(_short_deadlines)
    assert {key: lines for key, lines in found.items() if key not in SHORT} == {}
    assert set(SHORT) <= set(found), "a row that nothing needs any more"


def test_no_test_asserts_how_fast_something_was() -> None:
    assert _found(_speed_asserted) == {}


@pytest.mark.parametrize(
    ("look", "source"),
    [
        (_pauses, "def test():\n    time.sleep(1)\n    assert done"),
        (_pauses, "def test():\n    while not done:\n        sleep(5)"),
        (_short_deadlines, "def test():\n    by = time.monotonic() + 10"),
        (_short_deadlines, "def test():\n    thread.join(timeout=5)"),
        (_short_deadlines, "def test():\n    process.wait(30)"),
        (_short_deadlines, "def test():\n    expect(one).to_be_visible(timeout=15_000)"),
        (_speed_asserted, "def test():\n    took = time.monotonic() - began\n    assert took < 2"),
        (_speed_asserted, "def test():\n    assert time.perf_counter() - began < 2"),
    ],
)
def test_the_looks_find_what_they_look_for(look: object, source: str) -> None:
    assert [where for where, _ in look(ast.parse(source))] == ["test"]  # type: ignore[operator]
