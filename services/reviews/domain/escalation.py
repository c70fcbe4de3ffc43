"""The talk about more support, and the request for an EHC needs assessment.

The system suggests; people act. Nobody learns of a suggestion from a machine first: the parents
are invited only when the SENCO confirms. No count ever blocks a person: a request may be made at
any time [CFA 2014 s.36; CoP 9.8].
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from services.reviews.domain import events
from services.reviews.domain.errors import Faults, wrong_state

_DECIDE_WITHIN = timedelta(weeks=6)
_ISSUE_WITHIN = timedelta(weeks=16)
_FINAL_WITHIN = timedelta(weeks=20)


class EscalationState(StrEnum):
    SUGGESTED = "suggested"
    CONFIRMED = "confirmed"
    DISCUSSED = "discussed_with_parents"
    MORE_SUPPORT = "more_support"
    NOT_NOW = "not_now"
    REQUESTED = "needs_assessment_requested"
    AGREED = "agreed_to_assess"
    REFUSED = "refused"
    PLAN_ISSUED = "plan_issued"
    NO_PLAN = "no_plan"


_BEFORE_REQUEST = (
    EscalationState.SUGGESTED,
    EscalationState.CONFIRMED,
    EscalationState.DISCUSSED,
    EscalationState.MORE_SUPPORT,
    EscalationState.NOT_NOW,
    EscalationState.REFUSED,
    EscalationState.NO_PLAN,
)
_OPEN_REQUEST = (EscalationState.REQUESTED, EscalationState.AGREED)


class Origin(StrEnum):
    """Who raised it."""

    RULE = "rule"
    SETTING = "setting"
    PARENT = "parent"
    YOUNG_PERSON = "young_person"


class TalkOutcome(StrEnum):
    """What the talk with the family came to."""

    MORE_SUPPORT = "more_support"
    NOT_NOW = "not_now"
    NEEDS_ASSESSMENT = "needs_assessment"


@dataclass
class Talk:
    discussed_on: date
    recorded_at: datetime
    outcome: TalkOutcome
    notes: str | None


@dataclass
class Request:
    """The statutory clock [CoP 9.39-9.44; SEND Regulations 2014 r.4-5, 10, 13]."""

    by: Origin
    requested_on: date
    decided_on: date | None = None
    reason: str | None = None

    @property
    def decide_by(self) -> date:
        """The council says whether it will assess."""
        return self.requested_on + _DECIDE_WITHIN

    @property
    def issue_by(self) -> date:
        """The council says whether it will issue a plan."""
        return self.requested_on + _ISSUE_WITHIN

    @property
    def final_plan_by(self) -> date:
        """The final plan is there."""
        return self.requested_on + _FINAL_WITHIN


@dataclass
class Escalation:
    """One thread of talk about more support for one child."""

    id: str
    child_id: str
    setting_id: str
    origin: Origin
    opened_on: date
    cycles: int = 0
    state: EscalationState = EscalationState.SUGGESTED
    reason: str | None = None
    confirmed_on: date | None = None
    talks: list[Talk] = field(default_factory=list)
    request: Request | None = None
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    @property
    def request_open(self) -> bool:
        """Whether the council is dealing with a request."""
        return self.state in _OPEN_REQUEST

    def confirm(self, on: date) -> None:
        """The SENCO wants to talk with the family, who are now invited."""
        self._must_be(EscalationState.SUGGESTED, EscalationState.NOT_NOW)
        self.state, self.confirmed_on = EscalationState.CONFIRMED, on
        self._tell(events.EscalationConfirmed, confirmed_on=on)

    def dismiss(self, reason: str, today: date) -> None:
        """Not now, with a reason; it can be taken up again."""
        self._must_be(EscalationState.SUGGESTED, EscalationState.CONFIRMED)
        self.state, self.reason = EscalationState.NOT_NOW, reason
        self._tell(events.EscalationDismissed, dismissed_on=today)

    def discuss(self, talk: Talk) -> None:
        """The talk has taken place, and came to something."""
        self._must_be(*_BEFORE_REQUEST)
        self.talks = [*self.talks, talk]
        self.state = {
            TalkOutcome.MORE_SUPPORT: EscalationState.MORE_SUPPORT,
            TalkOutcome.NOT_NOW: EscalationState.NOT_NOW,
            TalkOutcome.NEEDS_ASSESSMENT: EscalationState.DISCUSSED,
        }[talk.outcome]
        self._tell(events.EscalationDiscussed, discussed_on=talk.discussed_on, outcome=talk.outcome)

    def request_needs_assessment(self, by: Origin, on: date) -> None:
        """The council is asked for an EHC needs assessment, suggestion or not."""
        self._must_be(*_BEFORE_REQUEST)
        self.request, self.state = Request(by, on), EscalationState.REQUESTED
        self._tell_standing(events.NeedsAssessmentRequested)

    def decide_needs_assessment(self, agreed: bool, reason: str | None, on: date) -> None:
        """The council decides whether to assess; a refusal has its reason."""
        self._must_be(EscalationState.REQUESTED)
        self._decide(on, reason, needs_reason=not agreed)
        self.state = EscalationState.AGREED if agreed else EscalationState.REFUSED
        self._tell_standing(events.NeedsAssessmentDecided)

    def decide_ehc_plan(self, issued: bool, reason: str | None, on: date) -> None:
        """The council decides whether to issue an EHC plan."""
        self._must_be(EscalationState.AGREED)
        self._decide(on, reason, needs_reason=not issued)
        self.state = EscalationState.PLAN_ISSUED if issued else EscalationState.NO_PLAN
        self._tell_standing(events.EhcPlanDecided)

    def _decide(self, on: date, reason: str | None, *, needs_reason: bool) -> None:
        assert self.request is not None
        faults = Faults()
        if on < (self.request.decided_on or self.request.requested_on):
            faults.add(
                "too-early", "It cannot be decided before it was asked.", field="/decided_on"
            )
        if needs_reason and not reason:
            faults.add("no-reason", "A refusal says why.", field="/reason")
        faults.refuse()
        self.request.decided_on, self.request.reason = on, reason

    def _must_be(self, *states: EscalationState) -> None:
        if self.state not in states:
            raise wrong_state("escalation", self.state, " or ".join(states))

    def _tell_standing(self, event: type) -> None:
        assert self.request is not None
        self._tell(
            event,
            open=self.request_open,
            status=self.state,
            requested_on=self.request.requested_on,
            decide_by=self.request.decide_by,
            final_plan_by=self.request.final_plan_by,
            decided_on=self.request.decided_on,
        )

    def _tell(self, event: type, **details: Any) -> None:
        self.raised.append(event(child_id=self.child_id, setting_id=self.setting_id, **details))
