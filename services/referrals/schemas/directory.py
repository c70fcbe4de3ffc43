"""The shapes of the directory: entries, forms, who can help, how long it takes."""

from typing import Any

from marshmallow import fields, post_load, validate

from services.referrals.domain.form import FormQuestion, QuestionKind, Source
from services.referrals.domain.support_service import Details
from services.referrals.domain.values import Area, ConsentNeeds, Intake, Phase, PrimaryNeed
from shared.web import fields as f
from shared.web.fields import Schema
from shared.web.paging import PageQuery


class DetailsSchema(Schema):
    name = f.name()
    areas = f.codes(Area, least=1, required=True)
    phases = f.codes(Phase, least=1, required=True)
    age_from = f.number(0, 25, required=False, load_default=0)
    age_to = f.number(0, 25, required=False, load_default=25)
    criteria = f.long_text()
    response_target_days = f.number(1, 120)
    intake = f.code(Intake, required=False, load_default=Intake.OPEN)
    intake_note = f.maybe_long_text(500)
    capacity = f.number(0, 100_000, required=False, load_default=None, allow_none=True)
    opening = f.maybe_long_text(500)
    before_referral = f.maybe_long_text(1000)
    primary_needs = f.codes(PrimaryNeed, load_default=list)
    helps_with = f.maybe_long_text(2000)
    contact = f.maybe_long_text(500)
    # What is not said stays as it is: domain/support_service.py.
    consent_from = f.code(ConsentNeeds, required=False, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Details:
        return Details(**data)


class FormQuestionSchema(Schema):
    name = f.text(40)
    text = f.text(300)
    kind = f.code(QuestionKind)
    required = f.truth(required=False, load_default=False)
    hint = f.maybe_long_text(500)
    options = f.texts(30, 100)
    filled_from = f.code(Source, required=False, load_default=None, allow_none=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> FormQuestion:
        return FormQuestion(**data)


class FormIn(Schema):
    questions = f.many(FormQuestionSchema, most=60)


class FormOut(Schema):
    version = fields.Integer()
    questions = fields.List(fields.Nested(FormQuestionSchema))


class SupportServiceOut(Schema):
    id = f.ident()
    details = fields.Nested(DetailsSchema)
    form = fields.Nested(FormOut)
    version = fields.Integer()


class FormsOut(Schema):
    forms = fields.List(fields.Nested(FormOut))


class DirectoryQuery(PageQuery):
    area = f.code(Area, required=False, load_default=None)
    phase = f.code(Phase, required=False, load_default=None)
    age = fields.Integer(load_default=None, validate=validate.Range(0, 25))


class ChildMatchQuery(Schema):
    phase = f.code(Phase, required=False, load_default=None)
    age = fields.Integer(load_default=None, validate=validate.Range(0, 25))


class MatchQuery(ChildMatchQuery):
    area = f.codes(Area, load_default=list)
    primary_need = f.code(PrimaryNeed, required=False, load_default=None)


class MatchOut(Schema):
    service = fields.Nested(SupportServiceOut)
    score = fields.Integer()
    reasons = fields.List(fields.String())
    obstacles = fields.List(fields.String())
    median_wait_days = fields.Integer(allow_none=True)


class MatchesOut(Schema):
    needs = fields.Dict(allow_none=True)
    items = fields.List(fields.Nested(MatchOut))


class WaitsOut(Schema):
    counted = fields.Integer()
    median_days = fields.Integer(allow_none=True)
    p92_days = fields.Integer(allow_none=True)


class AgeBandOut(Schema):
    from_days = fields.Integer()
    below_days = fields.Integer(allow_none=True)
    count = fields.Integer()


class AgeingOut(Schema):
    open = fields.Integer()
    by_status = fields.Dict(keys=fields.String(), values=fields.Integer())
    waiting_by_age = fields.List(fields.Nested(AgeBandOut))
    overdue = fields.Integer()
    unclaimed = fields.Integer()
    oldest_received_at = fields.AwareDateTime(allow_none=True)


class WaitingTimesOut(Schema):
    waits = fields.Nested(WaitsOut)
    as_of = fields.AwareDateTime(allow_none=True)
    words = fields.String()


class ServiceFiguresOut(Schema):
    support_service_id = f.ident()
    name = fields.String()
    capacity = fields.Integer(allow_none=True)
    waits = fields.Nested(WaitsOut)
    ageing = fields.Nested(AgeingOut)
    as_of = fields.AwareDateTime()


class CouncilFiguresOut(Schema):
    items = fields.List(fields.Nested(ServiceFiguresOut))
