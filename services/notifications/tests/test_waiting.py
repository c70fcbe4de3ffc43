"""What waits for a person: every row of the table, by events made from their schemas."""

import importlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from marshmallow import fields

from services.notifications.domain.due import NOT_WAITING, ROWS, Due, in_lines
from services.notifications.domain.waiting import Begin, End, Kept, Order, Row
from shared import clock, ids
from shared.events.registry import event_types, read_by
from tests.support.family import Family
from tests.support.house import Service, event

NOW = datetime(2030, 3, 4, 9, tzinfo=UTC)
LONG_AGO, LATER, SOON = "2030-02-01", "2030-02-20", "2030-03-06"
"""Its true date, when it was done, by when it is to be done."""
MARKED = [row for row in ROWS.values() if row.kept in (Kept.DUE, Kept.WAITS)]


@pytest.fixture
def family(notifications: Service) -> Iterator[Family]:
    made = Family(notifications)
    with clock.frozen(NOW):
        made.link()
        yield made


def _codes(how: Begin | End) -> dict[str, str]:
    """Codes with which it begins, or ends."""
    return {one.field: "another_code" for one in how.unless} | {
        one.field: min(one.codes) for one in how.when
    }


def _sample(
    how: Begin | End, row: Row, family: Family, thing: str, sequence: int, at: datetime
) -> dict[str, Any]:
    """An event as the row's entry describes it, made from the event's own schema."""
    kind = event_types()[how.event]
    known = {"child_id": family.child, "setting_id": family.setting, "person_id": family.parent}
    data: dict[str, Any] = {}
    for name, one in kind.schema().fields.items():
        data[name] = known[name] if name in known else _value(name, one)
    data |= _codes(how)
    if isinstance(how, Begin):
        data |= dict.fromkeys(how.since, LONG_AGO)
        if how.by and how.by not in how.since:
            data[how.by] = SOON
    elif how.mark:
        data[how.mark] = LATER
    for field in how.thing:
        if field not in known:
            data[field] = thing
    subject = ids.new_id() if how.thing else thing
    with clock.frozen(at):
        return event(kind.name, data, subject=subject, sequence=sequence)


def _value(name: str, one: Any) -> Any:
    if isinstance(one, fields.List):
        return []
    if isinstance(one, fields.AwareDateTime):
        return "2099-03-05T17:00:00+00:00"
    if isinstance(one, fields.Date):
        return "2030-01-01"
    if isinstance(one, fields.Boolean):
        return True
    if isinstance(one, fields.Integer):
        return 1
    if name == "address":
        return "/referrals/1"
    return ids.new_id() if name.endswith("_id") else "code"


def _listed(family: Family, kind: Due) -> list[dict[str, Any]]:
    found = family.senco.get(f"/settings/{family.setting}/due")
    return [one for one in found if one["kind"] == kind]


def _begins() -> list[tuple[Row, Begin]]:
    return [(row, begin) for row in MARKED for begin in row.begins]


def _ends() -> list[tuple[Row, Begin, End]]:
    return [(row, row.begins[0], end) for row in MARKED for end in row.ends]


def _name(value: Any) -> str:
    return str(value.kind) if isinstance(value, Row) else value.event


@pytest.mark.parametrize(("row", "begin"), _begins(), ids=_name)
def test_what_begins_shows_with_its_true_date_and_where_it_is_done(
    family: Family, referrals: Service, row: Row, begin: Begin
) -> None:
    """Whenever its event arrives, once or twice, and in digest, page and list alike."""
    thing, came = ids.new_id(), NOW - timedelta(days=3)
    said = _sample(begin, row, family, thing, 5, came)
    family.service.handle(said)
    family.service.handle({**said, "id": ids.new_id()})
    (one,) = _listed(family, row.kind)
    true = date.fromisoformat(LONG_AGO) if begin.since else came.date()
    assert one["day"] == true.isoformat()
    assert one["by"] == (None if not begin.by else said["data"][begin.by])
    at = {"notifications": family.service, "referrals": referrals}[one["service"]]
    endpoint, _ = at.app.url_map.bind("x").match(one["path"].partition("?")[0])
    rule = importlib.import_module(f"services.{at.name}.access").rules(at.store)[endpoint]
    assert rule.page and "senco" in rule.roles
    counted = family.service.store.due.counts(family.setting, NOW.date())
    assert counted[row.kind] == 1 and in_lines({row.kind: 1})[0].startswith("1 ")


