"""Every command of a support session, before it, while it lasts and after it, to the moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from services.referrals.commands.support_sessions import book_session
from services.referrals.domain.errors import RuleBroken
from services.referrals.domain.support_session import (
    Booking,
    BookingStatus,
    Feedback,
    SessionDetails,
    SessionKind,
    SupportSession,
)
from shared import clock, ids
from tests.support.house import Service, settle, types
from tests.support.times import commands_of
from tests.support.world import add_service, coming_day, session_details

BEGINS = datetime(2026, 7, 1, 13, tzinfo=UTC)  # 2pm in London
ENDS = BEGINS + timedelta(hours=2)
TICK = timedelta(milliseconds=1)
TIMES = {
    "the day before": BEGINS - timedelta(days=1),
    "the last moment before": BEGINS - TICK,
    "as it begins": BEGINS,
    "the last moment of it": ENDS - TICK,
    "as it ends": ENDS,
    "years later": ENDS + timedelta(days=2000),
}
BEFORE = {"the day before", "the last moment before"}
UNTIL_OVER = {*BEFORE, "as it begins", "the last moment of it"}
ONCE_BEGUN = set(TIMES) - BEFORE


def _session() -> SupportSession:
    details = SessionDetails("T", SessionKind.TRAINING, BEGINS, ENDS, "Hall", None, 2)
    status = (BookingStatus.BOOKED, BookingStatus.ATTENDED, BookingStatus.WAITING)
    bookings = [Booking(f"b{n}", f"p{n}", "s", BEGINS, one) for n, one in enumerate(status)]
    return SupportSession("s", "service", details, bookings=bookings)


def _later(session: SupportSession, now: datetime) -> SessionDetails:
    at = now + timedelta(days=30)
    return replace(session.details, starts_at=at, ends_at=at + timedelta(hours=1), capacity=9)


ROWS: dict[str, tuple[Callable[[SupportSession, datetime], Any], set[str]]] = {
    "announce": (lambda s, now: s.announce(now), BEFORE),
    "change": (lambda s, now: s.change(_later(s, now), now), BEFORE),
    "cancel": (lambda s, now: s.cancel(now), UNTIL_OVER),
    "book": (lambda s, now: s.book(Booking("new", "me", "s", now), now), BEFORE),
    "give_up": (lambda s, now: s.give_up("b0", now), BEFORE),
    "attend": (lambda s, now: s.attend({"b0": True}, now), ONCE_BEGUN),
    "say": (lambda s, now: s.say("b1", Feedback(5, None, now), now), ONCE_BEGUN),
}


def test_every_command_is_told_the_time_and_has_its_row() -> None:
    commands = commands_of(SupportSession)
    assert set(commands) == set(ROWS)
    assert {name for name, told in commands.items() if "now" not in told} == set()


@pytest.mark.parametrize("when", TIMES)
@pytest.mark.parametrize("command", ROWS)
def test_what_can_be_done_with_a_session_at_its_times(command: str, when: str) -> None:
    act, allowed = ROWS[command]
    session = _session()
    before = deepcopy(session)
    if when in allowed:
        act(session, TIMES[when])
        assert session != before
        return
    with pytest.raises(RuleBroken) as refused:
        act(session, TIMES[when])
    assert refused.value.field == ("/starts_at" if command == "announce" else None)
    assert session == before  # nothing half done, and nobody is told


@pytest.mark.parametrize("starts", [BEGINS, BEGINS - TICK, datetime(2020, 1, 6, tzinfo=UTC)])
def test_a_session_is_not_moved_to_what_is_past(starts: datetime) -> None:
    session, now = _session(), BEGINS
    session.details = replace(session.details, starts_at=now + TICK, ends_at=ENDS)
    with pytest.raises(RuleBroken) as refused:
        session.change(replace(session.details, starts_at=starts), now)
    assert refused.value.field == "/starts_at"


def test_over_the_api_what_is_over_stays_as_it_was_and_nobody_is_told(referrals: Service) -> None:
    settle(referrals)
    service_id = add_service(referrals)
    worker = referrals.person("support_worker", services=[service_id])
    made = worker.post(f"/support-services/{service_id}/sessions", session_details(capacity=1))
    at, people = f"/support-sessions/{made['id']}", []
    for _ in range(2):
        people.append(
            referrals.person("teacher", settings=["01900000-0000-7000-8000-000000000001"])
        )
    first, second = (who.post(f"{at}/bookings", {}) for who in people)
    assert second["place"] == 1
    settle(referrals)
    begun = clock.now() - timedelta(hours=3)
    referrals.store.support_sessions.collection.update_one(
        {"_id": made["id"]},
        {"$set": {"details.starts_at": begun, "details.ends_at": begun + timedelta(hours=2)}},
    )
    problem = people[0].refused(409, "POST", f"{at}/bookings/{first['id']}/give-up")
    assert problem["type"].endswith("over")
    version = worker.get(f"{at}/bookings")["version"]
    worker.refused(409, "POST", f"{at}/cancel", version=version)
    worker.refused(409, "PUT", at, session_details(), version=version)
    assert types(settle(referrals)) == []
    assert people[1].get("/my-bookings")["items"][0]["status"] == "waiting"


@pytest.mark.parametrize(
    ("starts", "code"),
    [
        ("2020-06-03T09:00:00+00:00", "past"),
        ("2031-12-25T09:00:00+00:00", "bank-holiday"),
        ("2031-12-25T23:30:00-01:00", "bank-holiday"),
        ("2032-03-26T10:00:00+00:00", "bank-holiday"),
    ],
)
def test_a_session_is_announced_for_a_time_to_come_when_people_are_there(
    referrals: Service, starts: str, code: str
) -> None:
    service_id = add_service(referrals)
    worker = referrals.person("support_worker", services=[service_id])
    ends = (datetime.fromisoformat(starts) + timedelta(hours=1)).isoformat()
    body = session_details(starts_at=starts, ends_at=ends)
    at = f"/support-services/{service_id}/sessions"
    problem = worker.refused(422, "POST", at, body)
    assert problem["type"].endswith(code)
    assert [e["pointer"] for e in problem["errors"]] == ["/starts_at"]
    made = worker.post(at, session_details())
    worker.refused(422, "PUT", f"/support-sessions/{made['id']}", body, version=made["version"])


def test_nobody_has_a_place_in_two_sessions_at_once(referrals: Service) -> None:
    service_id = add_service(referrals)
    worker = referrals.person("support_worker", services=[service_id])
    noon = datetime.combine(coming_day(20), datetime.min.time(), tzinfo=UTC) + timedelta(hours=12)

    def announced(begins: int, ends: int) -> str:
        moments = [(noon + timedelta(minutes=m)).isoformat() for m in (begins, ends)]
        body = session_details(starts_at=moments[0], ends_at=moments[1], capacity=1)
        return str(worker.post(f"/support-services/{service_id}/sessions", body)["id"])

    one, within, after = announced(0, 60), announced(59, 90), announced(60, 90)
    me = referrals.person("teacher", settings=["01900000-0000-7000-8000-000000000001"])
    first = me.post(f"/support-sessions/{one}/bookings", {})
    problem = me.refused(409, "POST", f"/support-sessions/{within}/bookings", {})
    assert problem["type"].endswith("same-time")
    assert me.post(f"/support-sessions/{one}/bookings", {})["id"] == first["id"]
    me.post(f"/support-sessions/{after}/bookings", {})
    me.post(f"/support-sessions/{one}/bookings/{first['id']}/give-up")
    assert me.post(f"/support-sessions/{one}/bookings", {})["status"] == "booked"


def test_two_bookings_in_the_same_instant_are_one_place(referrals: Service) -> None:
    service_id = add_service(referrals)
    worker = referrals.person("support_worker", services=[service_id])
    at = f"/support-services/{service_id}/sessions"
    sessions = [worker.post(at, session_details())["id"] for _ in range(2)]
    for _ in range(10):
        person, together = ids.new_id(), Barrier(len(sessions))

        def press(session: str, together: Barrier = together, person: str = person) -> str:
            together.wait()
            try:
                book_session(referrals.store, session, person, ids.new_id(), None)
            except RuleBroken as refused:
                return refused.code
            return "booked"

        with ThreadPoolExecutor() as pool:
            assert sorted(pool.map(press, sessions)) == ["booked", "same-time"]
