"""A review of a plan: scheduled, due, held, completed; then decided and discussed."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from services.reviews.domain import events
from services.reviews.domain.errors import Faults, RuleBroken, wrong_state
from services.reviews.domain.judgement import ProvisionSeen, judge, propose
from services.reviews.domain.values import (
    CeaseReason,
    Decision,
    Delivered,
    DiscussionHow,
    Rating,
    Result,
    TookPart,
)

_CONTRIBUTIONS_MOST = 100


class ReviewState(StrEnum):
    SCHEDULED = "scheduled"
    DUE = "due"
    OVERDUE = "overdue"
    HELD = "held"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


OPEN = (ReviewState.SCHEDULED, ReviewState.DUE, ReviewState.OVERDUE)
"""Still to be held."""


@dataclass
class Participant:
    role: TookPart
    name: str


@dataclass
class Contribution:
    """What somebody says for the review, before or at it."""

    id: str
    role: TookPart
    author_id: str
    occurred_on: date
    recorded_at: datetime
    text: str


@dataclass
class OutcomeRating:
    outcome_id: str
    rating: Rating
    evidence: str


@dataclass
class ProvisionRating:
    """`effectiveness` from -2 to +2, apart from whether it was delivered at all."""

    provision_id: str
    delivered: Delivered
    effectiveness: int | None
    comment: str | None


@dataclass
class Findings:
    """What the review found: each outcome, each provision, and what the setting's help was [B]."""

    ratings: list[OutcomeRating]
    provisions: list[ProvisionRating]
    help_given: str
    support_still_needed: bool


@dataclass
class Taken:
    """The decision that a person took."""

    decision: Decision
    reason: str | None
    decided_on: date
    by: str
    cease_reason: CeaseReason | None = None
    """Why the plan ends, where that is the decision."""

    def why_it_ends(self, result: Result | None) -> CeaseReason | None:
        """The reason as said, or as the review's result gives it where none is said."""
        if self.decision is not Decision.CEASE or self.cease_reason:
            return self.cease_reason
        met = result is Result.MET
        return CeaseReason.OUTCOMES_MET if met else CeaseReason.NO_LONGER_NEEDED


@dataclass
class Discussion:
    """The talk with the parents or young person once the review has taken place [B]."""

    how: DiscussionHow
    discussed_on: date
    recorded_at: datetime
    notes: str | None


@dataclass
class PlanKnown:
    """What is known here of the plan under review."""

    cycle: int
    active_from: date
    outcome_ids: list[str]
    provisions: dict[str, list[str]]
    """Provision id -> ids of the outcomes it serves."""


