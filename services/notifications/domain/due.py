"""What waits for a SENCO: due and overdue, counted, never named."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

REVIEWS_WITHIN = timedelta(days=14)


class Due(StrEnum):
    """Kinds of what waits, in the order in which they are told."""

    REVIEW_OVERDUE = "review_overdue"
    DISCUSSION_OVERDUE = "discussion_overdue"
    CHECK_OVERDUE = "check_overdue"
    SUGGESTION = "suggestion"
    REFERRAL_OVERDUE = "referral_overdue"
    CONTACT_FAILING = "contact_failing"
    REVIEW_COMING = "review_coming"


_WORDS = {
    Due.REVIEW_OVERDUE: ("review is past its day", "reviews are past their day"),
    Due.DISCUSSION_OVERDUE: (
        "review has not been talked about with the family",
        "reviews have not been talked about with the family",
    ),
    Due.CHECK_OVERDUE: ("plan has had no check for long", "plans have had no check for long"),
    Due.SUGGESTION: (
        "suggestion to talk about more support waits for you",
        "suggestions to talk about more support wait for you",
    ),
    Due.REFERRAL_OVERDUE: (
        "referral has no answer in time from its service",
        "referrals have no answer in time from their services",
    ),
    Due.CONTACT_FAILING: (
        "person cannot be reached as recorded", "people cannot be reached as recorded",
    ),
    Due.REVIEW_COMING: ("review comes in the next two weeks", "reviews come in the next two weeks"),
}  # fmt: skip


def in_lines(counts: Mapping[Due, int]) -> list[str]:
    """A line for each kind of which there is any: `2 reviews are past their day`."""
    return [f"{counts[kind]} {_WORDS[kind][counts[kind] > 1]}" for kind in Due if counts.get(kind)]


def kind_of_review(due_on: date, today: date) -> Due | None:
    """How a review that is still to be held stands, if it waits for anybody yet."""
    if due_on < today:
        return Due.REVIEW_OVERDUE
    return Due.REVIEW_COMING if due_on <= today + REVIEWS_WITHIN else None
