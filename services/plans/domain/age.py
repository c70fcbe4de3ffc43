"""When a child becomes a young person in the law of special educational needs."""

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


def is_young_person(date_of_birth: date, on: date) -> bool:
    """Whether they are over compulsory school age and under 25 on that day [CoP 1.8]."""
    return end_of_compulsory_school_age(date_of_birth) < on < _birthday(date_of_birth, 25)


def _birthday(date_of_birth: date, age: int) -> date:
    try:
        return date_of_birth.replace(year=date_of_birth.year + age)
    except ValueError:  # born on 29 February
        return date(date_of_birth.year + age, 3, 1)
