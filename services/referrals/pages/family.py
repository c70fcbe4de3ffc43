"""What a family opens by its links: where a referral stands, and whether they agree to it."""

from typing import Any

from flask import Blueprint, render_template, request

from services.referrals.commands import consent
from services.referrals.commands.consent import CAN_ANSWER, Heard, Said, asking
from services.referrals.commands.elsewhere import can_help_instead
from services.referrals.commands.shown import rows_of, shown_of
from services.referrals.commands.standing import standing
from services.referrals.domain.consent import Asking
from services.referrals.domain.referral import Referral
from services.referrals.domain.says import Fact
from services.referrals.domain.shown import BESIDE, LABELS, changed, from_token, gone, to_token
from services.referrals.domain.values import ConsentNeeds, ConsentStatus
from services.referrals.pages import store
from services.referrals.pages.family_words import notice_of
from shared.clock import LONDON
from shared.errors import NotFound
from shared.identity.links import Link
from shared.web.link_pages import read_link, record_visit

blueprint = Blueprint("pages", __name__, template_folder="templates")

_CHOOSE = "Choose whether you agree."
_CHANGED = ("This request has changed since you opened this page. Your answer has not been saved. "
            "Look at what has changed, then answer again.")  # fmt: skip
_LOST_CHANGED = "What would be lost has changed since you opened this page. Nothing has been saved."


@blueprint.get("/family/referrals/<token>")
def family_referral(token: str) -> str:
    """The referral a link opens: where it stands and what comes next."""
    _, referral = _opened(token, "referral")
    if referral.submitted_at is None or referral.received_at is None:
        raise NotFound("This link has expired or is not complete.", code="link")
    stands = standing(store, referral)
    decision = referral.decision if Fact.DECISION in stands.says else None
    return render_template(
        "family_referral.html",
        referral=referral,
        service=store.support_services.get(str(referral.support_service_id)).details,
        standing=stands,
        says={fact.value for fact in stands.says},
        received_on=referral.received_at.astimezone(LONDON).date(),
        decision=decision,
        elsewhere=can_help_instead(store, referral) if decision else [],
    )


@blueprint.route("/family/consent/<token>", methods=["GET", "POST"])
def answer_consent(token: str) -> Any:
    """Whether they agree that the setting asks the service for help; the last word counts."""
    link, referral = _opened(token, "consent")
    if not referral.support_service_id:
        raise NotFound("This link has expired or is not complete.", code="link")
    deciders = store.deciders_of(referral.child_id)
    if link.person_id not in deciders:
        asked_them = bool(set(referral.consent.asked) & set(deciders))
        return _page("family_consent_other.html", referral, link, asked_them=asked_them)
    if request.method == "GET":
        return _consent_page(referral, link)
    answer = request.form.get("agree")
    if answer not in ("yes", "no"):
        return _consent_page(referral, link, problem=_CHOOSE)
    said = Said(
        agrees=answer == "yes",
        may_pass_on=request.form.get("pass_on") == "yes",
        seen=request.form.get("seen"),
        confirmed=request.form.get("confirmed"),
    )
    heard, referral = consent.answer_consent(store, referral.id, link.person_id, said)
    if heard is Heard.TO_CONFIRM:
        problem = _LOST_CHANGED if said.confirmed else None
        return _page("family_stop.html", referral, link, problem=problem,
                     standing=standing(store, referral))  # fmt: skip
    if heard is Heard.CHANGED:
        return _consent_page(referral, link, problem=_CHANGED, seen=said.seen), 409
    # A second press of the same button finds it ended: it did no harm, and says where it stands.
    again = heard is Heard.OVER and not said.agrees
    return _consent_page(referral, link), 200 if heard is Heard.TAKEN or again else 409


def _consent_page(
    referral: Referral, link: Link, *, problem: str | None = None, seen: str | None = None
) -> str:
    """All that the service will see, one's own answer, and the form."""
    service = consent.service_of(store, referral)
    shown = shown_of(service, referral)
    now = _asked(referral, asking(store, referral))
    mine = referral.consent.said_by(link.person_id)
    before = from_token(seen) if seen else None
    if before is None and referral.consent.earlier_shown and mine is None:
        before = referral.consent.earlier_shown
    agreed_to = referral.consent.shown if referral.is_open else {}
    return _page(
        "family_consent.html",
        referral,
        link,
        problem=problem,
        rows=rows_of(service, referral),
        beside=BESIDE.values(),
        changed=changed(before, shown) if before else set(),
        gone=[_label(name) for name in sorted(gone(before, shown))] if before else [],
        added=changed(agreed_to, shown) if agreed_to else set(),
        seen=to_token(shown),
        # What somebody else wrote down for them is said, not filled in.
        mine=mine if mine and mine.recorded_by is None else None,
        notice=None if problem else notice_of(referral, link.person_id),
        sees=referral.is_open and referral.consent.status.allows,
        asked=len(now.people),
        everybody=now.needs is ConsentNeeds.ALL,
        overridden=referral.consent.status is ConsentStatus.OVERRIDDEN,
    )


def _page(template: str, referral: Referral, link: Link, **more: Any) -> str:
    """A page about one's own agreement: who it is about, who asks, whom."""
    place = referral.request.setting_name or "the school or setting"
    return render_template(
        template,
        referral=referral,
        service=store.support_services.get(str(referral.support_service_id)).details,
        child="you" if link.person_id == referral.child_id else _child(referral),
        place=place,
        place_first=f"{place[0].upper()}{place[1:]}",
        sent=referral.is_open,
        over=referral.status not in CAN_ANSWER,
        **more,
    )


def _child(referral: Referral) -> str:
    return referral.request.child_name or "your child"


def _asked(referral: Referral, now: Asking) -> Asking:
    """Who was asked; before anybody was, who would be."""
    kept = referral.consent
    return Asking(kept.asked, kept.needs, now.shown) if kept.asked else now


def _label(name: str) -> str:
    """What a row was called that is no more."""
    return LABELS.get(name) or ("A file" if name.startswith("files/") else "An answer")


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
    """Where it stands is for whoever is told of it; agreeing to it for whoever decides, and those
    who are told but decide no more read that somebody else does."""
    if store.is_told(referral.child_id, link.person_id, "referral_progress"):
        return True
    deciders = store.deciders_of(referral.child_id)
    return link.purpose == "consent" and link.person_id in deciders
