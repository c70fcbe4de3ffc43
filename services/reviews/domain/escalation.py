"""The talk about more support, and the request for an EHC needs assessment.

The system suggests; people act. Nobody learns of a suggestion from a machine first: the parents
are invited only when the SENCO confirms. No count ever blocks a person: a request may be made at
any time [CFA 2014 s.36; CoP 9.8].
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from services.reviews.domain import events
from services.reviews.domain.clocks import ClockException
from services.reviews.domain.council import (
    AfterPlan,
    Asking,
    EhcCeaseReason,
    Ending,
    Origin,
    Request,
)
from services.reviews.domain.errors import Faults, RuleBroken, wrong_state


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
    CEASING = "plan_ceasing"
    """The council has decided to end the EHC plan: it goes on while there can be an appeal."""
    CEASED = "plan_ceased"


_BEFORE_REQUEST = (
    EscalationState.SUGGESTED,
    EscalationState.CONFIRMED,
    EscalationState.DISCUSSED,
    EscalationState.MORE_SUPPORT,
    EscalationState.NOT_NOW,
    EscalationState.REFUSED,
    EscalationState.NO_PLAN,
    EscalationState.CEASED,
)
_OPEN_REQUEST = (EscalationState.REQUESTED, EscalationState.AGREED)
_WITH_PLAN = (EscalationState.PLAN_ISSUED, EscalationState.CEASING)
_SAID_NO = (EscalationState.REFUSED, EscalationState.NO_PLAN)


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
    ending: Ending | None = None
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Releases before kept one day for whatever was decided last.
        if self.request is None or self.request.decided_on is None:
            return
        if self.state in _WITH_PLAN and self.request.issued_on is None:
            self.request.issued_on = self.request.decided_on
        if self.state in _SAID_NO and self.request.refused_on is None:
            self.request.refused_on = self.request.decided_on

    @property
    def request_open(self) -> bool:
        """Whether the council is dealing with a request."""
        return self.state in _OPEN_REQUEST

    @property
    def with_council(self) -> bool:
        """Whether the council has something to do here: a request, or a plan that it keeps."""
        return self.request_open or self.state in _WITH_PLAN

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

    def request_needs_assessment(
        self, by: Origin, on: date, received_on: date | None = None, *, may_request: bool = True
    ) -> None:
        """The council is asked for an EHC needs assessment, suggestion or not.

        A setting that may not request one brings the child to the council's attention.
        """
        self._must_be(*_BEFORE_REQUEST)
        asks = may_request or by is not Origin.SETTING
        request = Request(by, on, kind=Asking.REQUESTED if asks else Asking.BROUGHT_TO_ATTENTION)
        if received_on:
            request.receive(received_on)
        self.request, self.state, self.ending = request, EscalationState.REQUESTED, None
        self._tell_standing(events.NeedsAssessmentRequested)

    def record_receipt(self, on: date) -> None:
        """The council had the request on that day: its clocks count from it."""
        self._must_be(*_OPEN_REQUEST)
        assert self.request is not None
        self.request.receive(on)
        self._tell_standing(events.NeedsAssessmentReceived)

    def excuse_clock(self, clock: str, exception: ClockException) -> None:
        """A date of the council's need not be kept, for a reason that the law names."""
        self._must_be(*_OPEN_REQUEST)
        assert self.request is not None
        self.request.excuse(clock, exception)

    def decide_needs_assessment(self, agreed: bool, reason: str | None, on: date) -> None:
        """The council decides whether to assess; a refusal has its reason."""
        self._must_be(EscalationState.REQUESTED)
        self._decide(on, reason, refused=not agreed)
        self.state = EscalationState.AGREED if agreed else EscalationState.REFUSED
        self._tell_standing(events.NeedsAssessmentDecided)

    def decide_ehc_plan(self, issued: bool, reason: str | None, on: date) -> None:
        """The council decides whether to issue an EHC plan."""
        self._must_be(EscalationState.AGREED)
        assert self.request is not None
        self._decide(on, reason, refused=not issued)
        self.request.issued_on = on if issued else None
        self.state = EscalationState.PLAN_ISSUED if issued else EscalationState.NO_PLAN
        self._tell_standing(events.EhcPlanDecided)

    def decide_to_cease(self, reason: EhcCeaseReason, returns_to: AfterPlan, on: date) -> None:
        """The council decides to end the EHC plan [CFA 2014 s.45; SEND r.29-31].

        The plan goes on while there can be an appeal; what needs no decision ends it at once.
        """
        self._must_be(EscalationState.PLAN_ISSUED)
        assert self.request is not None
        if on < (self.request.issued_on or self.request.decided_on or self.request.requested_on):
            raise RuleBroken(
                "too-early", "It cannot end before the plan was issued.", field="/decided_on"
            )
        self.ending, self.state = Ending(reason, returns_to, on), EscalationState.CEASING
        if reason.waits_for_appeal:
            self.request.refused_on = on
            self._tell_ending(events.EhcPlanCeaseDecided)
        else:
            self._cease(on)

    def keep_ehc_plan(self) -> None:
        """The EHC plan goes on after all: an appeal was upheld, or the council thinks again."""
        self._must_be(EscalationState.CEASING)
        assert self.request is not None
        self.state, self.request.refused_on = EscalationState.PLAN_ISSUED, None
        self._tell_ending(events.EhcPlanKept)
        self.ending = None

    def cease_ehc_plan(self, on: date) -> None:
        """The EHC plan has ended; the child is at K or N again, as was decided."""
        self._must_be(EscalationState.CEASING)
        assert self.ending is not None
        if on < self.ending.not_before:
            day = f"{self.ending.not_before:%-d %B %Y}"
            raise RuleBroken(
                "appeal-possible",
                f"The family can appeal until {day}. The plan cannot end before then.",
                field="/ended_on",
            )
        self._cease(on)

    def _cease(self, on: date) -> None:
        assert self.ending is not None
        self.ending.ended_on, self.state = on, EscalationState.CEASED
        self._tell_ending(events.EhcPlanCeased)

    def _decide(self, on: date, reason: str | None, *, refused: bool) -> None:
        assert self.request is not None
        faults = Faults()
        if on < (self.request.decided_on or self.request.counted_from):
            faults.add(
                "too-early", "It cannot be decided before it was asked.", field="/decided_on"
            )
        if refused and not reason:
            faults.add("no-reason", "A refusal says why.", field="/reason")
        faults.refuse()
        self.request.decided_on, self.request.reason = on, reason
        self.request.refused_on = on if refused else None

    def _must_be(self, *states: EscalationState) -> None:
        if self.state not in states:
            raise wrong_state("escalation", self.state, " or ".join(states))

    def _standing(self) -> dict[str, Any]:
        assert self.request is not None
        return {
            "open": self.request_open,
            "status": self.state,
            "requested_on": self.request.requested_on,
            "received_on": self.request.received_on,
            "kind": self.request.kind,
            "decide_by": self.request.decide_by,
            "final_plan_by": self.request.final_plan_by,
            "decided_on": self.request.decided_on,
        }

    def _tell_standing(self, event: type) -> None:
        self._tell(event, **self._standing())

    def _tell_ending(self, event: type) -> None:
        assert self.ending is not None
        self._tell(
            event,
            **self._standing(),
            reason=self.ending.reason,
            returns_to=self.ending.returns_to,
            cease_decided_on=self.ending.decided_on,
            not_before=self.ending.not_before,
            ended_on=self.ending.ended_on,
        )

    def _tell(self, event: type, **details: Any) -> None:
        self.raised.append(event(child_id=self.child_id, setting_id=self.setting_id, **details))
