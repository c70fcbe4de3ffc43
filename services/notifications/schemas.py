"""Request and response shapes of notifications (what is stored is shaped by the domain itself)."""

from typing import Any
from unicodedata import category, normalize

from email_validator import EmailNotValidError, validate_email
from marshmallow import ValidationError, fields, post_load, validate

from services.notifications.domain.contact import ChildName, Details
from services.notifications.domain.due import Due
from services.notifications.domain.quiet import QuietHours
from services.notifications.domain.telephone import BadNumber, must_be_a_telephone, read_mobile
from services.notifications.domain.values import (
    Channel,
    Failure,
    Language,
    MessageState,
    Purpose,
    Suppressed,
)
from shared.web import fields as f
from shared.web.fields import Schema
from shared.web.paging import PageQuery

_NOT_AN_ADDRESS = "Enter an email address in the correct format, like name@example.com."


class EmailAddress(f.Text):
    """An email address, in the form in which it is used."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        if isinstance(value, str):
            value = _as_typed(value)
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            # Test domains are for tests, which need them.
            found = validate_email(
                text, check_deliverability=False, test_environment=True, strict=True
            )
        except EmailNotValidError:
            raise ValidationError(_NOT_AN_ADDRESS) from None
        return str(found.normalized)


def _as_typed(value: str) -> str:
    """Without what comes along when an address is copied: marks that cannot be seen, full-width
    letters, `mailto:`."""
    text = "".join(one for one in normalize("NFKC", value) if category(one) != "Cf").strip()
    return text[7:] if text.lower().startswith("mailto:") else text


class MobileNumber(f.Text):
    """A telephone number that can take texts, kept as E.164 (ITU-T)."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return read_mobile(text)
        except BadNumber as problem:
            raise ValidationError(str(problem)) from None


class TelephoneNumber(f.Text):
    """A telephone number that people are asked to call, kept as it is written."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            must_be_a_telephone(text)
        except BadNumber as problem:
            raise ValidationError(str(problem)) from None
        return text


class ChildNameSchema(Schema):
    child_id = f.ident()
    first_name = f.name()

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> ChildName:
        return ChildName(**data)


class QuietHoursSchema(Schema):
    """Times of day in London, such as 20:00 and 08:00."""

    begins = fields.Time(required=True, format="%H:%M")
    ends = fields.Time(required=True, format="%H:%M")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> QuietHours:
        return QuietHours(**data)


class DetailsSchema(Schema):
    name = f.name()
    email = EmailAddress(most=254, load_default=None, allow_none=True)
    mobile = MobileNumber(most=60, load_default=None, allow_none=True)
    language = fields.Enum(Language, by_value=True, load_default=Language.ENGLISH)
    channels = f.codes(Channel, load_default=lambda: [Channel.EMAIL])
    children = f.many(ChildNameSchema, most=20, key="child_id", required=False, load_default=list)
    quiet_hours = fields.Nested(QuietHoursSchema, load_default=None, allow_none=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Details:
        return Details(**data)


class ContactIn(Schema):
    person_id = f.ident()
    details = fields.Nested(DetailsSchema, required=True)


class NameIn(Schema):
    child_id = f.ident()
    first_name = f.name()
    own_name = f.maybe_name()
    """How the person is called themselves, where they are the child."""


class FailingOut(Schema):
    channel = f.code(Channel)
    since = f.moment()
    reason = fields.String()


class ContactOut(Schema):
    id = f.ident()
    person_id = f.ident()
    setting_id = f.ident()
    details = fields.Nested(DetailsSchema)
    opted_out = f.codes(Purpose)
    failing = fields.List(fields.Nested(FailingOut))
    version = fields.Integer()


class ReplyOut(Schema):
    """A text that a person has sent back, in their own words."""

    id = f.ident()
    person_id = f.ident()
    words = fields.String()
    at = f.moment()
    read_at = f.moment()


class ProfileIn(Schema):
    name = f.name()
    phone = TelephoneNumber(most=40, required=True)
    sencos = f.idents(20, load_default=list)


class ProfileOut(ProfileIn):
    setting_id = f.ident()
    version = fields.Integer()


class AttemptOut(Schema):
    at = f.moment()
    failure = f.code(Failure, allow_none=True)
    reason = fields.String(allow_none=True)
    channel = f.code(Channel)
    provider = fields.String(allow_none=True)


class MessageOut(Schema):
    id = f.ident()
    person_id = f.ident()
    child_id = f.maybe_ident()
    setting_id = f.ident()
    purpose = f.code(Purpose)
    channel = f.code(Channel)
    state = f.code(MessageState)
    suppressed = f.code(Suppressed, allow_none=True)
    gathered_in = f.maybe_ident()
    template_version = fields.Integer(allow_none=True)
    created_on = f.moment()
    next_try = f.moment()
    sent_at = f.moment()
    attempts = fields.List(fields.Nested(AttemptOut))


class MessagesQuery(PageQuery):
    person_id = f.maybe_ident()
    child_id = f.maybe_ident()
    state = f.code(MessageState, required=False, load_default=None)


class TemplatesQuery(Schema):
    language = fields.Enum(Language, by_value=True, load_default=Language.ENGLISH)


class TemplateOut(Schema):
    purpose = f.code(Purpose)
    language = f.code(Language)
    checked = fields.Boolean()
    """Whether a qualified translator has checked it, where it is a translation."""
    version = fields.Integer()
    own = fields.Boolean()
    """Whether it is for a young person who reads about themselves."""
    essential = fields.Boolean()
    subject = fields.String()
    text = fields.String()
    sms = fields.String()
    sms_parts = fields.Integer()


class VolumesQuery(Schema):
    days = fields.Integer(load_default=7, validate=validate.Range(1, 400))


class VolumeOut(Schema):
    day = fields.String()
    channel = f.code(Channel)
    provider = fields.String()
    handed_over = fields.Integer()
    parts = fields.Integer()
    pence = fields.Float()
    measured = fields.Integer()
    quick = fields.Integer()
    failed = fields.Integer()
    not_delivered = fields.Integer()


class HealthOut(Schema):
    provider = fields.String()
    has_turn = fields.Boolean()
    failures = fields.Integer()
    seen_at = f.moment()


class SendingOut(Schema):
    days = fields.List(fields.Nested(VolumeOut))
    providers = fields.List(fields.Nested(HealthOut))
    waiting = fields.Dict(keys=fields.String(), values=fields.Integer())
    quick_share = fields.Float(allow_none=True)
    """Of what was handed over in these days, how much within ten seconds of its event."""
    replies = fields.Dict(keys=fields.String(), values=fields.Integer())
    """Texts that came back in these days: STOP, START, other words, and from a number that nobody
    here has."""


class DueOut(Schema):
    id = fields.String()
    kind = f.code(Due)
    child_id = f.maybe_ident()
    person_id = f.maybe_ident()
    day = fields.Date()
    """Its true date: a review's own, else since when it waits."""
    by = fields.Date(allow_none=True)
    """By when it is to be done."""
    service = fields.String()
    """Whose page it is done at,"""
    path = fields.String()
    """and that page's path there."""
    mark = fields.String()
    """What a person has seen of it who says that it is done."""
    done_by_hand = fields.Boolean()
    """Whether it waits until a person says that it is done."""


class DoneIn(Schema):
    id = f.text(120)
    mark = f.text(60)
