"""The rules of plans, by table and by hypothesis."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.plans.domain.age import end_of_compulsory_school_age, is_young_person


@pytest.mark.parametrize(
    ("born", "end"),
    [
        (date(2008, 8, 31), date(2024, 6, 28)),  # 16 on the last day of Year 11
        (date(2008, 9, 1), date(2025, 6, 27)),  # 16 on the first day of Year 12
        (date(2009, 2, 28), date(2025, 6, 27)),
        (date(2008, 12, 31), date(2025, 6, 27)),
    ],
)
def test_compulsory_school_age_ends_on_the_last_friday_of_june(born: date, end: date) -> None:
    assert end_of_compulsory_school_age(born) == end


@given(st.dates(date(1995, 1, 1), date(2024, 12, 31)))
def test_a_young_person_is_over_school_age_and_under_25(born: date) -> None:
    end = end_of_compulsory_school_age(born)
    assert end.weekday() == 4
    assert (end + timedelta(days=7)).month == 7
    assert not is_young_person(born, end)
    assert is_young_person(born, end + timedelta(days=1))
    assert not is_young_person(born, date(born.year + 25, 12, 31))
