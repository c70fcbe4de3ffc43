"""Escalation: suggested or raised by hand, talked about, and the request to the council."""

from datetime import date
from functools import partial

from services.reviews.commands.dates import happened_on, must_not_be_ahead
from services.reviews.domain.clocks import ClockException
from services.reviews.domain.council import AfterPlan, EhcCeaseReason, Origin
from services.reviews.domain.errors import together
from services.reviews.domain.escalation import Escalation, Talk, TalkOutcome
from services.reviews.domain.progress import CycleResult, Progress
from services.reviews.store import ReviewsStore
from shared import clock, ids
from shared.store.repository import creation_id


def record_result(
    store: ReviewsStore, child_id: str, setting_id: str, result: CycleResult
) -> Progress:
    """Record a cycle's result; more support is suggested where the setting's number is reached."""
    crossing = store.calendar(setting_id).policy.no_progress_cycles
    escalation_id = ids.derived_id("escalation", child_id, result.review_id)
    if store.progress.find(child_id) is None:
        made = Progress(id=child_id, setting_id=setting_id)
        made.record(result, crossing, escalation_id)
        return store.progress.add(made)
    return store.progress.change(
        child_id, lambda progress: progress.record(result, crossing, escalation_id)
    )


def open_suggested(
    store: ReviewsStore,
    escalation_id: str,
    child_id: str,
    setting_id: str,
    cycles: int,
    opened_on: date,
) -> None:
    """Open the escalation that the rule suggests."""
    if store.escalations.find(escalation_id) is None:
        store.escalations.add(
            Escalation(
                id=escalation_id, child_id=child_id, setting_id=setting_id, origin=Origin.RULE,
                opened_on=opened_on, cycles=cycles,
            )
        )  # fmt: skip


def open_escalation(
    store: ReviewsStore, child_id: str, setting_id: str, origin: Origin, reason: str
) -> Escalation:
    """Open one by hand: at any time, whatever the count."""
    return store.escalations.add(
        Escalation(
            id=creation_id(), child_id=child_id, setting_id=setting_id, origin=origin,
            opened_on=clock.today(), reason=reason,
        )
    )  # fmt: skip


def confirm_escalation(store: ReviewsStore, escalation_id: str, expected: int) -> Escalation:
    """The SENCO wants to talk: the family is invited."""
    return store.escalations.change(
        escalation_id, lambda e: e.confirm(clock.today()), expected=expected
    )


def dismiss_escalation(
    store: ReviewsStore, escalation_id: str, reason: str, expected: int
) -> Escalation:
    """Not now."""
    return store.escalations.change(
        escalation_id, lambda e: e.dismiss(reason, clock.today()), expected=expected
    )


def record_escalation_discussion(
    store: ReviewsStore,
    escalation_id: str,
    *,
    outcome: TalkOutcome,
    notes: str | None,
    discussed_on: date | None,
    expected: int,
) -> Escalation:
    """The talk has taken place."""
    talk = Talk(happened_on(discussed_on, "/discussed_on"), clock.now(), outcome, notes)
    return store.escalations.change(escalation_id, lambda e: e.discuss(talk), expected=expected)


def request_needs_assessment(
    store: ReviewsStore,
    escalation: Escalation,
    by: Origin,
    requested_on: date | None,
    received_on: date | None,
    expected: int,
) -> Escalation:
    """Ask the council for an EHC needs assessment, or bring a child to its attention where the
    setting may not ask. Its clocks count from the day on which the council had it."""
    day = requested_on or clock.today()
    ahead = [
        partial(must_not_be_ahead, given, f"/{name}")
        for name, given in (("requested_on", day), ("received_on", received_on))
        if given
    ]
    may_request = store.may_request_assessment(escalation.setting_id)
    return store.escalations.change(
        escalation.id,
        lambda e: together(
            *ahead,
            partial(e.request_needs_assessment, by, day, received_on, may_request=may_request),
        ),
        expected=expected,
    )


def record_receipt(
    store: ReviewsStore, escalation_id: str, received_on: date | None, expected: int
) -> Escalation:
    """The council says when it had the request."""
    day = happened_on(received_on, "/received_on")
    return store.escalations.change(
        escalation_id, lambda e: e.record_receipt(day), expected=expected
    )


def excuse_clock(
    store: ReviewsStore,
    escalation_id: str,
    name: str,
    exception: ClockException,
    expected: int,
) -> Escalation:
    """A date of the council's need not be kept, for a reason that the law names."""
    return store.escalations.change(
        escalation_id, lambda e: e.excuse_clock(name, exception), expected=expected
    )


def decide_needs_assessment(
    store: ReviewsStore,
    escalation_id: str,
    agreed: bool,
    reason: str | None,
    decided_on: date | None,
    expected: int,
) -> Escalation:
    """The council decides whether to assess."""
    day = decided_on or clock.today()
    ahead = partial(must_not_be_ahead, day, "/decided_on")
    return store.escalations.change(
        escalation_id,
        lambda e: together(ahead, partial(e.decide_needs_assessment, agreed, reason, day)),
        expected=expected,
    )


def decide_ehc_plan(
    store: ReviewsStore,
    escalation_id: str,
    issued: bool,
    reason: str | None,
    decided_on: date | None,
    expected: int,
) -> Escalation:
    """The council decides whether to issue an EHC plan."""
    day = decided_on or clock.today()
    ahead = partial(must_not_be_ahead, day, "/decided_on")
    return store.escalations.change(
        escalation_id,
        lambda e: together(ahead, partial(e.decide_ehc_plan, issued, reason, day)),
        expected=expected,
    )


def decide_to_cease(
    store: ReviewsStore,
    escalation_id: str,
    reason: EhcCeaseReason,
    returns_to: AfterPlan,
    decided_on: date | None,
    expected: int,
) -> Escalation:
    """The council decides to end an EHC plan."""
    day = happened_on(decided_on, "/decided_on")
    return store.escalations.change(
        escalation_id, lambda e: e.decide_to_cease(reason, returns_to, day), expected=expected
    )


def end_ehc_plan(
    store: ReviewsStore, escalation_id: str, ended: bool, ended_on: date | None, expected: int
) -> Escalation:
    """The EHC plan has ended, or goes on after all."""
    day = happened_on(ended_on, "/ended_on")
    return store.escalations.change(
        escalation_id,
        lambda e: e.cease_ehc_plan(day) if ended else e.keep_ehc_plan(),
        expected=expected,
    )
