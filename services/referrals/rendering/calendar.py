"""A support session as a calendar file (RFC 5545)."""

from icalendar import Calendar, Event

from services.referrals.domain.support_session import SessionStatus, SupportSession
from shared import clock, text


def calendar_file(session: SupportSession) -> bytes:
    """The .ics. Its number rises with every change, so that calendars take the newer over."""
    calendar = Calendar()
    calendar.add("prodid", "-//SEN Support//referrals//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    event = Event()
    event.add("uid", f"{session.id}@sen-support")
    event.add("dtstamp", clock.now())
    event.add("sequence", session.version)
    event.add("summary", text.shown(session.details.title))
    event.add("dtstart", session.details.starts_at)
    event.add("dtend", session.details.ends_at)
    event.add("location", text.shown(session.details.place or "") or session.details.link or "")
    if session.details.about:
        event.add("description", session.details.about)
    if session.details.link:
        event.add("url", session.details.link)
    cancelled = session.status is SessionStatus.CANCELLED
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
