"""The people of a service as a page; and how people are named and picked on the other pages."""

from typing import Any

from flask import Blueprint, g, redirect, request

from services.referrals.commands import people as commands
from services.referrals.domain.people import ServicePeople
from services.referrals.pages import store
from services.referrals.pages.staff import show
from services.referrals.schemas.triage import PeopleIn
from shared.web import forms
from shared.web.bidi import marked
from shared.web.guard import caller, subject

blueprint = Blueprint("people_pages", __name__, template_folder="templates")


@blueprint.route("/directory/<id:support_service_id>/people", methods=["GET", "POST"])
def keep_people(support_service_id: str) -> Any:
    """Who works at the service: their names, who has left, who is new."""
    if request.method == "GET":
        return _page(support_service_id, [])

    def act() -> None:
        wanted, positions = _wanted(commands.people_of(store, support_service_id))
        try:
            said = forms.load(PeopleIn, {"people": wanted})
            commands.keep_people(store, support_service_id, said["people"], forms.form_version())
        finally:
            found.extend(positions)

    found: list[str] = []
    if faults := forms.attempt(act):
        return _page(support_service_id, [_at_its_field(fault, found) for fault in faults]), 422
    return redirect(f"/directory/{support_service_id}/people?done=people", 303)


def meet_reader(service_id: str) -> None:
    """Who has signed in for the service is of it, by the name of their sign-in."""
    session = g.get("page_session")
    commands.meet(store, service_id, caller().id, session.name.strip()[:120] if session else "")


def options_of(people: ServicePeople) -> list[tuple[str, str]]:
    """Those to whom work can be given, for a field to choose from."""
    return [(person.person_id, named(people, person.person_id)) for person in people.here]


def named(people: ServicePeople, person_id: str | None) -> str:
    """Somebody as a page says them: you, a colleague, somebody who has left, or what was typed
    before people were picked."""
    if not person_id:
        return "Nobody"
    known = people.find(person_id)
    name = known.name if known and known.name else f"Colleague {person_id[-8:]}"
    if person_id == caller().id:
        return "You"
    if known is None:
        return f"{marked(person_id)} (not on the list of people)"
    return f"{marked(name)} (no longer at the service)" if known.left else name


def name_outside(people: ServicePeople, person_id: str | None) -> str:
    """Somebody as the setting reads them: by name, or what was typed before people were picked;
    nothing where no name is known."""
    known = people.find(person_id) if person_id else None
    return known.name if known else person_id or ""


def _wanted(people: ServicePeople) -> tuple[list[dict[str, str]], list[str]]:
    """What the form says, and the field of each entry."""
    stay, wanted, fields = set(request.form.getlist("here")), [], []
    for number, person in enumerate(people.people):
        if person.person_id in stay:
            name = request.form.get(f"name-{number}", "").strip()
            wanted.append({"person_id": person.person_id, "name": name})
            fields.append(f"name-{number}")
    new = {key: request.form.get(f"new_{key}", "").strip() for key in ("person_id", "name")}
    if any(new.values()):
        wanted.append(new)
        fields.append("new")
    return wanted, fields


def _at_its_field(fault: forms.Fault, fields: list[str]) -> forms.Fault:
    """A fault of an entry, at the field of the page where it was said."""
    _, _, rest = (fault.field or "").partition("people-")
    number, _, key = rest.partition("-")
    if not number.isdecimal() or int(number) >= len(fields):
        return forms.Fault(None, fault.words)
    field = fields[int(number)]
    return forms.Fault(f"new_{key}" if field == "new" else field, fault.words)


def _page(service_id: str, faults: list[forms.Fault]) -> str:
    people = commands.people_of(store, service_id)
    return show(
        "people.html",
        service=subject().thing,
        people=people,
        faults=faults,
        form=request.form,
        sent=request.method == "POST",
        version=request.form.get("version", people.version),
    )
