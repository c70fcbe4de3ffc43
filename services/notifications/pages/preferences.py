"""A person's own wishes: which messages they want. The link is the key, as in RFC 8058."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from services.notifications.commands import contacts
from services.notifications.domain.values import Purpose
from services.notifications.pages import store
from shared.web.link_pages import read_link

blueprint = Blueprint("pages", __name__, template_folder="templates")


@blueprint.get("/l/<code>")
def follow_short_link(code: str) -> Response:
    """The short address in a text leads on to the signed one."""
    return redirect(store.short_link(code), 302)


_WORDS = {
    Purpose.REVIEW_COMING: (
        "Reminders of reviews",
        "You get a reminder 14 days and 2 days before a review.",
        "You get no reminders before a review.",
        "reminders",
    ),
    Purpose.REFERRAL_PROGRESS: (
        "How a referral goes on",
        "You are told when something happens to a referral, and every two weeks while it waits.",
        "You are not told how a referral goes on. You are still told what is decided.",
        "news of referrals",
    ),
}


@blueprint.get("/family/preferences/<token>")
def read_preferences(token: str) -> str:
    """Which messages a person gets, and the button that changes it."""
    return _page(token)


@blueprint.post("/family/preferences/<token>")
def change_preferences(token: str) -> str:
    """Stop reminders, or start them again; a mail program's one click stops them."""
    link = read_link(token, "preferences")
    purpose = _chosen(request.form.get("purpose") or request.args.get("purpose"))
    if request.form.get("messages") == "start":
        contacts.opt_in(store, link.subject, purpose)
    else:
        contacts.opt_out(store, link.subject, purpose)
    return _page(token, changed=True)


def _page(token: str, *, changed: bool = False) -> str:
    link = read_link(token, "preferences")
    contact = store.contacts.get(link.subject)
    return render_template(
        "preferences.html",
        optional=[
            (purpose, *_WORDS[purpose], purpose in contact.opted_out)
            for purpose in Purpose
            if not purpose.essential
        ],
        changed=changed,
        token=token,
    )


def _chosen(said: str | None) -> Purpose:
    """What is switched off or on; the reminders where a link of before says nothing."""
    try:
        return Purpose(said or Purpose.REVIEW_COMING)
    except ValueError:
        raise BadRequest("There is no such kind of message.") from None
