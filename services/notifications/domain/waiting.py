"""How a kind of thing that waits for a person is described: one `Row` a kind.

Every mark is a text that sorts: whatever the order in which events come, a thing waits while the
last mark at which it began is not below the last one at which it ended.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

FOR_GOOD = "9999-12-31"
"""The mark of an end after which nothing begins again."""
_FIRST, _LAST = "0", "1"
_LONDON = ZoneInfo("Europe/London")


class Due(StrEnum):
    """Kinds of what waits, in the order in which they are told."""

    NOT_REACHED = "not_reached"
    REPLY = "reply"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONSENT_DISPUTED = "consent_disputed"
    CONSENT_REFUSED = "consent_refused"
    CONSENT_GIVEN = "consent_given"
    CONSENT_EXPIRED = "consent_expired"
    SERVICE_QUESTION = "service_question"
    REFERRAL_DECLINED = "referral_declined"
    REFERRAL_OVERDUE = "referral_overdue"
    REFERRAL_REPORT = "referral_report"
    REVIEW_OVERDUE = "review_overdue"
    REVIEW_TO_COMPLETE = "review_to_complete"
    REVIEW_TO_DECIDE = "review_to_decide"
    DISCUSSION_OVERDUE = "discussion_overdue"
    CHECK_OVERDUE = "check_overdue"
    SUGGESTION = "suggestion"
    TALK_TO_HOLD = "talk_to_hold"
    COUNCIL_DECIDED = "council_decided"
    COUNCIL_TO_DECIDE = "council_to_decide"
    FINAL_PLAN_DUE = "final_plan_due"
    RIGHTS_PASSING = "rights_passing"
    YOUNG_PERSON_CONTACT = "young_person_contact"
    SENCO_NOT_TOLD = "senco_not_told"
    CONTACT_FAILING = "contact_failing"
    NAME_CHANGED = "name_changed"
    REVIEW_COMING = "review_coming"


@dataclass(frozen=True)
class Heard:
    """An event, as far as what waits depends on it."""

    type: str
    subject: str
    sequence: int
    time: datetime
    data: Mapping[str, Any]

    @property
    def day(self) -> date:
        """The day in London on which it came about: the event's own time, not its arrival's."""
        return self.time.astimezone(_LONDON).date()


class Order(StrEnum):
    """What says which of two events about a thing is the later."""

    ONCE = "once"
    """It begins once, and ends once."""
    SEQUENCE = "sequence"
    """All its events are of one aggregate, which counts them."""
    MOMENT = "moment"
    """Its events are of several aggregates: when they came about."""
    DAY = "day"
    """Days of which its events speak."""


class Place(StrEnum):
    """Where a thing is done: the address of a page there is, whoever's page it is."""

    REFERRAL = "referral"
    PERSON = "person"
    PEOPLE = "people"
    """Everybody with a contact at the setting."""
    CHILD = "child"
    """Those who are told about the child: the nearest page, until the thing has its own."""


_PATHS: Mapping[Place, tuple[str, str]] = {
    Place.REFERRAL: ("referrals", "/referral/{thing}"),
    Place.PERSON: ("notifications", "/people/{setting_id}/{person_id}"),
    Place.PEOPLE: ("notifications", "/people/{setting_id}"),
    Place.CHILD: ("notifications", "/people/{setting_id}?child={child_id}"),
}


class Kept(StrEnum):
    """Where what waits is read from."""

    DUE = "due"
    """Marks. The release before reads these too, and knows the first kinds alone: no others."""
    WAITS = "waits"
    """Marks of every other kind."""
    NAMES = "known_names"
    """Marks of children whose name was corrected: what waits is each contact that was not looked
    at since."""
    REVIEWS = "known_reviews"
    """The reviews still to be held, with their days."""
    CONTACTS = "contacts"
    """The setting's own contacts."""
    PROFILES = "profiles"
    """Whom the setting names to hear what waits."""


@dataclass(frozen=True)
class Condition:
    """That a field of the event holds one of these codes, or a list with one of them."""

    field: str
    codes: frozenset[str]

    def holds(self, event: Heard) -> bool:
        """Whether it does."""
        said = event.data.get(self.field)
        return bool(self.codes.intersection(said if isinstance(said, list) else [said]))