@dataclass
class Review:
    """One review of one plan."""

    id: str
    plan_id: str
    child_id: str
    setting_id: str
    due_on: date
    state: ReviewState = ReviewState.SCHEDULED
    cycle: int | None = None
    held_on: date | None = None
    participants: list[Participant] = field(default_factory=list)
    contributions: list[Contribution] = field(default_factory=list)
    findings: Findings | None = None
    result: Result | None = None
    proposed_decision: Decision | None = None
    decision: Taken | None = None
    discussion: Discussion | None = None
    discussion_overdue_told: bool = False
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    @classmethod
    def schedule(cls, **details: Any) -> "Review":
        """Give a review its date."""
        review = cls(**details)
        review._tell(events.ReviewScheduled, due_on=review.due_on)
        return review

    def move(self, due_on: date) -> None:
        """Give it another date; whether that keeps the rule is decided before."""
        self._must_be(*OPEN)
        if due_on == self.due_on:
            return
        previous, self.due_on, self.state = self.due_on, due_on, ReviewState.SCHEDULED
        self._tell(events.ReviewMoved, due_on=due_on, previous_due_on=previous)

    def cancel(self, reason: str) -> None:
        """It will not be held (its plan has ended); a held one stays."""
        if self.state in OPEN:
            self.state = ReviewState.CANCELLED
            self._tell(events.ReviewCancelled, due_on=self.due_on, reason=reason)

    def fall_due(self, today: date) -> None:
        """Its date has come, or has passed: said once each, whoever looks."""
        if self.state is ReviewState.SCHEDULED and self.due_on <= today:
            self.state = ReviewState.DUE
            self._tell(events.ReviewDue, due_on=self.due_on)
        if self.state is ReviewState.DUE and self.due_on < today:
            self.state = ReviewState.OVERDUE
            self._tell(events.ReviewOverdue, due_on=self.due_on)

    def contribute(self, contribution: Contribution) -> None:
        """Keep what somebody says for the review."""
        self._must_be(*OPEN, ReviewState.HELD)
        if len(self.contributions) >= _CONTRIBUTIONS_MOST:
            raise RuleBroken("too-many", f"At most {_CONTRIBUTIONS_MOST} contributions are kept.")
        self.contributions = [*self.contributions, contribution]

    def hold(self, held_on: date, participants: list[Participant], plan: PlanKnown) -> None:
        """It has taken place, on its date or on another."""
        self._must_be(*OPEN)
        if held_on < plan.active_from:
            raise RuleBroken("too-early", "The plan was not in force on that day.",
                             field="/held_on")  # fmt: skip
        self.state, self.held_on, self.participants = ReviewState.HELD, held_on, participants
        self._tell(events.ReviewHeld, held_on=held_on)

    def complete(self, findings: Findings, plan: PlanKnown, insufficient_from: int) -> None:
        """Rate every outcome and provision of the plan; a decision is proposed.

        Raises RuleBroken with everything that is not rated once.
        """
        self._must_be(ReviewState.HELD)
        assert self.held_on is not None
        faults = Faults()
        rated = [r.outcome_id for r in findings.ratings]
        _each_once(rated, plan.outcome_ids, "outcome", "ratings", faults)
        seen = [r.provision_id for r in findings.provisions]
        _each_once(seen, list(plan.provisions), "provision", "provisions", faults)
        faults.refuse()
        self.result = judge(
            {r.outcome_id: r.rating for r in findings.ratings},
            [
                ProvisionSeen(frozenset(plan.provisions[r.provision_id]), r.delivered)
                for r in findings.provisions
            ],
            insufficient_from,
        )
        self.proposed_decision = propose(
            self.result, support_still_needed=findings.support_still_needed
        )
        self.findings, self.cycle, self.state = findings, plan.cycle, ReviewState.COMPLETED
        self._tell(
            events.ReviewCompleted,
            held_on=self.held_on,
            cycle=plan.cycle,
            ratings=[events.Rated(r.outcome_id, r.rating) for r in findings.ratings],
            result=self.result,
            proposed_decision=self.proposed_decision,
        )

    def decide(self, taken: Taken) -> None:
        """A person decides, and may decide otherwise than proposed, with a reason."""
        self._must_be(ReviewState.COMPLETED)
        assert self.held_on is not None and self.proposed_decision is not None
        assert self.cycle is not None
        if self.decision is not None:
            raise RuleBroken("decided", "This review's decision is taken.", conflict=True)
        faults = Faults()
        if taken.decision is not self.proposed_decision and not taken.reason:
            faults.add("no-reason", "Say why you decide otherwise than proposed.", field="/reason")
        if taken.decided_on < self.held_on:
            faults.add("too-early", "It cannot be decided before it was held.", field="/decided_on")
        if taken.cease_reason and taken.decision is not Decision.CEASE:
            faults.add(
                "not-ending", "Only a plan that ends has a reason to end.", field="/cease_reason"
            )
        if taken.cease_reason is CeaseReason.OUTCOMES_MET and self.result is not Result.MET:
            faults.add(
                "not-met",
                "Not every outcome was rated as met. Choose another reason.",
                field="/cease_reason",
            )
        faults.refuse()
        taken.cease_reason = taken.why_it_ends(self.result)
        self.decision = taken
        self._tell(
            events.ReviewDecided,
            decision=taken.decision,
            proposed_decision=self.proposed_decision,
            decided_on=taken.decided_on,
            cycle=self.cycle,
            cease_reason=taken.cease_reason,
        )

    def record_discussion(self, discussion: Discussion) -> None:
        """The family has discussed the review once it had taken place [B]."""
        self._must_be(ReviewState.COMPLETED)
        assert self.held_on is not None
        if discussion.discussed_on < self.held_on:
            raise RuleBroken("too-early", "It is discussed once it has taken place.",
                             field="/discussed_on")  # fmt: skip
        if self.discussion is not None:
            raise RuleBroken("discussed", "Its discussion is recorded.", conflict=True)
        self.discussion = discussion
        self._tell(events.ReviewDiscussed, discussed_on=discussion.discussed_on)

    def raise_overdue_discussion(self) -> bool:
        """Say once that it was not discussed in time. Answers whether it was said."""
        if self.state is not ReviewState.COMPLETED or self.discussion is not None:
            return False
        if self.discussion_overdue_told:
            return False
        self.discussion_overdue_told = True
        self._tell(events.DiscussionOverdue, held_on=self.held_on)
        return True

    def _must_be(self, *states: ReviewState) -> None:
        if self.state not in states:
            raise wrong_state("review", self.state, " or ".join(states))

    def _tell(self, event: type, **details: Any) -> None:
        self.raised.append(
            event(
                child_id=self.child_id, setting_id=self.setting_id, plan_id=self.plan_id, **details
            )
        )


def _each_once(
    given: list[str], wanted: list[str], what: str, field_name: str, faults: Faults
) -> None:
    if sorted(given) != sorted(wanted):
        faults.add(
            f"{what}s-not-rated",
            f"Rate each {what} of the plan's current version once: {', '.join(sorted(wanted))}.",
            field=f"/{field_name}",
        )
