"""Where a referral stands, in words for the family."""

from flask import Blueprint, render_template

from services.referrals.domain.referral import ReferralStatus
from services.referrals.pages import store
from shared.clock import LONDON
from shared.errors import NotFound
from shared.web.link_pages import read_link, record_visit

blueprint = Blueprint("pages", __name__, template_folder="templates")

STATUS_WORDS = {
    ReferralStatus.SUBMITTED: "It has reached the service and waits to be looked at.",
    ReferralStatus.ACKNOWLEDGED: "The service has seen it.",
    ReferralStatus.TRIAGE: "The service is deciding how it can help.",
    ReferralStatus.INFORMATION_REQUESTED: "The service has asked the setting for more information.",
    ReferralStatus.ACCEPTED: "The service will help.",
    ReferralStatus.ALLOCATED: "Somebody at the service has the work.",
    ReferralStatus.IN_PROGRESS: "The work has begun.",
    ReferralStatus.CLOSED: "The work is done.",
    ReferralStatus.DECLINED: "The service cannot take this referral.",
    ReferralStatus.WITHDRAWN: "It was withdrawn.",
}


@blueprint.get("/family/referrals/<token>")
def family_referral(token: str) -> str:
    """The referral a link opens: where it stands and what comes next."""
    link = read_link(token, "referral")
    referral = store.referrals.get(link.subject)
    if referral.status not in STATUS_WORDS or referral.submitted_at is None:
        raise NotFound("This link has expired or is not complete.", code="link")
    record_visit(
        store.database, about=f"referral/{referral.id}", child_id=referral.child_id,
        setting_id=referral.setting_id,
        entitled=link.person_id in store.recipients_of(referral.child_id),
    )  # fmt: skip
    service = store.support_services.get(str(referral.support_service_id))
    return render_template(
        "family_referral.html",
        referral=referral,
        service=service.details,
        words=STATUS_WORDS[referral.status],
        submitted_on=referral.submitted_at.astimezone(LONDON).date(),
        undecided=referral.decision is None and referral.status is not ReferralStatus.WITHDRAWN,
    )
