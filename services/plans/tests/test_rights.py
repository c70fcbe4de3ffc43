"""Who is told and who decides, by table and by hypothesis over dates of birth."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.plans.domain import rights, rights_told
from services.plans.domain.age import (
    birthday,
    end_of_compulsory_school_age,
    months_before,
    rights_have_passed,
)
from services.plans.domain.child import Child, Parent
from services.plans.domain.sharing import (
    MESSAGES,
    Basis,
    Capacity,
    Choice,
    Decision,
    ForAll,
    Sharing,
)

LONG_AGO = date(2000, 1, 1)
MOTHER, FATHER, CARER = "mother", "father", "carer"
BORN = st.dates(date(1990, 1, 1), date(2024, 12, 31))


def linked(
    person_id: str, *, responsible: bool = True, entitled: bool = True, ended: bool = False
) -> Parent:
    return Parent(person_id, "parent", responsible, entitled, LONG_AGO, LONG_AGO if ended else None)


def born(day: date, *parents: Parent, **more: Any) -> Child:
    people = list(parents) or [linked(MOTHER)]
    return Child("child", "setting", "Robin", "Vennacombe", day, parents=people, **more)


def capacity(decision: Decision, acts: str | None, *, has: bool = False) -> Capacity:
    return Capacity(decision, has, acts, "As assessed", "senco", LONG_AGO)


def decides(child: Child, day: date, decision: Decision = Decision.REFERRAL_CONSENT) -> list[str]:
    return next(d.people for d in rights.deciders_on(child, day) if d.decision is decision)


def told(child: Child, day: date) -> dict[str, list[str]]:
    return {row.purpose: row.people for row in rights.told_on(child, day)}


@pytest.mark.parametrize(
    ("birth", "on", "passed"),
    [
        (date(2008, 8, 31), date(2024, 6, 28), False),  # in Year 11, its last Friday of June
        (date(2008, 8, 31), date(2024, 6, 29), True),
        (date(2008, 9, 1), date(2024, 9, 1), False),  # 16 on the first day of Year 11
        (date(2008, 9, 1), date(2025, 6, 27), False),
        (date(2008, 9, 1), date(2025, 6, 28), True),
        (date(2008, 2, 29), date(2024, 6, 29), True),
        (date(2001, 11, 27), date(2026, 11, 26), True),  # the day before the 25th birthday
        (date(2001, 11, 27), date(2026, 11, 27), True),  # and on it: issue 14, number 1
        (date(2000, 5, 1), date(2026, 11, 27), True),  # 26
        (date(1990, 1, 1), date(2026, 11, 27), True),
    ],
)
def test_rights_pass_at_the_end_of_compulsory_school_age_and_stay(
    birth: date, on: date, passed: bool
) -> None:
    child = born(birth)
    assert rights_have_passed(birth, on) is passed
    assert (child.id in rights.recipients_on(child, on)) is passed
    assert decides(child, on) == ([child.id] if passed else [MOTHER])


@pytest.mark.parametrize("age", range(18, 61))
def test_no_birthday_brings_the_parents_back(age: int) -> None:
    child = born(date(1996, 2, 29))
    for day in (-1, 0, 1):
        on = birthday(child.date_of_birth, age) + timedelta(days=day)
        if on >= birthday(child.date_of_birth, 18):
            assert rights.recipients_on(child, on) == [child.id]


@given(BORN, st.integers(0, 365 * 40), st.integers(0, 365 * 40), st.sets(st.sampled_from(Sharing)))
def test_recipients_never_gain_a_parent_by_age_alone_after_rights_passed(
    birth: date, first: int, later: int, purposes: set[Sharing]
) -> None:
    passes_on = end_of_compulsory_school_age(birth)
    days = sorted(passes_on + timedelta(days=1 + n) for n in (first, later))
    for choice in (None, Choice(list(purposes), passes_on, "child")):
        child = born(birth, linked(MOTHER), linked(FATHER, responsible=False), choice=choice)
        before, after = (told(child, day) for day in days)
        for purpose in MESSAGES:
            assert set(after[purpose]) <= set(before[purpose])
        assert set(rights.recipients_on(child, days[1])) <= set(
            rights.recipients_on(child, days[0])
        )


@given(BORN)
def test_until_they_have_chosen_parents_get_it_under_18_and_not_from_18(birth: date) -> None:
    child = born(birth)
    passed, adult = end_of_compulsory_school_age(birth), birthday(birth, 18)
    assert rights.recipients_on(child, passed) == [MOTHER]
    assert rights.recipients_on(child, passed + timedelta(days=1)) == [child.id, MOTHER]
    assert rights.recipients_on(child, adult - timedelta(days=1)) == [child.id, MOTHER]
    assert rights.recipients_on(child, adult) == [child.id]
    assert rights.basis_on(child, adult - timedelta(days=1))[0] is Basis.NOT_CHOSEN_UNDER_18
    assert rights.basis_on(child, adult)[0] is Basis.NOT_CHOSEN_ADULT


@pytest.mark.parametrize("purpose", MESSAGES)
@pytest.mark.parametrize("shared", Sharing)
def test_what_is_chosen_is_what_parents_get(purpose: str, shared: Sharing) -> None:
    child = born(date(2009, 1, 1), choice=Choice([shared], LONG_AGO, "child"))
    found = told(child, date(2026, 1, 1))[purpose]
    subject = MESSAGES[purpose]
    assert (MOTHER in found) is (subject in (shared, ForAll.EVERYBODY))
    assert child.id in found


def test_who_decides_before_rights_pass() -> None:
    day, birth = date(2026, 1, 1), date(2018, 1, 1)
    both = born(birth, linked(MOTHER), linked(FATHER, responsible=False))
    assert decides(both, day) == [MOTHER]
    nobody = born(birth, linked(CARER, responsible=False), linked(FATHER, responsible=False))
    assert decides(nobody, day) == [CARER, FATHER]
    others = born(birth, linked(MOTHER, ended=True), linked(FATHER, entitled=False), linked(CARER))
    assert decides(others, day) == [CARER]


@pytest.mark.parametrize("decision", Decision)
def test_capacity_is_for_one_decision_and_whoever_is_recorded_acts(decision: Decision) -> None:
    day = date(2026, 1, 1)
    people = [linked(MOTHER), linked(CARER, responsible=False)]
    child = born(date(2005, 1, 1), *people, capacity=[capacity(decision, CARER)])
    for one in Decision:
        assert decides(child, day, one) == ([CARER] if one is decision else [child.id])
    assert child.id in rights.recipients_on(child, day)
    child.parents[1].ended_on = day  # restricted: then those with responsibility act
    assert decides(child, day, decision) == [MOTHER]


def test_who_acts_for_a_decision_gets_what_they_need_for_it() -> None:
    day = date(2026, 1, 1)
    child = born(date(2005, 1, 1), capacity=[capacity(Decision.REFERRAL_CONSENT, MOTHER)])
    found = told(child, day)
    assert found["referral_consent"] == [MOTHER]
    assert found["referral_decided"] == [child.id, MOTHER]
    assert found["plan_ready"] == [child.id]


def test_what_counts_of_capacity_stays_however_often_another_is_recorded() -> None:
    day = date(2026, 1, 1)
    child = born(date(2005, 1, 1), linked(MOTHER))
    rights_told.record_capacity(child, capacity(Decision.PLAN, MOTHER), day)
    for number in range(500):
        has = number % 2 == 0
        once_more = capacity(Decision.SHARING, None if has else MOTHER, has=has)
        rights_told.record_capacity(child, once_more, day)
    assert len(child.capacity) == 200
    assert decides(child, day, Decision.PLAN) == [MOTHER]
    assert decides(child, day, Decision.SHARING) == [MOTHER]


def test_what_was_recorded_before_goes_on_working() -> None:
    day = date(2026, 1, 1)
    without = born(date(2005, 1, 1), lacks_capacity=True)
    assert rights.recipients_on(without, day) == [MOTHER]
    assert decides(without, day) == [MOTHER]
    without.capacity = [capacity(Decision.REFERRAL_CONSENT, None, has=True)]
    assert decides(without, day) == [without.id]
    assert decides(without, day, Decision.PLAN) == [MOTHER]
    shares = born(date(2005, 1, 1), shares_with_parents=True)
    assert rights.recipients_on(shares, day) == [shares.id, MOTHER]
    assert rights.basis_on(shares, day) == (Basis.CHOSEN, list(Sharing))
    # An earlier release has taken back what this one had kept as a choice of everything.
    taken_back = born(date(2009, 1, 1), choice=Choice(list(Sharing), LONG_AGO, "child"))
    assert rights.recipients_on(taken_back, day) == [taken_back.id]


def test_a_parent_who_is_not_entitled_gets_nothing_whatever_is_chosen() -> None:
    choice = Choice([Sharing.PLAN], LONG_AGO, "child")
    child = born(date(2009, 1, 1), linked(MOTHER, ended=True), choice=choice)
    assert all(MOTHER not in people for people in told(child, date(2026, 1, 1)).values())


def test_a_corrected_date_of_birth_brings_a_child_back_under_the_age() -> None:
    day = date(2026, 11, 27)
    child = Child.register(
        on=day,
        id="child",
        setting_id="setting",
        first_name="Robin",
        last_name="Vennacombe",
        date_of_birth=date(2009, 1, 1),
        parents=[linked(MOTHER)],
    )
    assert child.recipients == ["child", MOTHER]
    child.correct(day, date_of_birth=date(2012, 1, 1))
    assert child.recipients == [MOTHER]
    assert [type(event).__name__ for event in child.raised] == [
        "ChildRegistered",
        "RecipientsChanged",
    ]


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2027, 6, 25), 6, date(2026, 12, 25)),
        (date(2023, 6, 30), 6, date(2022, 12, 30)),
        (date(2027, 6, 25), 1, date(2027, 5, 25)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2024, 1, 31), 2, date(2023, 11, 30)),
    ],
)
def test_so_many_months_before(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before


def test_who_is_told_and_who_decides_is_in_every_event_that_says_who_is_told() -> None:
    from shared.events.plans import ROWS, WhoIsTold

    rows = [row for row in ROWS if issubclass(row.schema, WhoIsTold)]
    assert {row.name for row in rows} == {
        "ChildRegistered",
        "ParentLinked",
        "ParentUnlinked",
        "RecipientsChanged",
    }
    for row in rows:  # events of before, and whoever writes them still
        old = {"child_id": _ID, "setting_id": _ID, "person_id": _ID, "recipients": [_ID]}
        read = row.read(old, 1)
        assert (read["told"], read["deciders"]) == (None, None)


_ID = "00000000-0000-4000-8000-000000000000"
