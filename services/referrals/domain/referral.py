"""A referral: from the setting's draft to the support service's report.

draft -> submitted -> acknowledged -> triage -> accepted [-> waiting_list] -> allocated
                      -> in_progress -> closed
         triage -> information_requested -> triage
         triage -> declined | redirected (a linked referral goes on elsewhere)
         anything open -> withdrawn
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from services.referrals.domain import events
from services.referrals.domain.consent import Consent, ConsentAnswer
from services.referrals.domain.errors import RuleBroken, wrong_state
from services.referrals.domain.parts import (
    Attachment,
    Decision,
    Happened,
    Note,
    Origin,
    Question,
    Report,
    Request,
    WorkSession,
)
from services.referrals.domain.values import (
    ACCEPTED,
    AWAITING_DECISION,
    CLOCK_RUNS,
    OPEN_WITH_SERVICE,
    CloseOutcome,
    ReferralStatus,
    Urgency,
    WithdrawReason,
)

T = TypeVar("T")

_KEPT_MOST = 500
_ATTACHMENTS_MOST = 20


@dataclass
class Referral:
    """One request for extra help for one child to one support service."""

    id: str
    child_id: str
    setting_id: str
    drafted_at: datetime
    address: str = ""
    """Where its content is read, with the reader's own rights."""
    request: Request = field(default_factory=Request)
    escalation_id: str | None = None
    origin: Origin | None = None
    status: ReferralStatus = ReferralStatus.DRAFT
    consent: Consent = field(default_factory=Consent)
    attachments: list[Attachment] = field(default_factory=list)
    urgency_rank: int = Urgency.ROUTINE.rank
    submitted_at: datetime | None = None
    submitted_on: date | None = None
    received_at: datetime | None = None
    """When a service first had it: the total wait counts from here and never stops."""
    respond_by: date | None = None
    overdue_told: bool = False
    told_on: date | None = None
    """When setting and family last heard of it."""
    claimed_by: str | None = None
    claimed_at: datetime | None = None
    unclaimed: bool = True
    """That nobody holds it, kept apart so that an index can answer."""
    questions: list[Question] = field(default_factory=list)
    decision: Decision | None = None
    waiting_since: date | None = None
    allocated_to: str | None = None
    began_on: date | None = None
    waited_days: int | None = None
    work: list[WorkSession] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    closed_outcome: CloseOutcome | None = None
    withdrawn_because: WithdrawReason | None = None
    notes: list[Note] = field(default_factory=list)
    history: list[Happened] = field(default_factory=list)
    changed_at: datetime | None = None
    changed_by: str | None = None
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    @property
    def support_service_id(self) -> str | None:
        return self.request.support_service_id

    @property
    def is_open(self) -> bool:
        """Whether it lies with its service."""
        return self.status in OPEN_WITH_SERVICE

    def happened(self, line: Happened, on: date) -> None:
        """Put a line into the history, from which is seen what changed."""
        self.history = [*self.history, line][-_KEPT_MOST:]
        self.changed_at, self.changed_by = line.at, line.by
        if self.raised and self.submitted_on:
            self.told_on = on

    # --- the setting's

    def suggest(self) -> None:
        """The draft was made by an escalation: it waits for the SENCO."""
        self.raised.append(
            events.ReferralSuggested(self.child_id, self.setting_id, self.escalation_id)
        )

    def edit(self, request: Request) -> None:
        """Write the draft anew."""
        self._must_be(ReferralStatus.DRAFT)
        request.must_make_sense()
        if request.support_service_id != self.support_service_id:
            # They agreed to a referral to that service, not to any.
            self.consent = Consent()
        self.request, self.urgency_rank = request, request.urgency.rank

    def attach(self, attachment: Attachment) -> None:
        """Keep a file beside it."""
        self._must_be(ReferralStatus.DRAFT, *OPEN_WITH_SERVICE)
        if any(kept.id == attachment.id for kept in self.attachments):
            return
        if len(self.attachments) >= _ATTACHMENTS_MOST:
            raise RuleBroken("too-many", f"At most {_ATTACHMENTS_MOST} files are kept.",
                             conflict=True)  # fmt: skip
        self.attachments = [*self.attachments, attachment]

    def detach(self, attachment_id: str) -> None:
        """Take a file away again, before it has gone out."""
        self._must_be(ReferralStatus.DRAFT)
        self.attachments = [kept for kept in self.attachments if kept.id != attachment_id]

    def ask_consent(self, on: date, asked: list[str]) -> None:
        """Ask the parents, or the young person, by a signed link each."""
        self._must_be(ReferralStatus.DRAFT, *OPEN_WITH_SERVICE)
        if not self.support_service_id:
            raise RuleBroken("incomplete", "Say first which service it is for.",
                             field="/support_service_id", conflict=True)  # fmt: skip
        if not asked:
            raise RuleBroken("nobody", "Nobody is recorded who could be asked.", conflict=True)
        if self.consent.status.allows:
            raise RuleBroken("given", "They have agreed already.", conflict=True)
        self.consent = self.consent.ask(on)
        self.raised.append(
            events.ReferralConsentAsked(
                self.child_id, self.setting_id, self.support_service_id, on, asked
            )
        )

    def record_consent(self, consent: Consent) -> None:
        """Record who agreed, how and when; or refused; or why it was overridden, and by whom."""
        self._must_be(ReferralStatus.DRAFT, *OPEN_WITH_SERVICE)
        self._take_consent(self.consent.recorded(consent))

    def answer_consent(self, said: ConsentAnswer) -> None:
        """What one of the family said through their link."""
        self._must_be(ReferralStatus.DRAFT, *OPEN_WITH_SERVICE)
        self._take_consent(self.consent.answer(said))

    def expire_consent(self, today: date) -> bool:
        """An agreement has run out: the service reads no more about the child until it is given
        anew. Answers whether it has."""
        if not self.consent.expired(today):
            return False
        self._take_consent(self.consent.lapse())
        return True

    def _take_consent(self, consent: Consent) -> None:
        before, self.consent = self.consent.status, consent
        if self.status not in OPEN_WITH_SERVICE or consent.status is before:
            return
        if consent.status.ends:
            self.withdraw(WithdrawReason.CONSENT)
        else:
            self._tell(events.ReferralConsentChanged)

    def submit(self, at: datetime, on: date, respond_by: date) -> None:
        """Send it to the service. `respond_by` is the service's target in working days."""
        self._must_be(ReferralStatus.DRAFT)
        self.request.must_be_complete()
        if not self.consent.status.allows or self.consent.expired(on):
            raise RuleBroken("no-consent", "The parent or young person has to agree first.",
                             conflict=True)  # fmt: skip
        self.status = ReferralStatus.SUBMITTED
        self.submitted_at, self.submitted_on, self.respond_by = at, on, respond_by
        self.received_at = self.origin.received_at if self.origin else at
        self._tell(events.ReferralSubmitted)

    def supply_information(self, answer: str, at: datetime, respond_by: date) -> None:
        """Answer; the triage clock goes on, so `respond_by` moves by the time it stood still."""
        self._must_be(ReferralStatus.INFORMATION_REQUESTED)
        *earlier, last = self.questions
        answered = Question(last.asked, last.asked_at, last.asked_by, answer, at)
        self.questions = [*earlier, answered]
        self.status, self.respond_by = ReferralStatus.TRIAGE, respond_by
        self._tell(events.ReferralInformationSupplied)

    def withdraw(self, because: WithdrawReason) -> None:
        """Take it back; reports that were given stay."""
        self._must_be(ReferralStatus.DRAFT, *OPEN_WITH_SERVICE)
        drafted = self.status is ReferralStatus.DRAFT
        self.status, self.withdrawn_because = ReferralStatus.WITHDRAWN, because
        if not drafted:
            self._tell(events.ReferralWithdrawn)

    # --- the service's

    def acknowledge(self) -> None:
        """The service has seen it."""
        self._must_be(ReferralStatus.SUBMITTED)
        self.status = ReferralStatus.ACKNOWLEDGED

    def claim(self, by: str, at: datetime) -> None:
        """A worker takes it for triage; two can never both hold it."""
        self._must_be(*OPEN_WITH_SERVICE)
        if self.claimed_by not in (None, by):
            raise RuleBroken("claimed", "Somebody else holds this referral.", conflict=True)
        self._hold(by, at)

    def hand_over(self, to: str, at: datetime) -> None:
        """Somebody else holds it from now on, whoever held it: people fall ill and leave."""
        self._must_be(*OPEN_WITH_SERVICE)
        self._hold(to, at)

    def _hold(self, by: str, at: datetime) -> None:
        self.claimed_by, self.claimed_at, self.unclaimed = by, at, False
        if self.status in (ReferralStatus.SUBMITTED, ReferralStatus.ACKNOWLEDGED):
            self.status = ReferralStatus.TRIAGE

    def release(self, by: str) -> None:
        """Put it back into the queue."""
        if self.claimed_by != by:
            raise RuleBroken("not-claimed", "You do not hold this referral.", conflict=True)
        self.claimed_by, self.claimed_at, self.unclaimed = None, None, True

    def request_information(self, question: Question) -> None:
        """Ask the setting for more."""
        self._must_be(*CLOCK_RUNS)
        self.questions = [*self.questions, question]
        self.status = ReferralStatus.INFORMATION_REQUESTED
        self._tell(events.ReferralInformationRequested)

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

    def redirect(self, decision: Decision, to: str, next_id: str) -> None:
        """Another service fits better: a linked referral, `next_id`, goes on there.

        It goes into that service's queue where the family has agreed to that, and waits as a
        draft for their agreement where they have not. It never goes where it has been.
        """
        self._must_be(*AWAITING_DECISION)
        if to in self.been_with:
            raise RuleBroken("circle", "It has been with that service already.",
                             field="/support_service_id", conflict=True)  # fmt: skip
        self.status, self.decision = ReferralStatus.REDIRECTED, decision
        self._tell(events.ReferralRedirected, to_service_id=to, next_referral_id=next_id,
                   passes_on=self.consent.status.allows and self.consent.may_pass_on)  # fmt: skip

    @property
    def been_with(self) -> list[str]:
        """The services it has been with, this one included."""
        return [*(self.origin.through if self.origin else []), str(self.support_service_id)]

    def wait(self, on: date) -> None:
        """Accepted work waits its turn; what was allocated before keeps its place."""
        self._must_be(*(s for s in ACCEPTED if s is not ReferralStatus.WAITING_LIST))
        self.status, self.allocated_to = ReferralStatus.WAITING_LIST, None
        self.waiting_since = self.waiting_since or on
        self._tell(events.ReferralWaiting)

    def allocate(self, to: str) -> None:
        """Somebody has the work (or somebody else now has)."""
        self._must_be(*ACCEPTED)
        self.allocated_to = to
        if self.status is not ReferralStatus.IN_PROGRESS:
            self.status = ReferralStatus.ALLOCATED
        self._tell(events.ReferralAllocated)

    def begin_work(self, on: date, received_on: date) -> None:
        """The work with the child has begun: here the total wait ends, in days."""
        self._must_be(ReferralStatus.ALLOCATED)
        self.status = ReferralStatus.IN_PROGRESS
        if self.began_on is None:
            self.began_on, self.waited_days = on, max(0, (on - received_on).days)
        self._tell(events.ReferralWorkBegan)

    def record_work(self, session: WorkSession) -> None:
        """One piece of work."""
        self._must_be(ReferralStatus.ALLOCATED, ReferralStatus.IN_PROGRESS)
        self.work = _one_more(self.work, session)

    def report_back(self, report: Report) -> None:
        """Tell the setting what was found and done."""
        self._must_be(*ACCEPTED)
        self.reports = _one_more(self.reports, report)
        self._tell(events.ReferralReported)

    def close(self, outcome: CloseOutcome) -> None:
        """The work is done."""
        self._must_be(*ACCEPTED)
        self.status, self.closed_outcome = ReferralStatus.CLOSED, outcome
        self._tell(events.ReferralClosed)

    def add_note(self, note: Note) -> None:
        """A note among the service's workers."""
        self.notes = _one_more(self.notes, note)

    # --- the calendar's

    def raise_overdue(self, today: date) -> bool:
        """Say once that the response target has passed. Answers whether it was said."""
        due = self.respond_by is not None and self.respond_by < today
        if not due or self.overdue_told or self.status not in CLOCK_RUNS:
            return False
        self.overdue_told = True
        self._tell(events.ReferralOverdue)
        return True

    def still_waiting(self, today: date, every_days: int) -> bool:
        """Say that it waits, where nobody has heard of it for so long. Answers whether."""
        waits = self.status in OPEN_WITH_SERVICE and self.status is not ReferralStatus.IN_PROGRESS
        if not waits or self.told_on is None or (today - self.told_on).days < every_days:
            return False
        self._tell(events.ReferralStillWaiting)
        return True

    def _must_be(self, *statuses: ReferralStatus) -> None:
        if self.status not in statuses:
            raise wrong_state("referral", self.status, " or ".join(statuses))

    def _tell(self, event: type[events.ReferralState], **more: Any) -> None:
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
                urgency=self.request.urgency,
                submitted_on=self.submitted_on,
                respond_by=self.respond_by,
                reason=reason,
                address=self.address,
                **more,
            )
        )


def _one_more(kept: list[T], one: T) -> list[T]:
    if len(kept) >= _KEPT_MOST:
        raise RuleBroken("too-many", f"At most {_KEPT_MOST} of these are kept.", conflict=True)
    return [*kept, one]
