"""A person's own wishes: how, when and in which language they are told, and of what.

The link is the key, as in RFC 8058. Nothing of anybody else is on the page. Who reads it at their
work is not asked what a family is asked.
"""

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request
from marshmallow import fields, post_load, pre_load
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from services.notifications.commands import contacts
from services.notifications.commands.audience import Audience, audience_of
from services.notifications.domain.contact import Contact, Wishes
from services.notifications.domain.quiet import QuietHours
from services.notifications.domain.values import Channel, Language, Purpose
from services.notifications.pages import store
from services.notifications.pages.words import LANGUAGES
from shared.errors import NotFound
from shared.identity.links import Link
from shared.web import fields as f
from shared.web import forms
from shared.web.fields import Schema
from shared.web.forms import Fault, Field
from shared.web.link_pages import read_link

blueprint = Blueprint("pages", __name__, template_folder="templates")

_OPTIONAL = {
    Purpose.REVIEW_COMING: "Reminders, 14 days and 2 days before a review",
    Purpose.REFERRAL_PROGRESS: "News of how a request for help goes on",
}


class WishesSchema(Schema):
    """What the form says."""

    channels = f.codes(Channel, least=1)
    language = fields.Enum(Language, by_value=True, load_default=Language.ENGLISH)
    quiet_from = fields.Time(format="%H:%M", load_default=None)
    quiet_to = fields.Time(format="%H:%M", load_default=None)
    wanted = f.codes(Purpose)

    @pre_load
    def spread(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """`email,sms` is both, in that order."""
        return {**data, "channels": str(data.get("channels", "")).split(","),
                "wanted": data.get("wanted", [])}  # fmt: skip

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> tuple[Wishes, list[Purpose]]:
        begins, ends = data["quiet_from"], data["quiet_to"]
        quiet = QuietHours(begins, ends) if begins and ends else None
        return Wishes(data["channels"], data["language"], quiet), data["wanted"]


@blueprint.get("/l/<code>")
def follow_short_link(code: str) -> Response:
    """The short address in a text leads on to the signed one."""
    return redirect(store.short_link(code), 302)


@blueprint.get("/family/preferences/<token>")
def read_preferences(token: str) -> str:
    """What a person has chosen, and the form that changes it."""
    contact = _opened(read_link(token, "preferences"))
    return _page(token, contact, _values(contact), [])


@blueprint.post("/family/preferences/<token>")
def change_preferences(token: str) -> str:
    """Keep what was chosen; a mail program's one click stops one kind of message."""
    link = read_link(token, "preferences")
    contact = _opened(link)
    if "List-Unsubscribe" in request.form or request.form.get("messages") == "stop":
        contact = contacts.opt_out(store, link.subject, _named())
        return _page(token, contact, _values(contact), [], done=True)
    form = _fields(contact)
    values = forms.values_of(form)
    faults = _half_quiet(values) or forms.attempt(lambda: _keep(link, contact, values))
    if faults:
        return _page(token, contact, values, faults)
    contact = store.contacts.get(link.subject)
    return _page(token, contact, _values(contact), [], done=True)


def _opened(link: Link) -> Contact:
    """The contact that a link opens: its own person's. Raises NotFound."""
    contact = store.contacts.get(link.subject)
    if contact.person_id != link.person_id:
        raise NotFound("This link has expired or is not complete.", code="link")
    return contact


def _keep(link: Link, contact: Contact, values: dict[str, Any]) -> None:
    wishes, wanted = forms.load(WishesSchema, values)
    if audience_of(store, contact) is Audience.WORK:  # they were not asked
        wanted = [one for one in _OPTIONAL if one not in contact.opted_out]
    contacts.wish(store, link.subject, wishes, wanted)


def _half_quiet(values: dict[str, Any]) -> list[Fault]:
    missing = [name for name in ("quiet_from", "quiet_to") if not values.get(name)]
    return [Fault(missing[0], "Say both: from when, and until when.")] if len(missing) == 1 else []


def _page(
    token: str, contact: Contact, values: dict[str, Any], faults: list[Fault], *, done: bool = False
) -> str:
    stop = [] if done or faults or request.method == "POST" else [
        (purpose, _OPTIONAL[purpose]) for purpose in _named()
        if "purpose" in request.args and purpose not in contact.opted_out
    ]  # fmt: skip
    return render_template(
        "preferences.html", token=token, fields=_fields(contact), values=values, faults=faults,
        done=done, stop=stop, reached=_reached(contact), reads_as=audience_of(store, contact),
    )  # fmt: skip


def _values(contact: Contact) -> dict[str, Any]:
    details, quiet = contact.details, contact.details.quiet_hours
    usable = [one for one in details.channels if details.reached_at(one)]
    return {
        "channels": ",".join(usable), "language": details.language.value,
        "quiet_from": quiet.begins.isoformat("minutes") if quiet else "",
        "quiet_to": quiet.ends.isoformat("minutes") if quiet else "",
        "wanted": [one.value for one in _OPTIONAL if one not in contact.opted_out],
    }  # fmt: skip


def _fields(contact: Contact) -> list[Field]:
    languages = current_app.extensions["sen.languages"]
    spoken = [(one.value, LANGUAGES[one]) for one in Language
              if one in languages or one is contact.details.language]  # fmt: skip
    return [
        Field("channels", "How shall we reach you?", "choice", _ways(contact)),
        *([Field("language", "In which language?", "choice", spoken)] if len(spoken) > 1 else []),
        Field("quiet_from", "When do you want no messages? From", optional=True,
              hint="A time, such as 20:00. What we have to tell you waits until it is over."),
        Field("quiet_to", "Until", optional=True, hint="Such as 08:00"),
        *([Field("wanted", "What do you want to be told besides?", "choices",
                 [(one.value, words) for one, words in _OPTIONAL.items()], optional=True)]
          if audience_of(store, contact) is not Audience.WORK else []),
    ]  # fmt: skip


def _ways(contact: Contact) -> list[tuple[str, str]]:
    has_email, has_mobile = contact.details.email, contact.details.mobile
    ways = []
    if has_email:
        ways.append(("email", "By email"))
    if has_mobile:
        ways.append(("sms", "By text"))
    if has_email and has_mobile:
        ways += [("email,sms", "By email; by text if that fails"),
                 ("sms,email", "By text; by email if that fails")]  # fmt: skip
    return ways


def _reached(contact: Contact) -> list[str]:
    """What is recorded, so that they know it again and nobody who looks on learns it."""
    found = []
    if email := contact.details.email:
        name, _, host = email.partition("@")
        found.append(f"{name[:1]}…@{host}")
    if mobile := contact.details.mobile:
        found.append(f"the mobile that ends in {mobile[-3:]}")
    return found


def _named() -> list[Purpose]:
    """The kinds that a form or a link names; reminders where it says nothing (a link of before).

    Raises BadRequest.
    """
    said = request.form.getlist("purpose") or request.args.getlist("purpose")
    try:
        return [Purpose(one) for one in said] or [Purpose.REVIEW_COMING]
    except ValueError:
        raise BadRequest("There is no such kind of message.") from None
