"""When a setting is open, and the numbers it has chosen."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services.reviews.domain.errors import Faults

IsOpen = Callable[[date], bool]


@dataclass
class Term:
    name: str
    starts_on: date
    ends_on: date


@dataclass
class Closure:
    """Days within a term on which the setting is closed: half term, training."""

    starts_on: date
    ends_on: date


@dataclass
class Policy:
    """The numbers that are a setting's own to choose [ours]."""

    no_progress_cycles: int = 2
    """After how many consecutive insufficient cycles more support is suggested
    [CoP 6.58-6.59: consider specialists]."""
    insufficient_outcomes: int = 1
    """From how many outcomes without enough progress a cycle is insufficient."""
    discussion_school_days: int = 15


@dataclass
class Calendar:
    """One setting's term dates, closures and numbers. A nursery open all year gives no terms."""

    id: str
    setting_id: str
    terms: list[Term] = field(default_factory=list)
    closures: list[Closure] = field(default_factory=list)
    policy: Policy = field(default_factory=Policy)
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    def set(self, terms: list[Term], closures: list[Closure], policy: Policy) -> None:
        """Set it anew. Raises RuleBroken with every date that does not make sense."""
        faults = Faults()
        terms = sorted(terms, key=lambda term: term.starts_on)
        for number, term in enumerate(terms):
            if term.ends_on < term.starts_on:
                faults.add(
                    "ends-before-start",
                    "A term ends after it starts.",
                    field=f"/terms/{number}/ends_on",
                )
            if number and term.starts_on <= terms[number - 1].ends_on:
                faults.add(
                    "terms-overlap", "Terms do not overlap.", field=f"/terms/{number}/starts_on"
                )
        for number, closure in enumerate(closures):
            if closure.ends_on < closure.starts_on:
                faults.add(
                    "ends-before-start",
                    "A closure ends after it starts.",
                    field=f"/closures/{number}/ends_on",
                )
        faults.refuse()
        self.terms, self.closures, self.policy = terms, closures, policy

    def is_open(self, day: date) -> bool:
        """Whether the setting's own dates leave it open (weekends and bank holidays apart).

        Before its first and after its last given term nothing is known, so nothing is closed.
        """
        if any(c.starts_on <= day <= c.ends_on for c in self.closures):
            return False
        if not self.terms or not self.terms[0].starts_on <= day <= self.terms[-1].ends_on:
            return True
        return any(term.starts_on <= day <= term.ends_on for term in self.terms)
