"""When a child becomes a young person in the law of special educational needs."""

from calendar import monthrange
from datetime import date, timedelta

_SEPTEMBER, _JUNE, _FRIDAY = 9, 6, 4


def end_of_compulsory_school_age(date_of_birth: date) -> date:
    """The last Friday of June of the school year in which they turn 16 [CoP 8.13; EA 1996 s.8].

    A school year runs from 1 September to 31 August.
    """
    year = date_of_birth.year + 16
    if date_of_birth.month >= _SEPTEMBER:
        year += 1
    last_of_june = date(year, _JUNE, 30)
    return last_of_june - timedelta(days=(last_of_june.weekday() - _FRIDAY) % 7)


def rights_have_passed(date_of_birth: date, on: date) -> bool:
    """Whether they are over compulsory school age on that day: from then on the rights are theirs
    [CoP 8.13-8.18], at 25 and after it too. Being an adult does not end."""
    return end_of_compulsory_school_age(date_of_birth) < on


def is_young_person(date_of_birth: date, on: date) -> bool:
    """Whether the law calls them a young person on that day: over compulsory school age and under
    25 [CoP 1.8]. Who is told does not depend on it: see `rights_have_passed`."""
    return rights_have_passed(date_of_birth, on) and on < birthday(date_of_birth, 25)


def is_adult(date_of_birth: date, on: date) -> bool:
    """Whether they are 18 or over on that day."""
    return birthday(date_of_birth, 18) <= on


def birthday(date_of_birth: date, age: int) -> date:
    """The day on which they reach that age; 1 March for those born on 29 February, where the year
    has no such day."""
    try:
        return date_of_birth.replace(year=date_of_birth.year + age)
    except ValueError:  # born on 29 February
        return date(date_of_birth.year + age, 3, 1)


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last of a month that is too short."""
    count = day.year * 12 + day.month - 1 - months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
