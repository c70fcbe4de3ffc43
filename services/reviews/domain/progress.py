"""A child's results cycle by cycle, and the crossing at which more support is suggested."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services.reviews.domain import events
from services.reviews.domain.values import Result

_RESULTS_MOST = 300


@dataclass
class CycleResult:
    review_id: str
    plan_id: str
    cycle: int
    held_on: date
    result: Result

    @property
    def key(self) -> str:
        """Names the cycle among all of the child's plans."""
        return f"{self.plan_id}:{self.cycle}"


@dataclass
class Progress:
    """Results in whatever order they come; they are read in the order of their days."""

    id: str
    setting_id: str
    results: list[CycleResult] = field(default_factory=list)
    suggested_in: list[str] = field(default_factory=list)
    """The cycles of runs for which more support was suggested: once for each crossing."""
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    @property
    def child_id(self) -> str:
        return self.id

    def run(self) -> list[CycleResult]:
        """The latest consecutive insufficient cycles; an unclear one counts for nothing, and of
        several reviews in one cycle the latest speaks for it."""
        by_cycle: dict[str, CycleResult] = {}
        for result in self.results:
            if result.result is not Result.UNCLEAR:
                by_cycle[result.key] = result
        run: list[CycleResult] = []
        for result in reversed(by_cycle.values()):
            if result.result is not Result.INSUFFICIENT:
                break
            run.insert(0, result)
        return run

    def record(self, result: CycleResult, crossing: int, escalation_id: str) -> None:
        """Record a cycle; suggest more support when the run of insufficient ones reaches
        `crossing` (a setting's number) and was not spoken of before [CoP 6.58-6.59]."""
        others = [known for known in self.results if known.review_id != result.review_id]
        self.results = sorted([*others, result], key=lambda r: (r.held_on, r.cycle))
        self.results = self.results[-_RESULTS_MOST:]
        run = self.run()
        spoken_of = any(known.key in self.suggested_in for known in run)
        if len(run) < crossing or spoken_of:
            return
        self.suggested_in = [*self.suggested_in, *(known.key for known in run)]
        self.raised.append(
            events.EscalationSuggested(
                self.id, self.setting_id, run[-1].plan_id, escalation_id, len(run)
            )
        )
