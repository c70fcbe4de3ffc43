"""Every command of a parents' evening, before it, while it lasts and after it, to the moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reviews.commands.evening import book_slot
from services.reviews.domain.errors import RuleBroken
from services.reviews.domain.evening import EveningDetails, ParentsEvening, SlotBooking
from services.reviews.domain.talks import Talk, somebody_can_come
from shared import clock, ids
from shared.clock import LONDON
from shared.identity.links import Link, Links
from tests.support.house import LINK_KEY, Person, Service, event
from tests.support.times import commands_of
from tests.support.world import coming_day

Json = dict[str, Any]
DAY = date(2026, 7, 1)  # in summer: 5pm in London is 4pm in UTC
TICK = timedelta(milliseconds=1)


def _at(hour: int, minute: int = 0) -> datetime:
    return datetime.combine(DAY, time(hour, minute), tzinfo=LONDON).astimezone(UTC)


TIMES = {
    "the day before": _at(17) - timedelta(days=1),
    "just before its first talk": _at(17) - TICK,
    "as its first talk begins": _at(17),
    "just before its last talk": _at(17, 50) - TICK,
    "as its last talk begins": _at(17, 50),
    "the last moment of it": _at(18) - TICK,
    "as it ends": _at(18),
    "the next day": _at(18) + timedelta(days=1),
}
_NAMES = list(TIMES)


def _evening() -> ParentsEvening:
    details = EveningDetails(DAY, time(17), time(18), 10, "Hall")
    return ParentsEvening("e", "s", details, ["a", "b"])


def _announce(evening: ParentsEvening, now: datetime) -> None:
    evening.announce(now.astimezone(LONDON).date())


def _book(slot: time) -> Callable[[ParentsEvening, datetime], None]:
    return lambda evening, now: evening.book(SlotBooking("a", slot, "p", ["p"]), [], now)


ROWS: dict[str, tuple[str, Callable[[ParentsEvening, datetime], Any], list[str]]] = {
    "it is announced": ("announce", _announce, _NAMES[:1]),
    "it is cancelled": ("cancel", lambda evening, now: evening.cancel(now), _NAMES[:6]),
    "its first time is taken": ("book", _book(time(17)), _NAMES[:2]),
    "its last time is taken": ("book", _book(time(17, 50)), _NAMES[:4]),
}


def test_every_command_is_told_the_time_and_has_its_row() -> None:
    commands = commands_of(ParentsEvening)
    assert set(commands) == {command for command, _, _ in ROWS.values()}
    assert {n for n, told in commands.items() if not {"now", "today"} & set(told)} == set()


@pytest.mark.parametrize("when", TIMES)
@pytest.mark.parametrize("what", ROWS)
def test_what_can_be_done_with_an_evening_at_its_times(what: str, when: str) -> None:
    _, act, allowed = ROWS[what]
    evening = _evening()
    before = deepcopy(evening)
    if when in allowed:
        act(evening, TIMES[when])
        assert evening != before
        return
    with pytest.raises(RuleBroken):
        act(evening, TIMES[when])
    assert evening == before


@pytest.mark.parametrize("when", TIMES)
def test_no_time_is_offered_that_has_begun(when: str) -> None:
    evening, now = _evening(), TIMES[when]
    offered = evening.free_slots("a", ["p"], [], now)
    assert offered == [s for s in evening.details.slots() if evening.details.starts(s) > now]
    assert bool(offered) is evening.can_be_booked(now)


def test_a_talk_that_has_begun_is_neither_moved_nor_booked_again() -> None:
    evening = _evening()
    _book(time(17, 10))(evening, _at(16))
    for slot in (time(17, 10), time(17, 40)):
        with pytest.raises(RuleBroken) as refused:
            _book(slot)(evening, _at(17, 10))
        assert refused.value.code == "begun"
    _book(time(17, 40))(evening, _at(17, 10) - TICK)
    assert evening.slot_of("a") == time(17, 40)


# --- one person is at one table at a time


def _talk(child: str, begins: int, *people: str, minutes: int = 10) -> Talk:
    start = _at(17) + timedelta(minutes=begins)
    return Talk(child, start, start + timedelta(minutes=minutes), frozenset(people))


@pytest.mark.parametrize(
    ("wanted", "arranged", "fits"),
    [
        (_talk("b", 0, "mother"), [_talk("a", 0, "mother")], False),
        (_talk("b", 9, "mother"), [_talk("a", 0, "mother")], False),
        (_talk("b", 0, "mother"), [_talk("a", -19, "mother", minutes=20)], False),
        (_talk("b", 10, "mother"), [_talk("a", 0, "mother")], True),
        (_talk("b", 0, "father"), [_talk("a", 0, "mother")], True),
        (_talk("a", 0, "mother"), [_talk("a", 0, "mother")], True),  # in place of its own
        (_talk("b", 0, "mother", "father"), [_talk("a", 0, "mother")], True),
        (_talk("b", 0, "mother"), [_talk("a", 0, "mother", "father")], True),
        (_talk("b", 0, "mother", "father"), [_talk("a", 0, "mother", "father")], True),
        (
            _talk("c", 0, "mother", "father"),
            [_talk("a", 0, "mother", "father"), _talk("b", 0, "mother", "father")],
            False,
        ),
        (_talk("b", 0), [_talk("a", 0)], True),  # nobody is known: nothing is
        (_talk("c", 0, "aunt"), [_talk("a", 0, "mother"), _talk("b", 0, "mother")], True),
    ],
)
def test_nobody_sits_at_two_tables_at_once(wanted: Talk, arranged: list[Talk], fits: bool) -> None:
    assert somebody_can_come(wanted, arranged) is fits


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 5), st.integers(0, 2)), max_size=40))
def test_one_person_never_has_two_talks_at_once(story: list[tuple[int, int, int]]) -> None:
    evening = _evening()
    evening.invited = [f"c{n}" for n in range(7)]
    evening.details.at_once = 3
    for child, slot, parent in story:
        booking = SlotBooking(f"c{child}", evening.details.slots()[slot], "x", [f"p{parent}"])
        try:
            evening.book(booking, [], _at(9))
        except RuleBroken as refused:
            assert refused.code in ("taken", "same-time")
    taken = [(one.slot, one.people[0]) for one in evening.bookings]
    assert len(set(taken)) == len(taken)


def _family(reviews: Service) -> tuple[Person, str, list[str], str]:
    """Twins and their mother. Answers the SENCO, the setting, the children, the mother."""
    setting, mother, twins = ids.new_id(), ids.new_id(), [ids.new_id(), ids.new_id()]
    for child in twins:
        told = {
            "child_id": child,
            "setting_id": setting,
            "person_id": mother,
            "recipients": [mother],
        }
        reviews.handle(event("ParentLinked", told, subject=child, sequence=2))
    return reviews.person("senco", settings=[setting]), setting, twins, mother


def _announced(senco: Person, setting: str, children: list[str], **details: Any) -> Json:
    body = {
        "details": {
            "held_on": coming_day(7).isoformat(),
            "begins": "17:00",
            "ends": "18:00",
            "minutes": 10,
            "place": "Hall",
            "at_once": 2,
            **details,
        },
        "children": children,
    }
    found: Json = senco.post(f"/settings/{setting}/parents-evenings", body)
    return found


def _page(reviews: Service, evening: Json, child: str, person: str, **form: str) -> str:
    token = Links((LINK_KEY,), 90).sign(Link("evening", f"{evening['id']}/{child}", person))
    at, http = f"/family/evenings/{token}", reviews.anonymous()
    return (http.post(at, data=form) if form else http.get(at)).text


def test_a_mother_does_not_take_one_time_for_both_twins(reviews: Service) -> None:
    """By her links, by the SENCO for her, and at another evening of the setting on that day."""
    senco, setting, (one, other), mother = _family(reviews)
    evening = _announced(senco, setting, [one, other])
    beside = _announced(senco, setting, [other], begins="17:05", minutes=30)
    assert "Your time is 17:20." in _page(reviews, evening, one, mother, slot="17:20")
    assert 'value="17:20"' not in _page(reviews, evening, other, mother)
    assert "another child of this family" in _page(reviews, evening, other, mother, slot="17:20")
    assert 'type="radio"' not in _page(reviews, beside, other, mother)  # 17:05 to 17:35
    for where, slot in ((evening, "17:20"), (beside, "17:05")):
        problem = senco.refused(
            409,
            "POST",
            f"/parents-evenings/{where['id']}/bookings",
            {"child_id": other, "slot": slot},
        )
        assert problem["type"].endswith("same-time")
        assert problem["errors"][0]["pointer"] == "/slot"
    senco.post(f"/parents-evenings/{evening['id']}/bookings", {"child_id": other, "slot": "17:30"})


def test_two_presses_in_the_same_instant_at_two_evenings_take_one_time(reviews: Service) -> None:
    senco, setting, children, mother = _family(reviews)
    for _ in range(10):
        evenings = [_announced(senco, setting, [child])["id"] for child in children]
        together = Barrier(len(evenings))

        def press(
            evening: str, child: str, together: Barrier = together, people: tuple[str] = (mother,)
        ) -> str:
            together.wait()
            try:
                book_slot(reviews.store, evening, child, time(17), people[0], people=people)
            except RuleBroken as refused:
                return refused.code
            return "booked"

        with ThreadPoolExecutor() as pool:
            came = list(pool.map(press, evenings, children))
        assert sorted(came) == ["booked", "same-time"]
        for evening in evenings:
            senco.post(
                f"/parents-evenings/{evening}/cancel",
                version=senco.get(f"/parents-evenings/{evening}")["version"],
            )


def test_over_the_page_and_the_api_no_time_is_taken_that_is_past(reviews: Service) -> None:
    senco, setting, (one, other), mother = _family(reviews)
    evening = _announced(senco, setting, [one, other])
    today = clock.now().astimezone(LONDON)
    noon = today.replace(hour=12, minute=35, second=0, microsecond=0)
    reviews.store.evenings.collection.update_one(
        {"_id": evening["id"]},
        {
            "$set": {
                "details.held_on": today.date().isoformat(),
                "details.begins": "12:00",
                "details.ends": "13:00",
            }
        },
    )
    with clock.frozen(noon):
        shown = _page(reviews, evening, one, mother)
        assert 'value="12:30"' not in shown and 'value="12:40"' in shown
        assert "This time has passed" in _page(reviews, evening, one, mother, slot="12:30")
    with clock.frozen(noon + timedelta(minutes=20)):
        assert "The last talk has begun" in _page(reviews, evening, one, mother)
    with clock.frozen(noon + timedelta(minutes=25)):
        assert "This evening is over." in _page(reviews, evening, one, mother)
        assert "There is a problem" in _page(reviews, evening, one, mother, slot="12:50")


@pytest.mark.parametrize(
    ("day", "pointers"),
    [
        ("2031-12-25", ["/held_on"]),
        ("2031-12-26", ["/held_on"]),
        ("2032-03-26", ["/held_on"]),
        ("2027-12-25", ["/held_on"]),
        ("2031-12-28", ["/held_on"]),
        ("2031-10-28", ["/held_on"]),
        ("2031-08-20", []),
        ("2031-12-27", []),
        ("2031-11-04", []),
    ],
    ids=[
        "Christmas",
        "Boxing Day",
        "Good Friday",
        "Christmas on a Saturday",
        "Sunday",
        "half term",
        "after the last term known",
        "Saturday",
        "an ordinary Tuesday",
    ],
)
def test_an_evening_is_on_a_day_when_the_setting_is_there(
    reviews: Service, day: str, pointers: list[str]
) -> None:
    senco, setting, twins, _ = _family(reviews)
    senco.put(
        f"/settings/{setting}/calendar",
        {
            "terms": [{"name": "Autumn", "starts_on": "2031-09-01", "ends_on": "2031-12-31"}],
            "closures": [{"starts_on": "2031-10-27", "ends_on": "2031-10-31"}],
        },
        version=0,
    )
    body = {
        "details": {
            "held_on": day,
            "begins": "17:00",
            "ends": "18:00",
            "minutes": 10,
            "place": "Hall",
        },
        "children": twins,
    }
    at = f"/settings/{setting}/parents-evenings"
    if not pointers:
        senco.post(at, body)
        return
    problem = senco.refused(422, "POST", at, body)
    assert [error["pointer"] for error in problem["errors"]] == pointers
