"""Request and response shapes of plans (what is stored is shaped by the domain itself)."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_load, validate

from services.plans.domain.content import Content, Goal, Involvement, Outcome, Provision
from services.plans.domain.pupil_number import WrongPupilNumber, pupil_number
from services.plans.domain.values import (
    Area,
    CeaseReason,
    CheckStatus,
    PrimaryNeed,
    SenStatus,
    SettingKind,
    Source,
    StaffRole,
)
from shared import ids
from shared.web import fields as f
from shared.web.fields import Schema
from shared.web.paging import PageQuery

# --- settings and staff


class SettingIn(Schema):
    name = f.name()
    kind = f.code(SettingKind)
    maintained_nursery = f.truth(required=False, load_default=False)


class StaffIn(Schema):
    name = f.name()
    role = f.code(StaffRole)


class StaffOut(StaffIn):
    person_id = f.ident()


class SettingOut(SettingIn):
    id = f.ident()
    staff = fields.List(fields.Nested(StaffOut))
    version = fields.Integer()


# --- children and parents


class PupilNumber(f.Text):
    """A unique pupil number, kept in capitals without blanks; in `any_form` as it is said."""

    def __init__(self, *, any_form: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.any_form = any_form

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        said = super()._deserialize(value, attr, data, **kwargs)
        try:
            return said if self.any_form else pupil_number(said)
        except WrongPupilNumber as problem:
            raise ValidationError(str(problem)) from None

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> Any:
        said = super()._serialize(value, attr, obj, **kwargs)
        return said.strip() if isinstance(said, str) else said  # a line end from before


class ChildIn(Schema):
    """Who has one name only has it as either; the other is left out, or empty."""

    first_name = f.maybe_name()
    last_name = f.maybe_name()
    date_of_birth = f.day_that(f.Meaning.BORN)
    upn = PupilNumber(most=40, load_default=None, allow_none=True)

    @pre_load
    def leave_out_empty(self, data: Any, **_: Any) -> Any:
        """An empty name, or number, is none."""
        if not isinstance(data, Mapping):
            return data
        maybe = ("first_name", "last_name", "upn")
        empty = {
            name for name in maybe if isinstance(data.get(name), str) and not data[name].strip()
        }
        return {name: value for name, value in data.items() if name not in empty}

    @post_load
    def be_called_something(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Raises ValidationError."""
        names = {name: data[name] or "" for name in ("first_name", "last_name")}
        if not any(names.values()):
            raise ValidationError("Enter a first name, a last name, or both.", "first_name")
        return {**data, **names}


class ChildCorrection(ChildIn):
    upn = PupilNumber(most=40, load_default=None, allow_none=True, any_form=True)
    """Whether it is one, the command asks: one from before may stay as it is."""
    lacks_capacity = f.truth(required=False, load_default=False)
    shares_with_parents = f.truth(required=False)
    """Left out, what the young person chose stays as it is."""


class ParentIn(Schema):
    person_id = f.ident()
    relationship = f.text(60)
    parental_responsibility = f.truth()
    entitled = f.truth()


class UnlinkIn(Schema):
    because = f.long_text(500)


class ParentOut(ParentIn):
    linked_on = f.day()
    ended_on = f.maybe_day()


class ChildOut(ChildCorrection):
    id = f.ident()
    setting_id = f.ident()
    sen_status = f.code(SenStatus)
    status_since = f.maybe_day()
    primary_need = f.code(PrimaryNeed, allow_none=True)
    need_missing = fields.Boolean(dump_only=True)
    areas = f.codes(Area)
    parents = fields.List(fields.Nested(ParentOut))
    recipients = f.idents()
    version = fields.Integer()


class ChildrenQuery(PageQuery):
    sen_status = f.code(SenStatus, required=False, load_default=None)


# --- assess


class AssessmentIn(Schema):
    concern = f.long_text()
    started_on = f.maybe_day_that(f.Meaning.HAPPENED)


class ContributionIn(Schema):
    source = f.code(Source)
    author_role = f.text(60)
    occurred_on = f.day_that(f.Meaning.HAPPENED)
    text = f.long_text()
    areas = f.codes(Area, load_default=list)


class ContributionOut(ContributionIn):
    id = f.ident()
    author_id = fields.String()
    recorded_at = f.moment()


class AbsenceIn(Schema):
    source = f.code(Source)
    reason = f.long_text(500)


class NeedsIn(Schema):
    sen_support = f.truth()
    areas = f.codes(Area, load_default=list)
    primary_need = f.code(PrimaryNeed, required=False, load_default=None, allow_none=True)
    presenting_needs = f.texts(30, 200)
    summary = f.long_text()
    completed_on = f.maybe_day_that(f.Meaning.HAPPENED)


class AssessmentOut(Schema):
    id = f.ident()
    child_id = f.ident()
    setting_id = f.ident()
    concern = fields.String()
    started_on = f.day()
    state = fields.String()
    contributions = fields.List(fields.Nested(ContributionOut))
    absences = fields.List(fields.Nested(AbsenceIn))
    needs = fields.Nested(NeedsIn, allow_none=True)
    version = fields.Integer()


# --- plan


