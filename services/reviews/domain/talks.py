"""Talks at a parents' evening: when they are in London, and who can be at which."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Talk:
    """A talk about one child, and those who may come to it; nobody where that is not known."""

    child_id: str
    begins: datetime
    ends: datetime
    people: frozenset[str]

    def meets(self, other: "Talk") -> bool:
        """Whether they take place at the same time, if only for a minute."""
        return self.begins < other.ends and other.begins < self.ends


def somebody_can_come(wanted: Talk, arranged: Sequence[Talk]) -> bool:
    """Whether each talk at the time of `wanted` can have a person of its own, `wanted` among them.

    Nobody sits at two tables at once; two parents may each take one of their twins. What was
    arranged before and cannot be kept by anybody stands in the way of nothing new.
    """
    if not wanted.people:
        return True
    beside = [t for t in arranged if t.child_id != wanted.child_id and t.meets(wanted)]
    sits: dict[str, int] = {}
    for number in range(len(beside)):
        _seat(number, beside, sits, set())
    return _seat(len(beside), [*beside, wanted], sits, set())


def _seat(number: int, talks: Sequence[Talk], sits: dict[str, int], asked: set[str]) -> bool:
    """Find a person for a talk, where need be by moving others about (augmenting paths)."""
    for person in sorted(talks[number].people - asked):
        asked.add(person)
        if person not in sits or _seat(sits[person], talks, sits, asked):
            sits[person] = number
            return True
    return False
