"""How sending goes, for operators: numbers, nobody's record."""

from flask import Blueprint

from services.notifications.commands.volume import sending_since
from services.notifications.pages import store
from services.notifications.pages.people import show
from services.notifications.pages.words import CAME_BACK, CHANNELS, STATES

blueprint = Blueprint("sending_pages", __name__, template_folder="templates")

_DAYS = 7
GOAL = 0.999
"""Of what is handed over within ten seconds, as GOV.UK Notify reports of itself."""


@blueprint.get("/sending")
def show_sending() -> str:
    """The last days, what waits at this moment, the providers."""
    found = sending_since(store, _DAYS)
    return show(
        "sending.html", **found, days_shown=_DAYS, goal=GOAL, channels=CHANNELS,
        states={state.value: words for state, words in STATES.items()},
        came_back=CAME_BACK,
        pence=sum(volume.pence for volume in found["days"]),
    )  # fmt: skip
