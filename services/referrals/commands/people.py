"""The people of a support service: kept, met, and asked for when work is given to somebody."""

from dataclasses import dataclass, field

from services.referrals.domain.errors import RuleBroken
from services.referrals.domain.people import ServicePeople, ServicePerson
from services.referrals.store import IN_QUEUE, ReferralsStore
from shared.store.database import Document


def people_of(store: ReferralsStore, service_id: str) -> ServicePeople:
    """The people of a service; none yet where nobody has been named or has acted."""
    return store.service_people.find(service_id) or ServicePeople(service_id)


def keep_people(
    store: ReferralsStore, service_id: str, wanted: list[ServicePerson], expected: int
) -> ServicePeople:
    """Say who is at the service. What is with somebody who is not any more stays with them until
    it is given to another, and is shown as such."""
    return store.service_people.put(
        ServicePeople(service_id), lambda people: people.keep(wanted), expected=expected
    )


def meet(store: ReferralsStore, service_id: str | None, person_id: str, name: str = "") -> None:
    """Somebody has acted for the service by their own sign-in: they are of it."""
    if service_id is None or people_of(store, service_id).knows(person_id, name):
        return
    if store.service_people.find(service_id) is None:
        store.begin_people(service_id)
    store.service_people.change(service_id, lambda people: people.meet(person_id, name))


def must_be_of_service(
    store: ReferralsStore, referral_id: str, person_id: str, by: str, where: str = "/to"
) -> None:
    """Work is given to people of the service alone; who gives it is one. Raises RuleBroken."""
    service_id = store.referrals.get(referral_id).support_service_id
    meet(store, service_id, by)
    people_of(store, str(service_id)).must_have(person_id, where)


def must_not_have_left(store: ReferralsStore, referral_id: str, person_id: str) -> None:
    """Who has been taken off the list takes on nothing more, though their sign-in may hold longer.
    Raises RuleBroken."""
    service_id = store.referrals.get(referral_id).support_service_id
    known = people_of(store, str(service_id)).find(person_id)
    if known and known.left:
        raise RuleBroken(
            "not-of-service",
            "You are no longer on the list of people who work at this service. Ask whoever keeps "
            "the list to add you.",
            conflict=True,
        )


def with_nobody_here(store: ReferralsStore, service_id: str) -> Document:
    """The query for what is held by, or allocated to, somebody who is not at the service (any
    more): a person who has left, or a name that was typed before people were picked."""
    here = [None, *(person.person_id for person in people_of(store, service_id).here)]
    return {"$or": [{"claimed_by": {"$nin": here}}, {"allocated_to": {"$nin": here}}]}


@dataclass
class Holdings:
    """Who has anything of a queue, and how much of it is with somebody who is not there."""

    people: set[str] = field(default_factory=set)
    astray: int = 0


def holdings(store: ReferralsStore, service_id: str) -> Holdings:
    """By whom a service's queue is held, or to whom it is allocated."""
    here = {None, *(person.person_id for person in people_of(store, service_id).here)}
    found = Holdings()
    for group in store.referrals.collection.aggregate(
        [
            {"$match": {"request.support_service_id": service_id, **IN_QUEUE}},
            {
                "$group": {
                    "_id": {"held": "$claimed_by", "given": "$allocated_to"},
                    "count": {"$sum": 1},
                }
            },
        ]
    ):
        those = {group["_id"].get("held"), group["_id"].get("given")}
        found.people |= {str(one) for one in those if one}
        found.astray += 0 if those <= here else group["count"]
    return found
