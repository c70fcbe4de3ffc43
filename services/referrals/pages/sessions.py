"""Support sessions as pages: to come, one of them, booking, and the service's own keeping."""

from datetime import datetime
from functools import partial
from typing import Any

from flask import Blueprint, Response, redirect, request

from services.referrals.commands import support_sessions as commands
from services.referrals.domain.support_session import (
    Booking,
    BookingStatus,
    CancelledBy,
    SessionKind,
    SessionStatus,
    SupportSession,
)
from services.referrals.pages import store
from services.referrals.pages.staff import options, service_name, show
from services.referrals.rendering.calendar import calendar_file
from services.referrals.schemas.sessions import BookIn, FeedbackIn, SessionSchema
from shared import clock
from shared.clock import LONDON
from shared.errors import NotFound
from shared.web import forms
from shared.web.downloads import download
from shared.web.forms import Field
from shared.web.guard import caller, subject
from shared.web.paging import page

blueprint = Blueprint("session_pages", __name__, template_folder="templates")

_KINDS = {SessionKind.ADVICE_CLINIC: "Advice clinic", SessionKind.CONSULTATION: "Consultation",
          SessionKind.TRAINING: "Training", SessionKind.DROP_IN: "Drop-in"}  # fmt: skip
_BOOKING_WORDS = {
    BookingStatus.BOOKED: "You have a seat.",
    BookingStatus.WAITING: "You are on the waiting list.",
    BookingStatus.ATTENDED: "You were there.",
    BookingStatus.NO_SHOW: "You were not there.",
}
_CANCELLED_WORDS = {
    CancelledBy.PERSON: "You cancelled your booking.",
    CancelledBy.SERVICE: "The service cancelled your booking.",
    CancelledBy.SESSION: "This session was cancelled.",
}
_FIELDS = [
    Field("title", "Title"),
    Field("kind", "Kind", "choice", options(_KINDS)),
    Field("starts_at", "Starts", "moment"),
    Field("ends_at", "Ends", "moment"),
    Field("place", "Place", optional=True),
    Field("link", "Link, where it is online", optional=True),
    Field("capacity", "Seats", "number"),
    Field("about", "What it is about", "long_text", optional=True),
]
_QUESTIONS = Field("questions", "What you would like to ask", "long_text", optional=True)
_FEEDBACK = [
    Field("useful", "How useful was it?", "choice",
          [("5", "Very"), ("4", "Rather"), ("3", "So-so"), ("2", "Little"), ("1", "Not at all")]),
    Field("words", "What should change", "long_text", optional=True),
]  # fmt: skip


@blueprint.get("/sessions")
def list_sessions() -> str:
    """Those that are to come, and one's own."""
    coming = {"details.starts_at": {"$gt": clock.now()}, "status": SessionStatus.ANNOUNCED}
    found = page(store.support_sessions, coming, by="details.starts_at", limit=50,
                 cursor=request.args.get("cursor"))  # fmt: skip
    mine = store.support_sessions.find_many(
        {"bookings.person_id": caller().id}, sort=[("details.starts_at", -1)], limit=20
    )
    names = {s.id: s.details.name for s in store.support_services.find_many({})}
    return show(
        "sessions.html", sessions=found["items"], next_cursor=found["next_cursor"], names=names,
        mine=[(s, _booking_words(s, _own(s))) for s in mine], kinds=_KINDS,
        own_services=[(one, names.get(one, "")) for one in sorted(caller().services)]
        if "support_worker" in caller().roles else [],
    )  # fmt: skip


@blueprint.get("/sessions/<id:session_id>")
def show_session(session_id: str) -> str:
    """One session."""
    return _page(subject().thing, [])


@blueprint.get("/sessions/<id:session_id>/calendar.ics")
def fetch_calendar(session_id: str) -> Response:
    """A file for one's calendar."""
    return download(calendar_file(subject().thing), name="session.ics", media_type="text/calendar")


@blueprint.post("/sessions/<id:session_id>/book")
def book(session_id: str) -> Any:
    """Take a seat, or a place on the waiting list."""
    who = caller()

    def act() -> None:
        said = forms.load(BookIn, forms.values_of([_QUESTIONS]))
        commands.book_session(store, session_id, who.id, min(who.settings), said["questions"])

    return _did(session_id, act)


@blueprint.post("/sessions/<id:session_id>/bookings/<id:booking_id>/give-up")
def give_up(session_id: str, booking_id: str) -> Any:
    """Give a seat back."""
    return _did(
        session_id, lambda: commands.give_up_booking(store, session_id, booking_id, caller().id)
    )


@blueprint.post("/sessions/<id:session_id>/bookings/<id:booking_id>/feedback")
def say(session_id: str, booking_id: str) -> Any:
    """What one thought of it."""

    def act() -> None:
        values = forms.values_of(_FEEDBACK)
        useful = values.get("useful", "")
        said = forms.load(FeedbackIn, {**values, "useful": int(useful) if useful.isdecimal()
                                       and len(useful) == 1 else None})  # fmt: skip
        commands.give_feedback(store, session_id, booking_id, said["useful"], said["words"])

    return _did(session_id, act)