@pytest.mark.parametrize(("row", "begin"), [one for one in _begins() if one[1].unless], ids=_name)
def test_what_its_row_excepts_does_not_begin(family: Family, row: Row, begin: Begin) -> None:
    said = _sample(begin, row, family, ids.new_id(), 5, NOW)
    said["data"] |= {one.field: min(one.codes) for one in begin.unless}
    family.service.handle(said)
    assert _listed(family, row.kind) == []


@pytest.mark.parametrize(("row", "begin", "end"), _ends(), ids=_name)
def test_what_ends_is_gone_in_whatever_order_it_is_heard_of(
    family: Family, row: Row, begin: Begin, end: End
) -> None:
    for order in permutations(range(2)):
        thing = ids.new_id()
        said = [
            _sample(begin, row, family, thing, 5, NOW - timedelta(days=3)),
            _sample(end, row, family, thing, 6, NOW - timedelta(days=2)),
        ]
        family.service.handle(*(said[number] for number in (*order, 0)))
        assert not [one for one in _listed(family, row.kind) if thing in one["id"]], order


@pytest.mark.parametrize(
    ("row", "begin", "end"),
    [one for one in _ends() if one[0].order is not Order.ONCE and not one[2].for_good],
    ids=_name,
)
def test_what_begins_again_waits_again(family: Family, row: Row, begin: Begin, end: End) -> None:
    thing = ids.new_id()
    said = [
        _sample(begin, row, family, thing, 5, NOW - timedelta(days=3)),
        _sample(end, row, family, thing, 6, NOW - timedelta(days=2)),
        _sample(begin, row, family, thing, 7, NOW - timedelta(days=1)),
    ]
    if begin.mark:
        said[2]["data"] |= dict.fromkeys(begin.since, "2030-02-25")
    for order in permutations(said):
        family.service.database[row.kept].delete_many({})
        for one in order:
            family.service.handle({**one, "id": ids.new_id()})
        (found,) = _listed(family, row.kind)
        assert found["day"] == (said[2]["data"][begin.since[0]] if begin.since else "2030-03-03")


@pytest.mark.parametrize("row", [row for row in MARKED if row.done_by_hand], ids=_name)
def test_what_nothing_else_ends_is_ended_by_a_person_and_only_as_far_as_they_saw(
    family: Family, row: Row
) -> None:
    thing = ids.new_id()
    family.service.handle(_sample(row.begins[0], row, family, thing, 5, NOW))
    (seen,) = _listed(family, row.kind)
    at = f"/settings/{family.setting}/due/done"
    body = {"id": seen["id"], "mark": seen["mark"]}
    assert seen["done_by_hand"]
    other = family.service.person("senco", settings=[ids.new_id()])
    other.refused(404, "POST", at, body)
    again = _sample(row.begins[0], row, family, thing, 6, NOW + timedelta(seconds=1))
    for _ in range(2):
        assert family.senco.call("POST", at, body).status_code == 204
    assert _listed(family, row.kind) == []
    trail = family.senco.get(f"/settings/{family.setting}/audit?limit=100")["items"]
    assert f"due/{seen['id']}" in {one["about"] for one in trail if one["access"] == "write"}
    family.service.handle(again)
    family.senco.call("POST", at, body)
    assert len(_listed(family, row.kind)) == 1


@pytest.mark.parametrize("row", [row for row in MARKED if not row.done_by_hand], ids=_name)
def test_what_ends_by_itself_is_not_ended_by_hand(family: Family, row: Row) -> None:
    family.service.handle(_sample(row.begins[0], row, family, ids.new_id(), 5, NOW))
    (seen,) = _listed(family, row.kind)
    body = {"id": seen["id"], "mark": seen["mark"]}
    family.senco.refused(409, "POST", f"/settings/{family.setting}/due/done", body)
    assert _listed(family, row.kind)


