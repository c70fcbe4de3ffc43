"""A referral: from the setting's draft to the support service's report.

draft -> submitted -> acknowledged -> triage -> accepted -> allocated -> in_progress -> closed
                                      triage -> information_requested -> triage
                                      triage -> declined
anything open -> withdrawn
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from services.referrals.domain import events
from services.referrals.domain.errors import RuleBroken, wrong_state
from services.referrals.domain.values import (
    CloseOutcome,
    ConsentStatus,
    DeclineReason,
    Urgency,
    WithdrawReason,
)

_NOTES_MOST = 500


class ReferralStatus(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    ACKNOWLEDGED = "acknowledged"
    TRIAGE = "triage"
    INFORMATION_REQUESTED = "information_requested"
    ACCEPTED = "accepted"
    ALLOCATED = "allocated"
    IN_PROGRESS = "in_progress"
    CLOSED = "closed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


OPEN_WITH_SERVICE = (
    ReferralStatus.SUBMITTED,
    ReferralStatus.ACKNOWLEDGED,
    ReferralStatus.TRIAGE,
    ReferralStatus.INFORMATION_REQUESTED,
    ReferralStatus.ACCEPTED,
    ReferralStatus.ALLOCATED,
    ReferralStatus.IN_PROGRESS,
)
AWAITING_DECISION = OPEN_WITH_SERVICE[:4]
_UNDECIDED = OPEN_WITH_SERVICE[:3]
_WORKING = OPEN_WITH_SERVICE[4:]


@dataclass
class Request:
    """What is asked of the service."""

    support_service_id: str | None = None
    reason: str | None = None
    strategies_tried: str | None = None
    desired_outcome: str | None = None
    urgency: Urgency = Urgency.ROUTINE
    urgency_reason: str | None = None
    plan_id: str | None = None


@dataclass
class Consent:
    """The parent's or young person's agreement [CoP 9.33 by analogy; UK GDPR]."""

    status: ConsentStatus = ConsentStatus.NONE
    by: str | None = None
    how: str | None = None
    on: date | None = None
    reason: str | None = None
    recorded_by: str | None = None


@dataclass
class Note:
    id: str
    author_id: str
    at: datetime
    text: str


@dataclass
class Question:
    """What the service asks the setting, and the answer. The triage clock stops meanwhile."""

    asked: str
    asked_at: datetime
    asked_by: str
    answer: str | None = None
    answered_at: datetime | None = None


@dataclass
class Decision:
    """What the service decided, in plain words for the family."""

    by: str
    on: date
    reason: DeclineReason | None
    family_words: str
    next_step: str | None


@dataclass
class Report:
    id: str
    author_id: str
    at: datetime
    text: str


@dataclass
class Referral:
    """One request for extra help for one child to one support service."""

    id: str
    child_id: str
    setting_id: str
    drafted_at: datetime
    request: Request = field(default_factory=Request)
    escalation_id: str | None = None
    status: ReferralStatus = ReferralStatus.DRAFT
    consent: Consent = field(default_factory=Consent)
    urgency_rank: int = Urgency.ROUTINE.rank
    submitted_at: datetime | None = None
    submitted_on: date | None = None
    respond_by: date | None = None
    overdue_told: bool = False
    claimed_by: str | None = None
    claimed_at: datetime | None = None
    questions: list[Question] = field(default_factory=list)
    decision: Decision | None = None
    allocated_to: str | None = None
    reports: list[Report] = field(default_factory=list)
    closed_outcome: CloseOutcome | None = None
    withdrawn_because: WithdrawReason | None = None
    notes: list[Note] = field(default_factory=list)
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    @property
    def support_service_id(self) -> str | None:
        return self.request.support_service_id

    def suggest(self) -> None:
        """The draft was made by an escalation: it waits for the SENCO."""
        self.raised.append(
            events.ReferralSuggested(self.child_id, self.setting_id, self.escalation_id)
        )

    def edit(self, request: Request) -> None:
        """Write the draft anew."""
        self._must_be(ReferralStatus.DRAFT)
        if request.urgency is Urgency.URGENT and not request.urgency_reason:
            raise RuleBroken("no-reason", "Say why it is urgent.", field="/urgency_reason")
        self.request, self.urgency_rank = request, request.urgency.rank

    def record_consent(self, consent: Consent) -> None:
        """Record who agreed, how and when; or refused; or why it was overridden, and by whom."""
        if self.status not in (ReferralStatus.DRAFT, *OPEN_WITH_SERVICE):
            raise wrong_state("referral", self.status, "open")
        if consent.status is ConsentStatus.OVERRIDDEN and not consent.reason:
            raise RuleBroken("no-reason", "Overriding consent has a named reason.",
                             field="/reason")  # fmt: skip
        self.consent = consent
        if self.status in OPEN_WITH_SERVICE and not consent.status.allows:
            self.withdraw(WithdrawReason.CONSENT)

    def submit(self, at: datetime, on: date, respond_by: date) -> None:
        """Send it to the service. `respond_by` is the service's target in working days."""
        self._must_be(ReferralStatus.DRAFT)
        for name in ("support_service_id", "reason", "strategies_tried", "desired_outcome"):
            if not getattr(self.request, name):
                raise RuleBroken("incomplete", f"A referral says its {name.replace('_', ' ')}.",
                                 field=f"/{name}", conflict=True)  # fmt: skip
        if not self.consent.status.allows:
            raise RuleBroken("no-consent", "The parent or young person has to agree first.",
                             conflict=True)  # fmt: skip
        self.status = ReferralStatus.SUBMITTED
        self.submitted_at, self.submitted_on, self.respond_by = at, on, respond_by
        self._tell(events.ReferralSubmitted)

    def acknowledge(self) -> None:
        """The service has seen it."""
        self._must_be(ReferralStatus.SUBMITTED)
        self.status = ReferralStatus.ACKNOWLEDGED

    def claim(self, by: str, at: datetime) -> None:
        """A worker takes it for triage; two can never both hold it."""
        self._must_be(*OPEN_WITH_SERVICE)
        if self.claimed_by not in (None, by):
            raise RuleBroken("claimed", "Somebody else holds this referral.", conflict=True)
        self.claimed_by, self.claimed_at = by, at
        if self.status in (ReferralStatus.SUBMITTED, ReferralStatus.ACKNOWLEDGED):
            self.status = ReferralStatus.TRIAGE

    def release(self, by: str) -> None:
        """Put it back into the queue."""
        if self.claimed_by != by:
            raise RuleBroken("not-claimed", "You do not hold this referral.", conflict=True)
        self.claimed_by = self.claimed_at = None

    def request_information(self, question: Question) -> None:
        """Ask the setting for more."""
        self._must_be(*_UNDECIDED)
        self.questions = [*self.questions, question]
        self.status = ReferralStatus.INFORMATION_REQUESTED
        self._tell(events.ReferralInformationRequested)

    def supply_information(self, answer: str, at: datetime, respond_by: date) -> None:
        """Answer; the triage clock goes on, so `respond_by` moves by the time it stood still."""
        self._must_be(ReferralStatus.INFORMATION_REQUESTED)
        last = self.questions[-1]
        last.answer, last.answered_at = answer, at
        self.status, self.respond_by = ReferralStatus.TRIAGE, respond_by

    def accept(self, decision: Decision) -> None:
        """The service takes it; setting and family are told at the same time."""
        self._must_be(*AWAITING_DECISION)
        self.status, self.decision = ReferralStatus.ACCEPTED, decision
        self._tell(events.ReferralAccepted)

    def decline(self, decision: Decision) -> None:
        """The service does not take it: a code, plain words for the family, a next step."""
        self._must_be(*AWAITING_DECISION)
        if decision.reason is None or not decision.next_step:
            raise RuleBroken("no-next-step", "Say why, and what the family can do next.",
                             field="/next_step")  # fmt: skip
        self.status, self.decision = ReferralStatus.DECLINED, decision
        self._tell(events.ReferralDeclined)

    def allocate(self, to: str) -> None:
        """Somebody has the work (or somebody else now has)."""
        self._must_be(*_WORKING)
        self.allocated_to = to
        if self.status is ReferralStatus.ACCEPTED:
            self.status = ReferralStatus.ALLOCATED
        self._tell(events.ReferralAllocated)

    def begin_work(self) -> None:
        """The work with the child has begun."""
        self._must_be(ReferralStatus.ALLOCATED)
        self.status = ReferralStatus.IN_PROGRESS

    def report_back(self, report: Report) -> None:
        """Tell the setting what was found and done."""
        self._must_be(*_WORKING)
        self.reports = [*self.reports, report]
        self._tell(events.ReferralReported)

    def close(self, outcome: CloseOutcome) -> None:
        """The work is done."""
        self._must_be(*_WORKING)
        self.status, self.closed_outcome = ReferralStatus.CLOSED, outcome
        self._tell(events.ReferralClosed)

    def withdraw(self, because: WithdrawReason) -> None:
        """Take it back; reports that were given stay."""
        if self.status is ReferralStatus.DRAFT:
            self.status, self.withdrawn_because = ReferralStatus.WITHDRAWN, because
            return
        self._must_be(*OPEN_WITH_SERVICE)
        self.status, self.withdrawn_because = ReferralStatus.WITHDRAWN, because
        self._tell(events.ReferralWithdrawn)

    def add_note(self, note: Note) -> None:
        """A note among the service's workers."""
        if len(self.notes) >= _NOTES_MOST:
            raise RuleBroken("too-many", f"At most {_NOTES_MOST} notes are kept.")
        self.notes = [*self.notes, note]

    def raise_overdue(self, today: date) -> bool:
        """Say once that the response target has passed. Answers whether it was said."""
        due = self.respond_by is not None and self.respond_by < today
        if not due or self.overdue_told or self.status not in _UNDECIDED:
            return False
        self.overdue_told = True
        self._tell(events.ReferralOverdue)
        return True

    def _must_be(self, *statuses: ReferralStatus) -> None:
        if self.status not in statuses:
            raise wrong_state("referral", self.status, " or ".join(statuses))

    def _tell(self, event: type[events.ReferralState]) -> None:
        assert self.request.support_service_id is not None and self.submitted_on is not None
        reason = self.decision.reason if self.decision else self.withdrawn_because
        self.raised.append(
            event(
                child_id=self.child_id,
                setting_id=self.setting_id,
                support_service_id=self.request.support_service_id,
                status=self.status,
                open=self.status in OPEN_WITH_SERVICE,
                consent=self.consent.status,
                submitted_on=self.submitted_on,
                respond_by=self.respond_by,
                reason=reason,
            )
        )
