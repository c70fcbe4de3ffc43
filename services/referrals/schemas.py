"""Request and response shapes of referrals (what is stored is shaped by the domain itself)."""

from typing import Any

from marshmallow import fields, post_load, validate

from services.referrals.domain.referral import Consent, ReferralStatus, Request
from services.referrals.domain.support_service import Details
from services.referrals.domain.values import (
    Area,
    CloseOutcome,
    ConsentStatus,
    DeclineReason,
    Intake,
    Phase,
    Urgency,
    WithdrawReason,
)
from shared.web import fields as f
from shared.web.fields import Schema
from shared.web.paging import PageQuery

# --- directory


class DetailsSchema(Schema):
    name = f.text(120)
    areas = f.codes(Area, least=1, required=True)
    phases = f.codes(Phase, least=1, required=True)
    age_from = f.number(0, 25, required=False, load_default=0)
    age_to = f.number(0, 25, required=False, load_default=25)
    criteria = f.long_text()
    response_target_days = f.number(1, 120)
    intake = f.code(Intake, required=False, load_default=Intake.OPEN)
    intake_note = f.maybe_text(500)
    capacity = f.number(0, 100_000, required=False, load_default=None, allow_none=True)
    opening = f.maybe_text(500)
    before_referral = f.maybe_text(1000)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Details:
        return Details(**data)


class SupportServiceOut(Schema):
    id = f.ident()
    details = fields.Nested(DetailsSchema)
    version = fields.Integer()


class DirectoryQuery(PageQuery):
    area = f.code(Area, required=False, load_default=None)
    phase = f.code(Phase, required=False, load_default=None)
    age = fields.Integer(load_default=None, validate=validate.Range(0, 25))


# --- referral


class RequestSchema(Schema):
    support_service_id = f.maybe_ident()
    reason = f.maybe_text(5000)
    strategies_tried = f.maybe_text(5000)
    desired_outcome = f.maybe_text(5000)
    urgency = f.code(Urgency, required=False, load_default=Urgency.ROUTINE)
    urgency_reason = f.maybe_text(1000)
    plan_id = f.maybe_ident()

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Request:
        return Request(**data)


class ConsentIn(Schema):
    status = fields.Enum(
        ConsentStatus, by_value=True, required=True,
        validate=validate.NoneOf([ConsentStatus.NONE], error="Consent is given, refused, "
                                 "withdrawn or overridden."),
    )  # fmt: skip
    by = f.text(200)
    how = f.text(200)
    on = f.maybe_day()
    reason = f.maybe_text(1000)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Consent:
        return Consent(**data)


class ConsentOut(Schema):
    status = f.code(ConsentStatus)
    by = fields.String(allow_none=True)
    how = fields.String(allow_none=True)
    on = f.maybe_day()
    reason = fields.String(allow_none=True)


class QuestionIn(Schema):
    question = f.long_text()


class AnswerIn(Schema):
    answer = f.long_text()


class AcceptIn(Schema):
    family_words = f.text(2000)


class DeclineIn(AcceptIn):
    reason = f.code(DeclineReason)
    next_step = f.text(2000)


class AllocateIn(Schema):
    to = f.text(100)


class WordsIn(Schema):
    text = f.long_text()


class CloseIn(Schema):
    outcome = f.code(CloseOutcome)


class WithdrawIn(Schema):
    because = f.code(WithdrawReason)


class WordsOut(WordsIn):
    id = f.ident()
    author_id = fields.String()
    at = f.moment()


class QuestionOut(Schema):
    asked = fields.String()
    asked_at = f.moment()
    asked_by = fields.String()
    answer = fields.String(allow_none=True)
    answered_at = f.moment()


class DecisionOut(Schema):
    by = fields.String()
    on = f.day()
    reason = f.code(DeclineReason, allow_none=True)
    family_words = fields.String()
    next_step = fields.String(allow_none=True)


class ReferralOut(Schema):
    id = f.ident()
    child_id = f.ident()
    setting_id = f.ident()
    escalation_id = f.maybe_ident()
    request = fields.Nested(RequestSchema)
    status = f.code(ReferralStatus)
    consent = fields.Nested(ConsentOut)
    drafted_at = f.moment()
    submitted_at = f.moment()
    respond_by = f.maybe_day()
    claimed_by = fields.String(allow_none=True)
    questions = fields.List(fields.Nested(QuestionOut))
    decision = fields.Nested(DecisionOut, allow_none=True)
    allocated_to = fields.String(allow_none=True)
    reports = fields.List(fields.Nested(WordsOut))
    closed_outcome = f.code(CloseOutcome, allow_none=True)
    withdrawn_because = f.code(WithdrawReason, allow_none=True)
    version = fields.Integer()


class QueuedOut(ReferralOut):
    notes = fields.List(fields.Nested(WordsOut))


class ReferralsQuery(PageQuery):
    status = f.code(ReferralStatus, required=False, load_default=None)
    child_id = f.maybe_ident()


class QueueQuery(PageQuery):
    urgency = f.code(Urgency, required=False, load_default=None)
    unclaimed = fields.Boolean(load_default=False)
