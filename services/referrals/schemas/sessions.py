"""The shapes of support sessions and their bookings."""

from typing import Any

from marshmallow import fields, post_load

from services.referrals.domain.support_session import (
    BookingStatus,
    CancelledBy,
    SessionDetails,
    SessionKind,
    SessionStatus,
)
from shared.web import fields as f
from shared.web.fields import Schema
from shared.web.paging import PageQuery


class SessionSchema(Schema):
    title = f.text(150)
    kind = f.code(SessionKind)
    starts_at = f.moment_that(f.Meaning.COMING)
    ends_at = f.moment_that(f.Meaning.COMING)
    place = f.maybe_text(300)
    link = f.WebAddress(load_default=None, allow_none=True, schemes={"https"})
    capacity = f.number(1, 1000)
    about = f.maybe_long_text(3000)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> SessionDetails:
        return SessionDetails(**data)


class SessionOut(Schema):
    """What everybody may know: nobody's booking."""

    id = f.ident()
    support_service_id = f.ident()
    details = fields.Nested(SessionSchema)
    status = f.code(SessionStatus)
    seats_left = fields.Integer()
    waiting = fields.Integer()
    version = fields.Integer()


class FeedbackIn(Schema):
    useful = f.number(1, 5)
    words = f.maybe_long_text(2000)


class FeedbackOut(FeedbackIn):
    at = f.moment()


class BookingOut(Schema):
    id = f.ident()
    person_id = f.ident()
    setting_id = f.ident()
    at = f.moment()
    status = f.code(BookingStatus)
    cancelled_by = f.code(CancelledBy, allow_none=True)
    questions = fields.String(allow_none=True)
    feedback = fields.Nested(FeedbackOut, allow_none=True)


class BookedSessionOut(SessionOut):
    """With its bookings, for the service that puts it on."""

    bookings = fields.List(fields.Nested(BookingOut))


class MyBookingOut(BookingOut):
    """One's own booking, with its place on the waiting list."""

    place = fields.Integer(allow_none=True)
    session = fields.Nested(SessionOut)


class BookIn(Schema):
    questions = f.maybe_long_text(2000)


class AttendanceEntry(Schema):
    booking_id = f.ident()
    attended = f.truth()


class AttendanceIn(Schema):
    attendance = f.many(AttendanceEntry, least=1, most=1000, key="booking_id")


class SessionsQuery(PageQuery):
    support_service_id = f.maybe_ident()
    kind = f.code(SessionKind, required=False, load_default=None)
