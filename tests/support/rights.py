"""Rights that pass, in tests: a day of the calendar, what it says, what is chosen."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.plans.commands.rights import look_at_rights
from shared import clock
from shared.identity.links import Link, Links
from tests.support.house import LINK_KEY, Service
from tests.support.story import School

Json = dict[str, Any]
BORN, LAST_DAY = "2014-03-04", "2030-06-28"
OTHER = "2012-03-04"
"""Whoever was born then reaches the end of compulsory school age two years before."""


def link(purpose: str, subject: str, person_id: str) -> str:
    return Links((LINK_KEY,), 90).sign(Link(purpose, subject, person_id))


def at(day: str) -> Any:
    moment = datetime.combine(date.fromisoformat(day), datetime.min.time(), tzinfo=UTC)
    return clock.frozen(moment + timedelta(hours=9))


def look(plans: Service, day: str, child: Json) -> list[str]:
    """What the calendar says of a child on that day."""
    with at(day):
        look_at_rights(plans.store)
    return said(plans.take_events(), child)


def said(events: list[Json], child: Json) -> list[str]:
    return [
        event["type"].rsplit(".", 1)[1] + f":{event['data'].get('notice', '')}"
        for event in events
        if event["data"].get("child_id") == child["id"]
    ]


def rights_of(school: School, child: Json) -> Json:
    found: Json = school.senco.get(f"/children/{child['id']}/rights")
    return found


def correct(school: School, child: Json, born: str, **more: Any) -> Json:
    now = school.senco.get(f"/children/{child['id']}")
    body = {"first_name": "Robin", "last_name": "Vennacombe", "date_of_birth": born, **more}
    found: Json = school.senco.put(f"/children/{child['id']}", body, version=now["version"])
    return found


def share(school: School, child: Json, *purposes: str) -> Json:
    now = rights_of(school, child)
    found: Json = school.senco.put(
        f"/children/{child['id']}/rights/sharing",
        {"parents_get": list(purposes)},
        version=now["version"],
    )
    return found
