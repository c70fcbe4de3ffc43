"""Who is told and who decides: the parents, and once rights have passed the young person.

Pure rules over what is recorded of a child. Age alone never brings the parents back.
"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from services.plans.domain.age import is_adult, rights_have_passed
from services.plans.domain.passing import step_reached
from services.plans.domain.sharing import (
    ACTS_FOR,
    MESSAGES,
    Basis,
    Capacity,
    Decider,
    Decision,
    ForAll,
    Sharing,
    Told,
)

if TYPE_CHECKING:
    from services.plans.domain.child import Child


def parents_of(child: "Child") -> list[str]:
    """The parents and carers who may be told: entitled, and not ended."""
    return [p.person_id for p in child.parents if p.entitled and p.ended_on is None]


def deciding_parents(child: "Child") -> list[str]:
    """Those of them with parental responsibility; all where nobody linked has it."""
    entitled = [p for p in child.parents if p.entitled and p.ended_on is None]
    responsible = [p.person_id for p in entitled if p.parental_responsibility]
    return responsible or [p.person_id for p in entitled]


def have_passed(child: "Child", day: date) -> bool:
    """Whether the rights are the young person's on that day."""
    return rights_have_passed(child.date_of_birth, day)


def may_choose(child: "Child", day: date) -> bool:
    """Whether it can be chosen what parents get: from the first notice on."""
    return step_reached(child.date_of_birth, day) is not None


def choosers(child: "Child") -> list[str]:
    """Who chooses what parents get: the young person, or whoever acts for them in this."""
    acts = acting(child, Decision.SHARING)
    return [child.id] if acts is None else acts


def capacity_for(child: "Child", decision: Decision) -> Capacity | None:
    """What is recorded of the capacity for a decision: the newest counts."""
    return next((one for one in reversed(child.capacity) if one.decision is decision), None)


def acting(child: "Child", decision: Decision) -> list[str] | None:
    """Who acts in the young person's place; None where they decide themselves.

    Whoever is recorded acts while they are linked; else the parents do [SEND Regs 2014 r.64].
    """
    known = capacity_for(child, decision)
    if known is None:
        return deciding_parents(child) if child.lacks_capacity else None
    if known.has_capacity:
        return None
    recorded = [person for person in parents_of(child) if person == known.acts_id]
    return recorded or deciding_parents(child)


def deciders_on(child: "Child", day: date) -> list[Decider]:
    """Who makes each decision on that day [CoP 8.13-8.18, Annex 1]."""
    if not have_passed(child, day):
        return [Decider(decision, deciding_parents(child)) for decision in Decision]
    found = []
    for decision in Decision:
        acts = acting(child, decision)
        found.append(Decider(decision, [child.id] if acts is None else acts))
    return found


def chosen(child: "Child") -> Sequence[Sharing] | None:
    """What parents get by choice; None where nothing was chosen.

    `shares_with_parents` is what an earlier release knows: where the two differ, that release
    was the last to write.
    """
    if child.shares_with_parents:
        return list(Sharing)
    if child.choice is None:
        return None
    return [] if set(child.choice.purposes) == set(Sharing) else child.choice.purposes


def basis_on(child: "Child", day: date) -> tuple[Basis, list[Sharing]]:
    """What parents get on that day, and why."""
    if not have_passed(child, day):
        return Basis.PARENTS, list(Sharing)
    if child.lacks_capacity and not _is_told(child, Decision.SHARING):
        return Basis.CAPACITY, list(Sharing)
    purposes = chosen(child)
    if purposes is not None:
        return Basis.CHOSEN, [one for one in Sharing if one in purposes]
    if is_adult(child.date_of_birth, day):
        return Basis.NOT_CHOSEN_ADULT, []
    return Basis.NOT_CHOSEN_UNDER_18, list(Sharing)


def told_of(child: "Child", subject: Sharing | ForAll, day: date) -> list[str]:
    """Who is told of one thing on that day: the young person first, then the parents as linked."""
    if subject is ForAll.DECIDERS:
        return _decider(child, Decision.REFERRAL_CONSENT, day)
    parents = parents_of(child)
    if subject is ForAll.EVERYBODY:
        told_young = may_choose(child, day) and _is_told(child, Decision.SHARING)
        return [child.id, *parents] if told_young else parents
    if not have_passed(child, day):
        return parents
    decision = ACTS_FOR[subject]
    _, purposes = basis_on(child, day)
    acts = acting(child, decision) or []
    told = [one for one in parents if subject in purposes or one in acts]
    return [child.id, *told] if _is_told(child, decision) else told


def told_on(child: "Child", day: date) -> list[Told]:
    """Who is told for each purpose of a message on that day."""
    people = {subject: told_of(child, subject, day) for subject in {*MESSAGES.values()}}
    return [Told(purpose, list(people[subject])) for purpose, subject in MESSAGES.items()]


def recipients_on(child: "Child", day: date) -> list[str]:
    """Everybody who is told, or decides, anything; of the passing of rights both hear besides."""
    found = {one for subject in Sharing for one in told_of(child, subject, day)}
    found.update(_decider(child, Decision.REFERRAL_CONSENT, day))
    return [one for one in [child.id, *parents_of(child)] if one in found]


def _decider(child: "Child", decision: Decision, day: date) -> list[str]:
    return next(d.people for d in deciders_on(child, day) if d.decision is decision)


def _is_told(child: "Child", decision: Decision) -> bool:
    """Whether the young person is told themselves: unless others act for them in everything."""
    known = capacity_for(child, decision)
    return not child.lacks_capacity or (known is not None and known.has_capacity)
