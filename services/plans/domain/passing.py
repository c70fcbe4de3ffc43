"""The days on which the calendar speaks of rights: six months and one month before they pass, the
day after which they have, and the 18th birthday."""

from datetime import date, timedelta
from enum import StrEnum

from services.plans.domain.age import (
    birthday,
    end_of_compulsory_school_age,
    months_before,
)

FIRST_NOTICE_MONTHS, SECOND_NOTICE_MONTHS = 6, 1


class Step(StrEnum):
    """What is spoken of, in the order of the days."""

    SIX_MONTHS = "six_months"
    ONE_MONTH = "one_month"
    PASSED = "passed"
    EIGHTEEN = "eighteen"

    @property
    def is_notice(self) -> bool:
        """Whether it comes before rights pass."""
        return self in (Step.SIX_MONTHS, Step.ONE_MONTH)


def days_of(date_of_birth: date) -> dict[Step, date]:
    """When each step comes. Rights pass when the last day of compulsory school age is over."""
    last_day = end_of_compulsory_school_age(date_of_birth)
    return {
        Step.SIX_MONTHS: months_before(last_day, FIRST_NOTICE_MONTHS),
        Step.ONE_MONTH: months_before(last_day, SECOND_NOTICE_MONTHS),
        Step.PASSED: last_day + timedelta(days=1),
        Step.EIGHTEEN: birthday(date_of_birth, 18),
    }


def step_reached(date_of_birth: date, on: date) -> Step | None:
    """The latest step that has come: who is heard of late is told of the nearest one alone."""
    reached = [step for step, day in days_of(date_of_birth).items() if day <= on]
    return reached[-1] if reached else None


def next_day(date_of_birth: date, on: date) -> date | None:
    """When the calendar has to look again."""
    return next((day for day in days_of(date_of_birth).values() if day > on), None)
