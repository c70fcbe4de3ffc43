"""How old what services hold is, and how long families wait: for a service, for the council."""

from flask import Blueprint

from services.referrals.commands import waiting
from services.referrals.domain.waiting import in_words
from services.referrals.pages import store
from services.referrals.pages.staff import show
from shared.web.guard import subject

blueprint = Blueprint("dashboard_pages", __name__, template_folder="templates")

_BANDS = ("Up to 2 weeks", "2 to 6 weeks", "6 to 12 weeks", "12 to 18 weeks", "18 weeks and more")


@blueprint.get("/dashboard/<id:support_service_id>")
def show_service(support_service_id: str) -> str:
    """One service, as it stands at this moment."""
    return show(
        "dashboard_service.html", service=subject().thing, bands=_BANDS,
        ageing=waiting.ageing(store, support_service_id),
        waits=in_words(waiting.waits_of(store, support_service_id)),
    )  # fmt: skip


@blueprint.get("/dashboard")
def show_council() -> str:
    """Every service, as it was last counted."""
    return show("dashboard.html", rows=waiting.council_table(store))
