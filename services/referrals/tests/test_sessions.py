"""Support sessions: seats that are never oversold, a waiting list that moves up by itself."""

import threading
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from services.referrals.domain.errors import RuleBroken
from services.referrals.domain.support_session import (
    Booking,
    BookingStatus,
    SessionDetails,
    SessionKind,
    SupportSession,
)
from shared import clock, ids
from tests.support.house import Person, Service, settle
from tests.support.world import add_service, coming_day, session_details

Json = dict[str, Any]


@pytest.fixture
def service_id(referrals: Service) -> str:
    settle(referrals)  # what other tests left to be told
    return add_service(referrals)


@pytest.fixture
def worker(referrals: Service, service_id: str) -> Person:
    return referrals.person("support_worker", services=[service_id])


def announced(worker: Person, service_id: str, **changes: Any) -> Json:
    found: Json = worker.post(
        f"/support-services/{service_id}/sessions", session_details(**changes)
    )
    return found


def teacher(referrals: Service) -> Person:
    return referrals.person("teacher", settings=[ids.new_id()])


def told(referrals: Service, name: str) -> list[list[str]]:
    """Whom each event of that name is about."""
    return [[b["person_id"] for b in e["data"]["booked"]]
            for e in settle(referrals) if e["type"] == f"referrals.{name}"]  # fmt: skip


def test_who_waits_moves_up_when_a_seat_comes_back(
    referrals: Service, worker: Person, service_id: str
) -> None:
    session = announced(worker, service_id)
    at = f"/support-sessions/{session['id']}"
    people = [teacher(referrals) for _ in range(4)]
    bookings = [who.post(f"{at}/bookings", {}) for who in people]
    assert [(b["status"], b["place"]) for b in bookings] == [
        ("booked", None), ("booked", None), ("waiting", 1), ("waiting", 2),
    ]  # fmt: skip
    again = people[0].post(f"{at}/bookings", {})  # the button pressed twice
    assert again["id"] == bookings[0]["id"]
    assert told(referrals, "SessionBooked") == [[people[0].id], [people[1].id]]
    people[0].post(f"{at}/bookings/{bookings[0]['id']}/give-up")
    assert told(referrals, "SessionBooked") == [[people[2].id]]
    assert people[3].get("/my-bookings")["items"][0]["place"] == 1
    people[1].refused(404, "POST", f"{at}/bookings/{bookings[3]['id']}/give-up")
    # More seats: who waits has one.
    session = worker.get(f"{at}/bookings")
    worker.put(at, session_details(capacity=5), version=session["version"])
    assert told(referrals, "SessionBooked") == [[people[3].id]]
    session = worker.get(f"{at}/bookings")
    problem = worker.refused(409, "PUT", at, session_details(capacity=1),
                             version=session["version"])  # fmt: skip
    assert problem["errors"][0]["pointer"] == "/capacity"


def test_a_change_of_date_tells_everyone_and_the_calendar_file_follows(
    referrals: Service, worker: Person, service_id: str
) -> None:
    session = announced(worker, service_id, capacity=1)
    at = f"/support-sessions/{session['id']}"
    people = [teacher(referrals) for _ in range(2)]
    for who in people:
        who.post(f"{at}/bookings", {"questions": "How do I begin?"})
    settle(referrals)
    later = datetime.combine(coming_day(30), time(14), tzinfo=UTC)
    moved = session_details(capacity=1, starts_at=later.isoformat(),
                            ends_at=(later + timedelta(hours=1)).isoformat())  # fmt: skip
    worker.put(at, moved, version=worker.get(f"{at}/bookings")["version"])
    assert told(referrals, "SessionMoved") == [[who.id for who in people]]
    answer = people[0].call("GET", f"{at}/calendar.ics")
    assert answer.content_type.startswith("text/calendar")
    event = Calendar.from_ical(answer.data).walk("VEVENT")[0]
    assert event.decoded("dtstart") == later and event["status"] == "CONFIRMED"
    worker.post(f"{at}/cancel", version=worker.get(f"{at}/bookings")["version"])
    assert told(referrals, "SessionCancelled") == [[who.id for who in people]]
    event = Calendar.from_ical(people[0].call("GET", f"{at}/calendar.ics").data).walk("VEVENT")[0]
    assert event["status"] == "CANCELLED"
    people[0].refused(409, "POST", f"{at}/bookings", {})


