"""What is over is not written of: to the moment, and the day for events that do not say it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.notifications.commands.decide import still_to_say
from services.notifications.domain.message import Message
from services.notifications.domain.values import Suppressed
from shared import clock, ids
from shared.clock import LONDON
from shared.events.registry import Kind, event_types
from tests.support.family import Family
from tests.support.house import Service, event

BEGINS = datetime(2030, 7, 3, 17, tzinfo=LONDON)  # in summer time
ENDS = BEGINS + timedelta(hours=2)
TICK = timedelta(milliseconds=1)

ROWS = {
    "SessionBooked": BEGINS,
    "SessionMoved": BEGINS,
    "SessionCancelled": ENDS,
    "ParentsEveningAnnounced": BEGINS + timedelta(minutes=110),
    "ParentsEveningCancelled": ENDS,
}
"""Event of what has a time -> from when on nobody is written to about it."""


def _messages(family: Family, name: str, *, with_times: bool = True) -> list[Message]:
    person, subject = ids.new_id(), ids.new_id()
    data: dict[str, Any] = {"held_on": BEGINS.date().isoformat()}
    if name.startswith("Session"):
        data |= {
            "support_service_id": ids.new_id(),
            "status": "announced",
            "booked": [{"person_id": person, "setting_id": family.setting}],
        }
        times = {"starts_at": BEGINS.isoformat(), "ends_at": ENDS.isoformat()}
    else:
        data |= {"setting_id": family.setting, "children": [family.child]}
        times = {
            "bookable_until": ROWS["ParentsEveningAnnounced"].isoformat(),
            "ends_at": ENDS.isoformat(),
        }
    family.service.handle(event(name, {**data, **(times if with_times else {})}, subject=subject))
    found: list[Message] = family.service.store.messages.find_many(
        {"about.subject_id": {"$regex": f"^{subject}"}}
    )
    return found


@pytest.fixture
def family(notifications: Service) -> Family:
    made = Family(notifications)
    made.link()
    return made


def test_every_event_that_says_when_something_is_over_has_its_row() -> None:
    with_times = {
        row.name
        for row in event_types().values()
        if "ends_at" in row.schema().fields
        and row.readers.get("notifications") is Kind.REACTION  # somebody is written to
    }
    assert with_times == set(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_nobody_is_written_to_about_what_is_over(family: Family, name: str) -> None:
    (message,) = _messages(family, name)
    store = family.service.store
    for moment, reason in ((ROWS[name] - TICK, None), (ROWS[name], Suppressed.STALE)):
        with clock.frozen(moment):
            said, why = still_to_say(store, message, None)
            assert (bool(said), why) == (reason is None, reason)


@pytest.mark.parametrize("name", ROWS)
def test_an_event_of_before_knows_its_day(family: Family, name: str) -> None:
    (message,) = _messages(family, name, with_times=False)
    for moment, stale in ((ENDS, False), (ENDS + timedelta(days=1), True)):
        with clock.frozen(moment):
            assert bool(still_to_say(family.service.store, message, None)[0]) is not stale
