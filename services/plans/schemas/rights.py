"""Request and response shapes of rights that pass to a young person."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from services.plans.domain.sharing import Basis, Decision, Sharing
from shared.web import fields as f
from shared.web.fields import Schema


class SharingIn(Schema):
    parents_get = f.codes(Sharing, required=True)


class CapacityIn(Schema):
    decision = f.code(Decision)
    has_capacity = f.truth()
    acts_id = f.maybe_ident()
    why = f.long_text(1000)

    @validates_schema(skip_on_field_errors=True)
    def somebody_acts(self, data: dict[str, Any], **_: Any) -> None:
        """Where they cannot decide, somebody does."""
        if not data["has_capacity"] and data["acts_id"] is None:
            raise ValidationError("Enter the person who acts for them.", "acts_id")


class CapacityOut(CapacityIn):
    recorded_by = fields.String()
    recorded_on = f.day()


class ChoiceOut(Schema):
    purposes = f.codes(Sharing)
    made_on = f.day()
    recorded_by = fields.String()


class AppliedOut(Schema):
    since = f.day()
    basis = f.code(Basis)
    purposes = f.codes(Sharing)


class ToldOut(Schema):
    purpose = fields.String()
    people = f.idents()


class DeciderOut(Schema):
    decision = f.code(Decision)
    people = f.idents()


class RightsOut(Schema):
    child_id = f.ident()
    passes_on = f.day()
    passed = fields.Boolean()
    young_person = fields.Boolean()
    parents_get = f.codes(Sharing)
    basis = f.code(Basis)
    since = f.maybe_day()
    choice = fields.Nested(ChoiceOut, allow_none=True)
    shares_with_parents = fields.Boolean()
    lacks_capacity = fields.Boolean()
    capacity = fields.List(fields.Nested(CapacityOut))
    applied = fields.List(fields.Nested(AppliedOut))
    recipients = f.idents()
    told = fields.List(fields.Nested(ToldOut))
    deciders = fields.List(fields.Nested(DeciderOut))
    version = fields.Integer()