def test_what_was_held_has_attendance_and_feedback(
    referrals: Service, worker: Person, service_id: str
) -> None:
    session = announced(worker, service_id)
    at = f"/support-sessions/{session['id']}"
    came, stayed = teacher(referrals), teacher(referrals)
    there, away = (who.post(f"{at}/bookings", {})["id"] for who in (came, stayed))
    attendance = {"attendance": [{"booking_id": there, "attended": True},
                                 {"booking_id": away, "attended": False}]}  # fmt: skip
    version = worker.get(f"{at}/bookings")["version"]
    assert worker.refused(409, "POST", f"{at}/attendance", attendance, version=version)[
        "type"
    ].endswith("not-begun")
    referrals.store.support_sessions.collection.update_one(
        {"_id": session["id"]}, {"$set": {"details.starts_at": clock.now()}}
    )
    held = worker.post(f"{at}/attendance", attendance, version=version)
    assert [b["status"] for b in held["bookings"]] == ["attended", "no_show"]
    said = came.post(f"{at}/bookings/{there}/feedback", {"useful": 5, "words": "Clear"})
    assert said["feedback"]["useful"] == 5
    stayed.refused(409, "POST", f"{at}/bookings/{away}/feedback", {"useful": 1})
    came.refused(422, "POST", f"{at}/bookings/{there}/feedback", {"useful": 9})


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"place": None}, "/place"),
        ({"ends_at": "2026-01-01T09:00:00+00:00"}, "/ends_at"),
        ({"starts_at": "2027-01-01T09:00:00"}, "/starts_at"),
        ({"capacity": 0}, "/capacity"),
        ({"link": "javascript:alert(1)"}, "/link"),
    ],
)
def test_a_session_that_makes_no_sense_is_refused(
    worker: Person, service_id: str, changes: Json, pointer: str
) -> None:
    problem = worker.refused(
        422, "POST", f"/support-services/{service_id}/sessions", session_details(**changes)
    )
    assert problem["errors"][0]["pointer"] == pointer


def test_thirty_race_for_five_seats_and_five_have_one(
    referrals: Service, worker: Person, service_id: str
) -> None:
    session = announced(worker, service_id, capacity=5)
    at = f"/support-sessions/{session['id']}/bookings"
    found: list[Json] = []

    def book(who: Person) -> None:
        found.append(who.post(at, {}))

    threads = [threading.Thread(target=book, args=(teacher(referrals),)) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(b["status"] for b in found) == ["booked"] * 5 + ["waiting"] * 25
    assert sorted(b["place"] for b in found if b["place"]) == list(range(1, 26))


@given(st.integers(1, 4), st.lists(st.tuples(st.booleans(), st.integers(0, 7)), max_size=40))
def test_seats_are_never_oversold_and_nobody_waits_beside_a_free_one(
    capacity: int, deeds: list[tuple[bool, int]]
) -> None:
    now = clock.now()
    session = SupportSession("s", "service", SessionDetails(
        "A session", SessionKind.TRAINING, now + timedelta(days=1), now + timedelta(days=2),
        "Hall", None, capacity))  # fmt: skip
    order: list[str] = []
    for books, number in deeds:
        try:
            if books:
                made = session.book(Booking(ids.new_id(), f"p{number}", "setting", now), now)
                if made.id not in order:
                    order.append(made.id)
            elif session.bookings:
                session.give_up(session.bookings[number % len(session.bookings)].id, now)
        except RuleBroken:
            continue
        booked = [b for b in session.bookings if b.status is BookingStatus.BOOKED]
        waiting = [b for b in session.bookings if b.status is BookingStatus.WAITING]
        assert len(booked) <= capacity
        assert len(booked) == capacity or not waiting
        last_in = max((order.index(b.id) for b in booked), default=-1)
        assert all(order.index(b.id) > last_in for b in waiting)
