"""What waits for a person, counted, never named: one table for digest, page and API.

A new kind is a member of `Due` and a row; an event that neither begins nor ends anything says in
`NOT_WAITING` why. Handlers and tests go by this table.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from services.notifications.domain import due_referrals, due_rights
from services.notifications.domain.waiting import (
    Begin,
    Condition,
    Due,
    End,
    Kept,
    Order,
    Place,
    Row,
    any_of,
)

__all__ = ["NOT_WAITING", "REVIEWS_WITHIN", "ROWS", "Due", "in_lines", "kind_of_review"]

REVIEWS_WITHIN = timedelta(days=14)
_CLOCKS_FROM_DAYS = 14
_REVIEW_DATED = (
    Begin("reviews.ReviewScheduled", ("due_on",), by="due_on"),
    Begin("reviews.ReviewMoved", ("due_on",), by="due_on"),
)
_REVIEW_NOT_COMING = any_of("reviews.ReviewHeld", "reviews.ReviewCancelled")
_A_DEATH = (Condition("reason", frozenset({"deceased"})),)
"""Of a child: then there is nothing more to decide."""

_OWN = (
    Row(
        Due.REVIEW_OVERDUE,
        "review is past its day",
        "reviews are past their day",
        begins=_REVIEW_DATED,
        ends=_REVIEW_NOT_COMING,
        where=Place.CHILD,
        kept=Kept.REVIEWS,
    ),
    Row(
        Due.DISCUSSION_OVERDUE,
        "review has not been talked about with the family",
        "reviews have not been talked about with the family",
        begins=(Begin("reviews.DiscussionOverdue", ("held_on",)),),
        ends=any_of("reviews.ReviewDiscussed"),
        where=Place.CHILD,
        dated="held on",
        order=Order.ONCE,
        kept=Kept.DUE,
    ),
    Row(
        Due.CHECK_OVERDUE,
        "plan has had no check for long",
        "plans have had no check for long",
        begins=(
            Begin("plans.CheckOverdue", ("last_check_on", "silent_since"), mark="last_check_on"),
        ),
        ends=(
            End("plans.CheckRecorded", ("plan_id",), mark="occurred_on"),
            End("plans.PlanCeased", for_good=True),
            End("plans.PlanSuperseded", for_good=True),
        ),
        where=Place.CHILD,
        order=Order.DAY,
        kept=Kept.DUE,
    ),
    Row(
        Due.SUGGESTION,
        "suggestion to talk about more support waits for you",
        "suggestions to talk about more support wait for you",
        begins=(Begin("reviews.EscalationSuggested", thing=("escalation_id",)),),
        ends=any_of(
            "reviews.EscalationConfirmed",
            "reviews.EscalationDiscussed",
            "reviews.EscalationDismissed",
            "reviews.NeedsAssessmentRequested",
        ),
        where=Place.CHILD,
        order=Order.ONCE,
        kept=Kept.DUE,
    ),
    Row(
        Due.SENCO_NOT_TOLD,
        "SENCO named to hear what is due has no contact details: add them",
        "SENCOs named to hear what is due have no contact details: add them",
        begins=(),
        ends=(),
        where=Place.PEOPLE,
        kept=Kept.PROFILES,
    ),
    Row(
        Due.CONTACT_FAILING,
        "person cannot be reached as recorded",
        "people cannot be reached as recorded",
        begins=(Begin("notifications.ContactFailing", thing=("setting_id", "person_id")),),
        ends=(),
        where=Place.PERSON,
        kept=Kept.CONTACTS,
    ),
    Row(
        Due.NAME_CHANGED,
        "name of a child was corrected: check the name in messages",
        "contacts have the name of a child that was corrected: check the name in messages",
        begins=(
            Begin(
                "plans.ChildNameChanged",
                ("changed_on",),
                thing=("child_id",),
                when=(Condition("names", frozenset({"called"})),),
            ),
        ),
        ends=(),
        where=Place.PERSON,
        dated="corrected on",
        order=Order.MOMENT,
        kept=Kept.NAMES,
    ),
    Row(
        Due.REVIEW_COMING,
        "review comes in the next two weeks",
        "reviews come in the next two weeks",
        begins=_REVIEW_DATED,
        ends=_REVIEW_NOT_COMING,
        where=Place.CHILD,
        dated="on",
        kept=Kept.REVIEWS,
    ),
    Row(
        Due.NOT_REACHED,
        "person did not get a message: call or write to them",
        "people did not get a message: call or write to them",
        begins=(Begin("notifications.ManualContactNeeded", thing=("setting_id", "person_id")),),
        ends=(),
        where=Place.PERSON,
        order=Order.MOMENT,
        done_by_hand=True,
    ),
    Row(
        Due.REVIEW_TO_COMPLETE,
        "review was held and its results are not recorded yet",
        "reviews were held and their results are not recorded yet",
        begins=(Begin("reviews.ReviewHeld", ("held_on",)),),
        ends=any_of("reviews.ReviewCompleted", "reviews.ReviewCancelled"),
        where=Place.CHILD,
        dated="held on",
    ),
    Row(
        Due.REVIEW_TO_DECIDE,
        "review needs your decision",
        "reviews need your decision",
        begins=(Begin("reviews.ReviewCompleted", ("held_on",)),),
        ends=any_of("reviews.ReviewDecided"),
        where=Place.CHILD,
        dated="held on",
    ),
    Row(
        Due.TALK_TO_HOLD,
        "family is invited to talk about more support",
        "families are invited to talk about more support",
        begins=(Begin("reviews.EscalationConfirmed", ("confirmed_on",)),),
        ends=any_of(
            "reviews.EscalationDiscussed",
            "reviews.EscalationDismissed",
            "reviews.NeedsAssessmentRequested",
        ),
        where=Place.CHILD,
        dated="invited on",
    ),
    Row(
        Due.COUNCIL_TO_DECIDE,
        "decision is due from the council on an EHC needs assessment",
        "decisions are due from the council on EHC needs assessments",
        begins=(
            Begin("reviews.NeedsAssessmentRequested", ("requested_on",), by="decide_by"),
            Begin(
                "reviews.NeedsAssessmentReceived",
                ("requested_on",),
                by="decide_by",
                when=(Condition("status", frozenset({"needs_assessment_requested"})),),
            ),
        ),
        ends=any_of("reviews.NeedsAssessmentDecided", "reviews.EhcPlanDecided"),
        where=Place.CHILD,
        dated="requested on",
        days_before=_CLOCKS_FROM_DAYS,
    ),
    Row(
        Due.FINAL_PLAN_DUE,
        "final EHC plan is due from the council",
        "final EHC plans are due from the council",
        begins=(
            Begin(
                "reviews.NeedsAssessmentDecided",
                ("requested_on",),
                by="final_plan_by",
                when=(Condition("status", frozenset({"agreed_to_assess"})),),
            ),
            Begin(
                "reviews.NeedsAssessmentReceived",
                ("requested_on",),
                by="final_plan_by",
                when=(Condition("status", frozenset({"agreed_to_assess"})),),
            ),
        ),
        ends=any_of("reviews.EhcPlanDecided"),
        where=Place.CHILD,
        dated="requested on",
        days_before=_CLOCKS_FROM_DAYS,
    ),
    Row(
        Due.COUNCIL_DECIDED,
        "council decision about an EHC request: decide what to do next",
        "council decisions about EHC requests: decide what to do next",
        begins=(
            Begin("reviews.NeedsAssessmentDecided", ("decided_on",)),
            Begin("reviews.EhcPlanDecided", ("decided_on",)),
            Begin("reviews.EhcPlanCeaseDecided", ("cease_decided_on",), unless=_A_DEATH),
            Begin("reviews.EhcPlanCeased", ("ended_on",), unless=_A_DEATH),
        ),
        ends=(
            End("reviews.EhcPlanCeaseDecided", when=_A_DEATH),
            End("reviews.EhcPlanCeased", when=_A_DEATH),
        ),
        where=Place.CHILD,
        dated="on",
        done_by_hand=True,
    ),
    Row(
        Due.REPLY,
        "text message from a person has not been read",
        "text messages from people have not been read",
        begins=(Begin("notifications.ReplyReceived", thing=("reply_id",)),),
        ends=(End("notifications.ReplyRead", ("reply_id",)),),
        where=Place.PERSON,
        dated="on",
        order=Order.ONCE,
    ),
)
ROWS: Mapping[Due, Row] = {row.kind: row for row in (*_OWN, *due_referrals.ROWS, *due_rights.ROWS)}

_WORK = "work goes on, and nothing in it is asked of the SENCO"
_WHO = "it says who is told; whose rights pass is told beforehand"
_SEATS = "whoever has a seat is told; nothing is asked of the setting"
NOT_WAITING: Mapping[str, str] = {
    "plans.SettingDescribed": "it is about a setting, not about something to do",
    "reviews.EhcPlanKept": "the plan goes on as it was",
    "plans.ChildRegistered": _WHO, "plans.ParentLinked": _WHO, "plans.ParentUnlinked": _WHO,
    "plans.RecipientsChanged": _WHO,
    "plans.SenSupportStarted": _WORK, "plans.SenStatusChanged": _WORK,
    "plans.AssessmentStarted": _WORK, "plans.AssessmentCompleted": _WORK,
    "plans.PlanAgreed": _WORK, "plans.PlanActivated": _WORK, "plans.PlanAmended": _WORK,
    "plans.PlanShared": _WORK, "plans.PlanCopyIssued": "the family is told",
    "reviews.ReviewDue": "the review's own date says so",
    "reviews.ReviewOverdue": "the review's own date says so",
    "reviews.ParentsEveningAnnounced": "families are asked, not the SENCO",
    "reviews.ParentsEveningCancelled": "families are told",
    "reviews.SlotBooked": _WORK,
    "referrals.ReferralSuggested": "the suggestion that it comes from waits itself",
    "referrals.ReferralConsentOverridden": "the family is told",
    "referrals.ReferralWaiting": _WORK, "referrals.ReferralAllocated": _WORK,
    "referrals.ReferralWorkBegan": _WORK, "referrals.ReferralStillWaiting": _WORK,
    "referrals.SessionAnnounced": _SEATS, "referrals.SessionBooked": _SEATS,
    "referrals.SessionMoved": _SEATS, "referrals.SessionSeatGivenUp": _SEATS,
    "referrals.SessionCancelled": _SEATS,
    "notifications.MessageSent": "it is on its way",
    "notifications.MessageDelivered": "it has arrived",
    "notifications.MessageFailed": "ManualContactNeeded says who has to be called",
    "notifications.ContactOptedOut": "it is their own wish",
}  # fmt: skip
"""Every other event, and why nothing waits for anybody after it."""


def in_lines(counts: Mapping[Due, int]) -> list[str]:
    """A line for each kind of which there is any: `2 reviews are past their day`."""
    return [
        f"{counts[kind]} {ROWS[kind].many if counts[kind] > 1 else ROWS[kind].one}"
        for kind in Due
        if counts.get(kind)
    ]


def kind_of_review(due_on: date, today: date) -> Due | None:
    """How a review that is still to be held stands, if it waits for anybody yet."""
    if due_on < today:
        return Due.REVIEW_OVERDUE
    return Due.REVIEW_COMING if due_on <= today + REVIEWS_WITHIN else None
