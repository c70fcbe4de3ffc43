"""Whatever comes as a message is read, waits for a newer worker, or is refused: nothing else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import ids
from shared.events.envelope import TooNew, Unreadable, unwrap
from tests.support.house import event


def _good() -> dict[str, Any]:
    child = ids.new_id()
    data = {"child_id": child, "setting_id": ids.new_id(), "recipients": []}
    return event("ChildRegistered", data, subject=child)


GOOD = _good()
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def _reads(body: bytes | str) -> bool:
    try:
        unwrap(body)
    except (Unreadable, TooNew):
        return False
    return True


@given(st.binary(max_size=200))
def test_bytes_of_chance_are_refused(body: bytes) -> None:
    assert not _reads(body)


@given(st.sampled_from(sorted(GOOD)), _JSON)
def test_one_attribute_of_chance_is_never_worse_than_refused(name: str, value: Any) -> None:
    _reads(json.dumps({**GOOD, name: value}))


@given(st.sampled_from(sorted(GOOD["data"])), _JSON)
def test_data_of_chance_is_never_worse_than_refused(name: str, value: Any) -> None:
    _reads(json.dumps({**GOOD, "data": {**GOOD["data"], name: value}}))


@pytest.mark.parametrize(
    "change",
    [
        {"specversion": "0.3"}, {"id": 7}, {"id": "x"}, {"subject": None}, {"time": "2026-01-01"},
        {"time": "2026-01-01T00:00:00"}, {"sequence": "1"}, {"sequence": True}, {"type": "a.B"},
        {"dataschema": "urn:x:"}, {"dataschema": "urn:x:-1"}, {"data": []}, {"actorid": 1},
    ],
)  # fmt: skip
def test_what_is_not_an_event_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        unwrap(json.dumps({**GOOD, **change}))


def test_a_missing_attribute_is_refused_and_an_unknown_one_is_passed_over() -> None:
    assert _reads(json.dumps({**GOOD, "partitionkey": "a"}))
    for name in ("id", "type", "source", "subject", "time", "dataschema", "sequence", "data"):
        assert not _reads(json.dumps({k: v for k, v in GOOD.items() if k != name})), name


def test_a_newer_version_waits() -> None:
    with pytest.raises(TooNew):
        unwrap(json.dumps({**GOOD, "dataschema": GOOD["dataschema"].rpartition(":")[0] + ":99"}))