@blueprint.route("/queue/<id:support_service_id>/sessions/announce", methods=["GET", "POST"])
def announce(support_service_id: str) -> Any:
    """Announce a session."""
    if request.method == "GET":
        return _form(None, support_service_id, {}, [])
    values = _values()
    made: list[str] = []
    faults = forms.attempt(lambda: made.append(commands.announce_session(
        store, support_service_id, forms.load(SessionSchema, _in_london(values))).id))  # fmt: skip
    if faults:
        return _form(None, support_service_id, values, faults), 422
    return redirect(f"/sessions/{made[0]}?done=announce", 303)


@blueprint.route("/sessions/<id:session_id>/edit", methods=["GET", "POST"])
def edit_session(session_id: str) -> Any:
    """Another time, place, or number of seats."""
    session: SupportSession = subject().thing
    if request.method == "GET":
        return _form(session, session.support_service_id, _shown(session), [])
    values = _values()
    faults = forms.attempt(partial(_change, session_id, values))
    if faults:
        return _form(session, session.support_service_id, values, faults), 422
    return redirect(f"/sessions/{session_id}?done=edit", 303)


@blueprint.post("/sessions/<id:session_id>/cancel")
def cancel(session_id: str) -> Any:
    """It does not take place."""
    return _did(
        session_id, lambda: commands.cancel_session(store, session_id, forms.form_version())
    )


@blueprint.post("/sessions/<id:session_id>/attendance")
def attend(session_id: str) -> Any:
    """Who was there."""
    session: SupportSession = subject().thing
    there = set(request.form.getlist("there"))
    seats = [b for b in session.bookings
             if b.status not in (BookingStatus.WAITING, BookingStatus.CANCELLED)]  # fmt: skip
    attended = {b.id: b.id in there for b in seats}
    return _did(session_id, lambda: commands.record_attendance(
        store, session_id, attended, forms.form_version()))  # fmt: skip


def _did(session_id: str, act: Any) -> Any:
    if faults := forms.attempt(act):
        return _page(store.support_sessions.get(session_id), faults), 409
    return redirect(f"/sessions/{session_id}?done=yes", 303)


def _page(session: SupportSession, faults: list[forms.Fault]) -> str:
    who = caller()
    own = _own(session)
    keeps = "support_worker" in who.roles and session.support_service_id in who.services
    return show(
        "session.html", session=session, service=service_name(session.support_service_id),
        own=own, own_words=_booking_words(session, own) if own else "",
        place=session.place_of(own) if own else None, keeps=keeps, kinds=_KINDS, faults=faults,
        books=bool(who.settings) and {"senco", "teacher"} & who.roles, now=clock.now(),
        question=_QUESTIONS, feedback=_FEEDBACK,
    )  # fmt: skip


def _form(
    session: SupportSession | None, service_id: str, values: dict[str, Any],
    faults: list[forms.Fault],
) -> str:  # fmt: skip
    return show(
        "session_form.html", session=session, service=service_name(service_id), fields=_FIELDS,
        values=values, faults=faults,
        version=request.form.get("version", session.version if session else 0),
    )  # fmt: skip


def _change(session_id: str, values: dict[str, Any]) -> None:
    details = forms.load(SessionSchema, _in_london(values))
    commands.change_session(store, session_id, details, forms.form_version())


def _values() -> dict[str, Any]:
    return forms.values_of(_FIELDS)


def _in_london(values: dict[str, Any]) -> dict[str, Any]:
    """What a browser says of a moment has no offset: it is meant in London."""
    found = dict(values)
    for name in ("starts_at", "ends_at"):
        try:
            here = datetime.fromisoformat(found.get(name, ""))
        except ValueError:
            continue
        if here.tzinfo is None:
            found[name] = here.replace(tzinfo=LONDON).isoformat()
    return found


def _shown(session: SupportSession) -> dict[str, Any]:
    found = dict(vars(session.details))
    for name in ("starts_at", "ends_at"):
        found[name] = f"{found[name].astimezone(LONDON):%Y-%m-%dT%H:%M}"
    return found


def _booking_words(session: SupportSession, own: Booking) -> str:
    """How a booking stands, and who ended it. One of before does not say who did: where the
    session was cancelled that is so in any case."""
    if own.status is not BookingStatus.CANCELLED:
        return _BOOKING_WORDS[own.status]
    if own.cancelled_by is None and session.status is not SessionStatus.CANCELLED:
        return "Your booking was cancelled."
    return _CANCELLED_WORDS[own.cancelled_by or CancelledBy.SESSION]


def _own(session: SupportSession) -> Any:
    try:
        return commands.booking_by(session, caller().id)
    except NotFound:
        return None
