"""The schedule: a plan's reviews arranged, moved, cancelled, and what the calendar raises."""

from datetime import date, timedelta
from functools import partial

from services.reviews.domain.calendar import Calendar, Closure, Policy, Term
from services.reviews.domain.errors import RuleBroken
from services.reviews.domain.review import OPEN, Review, ReviewState
from services.reviews.domain.schedule import Slot, arrange, keeps_rule, nearest_allowed
from services.reviews.store import ReviewsStore
from shared import clock, ids
from shared.bank_holidays import is_working_day
from shared.store.database import Document
from shared.store.each import each
from shared.store.repository import creation_id
from shared.words import day_words

_AT_ONCE = 1000


def set_calendar(
    store: ReviewsStore,
    setting_id: str,
    terms: list[Term],
    closures: list[Closure],
    policy: Policy,
    expected: int,
) -> Calendar:
    """Set a setting's term dates, closures and numbers; one that has none is at version 0."""
    return store.calendars.put(
        Calendar(id=setting_id, setting_id=setting_id),
        lambda calendar: calendar.set(terms, closures, policy),
        expected=expected,
    )


def arrange_reviews(store: ReviewsStore, plan_id: str, cause: str, anchor: date) -> int:
    """Let the 12 months after `anchor` hold the reviews that the rule asks for.

    `cause` is the id of what made it necessary: the same cause twice makes the same reviews.
    Answers how many were added or moved.
    """
    plan = store.hold_still(plan_id)
    if plan["status"] != "active":
        return 0
    is_open = store.is_open(plan["setting_id"])
    wanted = arrange(anchor, [Slot(r.id, r.due_on) for r in open_reviews(store, plan_id)], is_open)
    for slot in wanted.moves:
        store.reviews.change(slot.review_id, partial(_move, to=slot.due_on))
    for number, day in enumerate(wanted.additions):
        review_id = ids.derived_id("review", plan_id, cause, number)
        if store.reviews.find(review_id) is None:
            store.reviews.add(_scheduled(plan_id, plan, review_id, day))
    return len(wanted.moves) + len(wanted.additions)


def schedule_review(store: ReviewsStore, plan_id: str, due_on: date) -> Review:
    """Arrange one more review by hand: an early one, say. It can only make gaps smaller."""
    plan = store.known_plan(plan_id)
    if plan["status"] != "active":
        raise RuleBroken("plan-ended", "This plan is not in force.", conflict=True)
    _must_be_open(store, plan["setting_id"], due_on)
    return store.reviews.add(_scheduled(plan_id, plan, creation_id(), due_on))


def move_review(store: ReviewsStore, review_id: str, due_on: date, expected: int) -> Review:
    """Give a review another date, if that keeps the rule of three a year, or say which would."""

    def act(review: Review) -> None:
        before, after = _neighbours(store, review)
        _must_be_open(store, review.setting_id, due_on)
        if not keeps_rule(due_on, before, after):
            days = nearest_allowed(before, after, store.is_open(review.setting_id))
            nearest = " and ".join(f"{day_words(day)}" for day in days) or "none"
            raise RuleBroken(
                "breaks-schedule",
                f"Reviews are at most 121 days apart. The nearest dates that keep this: {nearest}.",
                field="/due_on",
            )
        review.move(due_on)

    return store.reviews.change(review_id, act, expected=expected)


def cancel_reviews(store: ReviewsStore, plan_id: str, reason: str) -> int:
    """A plan has ended: the reviews still to be held will not be."""
    found = open_reviews(store, plan_id)
    for review in found:
        store.reviews.change(review.id, lambda r: r.cancel(reason))
    return len(found)


def open_reviews(store: ReviewsStore, plan_id: str) -> list[Review]:
    """A plan's reviews that are still to be held, in the order of their dates."""
    return store.reviews.find_many(
        {"plan_id": plan_id, "state": {"$in": list(OPEN)}}, sort=[("due_on", 1)]
    )


def let_fall_due(store: ReviewsStore) -> int:
    """Say of each review whose date has come, or passed unheld, that it has."""
    today = clock.today()
    late = {
        "$or": [
            {"state": ReviewState.SCHEDULED, "due_on": {"$lte": today.isoformat()}},
            {"state": ReviewState.DUE, "due_on": {"$lt": today.isoformat()}},
        ]
    }
    found = store.reviews.find_readable(late, sort=[("due_on", 1)], limit=_AT_ONCE)
    return each(
        "let fall due",
        found,
        lambda review: store.reviews.change(review.id, lambda r: r.fall_due(today)),
    )


def raise_overdue_discussions(store: ReviewsStore) -> int:
    """Say of each completed review that was not discussed in time that its discussion is due."""
    today = clock.today()
    found = store.reviews.find_readable(
        {"state": "completed", "discussion_overdue_told": False, "discussion": None,
         "held_on": {"$lt": (today - timedelta(days=15)).isoformat()}},
        sort=[("held_on", 1)],
    )  # fmt: skip
    calendars: dict[str, Calendar] = {}

    def say(review: Review) -> bool:
        assert review.held_on is not None
        at = review.setting_id
        calendar = calendars[at] = calendars.get(at) or store.calendar(at)
        days = (today - review.held_on).days
        passed = sum(
            is_working_day(day) and calendar.is_open(day)
            for day in (review.held_on + timedelta(days=n) for n in range(1, days + 1))
        )
        if passed <= calendar.policy.discussion_school_days:
            return False
        store.reviews.change(review.id, lambda r: r.raise_overdue_discussion())
        return True

    return each("raise overdue discussion", found, say)


def _move(review: Review, to: date) -> None:
    review.move(to)


def _scheduled(plan_id: str, plan: Document, review_id: str, due_on: date) -> Review:
    return Review.schedule(
        id=review_id,
        plan_id=plan_id,
        child_id=plan["child_id"],
        setting_id=plan["setting_id"],
        due_on=due_on,
    )


def _neighbours(store: ReviewsStore, review: Review) -> tuple[date, date | None]:
    """The day before which nothing lies (last held, or in force since) and the next review's."""
    anchor = store.plan_known(review.plan_id).active_from
    after: date | None = None
    for other in store.reviews.find_many({"plan_id": review.plan_id}, sort=[("due_on", 1)]):
        if other.id == review.id or other.state is ReviewState.CANCELLED:
            continue
        day = other.held_on or other.due_on
        if other.held_on or day <= review.due_on:
            anchor = max(anchor, day)
        elif after is None:
            after = day
    return anchor, after


def _must_be_open(store: ReviewsStore, setting_id: str, day: date) -> None:
    if day < clock.today():
        raise RuleBroken("in-past", "A review is arranged for today or later.", field="/due_on")
    if not store.is_open(setting_id)(day):
        raise RuleBroken(
            "closed", "The setting is closed on that day (weekend, bank holiday or its own dates).",
            field="/due_on",
        )  # fmt: skip
