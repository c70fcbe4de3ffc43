"""A person's own wishes: which messages they want. The link is the key, as in RFC 8058."""

from flask import Blueprint, render_template, request

from services.notifications.commands import contacts
from services.notifications.domain.values import Purpose
from services.notifications.pages import store
from shared.web.link_pages import read_link

blueprint = Blueprint("pages", __name__, template_folder="templates")


@blueprint.get("/family/preferences/<token>")
def read_preferences(token: str) -> str:
    """Which messages a person gets, and the button that changes it."""
    return _page(token)


@blueprint.post("/family/preferences/<token>")
def change_preferences(token: str) -> str:
    """Stop reminders, or start them again; a mail program's one click stops them."""
    link = read_link(token, "preferences")
    if request.form.get("reminders") == "start":
        contacts.opt_in(store, link.subject, Purpose.REVIEW_COMING)
    else:
        contacts.opt_out(store, link.subject, Purpose.REVIEW_COMING)
    return _page(token, changed=True)


def _page(token: str, *, changed: bool = False) -> str:
    link = read_link(token, "preferences")
    contact = store.contacts.get(link.subject)
    return render_template(
        "preferences.html",
        stopped=Purpose.REVIEW_COMING in contact.opted_out,
        changed=changed,
        token=token,
    )
