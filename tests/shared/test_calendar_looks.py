"""A look of the calendar reads what is to be done, not what is stored: there may be a million plans."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest

from services.notifications.commands.tell import release_reminders
from services.plans.commands.do import CHECK_EVERY_SCHOOL_DAYS, raise_overdue_checks
from services.plans.commands.rights import look_at_rights
from services.plans.domain.check import last_day_before
from services.reviews.commands.schedule import let_fall_due, raise_overdue_discussions
from shared import clock, ids
from shared.bank_holidays import is_working_day
from shared.store.daily import once_a_day
from shared.store.database import MongoDatabase
from tests.support.house import Service
from tests.support.story import School

MANY, FEW = 300, 20
"""How many documents are dealt with; and what other tests may have left to be looked at again."""


def _looked(database: MongoDatabase, look: Callable[[], int]) -> tuple[int, int]:
    """What a look answers, and how many documents MongoDB handed out for it."""
    kept = database["system.profile"]
    database.command("profile", 2)
    try:
        done = look()
        database.command("profile", 0)
        asked = kept.find({"op": {"$in": ["query", "getmore", "command"]}})
        return done, sum(int(one.get("nreturned", 0)) for one in asked)
    finally:
        database.command("profile", 0)
        kept.drop()  # nobody else may write to it


def _copies(database: MongoDatabase, name: str, like: dict[str, Any], **but: Any) -> list[str]:
    """Many documents like one, with ids of their own."""
    made = [{**like, **but, "_id": ids.new_id(), "outbox": []} for _ in range(MANY)]
    database[name].insert_many(made)
    return [one["_id"] for one in made]


def test_plans_whose_silence_was_spoken_of_are_not_read_again(plans: Service) -> None:
    school = School(plans)
    plan = school.active(school.child(parents=0))
    stored = plans.database["plans"].find_one({"_id": plan["id"]}) or {}
    long_ago = (clock.today() - timedelta(days=90)).isoformat()
    told = _copies(
        plans.database, "plans", stored,
        active_from=long_ago, last_check_on=None, overdue_told_for=long_ago,
    )  # fmt: skip
    raise_overdue_checks(plans.store)  # of what other tests left
    silent = told[0]
    plans.database["plans"].update_one({"_id": silent}, {"$set": {"overdue_told_for": None}})
    done, read = _looked(plans.database, lambda: raise_overdue_checks(plans.store))
    assert done == 1 and read < FEW
    after = plans.database["plans"].find_one({"_id": silent}) or {}
    assert after["overdue_told_for"] == long_ago
    done, read = _looked(plans.database, lambda: raise_overdue_checks(plans.store))
    assert done == 0 and read < FEW


def test_children_of_whom_nothing_is_to_be_said_are_not_read(plans: Service) -> None:
    child = School(plans).child()
    look_at_rights(plans.store)  # of what other tests left
    stored = plans.database["children"].find_one({"_id": child["id"]}) or {}
    found = _copies(plans.database, "children", stored)
    done, read = _looked(plans.database, lambda: look_at_rights(plans.store))
    assert done == 0 and read < FEW
    plans.database["children"].update_one({"_id": found[0]}, {"$inc": {"version": 1}})
    done, read = _looked(plans.database, lambda: look_at_rights(plans.store))
    assert done == 0 and 0 < read < FEW
    plans.database["children"].delete_many({"_id": {"$in": found}})


@pytest.mark.parametrize("back", [0, 1, 2, 3, 10, 11, 100])
def test_the_last_day_that_is_too_long_ago(back: int) -> None:
    """As many school days as are allowed lie after the next day, one more after this one."""
    today = clock.today() - timedelta(days=back)
    day = last_day_before(CHECK_EVERY_SCHOOL_DAYS + 1, today, is_working_day)

    def school_days_after(start: date) -> int:
        span = (today - start).days
        return sum(is_working_day(start + timedelta(days=n)) for n in range(1, span + 1))

    assert school_days_after(day) == CHECK_EVERY_SCHOOL_DAYS + 1
    assert school_days_after(day + timedelta(days=1)) == CHECK_EVERY_SCHOOL_DAYS


def test_kept_versions_that_a_plan_names_are_asked_after_once(plans: Service) -> None:
    school = School(plans)
    plan = school.active(school.child(parents=0))
    kept = plans.database["plan_versions"]
    yesterday = clock.now() - timedelta(days=1, hours=1)
    kept.update_many({"plan_id": plan["id"]}, {"$set": {"kept_at": yesterday}})
    kept.insert_one({"_id": f"lost:{plan['id']}", "plan_id": plan["id"], "kept_at": yesterday})
    assert plans.store.sweep_versions() == 1
    assert kept.count_documents({"plan_id": plan["id"]}) == 1
    done, read = _looked(plans.database, plans.store.sweep_versions)
    assert done == 0 and read < FEW


def test_what_is_done_once_a_day_is_done_again_where_it_failed(plans: Service) -> None:
    runs: list[str] = []

    def job() -> int:
        runs.append("run")
        if len(runs) == 1:
            raise OSError
        return 3

    look = once_a_day(plans.database, f"job-{ids.new_id()}", job)
    with pytest.raises(OSError):
        look()
    assert [look(), look(), look()] == [3, 0, 0]
    plans.database["days"].update_many({}, {"$set": {"day": "2020-01-01"}})
    assert look() == 3


def test_reviews_that_were_spoken_of_are_not_read_again(reviews: Service) -> None:
    today = clock.today()
    like = {
        "plan_id": "p", "child_id": "c", "setting_id": ids.new_id(), "state": "due",
        "due_on": today.isoformat(), "version": 1, "sequence": 0, "keys": [],
        "discussion_overdue_told": False, "discussion": None,
    }  # fmt: skip
    _copies(reviews.database, "reviews", like)
    _copies(reviews.database, "reviews", like, state="overdue", due_on="2020-01-06")
    _copies(
        reviews.database, "reviews", like,
        state="completed", held_on="2020-01-06", discussion_overdue_told=True,
    )  # fmt: skip
    let_fall_due(reviews.store), raise_overdue_discussions(reviews.store)
    for job in (let_fall_due, raise_overdue_discussions):
        done, read = _looked(reviews.database, partial(job, reviews.store))
        assert done == 0 and read < FEW
    reviews.database["reviews"].delete_many({"setting_id": like["setting_id"]})


@pytest.mark.parametrize(
    ("days", "reminded", "due"),
    [
        (1, 14, True),
        (1, 2, False),
        (2, 14, True),
        (3, 14, False),
        (14, None, True),
        (15, None, False),
    ],
)
def test_a_reminder_is_read_for_until_it_went_out(
    notifications: Service, days: int, reminded: int | None, due: bool
) -> None:
    release_reminders(notifications.store)  # of what other tests left
    known = notifications.store.known_reviews
    day = (clock.today() + timedelta(days=days)).isoformat()
    child, setting = ids.new_id(), ids.new_id()
    notifications.database["known_children"].insert_one(
        {"_id": child, "sequence": 1, "setting_id": setting, "recipients": []}
    )
    like = {"plan_id": "p", "child_id": child, "setting_id": setting, "open": True, "due_on": day,
            "sequence": 1, "reminded": [f"{day}:{reminded}"] if reminded else []}  # fmt: skip
    _copies(notifications.database, "known_reviews", like)
    done, read = _looked(notifications.database, lambda: release_reminders(notifications.store))
    assert done == (MANY if due else 0)
    assert due or read < FEW
    done, read = _looked(notifications.database, lambda: release_reminders(notifications.store))
    assert done == 0 and read < FEW
    known.delete_many({"setting_id": setting})
