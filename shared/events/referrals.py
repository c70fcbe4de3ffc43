"""Events of the referrals service."""

from marshmallow import Schema

from shared.events.fields import About, code, day, ident, maybe_day, maybe_ident, truth
from shared.events.registry import EventType, Kind

SERVICE = "referrals"


class ReferralSuggested(About):
    escalation_id = maybe_ident()


class ReferralState(About):
    """The whole of a referral's standing."""

    support_service_id = ident()
    status = code()
    open = truth()
    consent = code()
    submitted_on = day()
    respond_by = maybe_day()
    reason = code(allow_none=True)


def _row(
    name: str, about: str, schema: type[Schema], addressee: str | None = None, **readers: Kind
) -> EventType:
    return EventType(SERVICE, name, about, schema, readers, addressee=addressee)


_P, _R = Kind.PROJECTION, Kind.REACTION

ROWS = [
    _row("ReferralSuggested", "A draft waits for the SENCO to complete it.", ReferralSuggested),
    _row(
        "ReferralSubmitted", "A referral has reached the support service's queue.",
        ReferralState, addressee="support_service_id", plans=_P,
    ),
    _row("ReferralInformationRequested", "The service asks for more.", ReferralState),
    _row(
        "ReferralAccepted", "The service takes the referral.", ReferralState,
        plans=_P, notifications=_R,
    ),
    _row(
        "ReferralDeclined", "The service declines, with a reason and a next step.",
        ReferralState, plans=_P, notifications=_R,
    ),
    _row("ReferralAllocated", "Somebody has the work.", ReferralState),
    _row("ReferralReported", "The service has reported back.", ReferralState),
    _row("ReferralClosed", "The work is done.", ReferralState, plans=_P),
    _row(
        "ReferralWithdrawn", "The referral is withdrawn, by the setting or with the consent.",
        ReferralState, plans=_P,
    ),
    _row("ReferralOverdue", "The response target has passed.", ReferralState),
]  # fmt: skip
