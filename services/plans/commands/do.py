"""Do: checks, and the word when nobody has checked for too long."""

from datetime import date
from functools import partial
from typing import Any

from services.plans.domain.check import Check, Delivery, OutcomeCheck, last_day_before
from services.plans.domain.plan import Plan
from services.plans.store import PlansStore
from shared import clock
from shared.bank_holidays import is_working_day
from shared.store.each import each
from shared.store.repository import creation_id

CHECK_EVERY_SCHOOL_DAYS = 20
"""[ours] Without term dates, which the reviews service keeps, these are working days."""

_AT_ONCE = 1000


def record_check(store: PlansStore, plan: Plan, by: str, details: dict[str, Any]) -> Check:
    """Record whether the plan is working."""
    occurred_on = details["occurred_on"] or clock.today()
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
    since = last_day_before(CHECK_EVERY_SCHOOL_DAYS + 1, clock.today(), is_working_day)

    def say(plan: Plan) -> None:
        silent = max(filter(None, (plan.last_check_on, plan.active_from)))
        store.plans.change(plan.id, partial(Plan.raise_overdue_check, silent_since=silent))

    return each("raise overdue check", store.plans_silent_since(since, _AT_ONCE), say)
