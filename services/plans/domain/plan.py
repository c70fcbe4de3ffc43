"""A SEN support plan: draft, agreed, active, then ceased or superseded."""

from collections.abc import Container
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from services.plans.domain import events
from services.plans.domain.content import Content
from services.plans.domain.errors import RuleBroken, wrong_state
from services.plans.domain.values import CeaseReason, StaffRole

_SHARES_MOST, _RESULTS_MOST, _VERSIONS_MOST = 200, 200, 500


class PlanState(StrEnum):
    DRAFT = "draft"
    AGREED = "agreed"
    ACTIVE = "active"
    CEASED = "ceased"
    SUPERSEDED = "superseded"
    DISCARDED = "discarded"
    """Never came into force."""


@dataclass
class Share:
    """A member of staff who needs to see the plan [B]: they can read it and nothing else."""

    person_id: str
    role: StaffRole
    shared_on: date


@dataclass
class VersionRef:
    """Where one version is kept, and who made it, when and why."""

    number: int
    ref: str
    made_by: str
    made_at: datetime
    why: str


@dataclass
class ReviewResult:
    """What a review found, and what was decided after it, kept on the plan [B]."""

    review_id: str
    cycle: int
    held_on: date
    ratings: dict[str, str]
    result: str
    proposed_decision: str
    decision: str | None = None


