"""Do: checks, and the word when nobody has checked for too long."""

from datetime import date, timedelta
from functools import partial
from typing import Any

from services.plans.commands.assess import must_not_be_ahead
from services.plans.domain.check import Check, Delivery, OutcomeCheck, school_days_between
from services.plans.domain.plan import Plan
from services.plans.store import PlansStore
from shared import clock
from shared.bank_holidays import is_working_day
from shared.store.repository import creation_id

CHECK_EVERY_SCHOOL_DAYS = 20
"""[ours] Without term dates, which the reviews service keeps, these are working days."""


def record_check(store: PlansStore, plan: Plan, by: str, details: dict[str, Any]) -> Check:
    """Record whether the plan is working."""
    occurred_on = details["occurred_on"] or clock.today()
    must_not_be_ahead(occurred_on, "/occurred_on")
    return store.checks.add(
        Check.record(
            plan,
            id=creation_id(),
            occurred_on=occurred_on,
            recorded_at=clock.now(),
            by=by,
            outcomes=[OutcomeCheck(**seen) for seen in details["outcomes"]],
            deliveries=[Delivery(**delivery) for delivery in details["deliveries"]],
            note=details["note"],
            today=clock.today(),
        )
    )


def note_check(store: PlansStore, plan_id: str, on: date) -> None:
    """Remember a plan's latest check."""
    store.plans.change(plan_id, lambda plan: plan.note_check(on))


def raise_overdue_checks(store: PlansStore) -> int:
    """Say of each plan in force that went unchecked too long that its check is overdue."""
    today = clock.today()
    # Fewer calendar days than this cannot hold that many school days.
    before = (today - timedelta(days=CHECK_EVERY_SCHOOL_DAYS)).isoformat()
    silent = {"$or": [{"last_check_on": {"$lt": before}}, {"last_check_on": None}]}
    said = 0
    for plan in store.plans.find_many({"state": "active", **silent}):
        since = max(filter(None, (plan.last_check_on, plan.active_from)))
        if plan.overdue_told_for == since:
            continue
        if school_days_between(since, today, is_working_day) > CHECK_EVERY_SCHOOL_DAYS:
            store.plans.change(plan.id, partial(Plan.raise_overdue_check, silent_since=since))
            said += 1
    return said
