"""Targets are counted in working days: no weekend, no bank holiday of England and Wales."""

from datetime import date, timedelta

from services.referrals.domain.support_service import SupportService
from shared import clock
from shared.bank_holidays import is_working_day


def target_of(service: SupportService) -> date:
    """By when a service aims to answer what reaches it today."""
    return add_working_days(clock.today(), service.details.response_target_days)


def add_working_days(day: date, count: int) -> date:
    """The day that lies `count` working days after `day`."""
    while count > 0:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def working_days(start: date, end: date) -> int:
    """How many working days lie after `start`, up to and including `end`."""
    return sum(is_working_day(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))
