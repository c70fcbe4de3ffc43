"""Speaking of rights: what the calendar says, what is chosen, and what is recorded of capacity.

Each is one change of a child, with its events.
"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from services.plans.domain import events, rights
from services.plans.domain.age import end_of_compulsory_school_age
from services.plans.domain.errors import RuleBroken
from services.plans.domain.passing import Step, step_reached
from services.plans.domain.sharing import (
    MESSAGES,
    Basis,
    Capacity,
    Choice,
    Sharing,
)

if TYPE_CHECKING:
    from services.plans.domain.child import Child

_SPOKEN_MOST = 40
_CAPACITY_MOST = 200
"""Of what was recorded later again, the oldest goes (the audit trail keeps it)."""
_WHO_ACTS = (
    "Enter the person who acts for them: a parent, carer or representative who is linked to the "
    "child and entitled."
)


def look(child: "Child", day: date) -> bool:
    """What the calendar says of a child on a day: who is told, and the nearest step that was not
    spoken of yet. Answers whether there was anything."""
    from_before = not child.told  # stored by a release that spoke of no steps
    withdrawn = follow_correction(child)
    changed = child.refresh_recipients(day)
    step = step_reached(child.date_of_birth, day)
    if step is None or _mark(child, step) in child.spoken:
        return withdrawn or changed
    _speak(child, step, day, from_before)
    child.spoken = [*child.spoken, _mark(child, step)][-_SPOKEN_MOST:]
    return True


def _speak(child: "Child", step: Step, day: date, from_before: bool) -> None:
    last_day = end_of_compulsory_school_age(child.date_of_birth)
    people = rights.told_of(child, MESSAGES["rights_passed"], day)
    themselves = "told" if child.id in people else "represented"
    basis, _ = rights.basis_on(child, day)
    if step.is_notice:
        child.passes_on = last_day
        child.raised.append(
            events.RightsPassing(child.id, child.setting_id, last_day, step, themselves, people)
        )
        return
    child.passes_on = None
    if step is Step.PASSED or not (from_before or _mark(child, Step.PASSED) in child.spoken):
        child.raised.append(
            events.RightsPassed(child.id, child.setting_id, last_day, basis, themselves, people)
        )
    elif basis is Basis.NOT_CHOSEN_ADULT and not from_before:
        child.raised.append(events.SharingChanged(child.id, child.setting_id, basis, people))


def _mark(child: "Child", step: Step) -> str:
    return f"{end_of_compulsory_school_age(child.date_of_birth)}:{step}"


def follow_correction(child: "Child") -> bool:
    """Take back the day that was spoken of, where the date of birth says another by now."""
    told = child.passes_on
    if told is None or told == end_of_compulsory_school_age(child.date_of_birth):
        return False
    child.passes_on = None
    child.raised.append(events.RightsPassingWithdrawn(child.id, child.setting_id, told))
    return True


def correct(
    child: "Child", day: date, by: str, *, shares_with_parents: bool | None = None, **details: Any
) -> None:
    """Correct what is recorded of a child. `shares_with_parents` is a choice of everything, or of
    nothing, put as it was before there were purposes; None leaves the choice as it is."""
    child.correct(day, **details)
    if shares_with_parents is None or shares_with_parents == child.shares_with_parents:
        return
    if rights.may_choose(child, day):
        choose(child, list(Sharing) if shares_with_parents else [], by, day)
    else:
        child.shares_with_parents = shares_with_parents


def choose(child: "Child", purposes: Sequence[Sharing], by: str, day: date) -> None:
    """Choose what parents get: for now, or from the day on which rights pass. Raises RuleBroken."""
    _must_be_time(child, day)
    wanted = [one for one in Sharing if one in purposes]
    if rights.chosen(child) == wanted:
        return
    child.choice = Choice(wanted, day, by)
    # What an earlier release knows of it.
    child.shares_with_parents = wanted == list(Sharing)
    child.refresh_recipients(day)
    people = rights.told_of(child, MESSAGES["sharing_changed"], day)
    child.raised.append(events.SharingChanged(child.id, child.setting_id, Basis.CHOSEN, people))


def record_capacity(child: "Child", recorded: Capacity, day: date) -> None:
    """Record whether the young person can make one decision, and who acts where they cannot
    [CoP Annex 1; MCA 2005]. Raises RuleBroken."""
    _must_be_time(child, day)
    if recorded.has_capacity:
        fits, words = (
            recorded.acts_id is None,
            "Leave this out: they make this decision themselves.",
        )
    else:
        fits, words = recorded.acts_id in rights.parents_of(child), _WHO_ACTS
    if not fits:
        raise RuleBroken("capacity", words, field="/acts_id")
    child.capacity = _with(child.capacity, recorded)
    child.refresh_recipients(day)


def _with(known: Sequence[Capacity], recorded: Capacity) -> list[Capacity]:
    """One more; what counts for another decision always stays."""
    after = [*known, recorded]
    newest = {one.decision: one for one in after}
    replaced = [one for one in after if newest[one.decision] is not one]
    gone = replaced[: max(0, len(after) - _CAPACITY_MOST)]
    return [one for one in after if all(one is not other for other in gone)]


def _must_be_time(child: "Child", day: date) -> None:
    if not rights.may_choose(child, day):
        raise RuleBroken(
            "too-early",
            "This can be recorded from six months before the end of compulsory school age.",
            conflict=True,
        )
