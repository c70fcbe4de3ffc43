"""Parents' evenings: announced, a time chosen by link, nobody twice in one place."""

import threading
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reviews.domain.errors import RuleBroken
from services.reviews.domain.evening import EveningDetails, ParentsEvening, SlotBooking
from shared import clock, ids
from shared.identity.links import Link, Links
from tests.support.house import LINK_KEY, Person, Service, event, types
from tests.support.world import coming_day

Json = dict[str, Any]
TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def _evening(children: int = 3, *, minutes: int = 10, at_once: int = 1) -> ParentsEvening:
    details = EveningDetails(date(2026, 3, 9), time(16), time(17), minutes, "Hall", at_once)
    return ParentsEvening("e", "s", details, [f"c{number}" for number in range(children)])


@pytest.mark.parametrize(
    ("minutes", "first", "last", "count"),
    [(10, "16:00", "16:50", 6), (15, "16:00", "16:45", 4), (25, "16:00", "16:25", 2),
     (60, "16:00", "16:00", 1)],
)  # fmt: skip
def test_talks_follow_each_other_and_end_in_time(
    minutes: int, first: str, last: str, count: int
) -> None:
    slots = [one.isoformat("minutes") for one in _evening(minutes=minutes).details.slots()]
    assert (slots[0], slots[-1], len(slots)) == (first, last, count)


@pytest.mark.parametrize(
    ("children", "minutes", "today", "code"),
    [(7, 10, TODAY, "room"), (1, 60, date(2026, 3, 9), "past"), (1, 61, TODAY, "times")],
)
def test_what_cannot_take_place_is_not_announced(
    children: int, minutes: int, today: date, code: str
) -> None:
    with pytest.raises(RuleBroken) as refused:
        _evening(children, minutes=minutes).announce(today)
    assert refused.value.code == code


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 5)), max_size=60), st.integers(1, 3))
def test_no_time_is_taken_by_more_than_there_is_room_for(
    story: list[tuple[int, int]], at_once: int
) -> None:
    evening = _evening(8, at_once=at_once)
    slots = evening.details.slots()
    for child, slot in story:
        try:
            evening.book(SlotBooking(f"c{child}", slots[slot], "p"), [], NOW)
        except RuleBroken as refused:
            assert refused.code == "taken"
    taken = [one.slot for one in evening.bookings]
    assert all(taken.count(slot) <= at_once for slot in slots)
    assert len({one.child_id for one in evening.bookings}) == len(evening.bookings)


def _announced(reviews: Service, children: int = 1, **details: Any) -> tuple[Person, Json, Json]:
    """An evening of a setting. Answers the SENCO, the evening, and each child's parent."""
    setting, parents = ids.new_id(), {}
    for _ in range(children):
        child, parent = ids.new_id(), ids.new_id()
        parents[child] = parent
        reviews.handle(event("ParentLinked", {
            "child_id": child, "setting_id": setting, "person_id": parent, "recipients": [parent],
        }, subject=child, sequence=2))  # fmt: skip
    senco = reviews.person("senco", settings=[setting])
    body = {"details": {"held_on": coming_day(7).isoformat(),
                        "begins": "16:00", "ends": "17:00", "minutes": 10, "place": "Hall",
                        **details}, "children": list(parents)}  # fmt: skip
    made = senco.post(f"/settings/{setting}/parents-evenings", body)
    return senco, made, parents


def _link(evening_id: str, child: str, person: str) -> str:
    token = Links((LINK_KEY,), 90).sign(Link("evening", f"{evening_id}/{child}", person))
    return f"/family/evenings/{token}"


