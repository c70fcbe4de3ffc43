"""What a SEN support plan says: outcomes with goals, provisions, views, and who was involved."""

from dataclasses import dataclass, field
from datetime import date

from services.plans.domain.errors import Faults
from services.plans.domain.values import Area


@dataclass
class Goal:
    """A step towards an outcome [B]: how it is measured, from where, to where, by when."""

    id: str
    text: str
    measure: str | None
    baseline: str | None
    target: str | None
    due_on: date | None


@dataclass
class Outcome:
    """What the child or young person wants to achieve [B]."""

    id: str
    area: Area
    text: str
    measure: str | None
    """How everybody will know that it is met."""
    due_on: date | None
    goals: list[Goal] = field(default_factory=list)


@dataclass
class Provision:
    """What the setting does to help: minutes are those of one session."""

    id: str
    outcome_ids: list[str]
    what: str
    who: str
    times_per_week: int
    minutes: int
    group_size: int
    starts_on: date
    ends_on: date | None
    cost_pence: int | None = None


@dataclass
class Involvement:
    """How the parents, or the young person, took part in making the plan."""

    who: str
    how: str
    on: date


@dataclass
class Content:
    """The whole of what the plan says."""

    outcomes: list[Outcome] = field(default_factory=list)
    provisions: list[Provision] = field(default_factory=list)
    strategies: list[str] = field(default_factory=list)
    child_views: str | None = None
    parent_views: str | None = None
    responsible_id: str | None = None
    """The member of staff who sees that it is done."""
    involvement: Involvement | None = None

    def must_hold_together(self) -> None:
        """Ids are unique and point at what is there. Raises RuleBroken with all that is wrong."""
        faults = Faults()
        ids = [o.id for o in self.outcomes] + [p.id for p in self.provisions]
        ids += [g.id for o in self.outcomes for g in o.goals]
        if len(set(ids)) != len(ids):
            faults.add("same-id", "Two parts of the plan have the same id.", field="/outcomes")
        known = {outcome.id for outcome in self.outcomes}
        for number, provision in enumerate(self.provisions):
            if not set(provision.outcome_ids) <= known:
                faults.add(
                    "unknown-outcome",
                    "Serves an outcome that is not in the plan.",
                    field=f"/provisions/{number}/outcome_ids",
                )
            if provision.ends_on and provision.ends_on < provision.starts_on:
                faults.add(
                    "ends-before-start",
                    "Ends before it starts.",
                    field=f"/provisions/{number}/ends_on",
                )
        faults.refuse()

    def must_be_ready(self) -> None:
        """What agreeing a plan asks of it [ours, after CoP 6.51-6.53].

        Raises RuleBroken with every gap, so that they can be filled in one go.
        """
        faults = Faults()
        with faults.gathered():
            self.must_hold_together()
        if not self.outcomes:
            faults.add("no-outcome", "A plan has at least one outcome.", field="/outcomes")
        if not self.provisions:
            faults.add("no-provision", "A plan has at least one provision.", field="/provisions")
        served = {outcome_id for p in self.provisions for outcome_id in p.outcome_ids}
        for number, outcome in enumerate(self.outcomes):
            at = f"/outcomes/{number}"
            if not outcome.measure:
                faults.add(
                    "not-measurable",
                    "Say how everybody will know that it is met.",
                    field=f"{at}/measure",
                )
            if outcome.due_on is None:
                faults.add("not-dated", "Say by when.", field=f"{at}/due_on")
            if not outcome.goals:
                faults.add("no-goal", "An outcome has at least one goal.", field=f"{at}/goals")
            if outcome.id not in served:
                faults.add("not-served", "No provision serves this outcome.", field=at)
        if self.involvement is None:
            faults.add(
                "no-involvement",
                "Record how the parents or the young person took part.",
                field="/involvement",
            )
        faults.refuse()
