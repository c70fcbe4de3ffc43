"""One referral as a page, for the setting and for the service: what it says, what can be done."""

from functools import partial
from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import NotFound

from services.referrals.commands.attach import (
    attach_upload,
    attachment_of,
    detach,
    read_attachment,
)
from services.referrals.commands.elsewhere import can_help_instead
from services.referrals.commands.people import people_of
from services.referrals.commands.standing import standing
from services.referrals.domain.referral import Referral
from services.referrals.domain.says import Fact
from services.referrals.pages import store
from services.referrals.pages.actions import SCAN_WORDS, Action, offered
from services.referrals.pages.agreement import agreement_words
from services.referrals.pages.people import meet_reader, name_outside, named
from services.referrals.pages.staff import (
    CLOSE_WORDS,
    DECLINE_WORDS,
    WORK_WORDS,
    show,
)
from shared.errors import Invalid
from shared.web import forms
from shared.web.downloads import download
from shared.web.guard import caller, subject

blueprint = Blueprint("referral_pages", __name__, template_folder="templates")


@blueprint.get("/referral/<id:referral_id>")
def show_referral(referral_id: str) -> str:
    """The referral."""
    if "support_worker" in caller().roles:
        meet_reader(str(subject().thing.support_service_id))
    return _page(subject().thing)


@blueprint.post("/referral/<id:referral_id>/<action>")
def act_on_referral(referral_id: str, action: str) -> Any:
    """Do one of the things that the page offers."""
    referral: Referral = subject().thing
    chosen = next((a for a in offered(referral) if a.name == action), None)
    if chosen is None and store.referrals.answered(referral_id):  # the button pressed twice
        return redirect(f"/referral/{referral_id}?done={action}", 303)
    if chosen is None:
        # It was offered when the page was made; what stands in the way is said by the page.
        faults = [forms.Fault(None, "This cannot be done any more: see where it stands now.")]
        return _page(referral, faults=faults), 409
    values = forms.values_of(chosen.fields)
    faults = forms.attempt(partial(_do, chosen, referral, values))
    if faults:
        fresh = store.referrals.get(referral_id)
        return _page(fresh, faults=faults, failed=chosen.name, values=values), 422
    return redirect(f"/referral/{referral_id}?done={chosen.name}", 303)


def _do(chosen: Action, referral: Referral, values: dict[str, Any]) -> None:
    chosen.do(referral, forms.form_version(), forms.load(chosen.schema, values))


@blueprint.post("/referral/<id:referral_id>/files")
def attach_file(referral_id: str) -> Any:
    """Keep a file beside it."""

    def act() -> None:
        file = request.files.get("file")
        if file is None or not file.filename:
            raise Invalid("Choose a file.", field="/file")
        attach_upload(store, referral_id, caller().id, file)

    if faults := forms.attempt(act):
        return _page(store.referrals.get(referral_id), faults=faults), 422
    return redirect(f"/referral/{referral_id}?done=files#files", 303)


@blueprint.get("/referral/<id:referral_id>/files/<attachment_id>")
def fetch_file(referral_id: str, attachment_id: str) -> Response:
    """Fetch a file."""
    kept = attachment_of(subject().thing, attachment_id)
    return download(
        read_attachment(store, kept), name=kept.name, media_type=kept.media_type, size=kept.size
    )


@blueprint.post("/referral/<id:referral_id>/files/<attachment_id>/remove")
def detach_file(referral_id: str, attachment_id: str) -> Any:
    """Take a file away."""

    def act() -> None:
        detach(store, referral_id, attachment_id, forms.form_version())

    if faults := forms.attempt(act):
        return _page(store.referrals.get(referral_id), faults=faults), 422
    return redirect(f"/referral/{referral_id}?done=files#files", 303)


def _page(
    referral: Referral, *, faults: list[forms.Fault] | None = None, failed: str = "",
    values: dict[str, Any] | None = None,
) -> str:  # fmt: skip
    service_id = referral.support_service_id
    service = store.support_services.find(service_id) if service_id else None
    by_service = "support_worker" in caller().roles
    if service is None and by_service:
        raise NotFound
    stands = standing(store, referral)
    people = people_of(store, str(service_id))
    version = referral.request.form_version or 0
    form = next((f for f in service.forms if f.version == version), None) if service else None
    return show(
        "referral.html", referral=referral, service=service, by_service=by_service,
        standing=stands, agreement=agreement_words(referral, stands),
        stopped=Fact.STOPPED in stands.says, actions=offered(referral), faults=faults or [],
        failed=failed, values=values or {}, questions=form.questions if form else [],
        elsewhere=[one.details.name for one in can_help_instead(store, referral)],
        removable={kept.id for kept in referral.attachments
                   if referral.may_detach(kept, by_service=by_service)},
        held_by=named(people, referral.claimed_by) if by_service else "",
        allocated_to=named(people, referral.allocated_to) if by_service
        else name_outside(people, referral.allocated_to),
        scan_words=SCAN_WORDS, work_words=WORK_WORDS, close_words=CLOSE_WORDS,
        decline_words=DECLINE_WORDS, happened_words=HAPPENED_WORDS,
    )  # fmt: skip


HAPPENED_WORDS = {
    "draft_referral": "Written",
    "suggest_referral": "Suggested after two cycles without enough progress",
    "edit_referral": "Changed",
    "attach": "File added",
    "detach": "File removed",
    "ask_consent": "The family was asked",
    "record_consent": "What the family said was recorded",
    "answer_consent": "The family answered",
    "expire_consent": "The family's agreement ran out",
    "follow_deciders": "Someone else decides now, and was asked",
    "submit_referral": "Sent to the service",
    "carry_on_elsewhere": "Came from another service",
    "acknowledge_referral": "Seen by the service",
    "claim_referral": "Taken in hand",
    "release_referral": "Put back",
    "hand_over_referral": "Handed over",
    "add_note": "A note was added",
    "request_information": "Information was asked for",
    "supply_information": "Information was given",
    "accept_referral": "Accepted",
    "decline_referral": "Declined",
    "redirect_referral": "Passed on",
    "put_on_waiting_list": "Put on the waiting list",
    "allocate_referral": "Allocated",
    "begin_work": "The work began",
    "record_work": "Work was recorded",
    "report_back": "Reported",
    "close_referral": "Closed",
    "withdraw_referral": "Taken back",
    "raise_overdue": "The target passed",
    "tell_who_waits": "Setting and family were told that it waits",
}
