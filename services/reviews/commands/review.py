"""Review: contribute, hold, complete, decide, discuss."""

from datetime import date
from functools import partial
from typing import Any

from services.reviews.commands.dates import happened_on, must_not_be_ahead
from services.reviews.domain.errors import together
from services.reviews.domain.review import (
    Contribution,
    Discussion,
    Findings,
    OutcomeRating,
    Participant,
    ProvisionRating,
    Review,
    Taken,
)
from services.reviews.domain.values import CeaseReason, Decision
from services.reviews.store import ReviewsStore
from shared import clock, ids


def contribute(
    store: ReviewsStore, review_id: str, author_id: str, details: dict[str, Any]
) -> Review:
    """Keep what somebody says for a review."""
    details["occurred_on"] = happened_on(details["occurred_on"], "/occurred_on")
    contribution = Contribution(
        id=ids.new_id(), author_id=author_id, recorded_at=clock.now(), **details
    )
    return store.reviews.change(review_id, lambda review: review.contribute(contribution))


def hold_review(
    store: ReviewsStore,
    review: Review,
    held_on: date | None,
    participants: list[dict[str, Any]],
    expected: int,
) -> Review:
    """Record that a review has taken place."""
    day = happened_on(held_on, "/held_on")
    people = [Participant(**person) for person in participants]
    plan = store.plan_known(review.plan_id)
    return store.reviews.change(review.id, lambda r: r.hold(day, people, plan), expected=expected)


def complete_review(
    store: ReviewsStore, review: Review, details: dict[str, Any], expected: int
) -> Review:
    """Rate each outcome and provision; the decision is proposed."""
    findings = Findings(
        ratings=[OutcomeRating(**rated) for rated in details["ratings"]],
        provisions=[ProvisionRating(**seen) for seen in details["provisions"]],
        help_given=details["help_given"],
        support_still_needed=details["support_still_needed"],
    )
    plan = store.plan_known(review.plan_id)
    # The decision after an earlier review may not have come round as an event yet.
    plan.cycle = max(plan.cycle, store.decided_cycle(review.plan_id) + 1)
    number = store.calendar(review.setting_id).policy.insufficient_outcomes
    return store.reviews.change(
        review.id, lambda r: r.complete(findings, plan, number), expected=expected
    )


def decide_review(
    store: ReviewsStore,
    review_id: str,
    *,
    decision: Decision,
    reason: str | None,
    decided_on: date | None,
    cease_reason: CeaseReason | None,
    by: str,
    expected: int,
) -> Review:
    """Take the decision, as proposed or otherwise with a reason."""
    taken = Taken(decision, reason, decided_on or clock.today(), by, cease_reason)
    ahead = partial(must_not_be_ahead, taken.decided_on, "/decided_on")
    return store.reviews.change(
        review_id, lambda review: together(ahead, partial(review.decide, taken)), expected=expected
    )


def record_discussion(
    store: ReviewsStore, review_id: str, details: dict[str, Any], expected: int
) -> Review:
    """Record the talk with the family about a review."""
    day = happened_on(details.pop("discussed_on"), "/discussed_on")
    discussion = Discussion(discussed_on=day, recorded_at=clock.now(), **details)
    return store.reviews.change(
        review_id, lambda review: review.record_discussion(discussion), expected=expected
    )
