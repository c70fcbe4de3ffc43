"""What the council is asked and decides about one child: the request, its clocks, the EHC plan."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from services.reviews.domain.clocks import (
    ClockException,
    ClockRuns,
    CountsFrom,
    clock,
    running,
)
from services.reviews.domain.errors import RuleBroken


class Origin(StrEnum):
    """Who raised it."""

    RULE = "rule"
    SETTING = "setting"
    PARENT = "parent"
    YOUNG_PERSON = "young_person"


class Asking(StrEnum):
    """How the council comes to look at a child."""

    REQUESTED = "requested"
    """A parent, the young person, a school or a college asks [CFA 2014 s.36(1); CoP 9.8]."""
    BROUGHT_TO_ATTENTION = "brought_to_attention"
    """A nursery that is no maintained nursery school tells the council of a child: the same clock
    runs, and the parents may ask for themselves [CFA 2014 s.36; CoP 9.9]."""


class EhcCeaseReason(StrEnum):
    """Why an EHC plan ends [CFA 2014 s.45; SEND r.29-31]; the reasons of the SEN2 return."""

    NEEDS_MET = "needs_met_without_plan"
    HIGHER_EDUCATION = "higher_education"
    EMPLOYMENT = "paid_employment"
    LEFT_EDUCATION = "no_longer_in_education"
    MAXIMUM_AGE = "maximum_age"
    """At the end of the academic year in which they turn 25 [CFA 2014 s.46]."""
    TRANSFERRED = "transferred"
    """Another council keeps the plan [CFA 2014 s.47]."""
    LEFT_ENGLAND = "left_england"
    DECEASED = "deceased"

    @property
    def waits_for_appeal(self) -> bool:
        """Whether the plan goes on until the time to appeal is over [CFA 2014 s.45(4)]: there is
        an appeal against what the council decides, and none against what has happened."""
        return self in (
            EhcCeaseReason.NEEDS_MET,
            EhcCeaseReason.HIGHER_EDUCATION,
            EhcCeaseReason.EMPLOYMENT,
            EhcCeaseReason.LEFT_EDUCATION,
        )


class AfterPlan(StrEnum):
    """The SEN provision code to which a child returns when an EHC plan ends."""

    SUPPORT = "K"
    NONE = "N"


@dataclass
class Ending:
    """How an EHC plan ends: decided, and then ended once the time to appeal is over."""

    reason: EhcCeaseReason
    returns_to: AfterPlan
    decided_on: date
    ended_on: date | None = None

    @property
    def not_before(self) -> date:
        """The first day on which it can end."""
        if not self.reason.waits_for_appeal:
            return self.decided_on
        return clock("appeal", self.decided_on).ends(self.decided_on)


@dataclass
class Excused:
    """A clock whose date need not be kept, and why."""

    clock: str
    exception: ClockException


@dataclass
class Request:
    """What the council was asked, and by when it answers [CoP 9.39-9.44; SEND r.4-5, 10, 13]."""

    by: Origin
    requested_on: date
    decided_on: date | None = None
    reason: str | None = None
    received_on: date | None = None
    """When the council had it: the clocks count from here. Until that is recorded they count from
    the day it was asked, and say that they are provisional."""
    kind: Asking = Asking.REQUESTED
    refused_on: date | None = None
    issued_on: date | None = None
    excused: list[Excused] = field(default_factory=list)

    @property
    def counted_from(self) -> date:
        """The day from which the council's clocks count."""
        return self.received_on or self.requested_on

    @property
    def provisional(self) -> bool:
        """Whether the council's receipt is still to be recorded."""
        return self.received_on is None

    @property
    def decide_by(self) -> date:
        """The council says whether it will assess."""
        return self._by("decide_to_assess")

    @property
    def issue_by(self) -> date:
        """The council says that it will issue no plan."""
        return self._by("say_no_plan")

    @property
    def final_plan_by(self) -> date:
        """The final plan is there."""
        return self._by("final_plan")

    @property
    def clocks(self) -> list[ClockRuns]:
        """Every clock that runs, or has run, for this request."""
        starts = {
            CountsFrom.RECEIVED: self.counted_from,
            CountsFrom.REFUSED: self.refused_on,
            CountsFrom.ISSUED: self.issued_on,
        }
        provisional = frozenset({CountsFrom.RECEIVED} if self.provisional else ())
        return running(
            {kind: day for kind, day in starts.items() if day},
            {one.clock: one.exception for one in self.excused},
            provisional,
        )

    def receive(self, on: date) -> None:
        """The council had it on that day. Raises RuleBroken."""
        if on < self.requested_on:
            raise RuleBroken(
                "too-early",
                "The council cannot receive it before it was asked.",
                field="/received_on",
            )
        if self.decided_on and on > self.decided_on:
            raise RuleBroken(
                "too-late", "The council had decided by that day.", field="/received_on"
            )
        self.received_on = on

    def excuse(self, name: str, exception: ClockException) -> None:
        """The date of a clock need not be kept. Raises RuleBroken."""
        if exception not in clock(name, self.counted_from).exceptions:
            raise RuleBroken("no-exception", "This date has no such exception.", field="/exception")
        others = [one for one in self.excused if one.clock != name]
        self.excused = [*others, Excused(name, exception)]

    def _by(self, name: str) -> date:
        return clock(name, self.counted_from).ends(self.counted_from)
