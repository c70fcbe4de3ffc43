"""Assess: the first stage. Information from parents, child and staff, then the needs found."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from services.plans.domain import events
from services.plans.domain.errors import Faults, RuleBroken, wrong_state
from services.plans.domain.needs import check_found
from services.plans.domain.values import Area, PrimaryNeed, SenStatus, Source

_CONTRIBUTIONS_MOST = 200


class AssessmentState(StrEnum):
    GATHERING = "gathering"
    COMPLETED = "completed"


@dataclass
class Contribution:
    """What one person says. `occurred_on` is when they said it, `recorded_at` when it was kept."""

    id: str
    source: Source
    author_role: str
    author_id: str
    occurred_on: date
    recorded_at: datetime
    text: str
    areas: list[Area]


@dataclass
class Absence:
    """Why one of the three kinds of people has not contributed."""

    source: Source
    reason: str
    recorded_at: datetime


@dataclass
class Needs:
    """What the assessment found."""

    sen_support: bool
    areas: list[Area]
    primary_need: PrimaryNeed | None
    presenting_needs: list[str]
    summary: str
    completed_on: date


@dataclass
class Assessment:
    """Starts because the child is not making the expected progress [B]."""

    id: str
    child_id: str
    setting_id: str
    concern: str
    started_on: date
    recorded_at: datetime
    state: AssessmentState = AssessmentState.GATHERING
    contributions: list[Contribution] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)
    needs: Needs | None = None
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    @classmethod
    def start(cls, **details: Any) -> "Assessment":
        """Begin the first stage."""
        assessment = cls(**details)
        assessment.raised.append(
            events.AssessmentStarted(
                assessment.child_id, assessment.setting_id, assessment.started_on
            )
        )
        return assessment

    @property
    def reaches_back_to(self) -> date:
        """The first day of which anything is recorded in it."""
        return min([self.started_on, *(one.occurred_on for one in self.contributions)])

    def add_contribution(self, contribution: Contribution) -> None:
        """Keep what somebody says."""
        self._must_gather()
        if len(self.contributions) >= _CONTRIBUTIONS_MOST:
            raise RuleBroken("too-many", f"At most {_CONTRIBUTIONS_MOST} contributions are kept.")
        self.contributions = [*self.contributions, contribution]

    def record_absence(self, absence: Absence) -> None:
        """Record why a kind of people has not contributed."""
        self._must_gather()
        others = [known for known in self.absences if known.source is not absence.source]
        self.absences = [*others, absence]

    def missing(self) -> list[Source]:
        """Which of the three kinds have neither contributed nor a recorded reason [ours]."""
        heard = {c.source for c in self.contributions} | {a.source for a in self.absences}
        return [source for source in Source if source not in heard]

    def complete(self, needs: Needs, status: SenStatus = SenStatus.NONE) -> None:
        """Complete the assessment with the needs found, or with none that call for support.

        `status` is the child's at the moment: not every need goes with each.
        Raises RuleBroken with everything that is missing.
        """
        self._must_gather()
        faults = Faults()
        if missing := self.missing():
            faults.add(
                "not-everybody-heard",
                "Neither a contribution nor a reason for its absence is recorded from: "
                f"{', '.join(missing)}.",
                conflict=True,
            )
        if needs.sen_support and not needs.areas:
            faults.add("no-area", "SEN support needs at least one area of need.", field="/areas")
        check_found(faults, status, sen_support=needs.sen_support, need=needs.primary_need)
        if needs.completed_on < self.started_on:
            faults.add(
                "too-early",
                "It cannot be complete before it was started.",
                field="/completed_on",
            )
        faults.refuse()
        self.needs, self.state = needs, AssessmentState.COMPLETED
        self.raised.append(
            events.AssessmentCompleted(
                self.child_id,
                self.setting_id,
                "needed" if needs.sen_support else "not_needed",
                [area.value for area in needs.areas],
                needs.primary_need.value if needs.primary_need else None,
                needs.completed_on,
            )
        )

    def _must_gather(self) -> None:
        if self.state is not AssessmentState.GATHERING:
            raise wrong_state("assessment", self.state, AssessmentState.GATHERING)
