"""The rules of reviews, by table and by hypothesis."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reviews.domain.judgement import ProvisionSeen, judge, propose
from services.reviews.domain.progress import CycleResult, Progress
from services.reviews.domain.schedule import HORIZON, MAX_GAP, Slot, arrange
from services.reviews.domain.values import Decision, Delivered, Rating, Result


@pytest.mark.parametrize(
    ("ratings", "delivered", "needed", "result", "decision"),
    [
        ("met met", "fully", False, Result.MET, Decision.CEASE),
        ("met met", "fully", True, Result.MET, Decision.AMEND),
        ("met good_progress", "fully", True, Result.SUFFICIENT, Decision.AMEND),
        ("met some_progress", "fully", True, Result.INSUFFICIENT, Decision.ADJUST),
        ("no_progress no_progress", "partly", True, Result.INSUFFICIENT, Decision.ADJUST),
        ("no_progress met", "none", True, Result.UNCLEAR, Decision.AMEND),
        ("not_rated not_rated", "fully", True, Result.UNCLEAR, Decision.AMEND),
    ],
)
def test_what_a_review_shows_and_what_is_proposed(
    ratings: str, delivered: str, needed: bool, result: Result, decision: Decision
) -> None:
    rated = {str(n): Rating(word) for n, word in enumerate(ratings.split())}
    found = judge(rated, [ProvisionSeen(frozenset(rated), Delivered(delivered))])
    assert found is result
    assert propose(found, support_still_needed=needed) is decision


def _suggestions(results: str, crossing: int = 2) -> list[int]:
    """In which cycles more support is suggested; i insufficient, s sufficient, u unclear."""
    words = {"i": Result.INSUFFICIENT, "s": Result.SUFFICIENT, "u": Result.UNCLEAR}
    progress, found = Progress("child", "setting"), []
    for cycle, letter in enumerate(results, start=1):
        day = date(2025, 1, 1) + timedelta(days=cycle)
        result = CycleResult(f"r{cycle}", "plan", cycle, day, words[letter])
        progress.record(result, crossing, "escalation")
        found += [cycle] * len(progress.raised)
        progress.raised.clear()
    return found


@pytest.mark.parametrize(
    ("results", "suggested"),
    [
        ("i", []),
        ("ii", [2]),
        ("iii", [2]),
        ("isi", []),
        ("iui", [3]),
        ("iisii", [2, 5]),
        ("uu", []),
    ],
)
def test_more_support_is_suggested_once_for_each_crossing(
    results: str, suggested: list[int]
) -> None:
    assert _suggestions(results) == suggested


def test_two_reviews_of_one_cycle_are_one_cycle() -> None:
    progress = Progress("child", "setting")
    for number in (1, 2):
        day = date(2025, 1, number)
        progress.record(CycleResult(f"r{number}", "p", 1, day, Result.INSUFFICIENT), 2, "e")
    assert progress.raised == []


@given(
    st.dates(date(2020, 1, 1), date(2090, 1, 1)),
    st.lists(st.integers(1, 500), max_size=5),
    st.sets(st.integers(0, 6), max_size=5),
)
def test_the_next_year_always_holds_three_reviews_at_most_121_days_apart(
    anchor: date, later: list[int], closed: set[int]
) -> None:
    slots = [Slot(str(n), anchor + timedelta(days=d)) for n, d in enumerate(later)]
    made = arrange(anchor, slots, lambda day: day.weekday() not in closed)
    moved = {slot.review_id: slot.due_on for slot in made.moves}
    days = sorted([moved.get(s.review_id, s.due_on) for s in slots] + made.additions)
    assert all(new <= old.due_on for old in slots for k, new in moved.items() if k == old.review_id)
    within = [day for day in days if day <= anchor + HORIZON]
    assert len(within) >= 3
    assert all(b - a <= MAX_GAP for a, b in zip([anchor, *within], within, strict=False))