def test_a_family_chooses_a_time_changes_it_and_the_setting_sees_it(reviews: Service) -> None:
    reviews.take_events()
    senco, evening, parents = _announced(reviews, 2)
    (first, parent), (second, other) = parents.items()
    http = reviews.anonymous()
    at = _link(evening["id"], first, parent)
    assert http.get(at).text.count('type="radio"') == 6
    assert "Your time is 16:20." in http.post(at, data={"slot": "16:20"}).text
    theirs = _link(evening["id"], second, other)
    shown = http.get(theirs).text
    assert "16:20" not in shown and shown.count('type="radio"') == 5
    refused = http.post(theirs, data={"slot": "16:20"}).text
    assert "taken meanwhile" in refused
    for wrong in ({}, {"slot": "25:00"}, {"slot": "16:05"}):
        assert "There is a problem" in http.post(theirs, data=wrong).text
    http.post(at, data={"slot": "16:40"})
    assert "16:20" in http.get(theirs).text  # it was given back
    found = senco.get(f"/parents-evenings/{evening['id']}")
    assert [(b["child_id"], b["slot"], b["booked_by"]) for b in found["bookings"]] == [
        (first, "16:40", parent)
    ]
    # A family that rings is booked by the SENCO.
    senco.post(f"/parents-evenings/{evening['id']}/bookings", {"child_id": second, "slot": "16:00"})
    said = [e for e in reviews.take_events() if e["subject"] == evening["id"]]
    assert types(said) == ["ParentsEveningAnnounced", "SlotBooked", "SlotBooked", "SlotBooked"]
    trail = senco.get(f"/settings/{evening['setting_id']}/audit")["items"]
    assert {"link", "senco"} <= {entry["actor_role"] for entry in trail}


def test_two_families_never_get_the_last_time(reviews: Service) -> None:
    _, evening, parents = _announced(reviews, 6)
    answers: list[str] = []

    def choose(child: str, parent: str) -> None:
        at = _link(evening["id"], child, parent)
        answers.append(reviews.anonymous().post(at, data={"slot": "16:00"}).text)

    threads = [threading.Thread(target=choose, args=one) for one in parents.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("Your time is 16:00." in answer for answer in answers) == 1
    assert sum("taken meanwhile" in answer for answer in answers) == 5


def test_a_link_opens_ones_own_childs_times_while_one_is_told_about_it(reviews: Service) -> None:
    _, evening, parents = _announced(reviews, 2)
    (first, parent), (second, _) = parents.items()
    http = reviews.anonymous()
    assert http.get(_link(evening["id"], second, parent)).status_code == 404
    assert http.get(_link(evening["id"], ids.new_id(), parent)).status_code == 404
    at = _link(evening["id"], first, parent)
    assert http.get(at).status_code == 200
    reviews.handle(event("ParentUnlinked", {
        "child_id": first, "setting_id": evening["setting_id"], "person_id": parent,
        "recipients": [],
    }, subject=first, sequence=3))  # fmt: skip
    assert http.get(at).status_code == 404
    assert http.post(at, data={"slot": "16:00"}).status_code == 404


def test_what_cannot_be_announced_is_refused_by_name(reviews: Service) -> None:
    setting = ids.new_id()
    senco = reviews.person("senco", settings=[setting])
    day = coming_day(7).isoformat()
    good = {"held_on": day, "begins": "16:00", "ends": "17:00", "minutes": 10, "place": "Hall"}
    for change, children, *pointers in (
        # All that is wrong is said at once.
        ({"held_on": clock.today().isoformat()}, [ids.new_id()], "/children/0", "/held_on"),
        ({}, [], "/children"),
        ({"minutes": 0}, [], "/details/minutes"),
        ({"begins": "four"}, [], "/details/begins"),
        ({"place": ""}, [], "/details/place"),
    ):
        body = {"details": {**good, **change}, "children": children}
        problem = senco.refused(422, "POST", f"/settings/{setting}/parents-evenings", body)
        assert [error["pointer"] for error in problem["errors"]] == pointers
    _, evening, parents = _announced(reviews)
    senco = reviews.person("senco", settings=[evening["setting_id"]])
    at = f"/parents-evenings/{evening['id']}"
    wrong = {"child_id": ids.new_id(), "slot": "16:00"}
    assert (
        senco.refused(422, "POST", f"{at}/bookings", wrong)["errors"][0]["pointer"] == "/child_id"
    )
    senco.post(f"{at}/cancel", version=evening["version"])
    book = {"child_id": next(iter(parents)), "slot": "16:00"}
    senco.refused(409, "POST", f"{at}/bookings", book)
    (child, parent), *_ = parents.items()
    assert (
        "does not take place" in reviews.anonymous().get(_link(evening["id"], child, parent)).text
    )
