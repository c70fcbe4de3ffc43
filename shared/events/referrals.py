"""Events of the referrals service."""

from typing import Any

from marshmallow import Schema

from shared.events.fields import (
    About,
    address,
    code,
    day,
    ident,
    idents,
    many,
    maybe_code,
    maybe_day,
    maybe_ident,
    maybe_moment,
    number,
    truth,
)
from shared.events.registry import EventType, Kind

SERVICE = "referrals"


class ReferralSuggested(About):
    escalation_id = maybe_ident()


class ReferralConsentAsked(About):
    support_service_id = ident()
    asked_on = day()
    recipients = idents()


class ReferralConsentAnswered(About):
    """The family has answered; or what they were asked stands differently: recorded by hand, run
    out, the draft taken back. `status` is the referral's, `by` whose doing it was: `family`,
    `setting`, `calendar`."""

    support_service_id = ident()
    consent = code()
    answered_on = day()
    status = maybe_code()
    by = maybe_code()


class ReferralConsentOverridden(About):
    support_service_id = ident()
    overridden_on = day()
    recipients = idents()


class ReferralState(About):
    """The whole of a referral's standing; `address` is where its content is read."""

    support_service_id = ident()
    status = code()
    open = truth()
    consent = code()
    urgency = code()
    submitted_on = day()
    respond_by = maybe_day()
    reason = code(allow_none=True)
    address = address()


class ReferralRedirected(ReferralState):
    to_service_id = ident()
    next_referral_id = ident()
    passes_on = truth()


class SessionAnnounced(Schema):
    support_service_id = ident()
    held_on = day()
    capacity = number()


class Booked(Schema):
    """Who has a seat, and at which setting."""

    person_id = ident()
    setting_id = ident()


class SessionState(Schema):
    """A session, and those whom the event is about."""

    support_service_id = ident()
    held_on = day()
    status = code()
    booked = many(Booked)
    starts_at = maybe_moment()
    ends_at = maybe_moment()


def _row(name: str, about: str, schema: type[Schema], **readers: Kind) -> EventType:
    return EventType(SERVICE, name, about, schema, readers)


def _told(
    name: str, about: str, schema: type[Schema] = ReferralState, **readers: Kind
) -> EventType:
    """One that also goes to the support service: to its queue, and by this service's own handler
    to its webhooks."""
    return EventType(
        SERVICE, name, about, schema, {"referrals": Kind.REACTION, **readers}, version=2,
        addressee="support_service_id", upcasters={1: _to_version_2},
    )  # fmt: skip


def _to_version_2(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 said neither how urgent it is nor where it is read."""
    return {"urgency": "routine", "address": "/referrals", **data}


_P, _R = Kind.PROJECTION, Kind.REACTION

ROWS = [
    _row("ReferralSuggested", "A draft waits for the SENCO to complete it.", ReferralSuggested),
    _row(
        "ReferralConsentAsked", "The family is asked whether they agree.", ReferralConsentAsked,
        notifications=_R,
    ),
    _row(
        "ReferralConsentAnswered",
        "The family has answered, or the agreement stands differently: in a draft too.",
        ReferralConsentAnswered, notifications=_P,
    ),
    _row(
        "ReferralConsentOverridden",
        "The request goes ahead without the family's agreement, for a recorded reason: they are "
        "told.",
        ReferralConsentOverridden, notifications=_R,
    ),
    _told("ReferralSubmitted", "A referral has reached the support service's queue.", plans=_P,
          notifications=_P),
    _told(
        "ReferralConsentChanged", "The agreement stands differently: it ran out, or is back.",
        plans=_P, notifications=_P,
    ),
    _told("ReferralInformationRequested", "The service asks for more.", notifications=_P),
    _told("ReferralInformationSupplied", "The setting has answered.", notifications=_P),
    _told("ReferralAccepted", "The service takes the referral.", plans=_P, notifications=_R),
    _told(
        "ReferralDeclined", "The service declines, with a reason and a next step.",
        plans=_P, notifications=_R,
    ),
    _told(
        "ReferralRedirected", "Another service fits better: a linked referral goes on there.",
        ReferralRedirected, plans=_P, notifications=_R,
    ),
    _told("ReferralWaiting", "Accepted work waits its turn.", notifications=_R),
    _told("ReferralAllocated", "Somebody has the work.", notifications=_R),
    _told("ReferralWorkBegan", "The work with the child has begun."),
    _told("ReferralReported", "The service has reported back.", notifications=_P),
    _told("ReferralClosed", "The work is done.", plans=_P, notifications=_R),
    _told(
        "ReferralWithdrawn", "The referral is withdrawn, by the setting or with the consent.",
        plans=_P, notifications=_R,
    ),
    _told("ReferralOverdue", "The response target has passed.", notifications=_P),
    _told("ReferralStillWaiting", "It waits, and nothing was said of it for a while.",
          notifications=_R),
    _row("SessionAnnounced", "A support session can be booked.", SessionAnnounced),
    _row(
        "SessionBooked", "Somebody has a seat, at once or from the waiting list.", SessionState,
        notifications=_R,
    ),
    _row(
        "SessionSeatGivenUp", "Somebody has no seat, or place on the waiting list, any more.",
        SessionState, notifications=_P,
    ),
    _row("SessionMoved", "Another time or place.", SessionState, notifications=_R),
    _row("SessionCancelled", "It does not take place.", SessionState, notifications=_R),
]  # fmt: skip
