"""The people of a support service: those to whom its work can be given."""

from dataclasses import dataclass, field, replace
from typing import Any

from services.referrals.domain.errors import Faults, RuleBroken

PEOPLE_MOST = 500


@dataclass
class ServicePerson:
    """Somebody who works at the service, or has. `name` is empty until somebody says it."""

    person_id: str
    name: str = ""
    left: bool = False
    """No longer at the service: what they still hold is shown as such, and nothing is added."""


@dataclass
class ServicePeople:
    """The people of one service, by its id: kept by the council and by its own workers. Whoever
    acts for the service by their sign-in is of it without being typed."""

    id: str
    people: list[ServicePerson] = field(default_factory=list)
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    @property
    def here(self) -> list[ServicePerson]:
        """Those to whom work can be given, by name."""
        return sorted((p for p in self.people if not p.left), key=lambda p: (p.name, p.person_id))

    def find(self, person_id: str) -> ServicePerson | None:
        return next((one for one in self.people if one.person_id == person_id), None)

    def knows(self, person_id: str, name: str) -> bool:
        """Whether there is nothing to learn from somebody's having acted."""
        known = self.find(person_id)
        return known is not None and (known.left or not name or bool(known.name))

    def meet(self, person_id: str, name: str) -> None:
        """Somebody has acted for the service. Who has been taken off the list stays off it: a
        sign-in may hold longer than a contract."""
        known = self.find(person_id)
        if known is None:
            if len(self.here) < PEOPLE_MOST:
                self.people = [*self.people, ServicePerson(person_id, name)]
        elif not known.left and not known.name:
            self._set(replace(known, name=name))

    def keep(self, wanted: list[ServicePerson]) -> None:
        """These are at the service now; who is known and not among them has left. Raises
        RuleBroken with everything that is wrong."""
        faults, seen = Faults(), set()
        for number, person in enumerate(wanted):
            if person.person_id in seen:
                faults.add(
                    "twice",
                    "This person is on the list twice.",
                    field=f"/people/{number}/person_id",
                )
            seen.add(person.person_id)
        gone = [replace(p, left=True) for p in self.people if p.person_id not in seen]
        if len(wanted) > PEOPLE_MOST:
            faults.add("too-many", f"At most {PEOPLE_MOST} people can be listed.", field="/people")
        faults.refuse()
        self.people = [*wanted, *gone[-PEOPLE_MOST:]]

    def must_have(self, person_id: str, field_name: str) -> None:
        """Raises RuleBroken for whom work cannot be given."""
        known = self.find(person_id)
        if known is None or known.left:
            raise RuleBroken(
                "not-of-service", "Choose somebody who works at this service.", field=field_name
            )

    def _set(self, person: ServicePerson) -> None:
        self.people = [person if p.person_id == person.person_id else p for p in self.people]
