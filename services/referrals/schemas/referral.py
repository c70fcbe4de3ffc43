"""The shapes of a referral: what is asked, the agreement, and all that is answered of it."""

from typing import Any

from marshmallow import fields, post_load, validate

from services.referrals.domain.consent import Consent
from services.referrals.domain.parts import LONGEST_TEXT, Request, Scan
from services.referrals.domain.values import (
    CloseOutcome,
    ConsentNeeds,
    ConsentStatus,
    DeclineReason,
    ReferralStatus,
    Urgency,
    WithdrawReason,
    WorkKind,
)
from shared.web import fields as f
from shared.web.fields import Schema
from shared.web.paging import PageQuery

_RECORDED = (ConsentStatus.GIVEN, ConsentStatus.REFUSED, ConsentStatus.WITHDRAWN,
             ConsentStatus.OVERRIDDEN)  # fmt: skip


class RequestSchema(Schema):
    support_service_id = f.maybe_ident()
    reason = f.maybe_long_text(LONGEST_TEXT)
    strategies_tried = f.maybe_long_text(LONGEST_TEXT)
    desired_outcome = f.maybe_long_text(LONGEST_TEXT)
    urgency = f.code(Urgency, required=False, load_default=Urgency.ROUTINE)
    urgency_reason = f.maybe_long_text(1000)
    plan_id = f.maybe_ident()
    child_name = f.maybe_name(401)
    child_born = f.maybe_day_that(f.Meaning.BORN)
    setting_name = f.maybe_name()
    setting_contact = f.maybe_text(300)
    answers = f.answers(most=60)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Request:
        return Request(**data)


class RequestOut(RequestSchema):
    form_version = fields.Integer(allow_none=True)


class FilledOut(Schema):
    request = fields.Dict()
    filled = fields.List(fields.String())
    problem = fields.String(allow_none=True)


class FillQuery(Schema):
    support_service_id = f.maybe_ident()


class ConsentIn(Schema):
    status = fields.Enum(
        ConsentStatus, by_value=True, required=True,
        validate=validate.OneOf(_RECORDED, error="Consent is given, refused, withdrawn or "
                                "overridden."),
    )  # fmt: skip
    by = f.name()
    how = f.text(200)
    on = f.maybe_day_that(f.Meaning.HAPPENED)
    reason = f.maybe_long_text(1000)
    may_pass_on = f.truth(required=False, load_default=False)
    expires_on = f.maybe_day_that(f.Meaning.COMING)
    person_id = f.maybe_ident()
    not_told_because = f.maybe_long_text(1000)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Consent:
        return Consent(**data)


class ConsentAnswerOut(Schema):
    person_id = f.maybe_ident()
    by = fields.String(allow_none=True)
    how = fields.String()
    agrees = fields.Boolean()
    on = f.day()
    may_pass_on = fields.Boolean()


class ConsentOut(Schema):
    status = f.code(ConsentStatus)
    by = fields.String(allow_none=True)
    how = fields.String(allow_none=True)
    on = f.maybe_day()
    reason = fields.String(allow_none=True)
    may_pass_on = fields.Boolean()
    expires_on = f.maybe_day()
    asked_on = f.maybe_day()
    answers = fields.List(fields.Nested(ConsentAnswerOut))
    needs = f.code(ConsentNeeds)
    asked = fields.List(f.Id())
    needed = fields.Integer()
    answered = fields.Integer()
    changed = fields.Boolean()
    not_told_because = fields.String(allow_none=True)


class AnswerIn(Schema):
    answer = f.long_text()


class WithdrawIn(Schema):
    because = f.code(WithdrawReason)


class WordsIn(Schema):
    text = f.long_text()


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
    elsewhere = fields.List(f.Id())


class AttachmentOut(Schema):
    id = fields.String()
    name = fields.String()
    media_type = fields.String()
    size = fields.Integer()
    added_by = fields.String()
    added_at = f.moment()
    scan = f.code(Scan)


class WorkOut(Schema):
    id = f.ident()
    author_id = fields.String()
    recorded_at = f.moment()
    occurred_on = f.day()
    kind = f.code(WorkKind)
    minutes = fields.Integer()
    text = fields.String(allow_none=True)


class HappenedOut(Schema):
    at = f.moment()
    by = fields.String()
    role = fields.String()
    what = fields.String()


class OriginOut(Schema):
    referral_id = f.ident()
    received_at = f.moment()


class ReferralOut(Schema):
    id = f.ident()
    child_id = f.ident()
    setting_id = f.ident()
    escalation_id = f.maybe_ident()
    origin = fields.Nested(OriginOut, allow_none=True)
    request = fields.Nested(RequestOut)
    status = f.code(ReferralStatus)
    consent = fields.Nested(ConsentOut)
    attachments = fields.List(fields.Nested(AttachmentOut))
    drafted_at = f.moment()
    submitted_at = f.moment()
    received_at = f.moment()
    respond_by = f.maybe_day()
    claimed_by = fields.String(allow_none=True)
    questions = fields.List(fields.Nested(QuestionOut))
    decision = fields.Nested(DecisionOut, allow_none=True)
    waiting_since = f.maybe_day()
    allocated_to = fields.String(allow_none=True)
    began_on = f.maybe_day()
    waited_days = fields.Integer(allow_none=True)
    work = fields.List(fields.Nested(WorkOut))
    reports = fields.List(fields.Nested(WordsOut))
    closed_outcome = f.code(CloseOutcome, allow_none=True)
    withdrawn_because = f.code(WithdrawReason, allow_none=True)
    history = fields.List(fields.Nested(HappenedOut))
    changed_at = f.moment()
    version = fields.Integer()


class WhoseConsentOut(Schema):
    """Whose answers are needed before it can be sent, and how many there are."""

    status = f.code(ConsentStatus)
    needs = f.code(ConsentNeeds)
    asked = fields.List(f.Id())
    needed = fields.Integer()
    answered = fields.Integer()


class StandingOut(Schema):
    """Where a referral stands, in words."""

    status = f.code(ReferralStatus)
    words = fields.String()
    place = fields.Integer(allow_none=True)
    respond_by = f.maybe_day()
    received_at = f.moment()
    waited_days = fields.Integer(allow_none=True)
    expected = fields.String()
    consent = fields.Nested(WhoseConsentOut)


class ReferralsQuery(PageQuery):
    status = f.code(ReferralStatus, required=False, load_default=None)
    child_id = f.maybe_ident()
