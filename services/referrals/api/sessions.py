"""Support sessions: announced, booked, held."""

from typing import Any

from flask import Response

from services.referrals.api import store
from services.referrals.commands import support_sessions as commands
from services.referrals.domain.support_session import Booking, SessionDetails, SupportSession
from services.referrals.rendering.calendar import calendar_file
from services.referrals.schemas.sessions import (
    AttendanceIn,
    BookedSessionOut,
    BookIn,
    FeedbackIn,
    MyBookingOut,
    SessionOut,
    SessionSchema,
    SessionsQuery,
)
from shared import clock
from shared.web.app import ServiceBlueprint
from shared.web.downloads import download
from shared.web.guard import caller, subject
from shared.web.paging import PageQuery, page, page_schema
from shared.web.requests import expected_version, versioned

blueprint = ServiceBlueprint("sessions", "sessions", description="Support sessions for settings")


@blueprint.post("/support-services/<id:support_service_id>/sessions")
@blueprint.arguments(SessionSchema)
@blueprint.response(201, BookedSessionOut)
def announce_session(body: SessionDetails, support_service_id: str) -> SupportSession:
    """Announce a support session"""
    return versioned(commands.announce_session(store, support_service_id, body))


@blueprint.get("/support-sessions")
@blueprint.arguments(SessionsQuery, location="query")
@blueprint.response(200, page_schema(SessionOut))
def list_sessions(query: dict[str, Any]) -> dict[str, Any]:
    """List the sessions that are to come"""
    chosen: dict[str, Any] = {"details.starts_at": {"$gt": clock.now()}, "status": "announced"}
    if service_id := query.pop("support_service_id"):
        chosen["support_service_id"] = service_id
    if kind := query.pop("kind"):
        chosen["details.kind"] = kind.value
    return page(store.support_sessions, chosen, by="details.starts_at", **query)


@blueprint.get("/support-sessions/<id:session_id>")
@blueprint.response(200, SessionOut)
def read_session(session_id: str) -> SupportSession:
    """Read a session"""
    return versioned(subject().thing)


@blueprint.get("/support-sessions/<id:session_id>/bookings")
@blueprint.response(200, BookedSessionOut)
def read_bookings(session_id: str) -> SupportSession:
    """Read a session of your service with its bookings"""
    return versioned(subject().thing)


@blueprint.get("/support-sessions/<id:session_id>/calendar.ics")
@blueprint.response(200, content_type="text/calendar")
def read_calendar(session_id: str) -> Response:
    """Fetch a session as a calendar file (RFC 5545)"""
    return download(calendar_file(subject().thing), name="session.ics", media_type="text/calendar")


@blueprint.put("/support-sessions/<id:session_id>")
@blueprint.arguments(SessionSchema)
@blueprint.response(200, BookedSessionOut)
def change_session(body: SessionDetails, session_id: str) -> SupportSession:
    """Change a session: who has booked is told of another time or place"""
    return versioned(commands.change_session(store, session_id, body, expected_version()))


@blueprint.post("/support-sessions/<id:session_id>/cancel")
@blueprint.response(200, BookedSessionOut)
def cancel_session(session_id: str) -> SupportSession:
    """Cancel a session: everybody is told"""
    return versioned(commands.cancel_session(store, session_id, expected_version()))


@blueprint.post("/support-sessions/<id:session_id>/attendance")
@blueprint.arguments(AttendanceIn)
@blueprint.response(200, BookedSessionOut)
def record_attendance(body: dict[str, Any], session_id: str) -> SupportSession:
    """Record who was there"""
    attended = {entry["booking_id"]: entry["attended"] for entry in body["attendance"]}
    return versioned(commands.record_attendance(store, session_id, attended, expected_version()))


@blueprint.post("/support-sessions/<id:session_id>/bookings")
@blueprint.arguments(BookIn)
@blueprint.response(201, MyBookingOut)
def book_session(body: dict[str, Any], session_id: str) -> dict[str, Any]:
    """Book a seat; where there is none, a place on the waiting list"""
    who = caller()
    session = commands.book_session(store, session_id, who.id, min(who.settings), body["questions"])
    return _my_booking(session, commands.booking_by(session, who.id))


@blueprint.get("/my-bookings")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_schema(MyBookingOut))
def list_my_bookings(query: dict[str, Any]) -> dict[str, Any]:
    """List what you have booked"""
    mine = {"bookings.person_id": caller().id}
    found = page(store.support_sessions, mine, by="details.starts_at", **query)
    items = [_my_booking(s, commands.booking_by(s, caller().id)) for s in found["items"]]
    return {**found, "items": items}


@blueprint.post("/support-sessions/<id:session_id>/bookings/<id:booking_id>/give-up")
@blueprint.response(200, MyBookingOut)
def give_up_booking(session_id: str, booking_id: str) -> dict[str, Any]:
    """Give a seat back: who waits longest moves up"""
    session = commands.give_up_booking(store, session_id, booking_id, caller().id)
    return _my_booking(session, session.booking(booking_id))


@blueprint.post("/support-sessions/<id:session_id>/bookings/<id:booking_id>/feedback")
@blueprint.arguments(FeedbackIn)
@blueprint.response(200, MyBookingOut)
def give_feedback(body: dict[str, Any], session_id: str, booking_id: str) -> dict[str, Any]:
    """Say how useful it was, from 1 to 5"""
    session = commands.give_feedback(store, session_id, booking_id, body["useful"], body["words"])
    return _my_booking(session, session.booking(booking_id))


def _my_booking(session: SupportSession, kept: Booking) -> dict[str, Any]:
    """A booking as its owner sees it."""
    return {**vars(kept), "place": session.place_of(kept), "session": session}