@dataclass
class Plan:
    """What is done for one child, and how it turned out, version by version."""

    id: str
    child_id: str
    setting_id: str
    template: str
    template_version: int
    written_by: str
    drafted_at: datetime
    content: Content
    assessment_id: str | None = None
    state: PlanState = PlanState.DRAFT
    cycle: int = 1
    version_number: int = 0
    """0 until the plan is in force, then counts its versions."""
    agreed_on: date | None = None
    active_from: date | None = None
    ended_on: date | None = None
    ended_because: CeaseReason | None = None
    superseded_by: str | None = None
    shares: list[Share] = field(default_factory=list)
    versions: list[VersionRef] = field(default_factory=list)
    results: list[ReviewResult] = field(default_factory=list)
    last_check_on: date | None = None
    overdue_told_for: date | None = None
    """The day from which the last CheckOverdue counted: one for each silence."""
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    def edit_draft(self, content: Content) -> None:
        """Write the draft anew; an agreed plan that is edited must be agreed again."""
        self._must_be(PlanState.DRAFT, PlanState.AGREED)
        content.must_hold_together()
        self.content, self.state, self.agreed_on = content, PlanState.DRAFT, None

    def agree(self, on: date) -> None:
        """Agree it with the family; the rules are those of `Content.must_be_ready`."""
        self._must_be(PlanState.DRAFT)
        self.content.must_be_ready()
        self.state, self.agreed_on = PlanState.AGREED, on
        self.raised.append(events.PlanAgreed(self.child_id, self.setting_id, on))

    def discard(self) -> None:
        """Give up a plan that never came into force."""
        self._must_be(PlanState.DRAFT, PlanState.AGREED)
        self.state = PlanState.DISCARDED

    def activate(self, active_from: date, today: date) -> None:
        """Put it into action [B]."""
        self._must_be(PlanState.AGREED)
        if active_from > today:
            raise RuleBroken("in-future", "A plan is put in force on the day or afterwards.",
                             field="/active_from")  # fmt: skip
        self.state, self.active_from, self.version_number = PlanState.ACTIVE, active_from, 1
        self._tell(events.PlanActivated)

    def amend(self, content: Content) -> None:
        """Change a plan in force: a new version; the earlier ones stay readable for ever."""
        self._must_be(PlanState.ACTIVE)
        content.must_be_ready()
        if self.version_number >= _VERSIONS_MOST:
            raise RuleBroken("too-many", "This plan has too many versions: make a new one.")
        self.content = content
        self.version_number += 1
        self._tell(events.PlanAmended)

    def name_version(self, version: VersionRef) -> None:
        """Name where the current version is kept."""
        self.versions = [*self.versions, version]

    def cease(self, reason: CeaseReason, on: date) -> None:
        """End the plan."""
        self._must_be(PlanState.ACTIVE)
        assert self.active_from is not None
        if on < self.active_from:
            raise RuleBroken("too-early", "It cannot end before it began.", field="/ended_on")
        self.state, self.ended_on, self.ended_because = PlanState.CEASED, on, reason
        self._tell(events.PlanCeased, reason=reason)

    def supersede(self, by_plan_id: str, on: date) -> None:
        """A newer plan of the same child has taken its place."""
        if self.state is PlanState.ACTIVE and self.id != by_plan_id:
            self.state, self.superseded_by = PlanState.SUPERSEDED, by_plan_id
            self.ended_on = max(on, self.active_from or on)
            self._tell(events.PlanSuperseded)

    def share(self, share: Share, staff: Container[str]) -> None:
        """Share it with a member of staff who needs to see it [B]; again changes nothing.

        Who is not among the setting's `staff` any more reads nothing, and makes room.
        """
        if self.state in (PlanState.DISCARDED, PlanState.CEASED, PlanState.SUPERSEDED):
            raise wrong_state("plan", self.state, "draft, agreed or active")
        if any(known.person_id == share.person_id for known in self.shares):
            return
        if len(self.shares) >= _SHARES_MOST:
            self.shares = [known for known in self.shares if known.person_id in staff]
        if len(self.shares) >= _SHARES_MOST:
            raise RuleBroken("too-many", f"A plan is shared with {_SHARES_MOST} people at most.")
        self.shares = [*self.shares, share]
        self.raised.append(events.PlanShared(self.child_id, self.setting_id, share.person_id))

    def must_take_checks(self) -> None:
        """Only a plan in force is checked."""
        self._must_be(PlanState.ACTIVE)

    def note_check(self, on: date) -> None:
        """Remember the latest check."""
        if self.last_check_on is None or on > self.last_check_on:
            self.last_check_on = on

    def raise_overdue_check(self, silent_since: date) -> bool:
        """Say, once for each silence, that nobody has checked. Answers whether it was said."""
        if self.state is not PlanState.ACTIVE or self.overdue_told_for == silent_since:
            return False
        self.overdue_told_for = silent_since
        self.raised.append(
            events.CheckOverdue(self.child_id, self.setting_id, self.last_check_on, silent_since)
        )
        return True

    def keep_result(self, result: ReviewResult) -> None:
        """Record a review in the plan [B]; its decision may have come before it."""
        known = self._result(result.review_id)
        if known is not None:
            result.decision = known.decision
        others = [r for r in self.results if r.review_id != result.review_id]
        self.results = sorted([*others, result], key=lambda r: (r.cycle, r.held_on))[
            -_RESULTS_MOST:
        ]

    def follow_decision(
        self, review_id: str, decision: str, cycle: int, on: date, reason: CeaseReason | None = None
    ) -> None:
        """Do what was decided after a review: end, or go round again in a new cycle [B].

        `reason` is why it ends; where the decision does not say (those of before do not), what the
        review found says it.
        Raises RuleBroken when the review's result is not kept yet.
        """
        result = self._result(review_id)
        if result is None:
            raise RuleBroken("no-result", "The review's result is not kept yet.", conflict=True)
        result.decision = decision
        if self.state is not PlanState.ACTIVE:
            return
        if decision == "cease":
            met = result.result == "met"
            found = CeaseReason.OUTCOMES_MET if met else CeaseReason.NO_LONGER_NEEDED
            self.cease(reason or found, max(on, self.active_from or on))
        else:
            self.cycle = max(self.cycle, cycle + 1)

    def readers(self) -> frozenset[str]:
        """The staff who may read it besides the SENCO."""
        named = [self.written_by, *(share.person_id for share in self.shares)]
        return frozenset([*named, *filter(None, [self.content.responsible_id])])

    def has_result(self, review_id: str) -> bool:
        """Whether that review's result is kept here."""
        return self._result(review_id) is not None

    def _result(self, review_id: str) -> ReviewResult | None:
        return next((r for r in self.results if r.review_id == review_id), None)

    def _must_be(self, *states: PlanState) -> None:
        if self.state not in states:
            raise wrong_state("plan", self.state, " or ".join(states))

    def _tell(self, event: type[events.PlanState], **more: str) -> None:
        assert self.active_from is not None
        self.raised.append(
            event(
                child_id=self.child_id,
                setting_id=self.setting_id,
                status=self.state,
                cycle=self.cycle,
                version_number=self.version_number,
                active_from=self.active_from,
                ended_on=self.ended_on,
                outcomes=[
                    events.OutcomeRef(o.id, o.due_on, [g.id for g in o.goals])
                    for o in self.content.outcomes
                    if o.due_on is not None
                ],
                provisions=[
                    events.ProvisionRef(p.id, p.outcome_ids, p.starts_on, p.ends_on)
                    for p in self.content.provisions
                ],
                **more,
            )
        )
