"""Do: teachers and the SENCO regularly check that the plan is working [B]."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from services.plans.domain import events
from services.plans.domain.errors import Faults
from services.plans.domain.plan import Plan
from services.plans.domain.values import CheckStatus


@dataclass
class OutcomeCheck:
    outcome_id: str
    status: CheckStatus


@dataclass
class Delivery:
    """Sessions planned and delivered of one provision since the last check."""

    provision_id: str
    planned: int
    delivered: int


@dataclass
class Check:
    """One look at whether the plan is working."""

    id: str
    plan_id: str
    child_id: str
    setting_id: str
    version_number: int
    occurred_on: date
    recorded_at: datetime
    by: str
    outcomes: list[OutcomeCheck]
    deliveries: list[Delivery]
    note: str | None
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    @classmethod
    def record(
        cls,
        plan: Plan,
        *,
        id: str,
        occurred_on: date,
        recorded_at: datetime,
        by: str,
        outcomes: list[OutcomeCheck],
        deliveries: list[Delivery],
        note: str | None,
        today: date,
    ) -> "Check":
        """Record a check of a plan in force, of its current outcomes and provisions.

        Raises RuleBroken with everything that is wrong.
        """
        plan.must_take_checks()
        faults = Faults()
        assert plan.active_from is not None
        if occurred_on > today:
            faults.add("in-future", "This day has not come yet.", field="/occurred_on")
        elif occurred_on < plan.active_from:
            faults.add(
                "wrong-day",
                "A check is of a day on which the plan was in force.",
                field="/occurred_on",
            )
        known = {outcome.id for outcome in plan.content.outcomes}
        for number, seen in enumerate(outcomes):
            if seen.outcome_id not in known:
                faults.add(
                    "unknown-outcome",
                    "No such outcome is in the plan.",
                    field=f"/outcomes/{number}/outcome_id",
                )
        provisions = {provision.id for provision in plan.content.provisions}
        for number, delivery in enumerate(deliveries):
            if delivery.provision_id not in provisions:
                faults.add(
                    "unknown-provision",
                    "No such provision is in the plan.",
                    field=f"/deliveries/{number}/provision_id",
                )
        faults.refuse()
        check = cls(
            id=id, plan_id=plan.id, child_id=plan.child_id, setting_id=plan.setting_id,
            version_number=plan.version_number, occurred_on=occurred_on, recorded_at=recorded_at,
            by=by, outcomes=outcomes, deliveries=deliveries, note=note,
        )  # fmt: skip
        check.raised.append(
            events.CheckRecorded(
                plan.child_id, plan.setting_id, plan.id, occurred_on,
                [seen.status.value for seen in outcomes],
            )
        )  # fmt: skip
        return check


def last_day_before(school_days: int, today: date, is_open: Callable[[date], bool]) -> date:
    """The latest day after which so many school days lie, today included."""
    day, passed = today, 0
    while passed < school_days:
        passed += is_open(day)
        day -= timedelta(days=1)
    return day
