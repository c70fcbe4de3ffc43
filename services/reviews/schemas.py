"""Request and response shapes of reviews (what is stored is shaped by the domain itself)."""

from typing import Any

from marshmallow import fields, post_load, validate

from services.reviews.domain.calendar import Closure, Policy, Term
from services.reviews.domain.clocks import CLOCKS, Binds, ClockException, CountsFrom
from services.reviews.domain.council import AfterPlan, Asking, EhcCeaseReason, Origin
from services.reviews.domain.escalation import EscalationState, TalkOutcome
from services.reviews.domain.evening import INVITED_MOST, EveningDetails, EveningState
from services.reviews.domain.review import ReviewState
from services.reviews.domain.values import (
    CeaseReason,
    Decision,
    Delivered,
    DiscussionHow,
    Rating,
    Result,
    TookPart,
)
from shared.web import fields as f
from shared.web.fields import Schema
from shared.web.paging import PageQuery

# --- calendar


class TermSchema(Schema):
    name = f.text(60)
    starts_on = f.day_that(f.Meaning.CALENDAR)
    ends_on = f.day_that(f.Meaning.CALENDAR)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Term:
        return Term(**data)


class ClosureSchema(Schema):
    starts_on = f.day_that(f.Meaning.CALENDAR)
    ends_on = f.day_that(f.Meaning.CALENDAR)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Closure:
        return Closure(**data)


class PolicySchema(Schema):
    no_progress_cycles = f.number(1, 20, required=False, load_default=2)
    insufficient_outcomes = f.number(1, 20, required=False, load_default=1)
    discussion_school_days = f.number(1, 100, required=False, load_default=15)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Policy:
        return Policy(**data)


class CalendarSchema(Schema):
    terms = f.many(TermSchema, most=30, required=False, load_default=list)
    closures = f.many(ClosureSchema, most=100, required=False, load_default=list)
    policy = fields.Nested(PolicySchema, load_default=Policy)


class CalendarOut(CalendarSchema):
    setting_id = f.ident()
    version = fields.Integer()


# --- reviews


class ReviewIn(Schema):
    due_on = f.day_that(f.Meaning.COMING)


class ContributionIn(Schema):
    role = f.code(TookPart)
    occurred_on = f.maybe_day_that(f.Meaning.HAPPENED)
    text = f.long_text()


class ContributionOut(ContributionIn):
    id = f.ident()
    author_id = fields.String()
    recorded_at = f.moment()


class ParticipantSchema(Schema):
    role = f.code(TookPart)
    name = f.name()


class HoldIn(Schema):
    held_on = f.maybe_day_that(f.Meaning.HAPPENED)
    participants = f.many(ParticipantSchema, least=1, most=30)


class OutcomeRatingSchema(Schema):
    outcome_id = f.ident()
    rating = f.code(Rating)
    evidence = f.long_text(2000)


class ProvisionRatingSchema(Schema):
    provision_id = f.ident()
    delivered = f.code(Delivered)
    effectiveness = f.number(-2, 2, required=False, load_default=None, allow_none=True)
    comment = f.maybe_long_text(1000)


class FindingsSchema(Schema):
    ratings = f.many(OutcomeRatingSchema, least=1, most=20, key="outcome_id")
    provisions = f.many(ProvisionRatingSchema, most=50, key="provision_id")
    help_given = f.long_text()
    support_still_needed = f.truth(required=False, load_default=True)


class DecideIn(Schema):
    decision = f.code(Decision)
    reason = f.maybe_long_text(2000)
    decided_on = f.maybe_day_that(f.Meaning.HAPPENED)
    cease_reason = f.code(CeaseReason, required=False, load_default=None, allow_none=True)


class TakenOut(DecideIn):
    by = fields.String()


class DiscussionIn(Schema):
    how = f.code(DiscussionHow)
    discussed_on = f.maybe_day_that(f.Meaning.HAPPENED)
    notes = f.maybe_long_text(5000)


class DiscussionOut(DiscussionIn):
    recorded_at = f.moment()


class ReviewOut(Schema):
    id = f.ident()
    plan_id = f.ident()
    child_id = f.ident()
    setting_id = f.ident()
    due_on = f.day()
    state = f.code(ReviewState)
    cycle = fields.Integer(allow_none=True)
    held_on = f.maybe_day()
    participants = fields.List(fields.Nested(ParticipantSchema))
    contributions = fields.List(fields.Nested(ContributionOut))
    findings = fields.Nested(FindingsSchema, allow_none=True)
    result = f.code(Result, allow_none=True)
    proposed_decision = f.code(Decision, allow_none=True)
    decision = fields.Nested(TakenOut, allow_none=True)
    discussion = fields.Nested(DiscussionOut, allow_none=True)
    version = fields.Integer()


