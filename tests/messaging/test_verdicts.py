"""What becomes of a message that its handler does not take, alone and among others."""

from collections import Counter
from typing import Any

import pytest

from shared import ids
from shared.events.envelope import Envelope
from shared.messaging.handling import _TRIED_AGAIN_ALONE, Fate
from tests.support.house import Service, days_ago, event
from tests.support.story import School


def _decided(plan_id: str, child_id: str, setting_id: str) -> dict[str, Any]:
    data = {"child_id": child_id, "setting_id": setting_id, "plan_id": plan_id,
            "decision": "adjust", "proposed_decision": "adjust", "decided_on": days_ago(1),
            "cycle": 1}  # fmt: skip
    return event("ReviewDecided", data, subject=ids.new_id())


def _checked(plan_id: str, child_id: str, setting_id: str) -> dict[str, Any]:
    data = {"child_id": child_id, "setting_id": setting_id, "plan_id": plan_id,
            "occurred_on": days_ago(3), "statuses": ["on_track"]}  # fmt: skip
    return event("CheckRecorded", data, subject=ids.new_id())


def test_what_comes_too_early_is_tried_again_and_what_is_impossible_is_dead(
    plans: Service,
) -> None:
    school = School(plans)
    child = school.child()
    plan = school.active(child)
    early = _decided(plan["id"], child["id"], school.id)
    impossible = _decided(ids.new_id(), child["id"], school.id)
    good = _checked(plan["id"], child["id"], school.id)
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


def test_what_a_dead_worker_has_locked_does_not_hold_up_the_rest_of_a_batch(
    plans: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    school = School(plans)
    child = school.child()
    free = _checked(school.active(child)["id"], child["id"], school.id)
    locked_plans = [school.active(school.child())["id"] for _ in range(10)]
    locked = [_checked(plan_id, ids.new_id(), school.id) for plan_id in locked_plans]
    alone, together = Counter[str](), list[int]()
    attempt = plans.handling._attempt

    def counted(envelopes: list[Envelope], *, look_first: bool) -> list[Envelope]:
        if len(envelopes) == 1:
            alone[envelopes[0].id] += 1
        else:
            together.append(len(envelopes))
        return attempt(envelopes, look_first=look_first)

    monkeypatch.setattr(plans.handling, "_attempt", counted)
    database = plans.handling._database
    with database.client.start_session() as dead, dead.start_transaction():
        database["plans"].update_many(
            {"_id": {"$in": locked_plans}}, {"$set": {"locked": True}}, session=dead
        )
        *verdicts, last = plans.handle(*locked, free)
        dead.abort_transaction()
    assert last.fate is Fate.DONE
    assert {v.fate for v in verdicts} == {Fate.RETRY}
    assert set(alone) >= {said["id"] for said in locked}
    # Each alone for as long as one may wait would be a hundred and ten more.
    assert sum(alone.values()) <= _TRIED_AGAIN_ALONE + len(locked) + 1
    # Each is met once among the others, and then waits for its turn.
    assert together == list(range(len(locked) + 1, 1, -1))
    assert [v.fate for v in plans.handle(*locked)] == [Fate.DONE] * len(locked)
