"""A child or young person, their parents, and who receives what is sent about them."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services.plans.domain import events, rights, rights_told
from services.plans.domain.errors import RuleBroken
from services.plans.domain.needs import need_with
from services.plans.domain.sharing import (
    Applied,
    Basis,
    Capacity,
    Choice,
    Decider,
    Sharing,
    Told,
)
from services.plans.domain.values import Area, PrimaryNeed, SenStatus

_NAMES = ("first_name", "last_name", "called")
_PARENTS_MOST, _FORMER_MOST = 20, 200
"""Parents at a time; and how many links that have ended stay here, the newest (all of them stay in
the audit trail)."""
_APPLIED_MOST = 50


@dataclass
class Parent:
    """A parent or carer, with or without parental responsibility. Contact details live in the
    notifications service alone, under the same `person_id`."""

    person_id: str
    relationship: str
    parental_responsibility: bool
    entitled: bool
    """Gets the written copy and the messages."""
    linked_on: date
    ended_on: date | None = None
    ended_because: str | None = None

    def __post_init__(self) -> None:
        # Releases before took a line end behind an id, and linked a parent twice by it.
        self.person_id = self.person_id.strip()


@dataclass
class Child:
    """A child or young person. `recipients`, `told` and `deciders` are who is told (anything; for
    each purpose) and who decides, as the events last said it."""

    id: str
    setting_id: str
    first_name: str
    last_name: str
    date_of_birth: date
    upn: str | None = None
    lacks_capacity: bool = False
    """For every decision that `capacity` does not name: then their parents go on acting for them
    [CoP Annex 1]."""
    shares_with_parents: bool = False
    """A young person wants their parents to be told everything too."""
    sen_status: SenStatus = SenStatus.NONE
    status_since: date | None = None
    primary_need: PrimaryNeed | None = None
    areas: list[Area] = field(default_factory=list)
    parents: list[Parent] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    deciders: list[Decider] = field(default_factory=list)
    choice: Choice | None = None
    """What the young person wants their parents to get, once they have said so."""
    capacity: list[Capacity] = field(default_factory=list)
    """What is recorded of their capacity, one for each decision."""
    applied: list[Applied] = field(default_factory=list)
    """What parents got since when, the newest last."""
    spoken: list[str] = field(default_factory=list)
    """Of which steps of which day the calendar has spoken: `2027-06-25:one_month`."""
    passes_on: date | None = None
    """The day that families were told of, while it is still to come."""
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Releases before took a line end behind an id: it is the same person.
        lists = [
            self.recipients,
            *(t.people for t in self.told),
            *(d.people for d in self.deciders),
        ]
        for people in lists:
            people[:] = dict.fromkeys(one.strip() for one in people)
        # Releases before kept the needs of a child who needs no support any more, and NSA with E.
        self._keep_needs_that_fit()

    @property
    def child_id(self) -> str:
        return self.id

    @property
    def called(self) -> str:
        """The name to speak of them by: their first, or the only one they have."""
        return self.first_name or self.last_name

    @property
    def full_name(self) -> str:
        return " ".join(filter(None, (self.first_name, self.last_name)))

    @classmethod
    def register(cls, *, on: date, **details: Any) -> "Child":
        """A child new to this system."""
        child = cls(**details)
        child._work_out(on)
        child.raised.append(
            events.ChildRegistered(child.id, child.setting_id, **child._who_is_told())
        )
        return child

    @property
    def need_missing(self) -> bool:
        """Whether a primary need is still to be recorded: an EHC plan was issued while none but
        NSA was known."""
        return self.sen_status is not SenStatus.NONE and self.primary_need is None

    def recipients_on(self, day: date) -> list[str]:
        """Who is told anything: the entitled parents, and once over compulsory school age the
        young person, with the parents as far as `rights` says."""
        return rights.recipients_on(self, day)

    def told_for(self, purpose: str) -> list[str]:
        """Who is told for a purpose, as the events last said it."""
        rows = [row.people for row in self.told if row.purpose == purpose]
        return list(rows[0] if rows else self.recipients)

    def must_be_born_by(self, day: date, field: str) -> None:
        """Nothing is done for somebody who is not born yet. Raises RuleBroken."""
        if day < self.date_of_birth:
            raise RuleBroken(
                "before-birth", "This date is before the date of birth. Check the year", field=field
            )

    def correct(self, day: date, **details: Any) -> None:
        """Correct what is recorded; who is told may change with it, and others keep the name."""
        before = {name: getattr(self, name) for name in _NAMES}
        for name, value in details.items():
            setattr(self, name, value)
        rights_told.follow_correction(self)
        names = [name for name in _NAMES if getattr(self, name) != before[name]]
        if names:
            self.raised.append(events.ChildNameChanged(self.id, self.setting_id, names, day))
        self.refresh_recipients(day)

    def link_parent(self, parent: Parent, day: date) -> None:
        """Link a parent or carer."""
        if any(p.person_id == parent.person_id and p.ended_on is None for p in self.parents):
            raise RuleBroken("already-linked", "This parent is linked already.", conflict=True)
        former = [known for known in self.parents if known.ended_on is not None]
        if len(self.parents) - len(former) >= _PARENTS_MOST:
            raise RuleBroken("too-many", f"At most {_PARENTS_MOST} parents can be recorded.")
        forgotten = former[:-_FORMER_MOST]
        kept = [known for known in self.parents if all(known is not one for one in forgotten)]
        self.parents = [*kept, parent]
        self._work_out(day)
        self.raised.append(
            events.ParentLinked(self.id, self.setting_id, parent.person_id, **self._who_is_told())
        )

    def unlink_parent(self, person_id: str, because: str, day: date) -> None:
        """End a parent's entitlement: from now on nothing is sent to them or opened for them."""
        theirs = [p for p in self.parents if p.person_id == person_id and p.ended_on is None]
        if not theirs:
            raise RuleBroken("not-linked", "This parent is not linked.", conflict=True)
        for parent in theirs:
            parent.ended_on, parent.ended_because = day, because
            parent.entitled = False
        self._work_out(day)
        self.raised.append(
            events.ParentUnlinked(self.id, self.setting_id, person_id, **self._who_is_told())
        )

    def refresh_recipients(self, day: date) -> bool:
        """Bring who is told and who decides up to date (a day passed, or something was corrected).
        Answers whether anything changed."""
        if not self._work_out(day):
            return False
        self.raised.append(
            events.RecipientsChanged(self.id, self.setting_id, **self._who_is_told())
        )
        return True

    def _work_out(self, day: date) -> bool:
        before = (self.recipients, self.told, self.deciders)
        basis, purposes = rights.basis_on(self, day)
        last = self.applied[-1] if self.applied else Applied(day, Basis.PARENTS, list(Sharing))
        if (last.basis, last.purposes) != (basis, purposes):
            self.applied = [*self.applied, Applied(day, basis, purposes)][-_APPLIED_MOST:]
        self.recipients = rights.recipients_on(self, day)
        self.told, self.deciders = rights.told_on(self, day), rights.deciders_on(self, day)
        return before != (self.recipients, self.told, self.deciders)

    def _who_is_told(self) -> dict[str, Any]:
        """What the events say of it."""
        return {
            "recipients": list(self.recipients),
            "told": list(self.told),
            "deciders": list(self.deciders),
        }

    def begin_sen_support(
        self,
        *,
        assessment_id: str | None,
        areas: list[Area],
        primary_need: PrimaryNeed | None,
        on: date,
    ) -> None:
        """SEN support starts; the parents are formally told [CFA 2014 s.68; CoP 6.48].

        A child with an EHC plan keeps its status: the needs are noted, and a need that does not go
        with an EHC plan leaves the one that is there.
        """
        self.areas = areas
        starts = self.sen_status is SenStatus.NONE
        becoming = SenStatus.SUPPORT if starts else self.sen_status
        self.primary_need = need_with(becoming, primary_need) or self.primary_need
        if not starts:
            return
        self.raised.append(
            events.SenSupportStarted(
                self.id, self.setting_id, assessment_id, on, self.told_for("support_started")
            )
        )
        self._become(SenStatus.SUPPORT, on)

    def end_sen_support(self, on: date) -> None:
        """Support is no longer needed: the child returns to N."""
        if self.sen_status is SenStatus.SUPPORT:
            self._become(SenStatus.NONE, on)

    def move_to_ehc_plan(self, on: date) -> None:
        """An EHC plan is issued."""
        if self.sen_status is not SenStatus.EHC_PLAN:
            self._become(SenStatus.EHC_PLAN, on)

    def end_ehc_plan(self, returns_to: SenStatus, on: date) -> None:
        """An EHC plan has ended: the child is at K or N again, as was decided."""
        if self.sen_status is not returns_to:
            self._become(returns_to, on)

    def _keep_needs_that_fit(self) -> None:
        """What was found stays with its assessment; here are the needs that the child has now."""
        self.primary_need = need_with(self.sen_status, self.primary_need)
        if self.sen_status is SenStatus.NONE:
            self.areas = []

    def _become(self, status: SenStatus, on: date) -> None:
        previous, self.sen_status, self.status_since = self.sen_status, status, on
        self._keep_needs_that_fit()
        self.raised.append(events.SenStatusChanged(self.id, self.setting_id, status, previous, on))
