"""What is kept of a referral, and what every rule about it needs."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from services.referrals.domain import events
from services.referrals.domain.consent import Consent
from services.referrals.domain.errors import wrong_state
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
    OPEN_WITH_SERVICE,
    CloseOutcome,
    ReferralStatus,
    Urgency,
    WithdrawReason,
)

KEPT_MOST = 500


@dataclass
class ReferralRecord:
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
        self.history = [*self.history, line][-KEPT_MOST:]
        self.changed_at, self.changed_by = line.at, line.by
        if self.raised and self.submitted_on:
            self.told_on = on

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
