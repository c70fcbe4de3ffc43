"""What a family opens by its links: where a referral stands, and whether they agree to it."""

from flask import Blueprint, render_template, request
from werkzeug.exceptions import BadRequest

from services.referrals.commands import consent
from services.referrals.commands.elsewhere import can_help_instead
from services.referrals.commands.standing import standing
from services.referrals.domain.referral import Referral
from services.referrals.domain.values import OPEN_WITH_SERVICE, ConsentStatus, ReferralStatus
from services.referrals.pages import store
from shared.clock import LONDON
from shared.errors import NotFound
from shared.identity.links import Link
from shared.web.link_pages import read_link, record_visit

blueprint = Blueprint("pages", __name__, template_folder="templates")

_CAN_ANSWER = (ReferralStatus.DRAFT, *OPEN_WITH_SERVICE)


@blueprint.get("/family/referrals/<token>")
def family_referral(token: str) -> str:
    """The referral a link opens: where it stands and what comes next."""
    link, referral = _opened(token, "referral")
    if referral.submitted_at is None or referral.received_at is None:
        raise NotFound("This link has expired or is not complete.", code="link")
    return render_template(
        "family_referral.html",
        referral=referral,
        service=store.support_services.get(str(referral.support_service_id)).details,
        standing=standing(store, referral),
        received_on=referral.received_at.astimezone(LONDON).date(),
        undecided=referral.decision is None and referral.is_open,
        elsewhere=can_help_instead(store, referral),
        agreed=_said(referral, link.person_id),
    )


@blueprint.route("/family/consent/<token>", methods=["GET", "POST"])
def answer_consent(token: str) -> str:
    """Whether they agree that the setting asks the service for help; the last word counts."""
    link, referral = _opened(token, "consent")
    if not referral.support_service_id:
        raise NotFound("This link has expired or is not complete.", code="link")
    problem = None
    if request.method == "POST":
        answer = request.form.get("agree")
        if answer not in ("yes", "no"):
            problem = "Choose whether you agree."
        elif referral.status not in _CAN_ANSWER:
            raise BadRequest("This referral is over.")
        else:
            referral = consent.answer_consent(
                store, referral.id, link.person_id, agrees=answer == "yes",
                may_pass_on=request.form.get("pass_on") == "yes",
            )  # fmt: skip
    return render_template(
        "family_consent.html",
        referral=referral,
        service=store.support_services.get(str(referral.support_service_id)).details,
        said=_said(referral, link.person_id),
        problem=problem,
        over=referral.status not in _CAN_ANSWER,
        withdrawn=referral.status is ReferralStatus.WITHDRAWN,
        disputed=referral.consent.status is ConsentStatus.DISPUTED,
        sent=referral.is_open,
    )


def _opened(token: str, purpose: str) -> tuple[Link, Referral]:
    """What the link opens, the visit put on record. Raises NotFound."""
    link = read_link(token, purpose)
    referral = store.referrals.get(link.subject)
    record_visit(
        store.database, about=f"referral/{referral.id}", child_id=referral.child_id,
        setting_id=referral.setting_id, entitled=_may_open(link, referral),
    )  # fmt: skip
    return link, referral


def _may_open(link: Link, referral: Referral) -> bool:
    """Where it stands is for whoever is told; agreeing to it for whoever decides."""
    purpose = {"referral": "referral_progress", "consent": "referral_consent"}[link.purpose]
    return store.is_told(referral.child_id, link.person_id, purpose)


def _said(referral: Referral, person_id: str) -> bool | None:
    for answer in referral.consent.answers:
        if answer.person_id == person_id:
            return answer.agrees
    return None
