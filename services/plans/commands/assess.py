"""Assess: start, gather, complete."""

from datetime import date
from functools import partial
from typing import Any

from services.plans.domain.assessment import Absence, Assessment, Contribution, Needs
from services.plans.domain.child import Child
from services.plans.domain.errors import RuleBroken, together
from services.plans.domain.values import SenStatus, Source
from services.plans.store import PlansStore
from shared import clock, ids
from shared.store.repository import creation_id


def start_assessment(
    store: PlansStore, child: Child, *, concern: str, started_on: date | None
) -> Assessment:
    """A child is not making the expected progress: the first stage begins."""
    started_on = started_on or clock.today()
    must_not_be_ahead(started_on, "/started_on")
    child.must_be_born_by(started_on, "/started_on")
    return store.assessments.add(
        Assessment.start(
            id=creation_id(),
            child_id=child.id,
            setting_id=child.setting_id,
            concern=concern,
            started_on=started_on,
            recorded_at=clock.now(),
        )
    )


def add_contribution(
    store: PlansStore, assessment_id: str, author_id: str, details: dict[str, Any]
) -> Assessment:
    """Keep what a parent, the child or a member of staff says."""
    occurred_on = details["occurred_on"]
    must_not_be_ahead(occurred_on, "/occurred_on")
    contribution = Contribution(
        id=ids.new_id(), author_id=author_id, recorded_at=clock.now(), **details
    )

    def act(assessment: Assessment) -> None:
        if occurred_on < assessment.reaches_back_to:  # later days were looked at with it
            child = store.children.get(assessment.child_id)
            child.must_be_born_by(occurred_on, "/occurred_on")
        assessment.add_contribution(contribution)

    return store.assessments.change(assessment_id, act)


def record_absence(
    store: PlansStore, assessment_id: str, source: Source, reason: str
) -> Assessment:
    """Record why one kind of people has not contributed."""
    absence = Absence(source, reason, clock.now())
    return store.assessments.change(
        assessment_id, lambda assessment: assessment.record_absence(absence)
    )


def complete_assessment(
    store: PlansStore, assessment_id: str, details: dict[str, Any], expected: int
) -> Assessment:
    """Complete it with the needs found."""
    needs = Needs(**{**details, "completed_on": details["completed_on"] or clock.today()})
    ahead = partial(must_not_be_ahead, needs.completed_on, "/completed_on")
    return store.assessments.change(
        assessment_id,
        lambda assessment: together(
            ahead, partial(assessment.complete, needs, _status_of(store, assessment))
        ),
        expected=expected,
    )


def _status_of(store: PlansStore, assessment: Assessment) -> SenStatus:
    return store.children.get(assessment.child_id).sen_status


def must_not_be_ahead(day: date, field: str) -> None:
    """What has happened cannot lie in the future. Raises RuleBroken."""
    if day > clock.today():
        raise RuleBroken("in-future", "This day has not come yet.", field=field)
