"""The shapes of a service's queue and of what it does there."""

from typing import Any

from marshmallow import fields, post_load, validate

from services.referrals.commands.queue import BulkAction, QueueFilter, QueueOrder
from services.referrals.domain.people import PEOPLE_MOST, ServicePerson
from services.referrals.domain.values import (
    OPEN_WITH_SERVICE,
    CloseOutcome,
    DeclineReason,
    ReferralStatus,
    Urgency,
    WorkKind,
)
from services.referrals.schemas.referral import ReferralOut, WordsOut
from shared.web import fields as f
from shared.web.fields import Schema
from shared.web.paging import PageQuery


class QuestionIn(Schema):
    question = f.long_text()


class AcceptIn(Schema):
    family_words = f.long_text(2000)


class DeclineIn(AcceptIn):
    reason = f.code(DeclineReason)
    next_step = f.long_text(2000)
    elsewhere = f.idents(most=5, load_default=list)


class RedirectIn(AcceptIn):
    support_service_id = f.ident()


class AllocateIn(Schema):
    """`to` is one of the service's people."""

    to = f.text(100)


class PersonIn(Schema):
    person_id = f.text(100)
    name = f.name(120)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> ServicePerson:
        return ServicePerson(**data)


class PeopleIn(Schema):
    people = f.many(PersonIn, most=PEOPLE_MOST)


class PersonOut(Schema):
    person_id = fields.String()
    name = fields.String()
    left = fields.Boolean()


class PeopleOut(Schema):
    """Who is at a service, and who has been: `left`."""

    people = fields.List(fields.Nested(PersonOut))
    version = fields.Integer()


class WorkIn(Schema):
    occurred_on = f.day_that(f.Meaning.HAPPENED)
    kind = f.code(WorkKind)
    minutes = f.number(0, 24 * 60)
    text = f.maybe_long_text(5000)


class CloseIn(Schema):
    outcome = f.code(CloseOutcome)


class QueuedOut(ReferralOut):
    notes = fields.List(fields.Nested(WordsOut))


class QueueQuery(PageQuery):
    sort = f.code(QueueOrder, required=False, load_default=QueueOrder.URGENCY)
    status = fields.List(
        fields.Enum(ReferralStatus, by_value=True, validate=validate.OneOf(OPEN_WITH_SERVICE)),
        load_default=list,
        validate=f.Once(),
    )
    urgency = f.code(Urgency, required=False, load_default=None)
    unclaimed = fields.Boolean(load_default=False)
    mine = fields.Boolean(load_default=False)
    held_by = f.maybe_text(100)
    allocated_to = f.maybe_text(100)
    astray = fields.Boolean(load_default=False)
    overdue = fields.Boolean(load_default=False)
    changed = fields.Boolean(load_default=False)


class QueueItemOut(Schema):
    """A line of the queue: enough to choose by, and no free text."""

    id = f.ident()
    child_id = f.ident()
    setting_id = f.ident()
    status = f.code(ReferralStatus)
    urgency = f.code(Urgency, attribute="request.urgency")
    received_at = f.moment()
    respond_by = f.maybe_day()
    claimed_by = fields.String(allow_none=True)
    allocated_to = fields.String(allow_none=True)
    waiting_since = f.maybe_day()
    changed_at = f.moment()
    version = fields.Integer()


class LookOut(Schema):
    at = fields.AwareDateTime()


class ChosenIn(Schema):
    id = f.ident()
    version = f.number(1, 2**31)


class BulkIn(Schema):
    action = f.code(BulkAction)
    chosen = f.many(ChosenIn, least=1, most=100, key="id")
    to = f.maybe_name(100)


class RefusedOut(Schema):
    id = f.ident()
    code = fields.String()
    detail = fields.String()


class BulkOut(Schema):
    done = fields.List(f.Id())
    refused = fields.List(fields.Nested(RefusedOut))


def queue_filter(query: dict[str, Any], reader: str) -> QueueFilter:
    """Takes out of a queue's query what says which of it is shown."""
    return QueueFilter(
        statuses=query.pop("status"), urgency=query.pop("urgency"),
        unclaimed=query.pop("unclaimed"), astray=query.pop("astray"),
        held_by=_holder(query.pop("held_by"), reader if query.pop("mine") else None),
        allocated_to=query.pop("allocated_to"), overdue=query.pop("overdue"),
        changed=query.pop("changed"),
    )  # fmt: skip


def _holder(said: str | None, reader: str | None) -> str | None:
    return reader or said
