"""A child or young person, their parents, and who receives what is sent about them."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services.plans.domain import events
from services.plans.domain.age import is_young_person
from services.plans.domain.errors import RuleBroken
from services.plans.domain.values import Area, PrimaryNeed, SenStatus

_PARENTS_MOST = 20


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


@dataclass
class Child:
    """A child or young person. `recipients` is who is told, as the events last said it."""

    id: str
    setting_id: str
    first_name: str
    last_name: str
    date_of_birth: date
    upn: str | None = None
    lacks_capacity: bool = False
    """Recorded for a young person: then their parents go on acting for them [CoP Annex 1]."""
    shares_with_parents: bool = False
    """A young person may want their parents to be told too."""
    sen_status: SenStatus = SenStatus.NONE
    status_since: date | None = None
    primary_need: PrimaryNeed | None = None
    areas: list[Area] = field(default_factory=list)
    parents: list[Parent] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    @property
    def child_id(self) -> str:
        return self.id

    @classmethod
    def register(cls, *, on: date, **details: Any) -> "Child":
        """A child new to this system."""
        child = cls(**details)
        child.recipients = child.recipients_on(on)
        child.raised.append(
            events.ChildRegistered(child.id, child.setting_id, list(child.recipients))
        )
        return child

    def recipients_on(self, day: date) -> list[str]:
        """Who gets the copy and the messages: the entitled parents, and once over compulsory
        school age the young person instead, subject to capacity [CoP 8.13-8.18]."""
        parents = [p.person_id for p in self.parents if p.entitled and p.ended_on is None]
        if not is_young_person(self.date_of_birth, day) or self.lacks_capacity:
            return parents
        return [self.id, *parents] if self.shares_with_parents else [self.id]

    def correct(self, day: date, **details: Any) -> None:
        """Correct what is recorded; who is told may change with it."""
        for name, value in details.items():
            setattr(self, name, value)
        self.refresh_recipients(day)

    def link_parent(self, parent: Parent, day: date) -> None:
        """Link a parent or carer."""
        if any(p.person_id == parent.person_id and p.ended_on is None for p in self.parents):
            raise RuleBroken("already-linked", "This parent is linked already.", conflict=True)
        if len(self.parents) >= _PARENTS_MOST:
            raise RuleBroken("too-many", f"At most {_PARENTS_MOST} parents can be recorded.")
        self.parents = [*self.parents, parent]
        self.recipients = self.recipients_on(day)
        self.raised.append(
            events.ParentLinked(self.id, self.setting_id, parent.person_id, list(self.recipients))
        )

    def unlink_parent(self, person_id: str, because: str, day: date) -> None:
        """End a parent's entitlement: from now on nothing is sent to them or opened for them."""
        for parent in self.parents:
            if parent.person_id == person_id and parent.ended_on is None:
                parent.ended_on, parent.ended_because = day, because
                parent.entitled = False
                self.recipients = self.recipients_on(day)
                self.raised.append(
                    events.ParentUnlinked(
                        self.id, self.setting_id, person_id, list(self.recipients)
                    )
                )
                return
        raise RuleBroken("not-linked", "This parent is not linked.", conflict=True)

    def refresh_recipients(self, day: date) -> bool:
        """Bring `recipients` up to date (a birthday passed). Answers whether they changed."""
        now_told = self.recipients_on(day)
        if now_told == self.recipients:
            return False
        self.recipients = now_told
        self.raised.append(events.RecipientsChanged(self.id, self.setting_id, list(now_told)))
        return True

    def begin_sen_support(
        self,
        *,
        assessment_id: str | None,
        areas: list[Area],
        primary_need: PrimaryNeed | None,
        on: date,
    ) -> None:
        """SEN support starts; the parents are formally told [CFA 2014 s.68; CoP 6.48].

        A child with an EHC plan keeps its status: the needs are noted.
        """
        self.areas, self.primary_need = areas, primary_need
        if self.sen_status is not SenStatus.NONE:
            return
        self.raised.append(
            events.SenSupportStarted(
                self.id, self.setting_id, assessment_id, on, list(self.recipients)
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

    def _become(self, status: SenStatus, on: date) -> None:
        previous, self.sen_status, self.status_since = self.sen_status, status, on
        self.raised.append(events.SenStatusChanged(self.id, self.setting_id, status, previous, on))
