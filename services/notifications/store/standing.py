"""How what messages speak of stands by now, as far as events have said: by this a message that was
overtaken before it went out is held back.

It needs no filling: of what nothing was heard since, a message holds as it did before.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date

from services.notifications.domain.waiting import Heard
from shared.events.referrals import ReferralState
from shared.events.registry import read_by
from shared.store.database import Document, MongoDatabase, session
from shared.store.projection import project

_PLANS, _SUPPORT, _SLOTS = "known_plans", "known_support", "known_slots"
_REFERRALS, _SEATS = "known_referrals", "known_seats"

Known = Iterator[tuple[str, str, Document]]
"""Collection, key, state."""


def _plan_over(event: Heard) -> Known:
    yield _PLANS, event.subject, {"open": False}


def _support(event: Heard) -> Known:
    yield _SUPPORT, event.subject, {"status": event.data["status"]}


def _slot(event: Heard) -> Known:
    yield _SLOTS, f"{event.subject}/{event.data['child_id']}", {"taken": True}


def _referral(event: Heard) -> Known:
    state = {key: event.data[key] for key in ("status", "consent") if event.data.get(key)}
    yield _REFERRALS, event.subject, state


def _consent_asked(event: Heard) -> Known:
    yield _REFERRALS, event.subject, {"consent": "asked"}


def _seats(event: Heard, *, held: bool) -> Known:
    for booked in event.data["booked"]:
        state = {"held": held, "day": event.data["held_on"].isoformat()}
        yield _SEATS, f"{event.subject}/{booked['person_id']}", state


_KNOWN: Mapping[str, Callable[[Heard], Known]] = {
    "plans.PlanCeased": _plan_over,
    "plans.PlanSuperseded": _plan_over,
    "plans.SenStatusChanged": _support,
    "reviews.SlotBooked": _slot,
    **{
        name: _referral
        for name, row in read_by("notifications").items()
        if issubclass(row.schema, ReferralState)
    },
    "referrals.ReferralConsentAnswered": _referral,
    "referrals.ReferralConsentAsked": _consent_asked,
    "referrals.SessionBooked": lambda event: _seats(event, held=True),
    "referrals.SessionMoved": lambda event: _seats(event, held=True),
    "referrals.SessionSeatGivenUp": lambda event: _seats(event, held=False),
    "referrals.SessionCancelled": lambda event: _seats(event, held=False),
}
HEARD_OF = frozenset(_KNOWN)


class Standing:
    """Keeps, for each thing, what the latest event of its aggregate said."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    def note(self, event: Heard) -> None:
        """Keep what the event says, unless a later one was heard before."""
        for collection, key, state in _KNOWN[event.type](event):
            project(self._database[collection], key, event.sequence, state)

    def plan_is_over(self, plan_id: str | None) -> bool:
        """Whether a plan has ended, or a newer one has taken its place."""
        return self._find(_PLANS, plan_id).get("open") is False

    def support_is_over(self, child_id: str | None) -> bool:
        """Whether a child gets no SEN support any more."""
        return self._find(_SUPPORT, child_id).get("status") == "N"

    def has_slot(self, evening_and_child: str | None) -> bool:
        """Whether a time at a parents' evening is taken for a child."""
        return bool(self._find(_SLOTS, evening_and_child).get("taken"))

    def referral(self, referral_id: str | None) -> tuple[str | None, str | None]:
        """A referral's status, and how the family's agreement to it stands."""
        found = self._find(_REFERRALS, referral_id)
        return found.get("status"), found.get("consent")

    def seat_stands(self, session_id: str | None, person_id: str, day: date | None) -> bool:
        """Whether somebody still has a seat on that day, as far as is known."""
        found = self._find(_SEATS, f"{session_id}/{person_id}")
        if not found:
            return True
        return bool(found["held"]) and (day is None or found["day"] == day.isoformat())

    def _find(self, collection: str, key: str | None) -> Document:
        return self._database[collection].find_one({"_id": key}, session=session()) or {}