@dataclass(frozen=True)
class Begin:
    """An event that begins it."""

    event: str
    since: tuple[str, ...] = ()
    """The fields that hold its true date: the first that has one counts. Where the event has none
    it is the day on which the event came about."""
    by: str | None = None
    """The field that says by when it is to be done."""
    thing: tuple[str, ...] = ()
    """The fields that name the thing; the event's subject where none is named."""
    mark: str | None = None
    """The field that is its mark, where days decide."""
    when: tuple[Condition, ...] = ()
    """What all holds of it."""
    unless: tuple[Condition, ...] = ()
    """What does not all hold of it."""

    def since_of(self, event: Heard) -> date:
        """Its true date."""
        days = (event.data.get(field) for field in self.since)
        return next((day for day in days if day), event.day)


@dataclass(frozen=True)
class End:
    """An event that ends it."""

    event: str
    thing: tuple[str, ...] = ()
    mark: str | None = None
    for_good: bool = False
    when: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Row:
    """One kind of what waits: what begins it, what ends it, for whom, and where it is done."""

    kind: Due
    one: str
    """What is said of one, after its number."""
    many: str
    begins: tuple[Begin, ...]
    ends: tuple[End, ...]
    where: Place
    dated: str = "since"
    """What is said before its date."""
    order: Order = Order.SEQUENCE
    kept: Kept = Kept.WAITS
    done_by_hand: bool = False
    """Whether a person says that it is done: nothing that the system hears of ends it alone."""
    ended_by_own_contact: bool = False
    """Whether it is over once the child or young person has contact details of their own."""
    days_before: int | None = None
    """From how many days before it is to be done it is shown; at once where nothing is said."""
    role: str = "senco"
    """For whom it waits."""

    @property
    def marked(self) -> bool:
        """Whether events leave marks; elsewhere what waits is read from what is kept anyway."""
        return self.kept not in (Kept.REVIEWS, Kept.CONTACTS, Kept.PROFILES)

    @property
    def events(self) -> frozenset[str]:
        """The events by which it begins or ends."""
        begins = {begin.event for begin in self.begins}
        return frozenset(begins | {end.event for end in self.ends})

    def begins_by(self, event: Heard) -> Begin | None:
        """How the event begins it, if it does."""
        found = (one for one in self.begins if one.event == event.type)
        return next((one for one in found if _is_so(one, event)), None)

    def ends_by(self, event: Heard) -> End | None:
        """How the event ends it, if it does."""
        found = (one for one in self.ends if one.event == event.type)
        return next((one for one in found if _is_so(one, event)), None)

    def mark_of(self, event: Heard, how: Begin | End) -> str:
        """The event's place among those about the same thing."""
        if isinstance(how, End) and how.for_good:
            return FOR_GOOD
        match self.order:
            case Order.ONCE:
                return _LAST if isinstance(how, End) else _FIRST
            case Order.SEQUENCE:
                return f"{event.sequence:012d}"
            case Order.MOMENT:
                return event.time.astimezone(UTC).isoformat(timespec="microseconds")
            case Order.DAY:
                day = event.data[how.mark] if how.mark else None
                return day.isoformat() if day else _FIRST

    def shown(self, by: date | None, today: date) -> bool:
        """Whether it is shown yet."""
        if self.days_before is None or by is None:
            return True
        return (by - today).days <= self.days_before

    def path(
        self, thing: str, setting_id: str, child_id: str | None, person_id: str | None
    ) -> tuple[str, str]:
        """Where it is done: the service, and the path of its page there."""
        service, path = _PATHS[self.where]
        return service, path.format(
            thing=thing, setting_id=setting_id, child_id=child_id, person_id=person_id
        )


def any_of(*events: str) -> tuple[End, ...]:
    """Each of these events ends it."""
    return tuple(End(event) for event in events)


def _is_so(how: Begin | End, event: Heard) -> bool:
    return _all_hold(how.when, event) and not (how.unless and _all_hold(how.unless, event))


def _all_hold(conditions: tuple[Condition, ...], event: Heard) -> bool:
    return all(one.holds(event) for one in conditions)


def thing_of(event: Heard, how: Begin | End) -> str:
    """What names the thing that the event is about."""
    return "/".join(str(event.data[field]) for field in how.thing) or event.subject


def just_after(mark: str) -> str:
    """The mark of an end that a person gives: after what they saw, before whatever comes."""
    return f"{mark}."