def test_every_row_says_how_it_ends_and_has_words_of_its_own() -> None:
    assert set(ROWS) == set(Due)
    for row in ROWS.values():
        by_contact = row.kept in (Kept.CONTACTS, Kept.NAMES, Kept.PROFILES)
        assert row.ends or row.done_by_hand or by_contact, row.kind
        assert row.one != row.many
    assert len({row.one for row in ROWS.values()}) == len(ROWS)


def test_every_event_there_is_waits_or_is_said_not_to() -> None:
    """A new event has to be decided about."""
    waiting = {name for row in ROWS.values() for name in row.events}
    assert waiting.isdisjoint(NOT_WAITING)
    assert waiting | set(NOT_WAITING) == set(event_types())
    marked = {name for row in ROWS.values() if row.marked for name in row.events}
    assert marked <= set(read_by("notifications"))


def test_what_an_earlier_release_kept_shows_the_nearest_date_that_is_known(
    family: Family,
) -> None:
    """Its `since` is when the event arrived; a check's own date was its mark all along."""
    kept = {
        "setting_id": family.setting,
        "child_id": family.child,
        "since": datetime(2030, 3, 1, 8, tzinfo=UTC),
    }
    board = family.service.database["due"]
    board.insert_many(
        [
            {
                "_id": f"check_overdue:{ids.new_id()}",
                "kind": "check_overdue",
                "begun": "2030-01-10",
                **kept,
            },
            {"_id": f"check_overdue:{ids.new_id()}", "kind": "check_overdue", "begun": "0", **kept},
            {
                "_id": f"discussion_overdue:{ids.new_id()}",
                "kind": "discussion_overdue",
                "begun": "0",
                **kept,
            },
            {
                "_id": f"suggestion:{ids.new_id()}",
                "kind": "suggestion",
                "begun": "0",
                "ended": "1",
                **kept,
            },
        ]
    )
    listed = family.senco.get(f"/settings/{family.setting}/due")
    assert [(one["kind"], one["day"]) for one in listed] == [
        ("discussion_overdue", "2030-03-01"),
        ("check_overdue", "2030-01-10"),
        ("check_overdue", "2030-03-01"),
    ]


def test_the_release_before_meets_no_kind_that_it_does_not_know() -> None:
    """It reads `due`, and knew these."""
    assert {row.kind for row in ROWS.values() if row.kept is Kept.DUE} == {
        Due.DISCUSSION_OVERDUE,
        Due.CHECK_OVERDUE,
        Due.SUGGESTION,
        Due.REFERRAL_OVERDUE,
    }


@pytest.mark.parametrize("begin", ROWS[Due.CONSENT_GIVEN].begins, ids=lambda one: str(one.event))
@pytest.mark.parametrize("status", ["draft", "submitted", "waiting_list", "in_progress"])
def test_nobody_is_told_to_send_what_has_gone_out(
    family: Family, begin: Begin, status: str
) -> None:
    """A family may agree again to what is with the service: there is nothing left to send."""
    row = ROWS[Due.CONSENT_GIVEN]
    said = _sample(begin, row, family, ids.new_id(), 5, NOW)
    said["data"]["status"] = status
    family.service.handle(said)
    assert bool(_listed(family, row.kind)) is (status == "draft")


@pytest.mark.parametrize("email", [None, "jo@thornbeck.example"])
def test_a_senco_whom_nothing_reaches_is_on_the_list(family: Family, email: str | None) -> None:
    """Named to hear what is due, and told nothing: whoever looks at the list sees it."""
    jo, at = ids.new_id(), f"/settings/{family.setting}"
    profile = {"name": "Thornbeck", "phone": "01632 960 001", "sencos": [jo]}
    version = family.service.store.profile(family.setting).version
    family.senco.put(f"{at}/profile", profile, version=version)
    (one,) = _listed(family, Due.SENCO_NOT_TOLD)
    assert (one["person_id"], one["path"]) == (jo, f"/people/{family.setting}")
    made = {"person_id": jo, "details": {"name": "Jo", "email": email, "mobile": None}}
    family.senco.post(f"{at}/contacts", made)
    assert bool(_listed(family, Due.SENCO_NOT_TOLD)) is (email is None)