class ReviewsQuery(PageQuery):
    state = f.code(ReviewState, required=False, load_default=None)
    due_by = f.maybe_day_that(f.Meaning.ASKED)


# --- escalation


class EscalationIn(Schema):
    origin = fields.Enum(
        Origin, by_value=True, required=True,
        validate=validate.NoneOf([Origin.RULE], error="The rule raises its own."),
    )  # fmt: skip
    reason = f.long_text(2000)


class DismissIn(Schema):
    reason = f.long_text(2000)


class TalkIn(Schema):
    outcome = f.code(TalkOutcome)
    discussed_on = f.maybe_day_that(f.Meaning.HAPPENED)
    notes = f.maybe_long_text(5000)


class TalkOut(TalkIn):
    recorded_at = f.moment()


class RequestIn(Schema):
    by = fields.Enum(
        Origin, by_value=True, required=True,
        validate=validate.NoneOf([Origin.RULE], error="A rule asks for nothing."),
    )  # fmt: skip
    requested_on = f.maybe_day_that(f.Meaning.HAPPENED)
    received_on = f.maybe_day_that(f.Meaning.HAPPENED)


class ReceiptIn(Schema):
    received_on = f.maybe_day_that(f.Meaning.HAPPENED)


class ExceptionIn(Schema):
    clock = fields.String(
        required=True,
        validate=validate.OneOf(sorted({row.name for row in CLOCKS if row.exceptions})),
    )
    exception = f.code(ClockException)


class CeaseDecisionIn(Schema):
    reason = f.code(EhcCeaseReason)
    returns_to = f.code(AfterPlan)
    decided_on = f.maybe_day_that(f.Meaning.HAPPENED)


class PlanEndIn(Schema):
    ended = f.truth()
    ended_on = f.maybe_day_that(f.Meaning.HAPPENED)


class NeedsDecisionIn(Schema):
    agreed = f.truth()
    reason = f.maybe_long_text(2000)
    decided_on = f.maybe_day_that(f.Meaning.HAPPENED)


class PlanDecisionIn(Schema):
    issued = f.truth()
    reason = f.maybe_long_text(2000)
    decided_on = f.maybe_day_that(f.Meaning.HAPPENED)


class ClockOut(Schema):
    """One statutory clock: until when, counted from what, whom it binds, by which law."""

    name = fields.String()
    counts_from = f.code(CountsFrom)
    since = f.day()
    until = f.day()
    binds = f.code(Binds)
    law = fields.String()
    provisional = fields.Boolean()
    exception = f.code(ClockException, allow_none=True)


class RequestOut(RequestIn):
    kind = f.code(Asking)
    provisional = fields.Boolean()
    clocks = fields.List(fields.Nested(ClockOut))
    decided_on = f.maybe_day()
    reason = fields.String(allow_none=True)
    decide_by = f.day()
    issue_by = f.day()
    final_plan_by = f.day()


class EndingOut(CeaseDecisionIn):
    not_before = f.day()
    ended_on = f.maybe_day()


class EscalationOut(Schema):
    id = f.ident()
    child_id = f.ident()
    setting_id = f.ident()
    origin = f.code(Origin)
    opened_on = f.day()
    cycles = fields.Integer()
    state = f.code(EscalationState)
    reason = fields.String(allow_none=True)
    confirmed_on = f.maybe_day()
    talks = fields.List(fields.Nested(TalkOut))
    request = fields.Nested(RequestOut, allow_none=True)
    ending = fields.Nested(EndingOut, allow_none=True)
    version = fields.Integer()


class EscalationsQuery(PageQuery):
    state = f.code(EscalationState, required=False, load_default=None)


# --- parents' evenings


class EveningDetailsSchema(Schema):
    """Times of day in London."""

    held_on = f.day_that(f.Meaning.COMING)
    begins = fields.Time(required=True, format="%H:%M")
    ends = fields.Time(required=True, format="%H:%M")
    minutes = f.number(5, 60)
    place = f.text(120)
    at_once = f.number(1, 50, load_default=1, required=False)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> EveningDetails:
        return EveningDetails(**data)


class EveningIn(Schema):
    details = fields.Nested(EveningDetailsSchema, required=True)
    children = f.idents(INVITED_MOST, load_default=list)


class SlotIn(Schema):
    child_id = f.ident()
    slot = fields.Time(required=True, format="%H:%M")


class SlotBookingOut(Schema):
    child_id = f.ident()
    slot = fields.Time(format="%H:%M")
    booked_by = f.ident()


class EveningOut(Schema):
    id = f.ident()
    setting_id = f.ident()
    details = fields.Nested(EveningDetailsSchema)
    state = f.code(EveningState)
    invited = f.idents()
    bookings = fields.List(fields.Nested(SlotBookingOut))
    version = fields.Integer()
