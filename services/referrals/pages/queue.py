"""A support service's queue as a page: its order, its filters, many at once, live."""

from functools import partial
from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.datastructures import MultiDict

from services.referrals.commands import live as following
from services.referrals.commands import queue
from services.referrals.commands.people import holdings, people_of
from services.referrals.domain.errors import RuleBroken
from services.referrals.pages import store
from services.referrals.pages.people import meet_reader, named, options_of
from services.referrals.pages.staff import STATUS_WORDS, URGENCY_WORDS, options, show
from services.referrals.schemas.triage import BulkIn, QueueQuery, queue_filter
from shared import clock
from shared.web import forms, live
from shared.web.app import real
from shared.web.forms import Field
from shared.web.guard import caller, subject

blueprint = Blueprint("queue_pages", __name__, template_folder="templates")

_PER_PAGE = 25
_ORDERS = [("urgency", "Most urgent first"), ("target", "Answer owed soonest first"),
           ("age", "Longest waiting first"), ("changed", "Changed last first")]  # fmt: skip
_SHOWN = [
    ("", "All"),
    ("unclaimed", "Held by nobody"),
    ("mine", "Held by me"),
    ("astray", "With someone not at the service"),
    ("overdue", "Past the target"),
    ("changed", "New since I last looked"),
]
_ACTIONS = [("claim", "Hold them myself"), ("acknowledge", "Mark as seen"), ("release", "Put back"),
            ("hand_over", "Hand over to…"), ("allocate", "Allocate to…"),
            ("waiting_list", "Put on the waiting list")]  # fmt: skip
FILTERS = [
    Field("sort", "Order", "choice", _ORDERS),
    Field("show", "Show", "choice", _SHOWN),
    Field("status", "Stage", "choice",
          [("", "All"), *[o for o in options(STATUS_WORDS) if o[0] not in
                          ("draft", "closed", "declined", "redirected", "withdrawn")]]),
    Field("urgency", "Urgency", "choice", [("", "All"), *options(URGENCY_WORDS)]),
]  # fmt: skip


@blueprint.get("/queue/<id:support_service_id>")
def show_queue(support_service_id: str) -> str:
    """The queue."""
    meet_reader(support_service_id)
    return _page(support_service_id)


@blueprint.post("/queue/<id:support_service_id>")
def act_on_queue(support_service_id: str) -> Any:
    """Do one thing to those that are chosen, or say that one has looked."""
    if "looked" in request.form:
        queue.look(store, support_service_id, caller().id)
        return redirect(request.full_path, 303)
    result = queue.Bulk()

    def act() -> None:
        nonlocal result
        chosen = [one.partition(":") for one in request.form.getlist("chosen")]
        if not chosen:
            raise RuleBroken("nothing", "Choose at least one referral.", field="/chosen")
        body = forms.load(BulkIn, {
            "action": request.form.get("action") or "",
            "chosen": [{"id": one, "version": int(version) if version.isdecimal() else 0}
                       for one, _, version in chosen],
            "to": request.form.get("to") or None,
        })  # fmt: skip
        result = queue.act_on_many(
            store, support_service_id, caller().id, body["action"],
            [(one["id"], one["version"]) for one in body["chosen"]], body["to"],
        )  # fmt: skip

    faults = forms.attempt(act)
    faults += [forms.Fault(None, f"{one['id'][-8:]}: {one['detail']}") for one in result.refused]
    if faults:
        return _page(support_service_id, faults=faults), 422
    return redirect(f"/queue/{support_service_id}?done={len(result.done)}", 303)


@blueprint.get("/queue/<id:support_service_id>/live")
def follow_queue(support_service_id: str) -> Response:
    """What changes there, as it happens."""
    return live.stream(following.changes_of_queue(real(store), support_service_id, live.since()))


def _page(service_id: str, *, faults: list[forms.Fault] | None = None) -> str:
    names = ("sort", "show", "status", "urgency", "held_by", "allocated_to")
    asked = {name: request.args.get(name, "") for name in names}
    made_at = clock.now()  # what changes from here on is not in the page any more
    query = MultiDict({"limit": str(_PER_PAGE)})
    for name in ("sort", "status", "urgency", "held_by", "allocated_to"):
        if asked[name]:
            query[name] = asked[name]
    if asked["show"]:
        query[asked["show"]] = "true"
    if cursor := request.args.get("cursor"):
        query["cursor"] = cursor
    lists = {"status": query.getlist("status")} if "status" in query else {}
    loaded = forms.load(QueueQuery, {**query, **lists})
    order, reader = loaded.pop("sort"), caller().id
    chosen = queue_filter(loaded, reader)
    found = queue.read_queue(store, service_id, reader, chosen, order, **loaded)
    people = people_of(store, service_id)
    held = holdings(store, service_id)
    everybody = {p.person_id for p in people.people} | held.people
    who = sorted(((one, named(people, one)) for one in everybody), key=lambda one: one[1])
    # What a link to another page of the same list carries on.
    kept = {name: value for name, value in asked.items() if value}
    return show(
        "queue.html", service=subject().thing, items=found["items"], today=clock.today(),
        next_cursor=found["next_cursor"], asked={"sort": "urgency", **kept}, kept=kept,
        made_at=made_at.isoformat(),
        filters=[*FILTERS, Field("held_by", "Held by", "choice", [("", "Anybody"), *who]),
                 Field("allocated_to", "Allocated to", "choice", [("", "Anybody"), *who])],
        named=partial(named, people), options=options_of(people), away=held.astray,
        actions=_ACTIONS, faults=faults or [],
        looked_at=queue.last_look(store, service_id, caller().id),
    )  # fmt: skip
