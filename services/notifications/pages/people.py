"""The people whom a setting tells things, what each was told, and what waits for the SENCO."""

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request

from services.notifications.commands import contacts, receive
from services.notifications.commands.due import say_done
from services.notifications.domain.contact import Contact
from services.notifications.domain.due import ROWS, Due, in_lines
from services.notifications.domain.reply import stopped_there
from services.notifications.domain.values import MessageState
from services.notifications.pages import store
from services.notifications.pages.names import names_beside
from services.notifications.pages.words import CHANNELS, LANGUAGES, PURPOSES, REASONS, STATES
from services.notifications.store.due_board import Thing
from shared import clock
from shared.errors import NotFound, Unavailable
from shared.web.guard import caller, subject

blueprint = Blueprint("people_pages", __name__, template_folder="templates")

_TO_A_PAGE = 100
_MESSAGES_SHOWN = 200
_REPLIES_SHOWN = 50
_BAD = (MessageState.PERMANENT_FAILURE, MessageState.TECHNICAL_FAILURE)


def show(template: str, **values: Any) -> str:
    """A page of somebody who has signed in."""
    return render_template(template, menu=_menu(), **values)


@blueprint.get("/")
def home() -> Any:
    """Where somebody's work begins."""
    return redirect(_menu()[0][1] if _menu() else "/signed-out", 303)


@blueprint.get("/people/<id:setting_id>")
def list_people(setting_id: str) -> str:
    """Everybody with a contact here, or everybody who is told about one child; first those who
    cannot be reached as it is recorded."""
    said = request.args.get("page", "1")
    number = int(said) if said.isdecimal() and len(said) < 5 and int(said) else 1
    child_id = request.args.get("child")
    people = store.people_of(setting_id, child_id)
    child = store.names_of(setting_id, {child_id}).get(child_id) if child_id else None
    first = (number - 1) * _TO_A_PAGE
    return show(
        "people.html",
        setting_id=setting_id,
        people=people[first : first + _TO_A_PAGE],
        next_page=number + 1 if len(people) > first + _TO_A_PAGE else None,
        channels=CHANNELS,
        child_id=child_id,
        child=child,
    )


@blueprint.get("/people/<id:setting_id>/<id:person_id>")
def show_person(setting_id: str, person_id: str) -> str:
    """One person: how they are reached, what they chose, what they were told and what became of
    it."""
    contact: Contact | None = subject().thing
    return show(
        "person.html", setting_id=setting_id, contact=contact, bad=_BAD,
        messages=store.messages_to(setting_id, person_id, _MESSAGES_SHOWN),
        purposes=PURPOSES, states=STATES, reasons=REASONS, channels=CHANNELS,
        languages=LANGUAGES, stopped_there=stopped_there,
        replies=store.replies.of_person(setting_id, person_id, _REPLIES_SHOWN),
        done="done" in request.args, names=names_beside(contact) if contact else [],
    )  # fmt: skip


@blueprint.post("/people/<id:setting_id>/<id:person_id>/replies/<id:reply_id>")
def read_reply(setting_id: str, person_id: str, reply_id: str) -> Any:
    """Somebody has read what the person texted back."""
    contact: Contact | None = subject().thing
    if contact is None:
        raise NotFound("There is no such text message.")
    receive.read_reply(store, contact, reply_id, caller().id)
    return redirect(f"/people/{setting_id}/{person_id}?done", 303)


@blueprint.post("/people/<id:setting_id>/<id:person_id>/names")
def take_name(setting_id: str, person_id: str) -> Any:
    """Take a child's name over as its record has it: read anew, not from the form."""
    contact: Contact | None = subject().thing
    child_id = request.form.get("child_id", "")
    one = next((one for one in names_beside(contact, child_id) if contact), None)
    if contact is None or one is None:
        raise NotFound("There is no such child beside this person.")
    if one.recorded is None:
        raise Unavailable("The child's record could not be read just now. Try again later.")
    contacts.name_child(
        store, contact.id, child_id, one.recorded.called, contact.version,
        one.recorded.full if child_id == person_id else None,
    )  # fmt: skip
    return redirect(f"/people/{setting_id}/{person_id}", 303)


@blueprint.get("/due/<id:setting_id>")
def show_due(setting_id: str) -> str:
    """What is due and overdue at a setting."""
    things = store.due.things(setting_id, clock.today())
    names = store.names_of(setting_id, {one.child_id for one in things if one.child_id})
    people = {one.person_id: one.name for one in store.people_of(setting_id)}
    kinds = [
        (ROWS[kind], in_lines({kind: len(found)})[0], found)
        for kind in Due if (found := [one for one in things if one.kind is kind])
    ]  # fmt: skip
    return show(
        "due.html", setting_id=setting_id, kinds=kinds, names=names, people=people, at=_address_of,
        done="done" in request.args,
    )  # fmt: skip


@blueprint.post("/due/<id:setting_id>")
def end_due(setting_id: str) -> Any:
    """A thing is done, as the person who pressed says: nothing else ends it."""
    thing_id, mark = request.form.get("id", ""), request.form.get("mark", "")
    say_done(store, setting_id, thing_id, mark, by=caller().id)
    return redirect(f"/due/{setting_id}?done", 303)


def _address_of(thing: Thing) -> str:
    """The page at which a thing is done, at its own service."""
    if thing.service == "notifications":
        return thing.path
    return f"{current_app.extensions['sen.settings'].public_urls[thing.service]}{thing.path}"


def _menu() -> list[tuple[str, str, bool]]:
    """Text, address, whether it is where one is."""
    who, found = caller(), []
    if "senco" in who.roles:
        several = len(who.settings) > 1
        for number, setting_id in enumerate(sorted(who.settings), 1):
            which = f" {number}" if several else ""
            found += [(f"What is due{which}", f"/due/{setting_id}"),
                      (f"People{which}", f"/people/{setting_id}")]  # fmt: skip
    if "operator" in who.roles:
        found.append(("Sending", "/sending"))
    return [(text, at, request.path == at) for text, at in found]