class GoalSchema(Schema):
    id = f.Id(load_default=ids.new_id)
    text = f.long_text(500)
    measure = f.maybe_long_text(300)
    baseline = f.maybe_long_text(300)
    target = f.maybe_long_text(300)
    due_on = f.maybe_day_that(f.Meaning.AIMED)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Goal:
        return Goal(**data)


class OutcomeSchema(Schema):
    id = f.Id(load_default=ids.new_id)
    area = f.code(Area)
    text = f.long_text(1000)
    measure = f.maybe_long_text(500)
    due_on = f.maybe_day_that(f.Meaning.AIMED)
    goals = f.many(GoalSchema, most=20, required=False, load_default=list)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Outcome:
        return Outcome(**data)


class ProvisionSchema(Schema):
    id = f.Id(load_default=ids.new_id)
    outcome_ids = f.idents(20, required=True)
    what = f.long_text(500)
    who = f.text(200)
    times_per_week = f.number(1, 100)
    minutes = f.number(1, 600)
    group_size = f.number(1, 100, required=False, load_default=1)
    starts_on = f.day_that(f.Meaning.SCHEDULED)
    ends_on = f.maybe_day_that(f.Meaning.SCHEDULED)
    cost_pence = f.number(0, 100_000_000, required=False, load_default=None, allow_none=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Provision:
        return Provision(**data)


class InvolvementSchema(Schema):
    who = f.text(200)
    how = f.long_text(500)
    on = f.day_that(f.Meaning.HAPPENED)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Involvement:
        return Involvement(**data)


class ContentSchema(Schema):
    outcomes = f.many(OutcomeSchema, most=20, required=False, load_default=list)
    provisions = f.many(ProvisionSchema, most=50, required=False, load_default=list)
    strategies = f.texts(50, 500)
    child_views = f.maybe_long_text(5000)
    parent_views = f.maybe_long_text(5000)
    responsible_id = f.maybe_ident()
    involvement = fields.Nested(InvolvementSchema, load_default=None, allow_none=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Content:
        return Content(**data)


class PlanIn(Schema):
    assessment_id = f.maybe_ident()
    content = fields.Nested(ContentSchema, required=True)


class AmendIn(Schema):
    why = f.long_text(500)
    content = fields.Nested(ContentSchema, required=True)


class AgreeIn(Schema):
    agreed_on = f.maybe_day_that(f.Meaning.HAPPENED)


class ActivateIn(Schema):
    active_from = f.maybe_day_that(f.Meaning.HAPPENED)


class CeaseIn(Schema):
    reason = f.code(CeaseReason)
    ended_on = f.maybe_day_that(f.Meaning.HAPPENED)


class ShareIn(Schema):
    person_id = f.ident()


class ShareOut(ShareIn):
    role = fields.String()
    shared_on = f.day()


class VersionOut(Schema):
    number = fields.Integer()
    made_by = fields.String()
    made_at = f.moment()
    why = fields.String()


class VersionContentOut(VersionOut):
    content = fields.Nested(ContentSchema)


class ReviewResultOut(Schema):
    review_id = f.ident()
    cycle = fields.Integer()
    held_on = f.day()
    ratings = fields.Dict(keys=fields.String(), values=fields.String())
    result = fields.String()
    proposed_decision = fields.String()
    decision = fields.String(allow_none=True)


class PlanOut(Schema):
    id = f.ident()
    child_id = f.ident()
    setting_id = f.ident()
    assessment_id = f.maybe_ident()
    template = fields.String()
    template_version = fields.Integer()
    written_by = fields.String()
    state = fields.String()
    cycle = fields.Integer()
    version_number = fields.Integer()
    agreed_on = f.maybe_day()
    active_from = f.maybe_day()
    ended_on = f.maybe_day()
    ended_because = f.code(CeaseReason, allow_none=True)
    last_check_on = f.maybe_day()
    content = fields.Nested(ContentSchema)
    shares = fields.List(fields.Nested(ShareOut))
    versions = fields.List(fields.Nested(VersionOut))
    results = fields.List(fields.Nested(ReviewResultOut))
    version = fields.Integer()


class PlansQuery(PageQuery):
    state = fields.String(
        load_default=None,
        validate=validate.OneOf(["draft", "agreed", "active", "ceased", "superseded", "discarded"]),
    )


# --- do


class OutcomeCheckSchema(Schema):
    outcome_id = f.ident()
    status = f.code(CheckStatus)


class DeliverySchema(Schema):
    provision_id = f.ident()
    planned = f.number(0, 1000)
    delivered = f.number(0, 1000)


class CheckIn(Schema):
    occurred_on = f.maybe_day_that(f.Meaning.HAPPENED)
    outcomes = f.many(OutcomeCheckSchema, least=1, most=20, key="outcome_id")
    deliveries = f.many(DeliverySchema, key="provision_id", required=False, load_default=list)
    note = f.maybe_long_text(5000)


class CheckOut(CheckIn):
    id = f.ident()
    plan_id = f.ident()
    version_number = fields.Integer()
    by = fields.String()
    recorded_at = f.moment()


class CopyOut(Schema):
    id = f.ident()
    person_id = f.ident()
    version_number = fields.Integer()
    state = fields.String()
    issued_at = f.moment()
