"""Events of the reviews service."""

from marshmallow import Schema, fields

from shared.events.fields import (
    About,
    Rating,
    code,
    day,
    ident,
    idents,
    many,
    maybe_code,
    maybe_day,
    maybe_moment,
    number,
    truth,
)
from shared.events.registry import EventType, Kind

SERVICE = "reviews"


class AboutReview(About):
    plan_id = ident()


class ReviewScheduled(AboutReview):
    due_on = day()


class ReviewMoved(AboutReview):
    due_on = day()
    previous_due_on = day()


class ReviewCancelled(AboutReview):
    due_on = day()
    reason = code()


class ReviewHeld(AboutReview):
    held_on = day()


class ReviewCompleted(AboutReview):
    held_on = day()
    cycle = number(1)
    ratings = many(Rating)
    result = code()
    proposed_decision = code()


class ReviewDecided(AboutReview):
    decision = code()
    proposed_decision = code()
    decided_on = day()
    cycle = number(1)
    cease_reason = maybe_code()
    """Why the plan ends, where that was decided. Events of before do not say."""


class ReviewDiscussed(AboutReview):
    discussed_on = day()


class DiscussionOverdue(AboutReview):
    held_on = day()


class EscalationSuggested(About):
    plan_id = ident()
    escalation_id = ident()
    cycles = number(1)


class EscalationConfirmed(About):
    confirmed_on = day()


class EscalationDiscussed(About):
    discussed_on = day()
    outcome = code()


class EscalationDismissed(About):
    dismissed_on = day()


class Evening(Schema):
    setting_id = ident()
    held_on = day()
    children = idents()
    bookable_until = maybe_moment()
    ends_at = maybe_moment()


class SlotBooked(About):
    held_on = day()


class NeedsAssessment(About):
    """The whole of a request's standing: open to the council, and the clock's dates."""

    open = truth()
    status = code()
    requested_on = day()
    decide_by = day()
    final_plan_by = day()
    decided_on = maybe_day()
    received_on = fields.Date(load_default=None, allow_none=True)
    """When the council had it, which its clocks count from. Events of before do not say."""
    kind = maybe_code()
    """`requested`, or `brought_to_attention` by a nursery. Events of before do not say."""


class EhcPlanEnding(NeedsAssessment):
    """How an EHC plan ends, or that it goes on."""

    reason = code()
    returns_to = code()
    """The SEN provision code that the child has again."""
    cease_decided_on = day()
    not_before = day()
    """The first day on which it can end: until then there can be an appeal."""
    ended_on = maybe_day()


def _row(name: str, about: str, schema: type[Schema], **readers: Kind) -> EventType:
    return EventType(SERVICE, name, about, schema, readers)


_P, _R = Kind.PROJECTION, Kind.REACTION

ROWS = [
    _row("ReviewScheduled", "A review has a date.", ReviewScheduled, notifications=_P),
    _row("ReviewMoved", "A review has another date.", ReviewMoved, notifications=_P),
    _row("ReviewCancelled", "A review will not be held.", ReviewCancelled, notifications=_P),
    _row("ReviewDue", "A review's date has come.", ReviewScheduled),
    _row("ReviewOverdue", "A review's date has passed and it was not held.", ReviewScheduled),
    _row("ReviewHeld", "A review was held.", ReviewHeld, notifications=_P),
    _row(
        "ReviewCompleted", "Outcomes are rated and the system proposes a decision.",
        ReviewCompleted, plans=_R, reviews=_R, notifications=_R,
    ),
    _row(
        "ReviewDecided", "A person has decided what follows from a review.", ReviewDecided,
        plans=_R, reviews=_R, notifications=_P,
    ),
    _row(
        "ReviewDiscussed", "The family has discussed a review.", ReviewDiscussed, notifications=_P,
    ),
    _row(
        "DiscussionOverdue", "A completed review was not discussed in time.", DiscussionOverdue,
        notifications=_P,
    ),
    _row(
        "EscalationSuggested", "Not enough progress over the setting's number of cycles.",
        EscalationSuggested, reviews=_R, referrals=_R, notifications=_P,
    ),
    _row(
        "EscalationConfirmed", "The SENCO wants to talk with the family about more support.",
        EscalationConfirmed, notifications=_R,
    ),
    _row(
        "EscalationDiscussed", "The family has talked about more support.", EscalationDiscussed,
        notifications=_P,
    ),
    _row(
        "EscalationDismissed", "The SENCO has looked at a suggestion: not now.",
        EscalationDismissed, notifications=_P,
    ),
    _row(
        "ParentsEveningAnnounced", "Families are invited to choose a time.", Evening,
        notifications=_R,
    ),
    _row(
        "ParentsEveningCancelled", "A parents' evening does not take place.", Evening,
        notifications=_R,
    ),
    _row("SlotBooked", "A family has a time at a parents' evening.", SlotBooked,
         notifications=_P),
    _row(
        "NeedsAssessmentRequested", "The council is asked for an EHC needs assessment.",
        NeedsAssessment, plans=_P, notifications=_R,
    ),
    _row(
        "NeedsAssessmentReceived", "The council has said when it had the request.",
        NeedsAssessment, plans=_P, notifications=_R,
    ),
    _row(
        "NeedsAssessmentDecided", "The council has decided whether to assess.",
        NeedsAssessment, plans=_P, notifications=_R,
    ),
    _row(
        "EhcPlanDecided", "The council has decided whether to issue an EHC plan.",
        NeedsAssessment, plans=_P, notifications=_R,
    ),
    _row(
        "EhcPlanCeaseDecided", "The council has decided to end an EHC plan, which goes on while "
        "there can be an appeal.", EhcPlanEnding, plans=_P, notifications=_R,
    ),
    _row(
        "EhcPlanKept", "An EHC plan that was to end goes on.", EhcPlanEnding,
        plans=_P, notifications=_R,
    ),
    _row(
        "EhcPlanCeased", "An EHC plan has ended: the child is at K or N again.", EhcPlanEnding,
        plans=_P, notifications=_R,
    ),
]  # fmt: skip
