"""A referral: from the setting's draft to the support service's report.

draft -> submitted -> acknowledged -> triage -> accepted [-> waiting_list] -> allocated
                      -> in_progress -> closed
         triage -> information_requested -> triage
         triage -> declined | redirected (a linked referral goes on elsewhere)
         anything open -> withdrawn
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from services.referrals.domain import events
from services.referrals.domain.consent import Consent
from services.referrals.domain.errors import Faults, RuleBroken
from services.referrals.domain.parts import (
    Attachment,
    Decision,
    Note,
    Question,
    Report,
    Request,
    Scan,
    WorkSession,
)
from services.referrals.domain.referral_consent import ReferralWithConsent
from services.referrals.domain.referral_record import KEPT_MOST
from services.referrals.domain.shown import Version
from services.referrals.domain.values import (
    ACCEPTED,
    AWAITING_DECISION,
    CLOCK_RUNS,
    OPEN_WITH_SERVICE,
    CloseOutcome,
    ReferralStatus,
)

T = TypeVar("T")

_KEPT_MOST = 500
_ATTACHMENTS_MOST = 20


@dataclass
class Referral(ReferralWithConsent):
    """One request for extra help for one child to one support service."""

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
        before, stood = self._material(), self.consent
        if request.support_service_id != self.support_service_id:
            # They agreed to a referral to that service, not to any.
            stood = Consent()
        self._now(stood)
        self.request, self.urgency_rank = request, request.urgency.rank
        self._ask_again_unless(before)

    def must_take(self, attachment: Attachment) -> None:
        """Raises RuleBroken where the file cannot be kept beside it."""
        self._must_be(ReferralStatus.DRAFT, *OPEN_WITH_SERVICE)
        same = next((kept for kept in self.attachments if kept.id == attachment.id), None)
        refused = None
        if same and same.scan is Scan.INFECTED:
            refused = (
                "infected",
                "The scanner found something harmful in this file. Ask whoever "
                "looks after your computers to check yours.",
            )
        elif same is None and len(self.attachments) >= _ATTACHMENTS_MOST:
            refused = (
                "too-many",
                f"There are {_ATTACHMENTS_MOST} files already, which is the "
                "most. Remove one first.",
            )
        if refused:
            code, words = refused
            raise RuleBroken(code, words, field="/file", conflict=True)

    def attach(self, attachment: Attachment) -> None:
        """Keep a file beside it; the same one again is kept once."""
        self.must_take(attachment)
        before = self._material()
        if all(kept.id != attachment.id for kept in self.attachments):
            self.attachments = [*self.attachments, attachment]
        self._ask_again_unless(before)

    def detach(self, attachment_id: str, *, by_service: bool) -> None:
        """Take a file away again: the setting any from a draft, and each side its own from what
        has gone out, for it may be about another child. The history says that one was there."""
        self._must_be(ReferralStatus.DRAFT, *OPEN_WITH_SERVICE)
        before = self._material()
        for kept in self.attachments:
            if kept.id == attachment_id and not self.may_detach(kept, by_service=by_service):
                raise RuleBroken("not-yours", "Only those who added this file can take it away.",
                                 conflict=True)  # fmt: skip
        self.attachments = [kept for kept in self.attachments if kept.id != attachment_id]
        self._ask_again_unless(before)

    def may_detach(self, kept: Attachment, *, by_service: bool) -> bool:
        """Whether that side can take the file away as it stands."""
        if self.status is ReferralStatus.DRAFT:
            return not by_service
        return self.is_open and kept.is_of(by_service, self.submitted_at)

    def submit(
        self, at: datetime, on: date, respond_by: date, shown: Version | None = None
    ) -> None:
        """Send it to the service. `respond_by` is the service's target in working days, `shown`
        what the service will read: the family has agreed to that."""
        self._must_be(ReferralStatus.DRAFT)
        faults = Faults()
        with faults.gathered():
            self.request.must_be_complete()
        with faults.gathered():
            self.must_be_agreed(on, shown or {})
        faults.refuse()
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


def _one_more(kept: list[T], one: T) -> list[T]:
    if len(kept) >= KEPT_MOST:
        raise RuleBroken("too-many", f"At most {KEPT_MOST} of these are kept.", conflict=True)
    return [*kept, one]
