"""What becomes of a message that its handler does not take, alone and among others."""

from typing import Any

import pytest

from shared import ids
from shared.messaging.handling import Fate
from tests.support.house import Service, days_ago, event
from tests.support.story import School


def _decided(plan_id: str, child_id: str, setting_id: str) -> dict[str, Any]:
    data = {"child_id": child_id, "setting_id": setting_id, "plan_id": plan_id,
            "decision": "adjust", "proposed_decision": "adjust", "decided_on": days_ago(1),
            "cycle": 1}  # fmt: skip
    return event("ReviewDecided", data, subject=ids.new_id())


def test_what_comes_too_early_is_tried_again_and_what_is_impossible_is_dead(
    plans: Service,
) -> None:
    school = School(plans)
    child = school.child()
    plan = school.active(child)
    early = _decided(plan["id"], child["id"], school.id)
    impossible = _decided(ids.new_id(), child["id"], school.id)
    good = event(
        "CheckRecorded",
        {"child_id": child["id"], "setting_id": school.id, "plan_id": plan["id"],
         "occurred_on": days_ago(3), "statuses": ["on_track"]},
        subject=ids.new_id(),
    )  # fmt: skip
    verdicts = plans.handle(early, good, impossible)
    assert [(v.fate, v.reason) for v in verdicts] == [
        (Fate.RETRY, "NotYet: not-yet"), (Fate.DONE, ""), (Fate.DEAD, "NotFound: not-found"),
    ]  # fmt: skip
    assert school.senco.get(f"/plans/{plan['id']}")["last_check_on"] == days_ago(3)
    assert [v.fate for v in plans.handle(good)] == [Fate.DONE]


def test_a_handler_that_breaks_is_tried_again(
    plans: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_event: object) -> None:
        raise ZeroDivisionError

    said = _decided(ids.new_id(), ids.new_id(), ids.new_id())
    monkeypatch.setitem(plans.handling._handlers, said["type"], broken)  # type: ignore[arg-type]
    [verdict] = plans.handle(said)
    assert (verdict.fate, verdict.reason) == (Fate.RETRY, "ZeroDivisionError")
