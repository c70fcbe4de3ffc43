"""A family chooses its time at a parents' evening: the link is for one child and one person."""

from datetime import time

from flask import Blueprint, render_template, request

from services.reviews.commands.evening import book_slot
from services.reviews.domain.evening import EveningState, ParentsEvening
from services.reviews.pages import store
from shared import clock
from shared.errors import NotFound
from shared.identity.links import Link
from shared.web.forms import attempt
from shared.web.link_pages import read_link, record_visit

blueprint = Blueprint("pages", __name__, template_folder="templates")


@blueprint.route("/family/evenings/<token>", methods=["GET", "POST"])
def choose_slot(token: str) -> str:
    """The times that are free, the family's own among them."""
    link, evening, child_id = _opened(token)
    problem = None
    if request.method == "POST":
        problem = _book(link, evening, child_id)
        evening = store.evenings.get(evening.id)
    own = evening.slot_of(child_id)
    now = clock.now()
    free = evening.free_slots(child_id, [link.person_id], store.talks_beside(evening), now)
    return render_template(
        "family_evening.html", details=evening.details, problem=problem,
        own=own.isoformat("minutes") if own else None,
        own_begun=own is not None and evening.details.starts(own) <= now,
        slots=[slot.isoformat("minutes") for slot in free],
        cancelled=evening.state is EveningState.CANCELLED,
        over=evening.is_over(now), closed=not evening.can_be_booked(now),
        done=request.method == "POST" and problem is None,
    )  # fmt: skip


def _book(link: Link, evening: ParentsEvening, child_id: str) -> str | None:
    """Take the chosen time; answers what is wrong, in words."""
    try:
        slot = time.fromisoformat(request.form.get("slot", ""))
    except ValueError:
        return "Choose a time."
    faults = attempt(lambda: book_slot(
        store, evening.id, child_id, slot, link.person_id, people=[link.person_id]))  # fmt: skip
    return faults[0].words if faults else None


def _opened(token: str) -> tuple[Link, ParentsEvening, str]:
    """What the link opens, while its person is told about the child. Raises NotFound."""
    link = read_link(token, "evening")
    evening_id, _, child_id = link.subject.partition("/")
    evening = store.evenings.get(evening_id)
    if child_id not in evening.invited:
        raise NotFound("This link has expired or is not complete.", code="link")
    record_visit(
        store.database, about=f"parents' evening/{evening.id}", child_id=child_id,
        setting_id=evening.setting_id,
        entitled=store.is_told(child_id, link.person_id, "evening_slots"),
    )  # fmt: skip
    return link, evening, child_id
