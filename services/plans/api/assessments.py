"""Assess."""

from typing import Any

from services.plans.api import store
from services.plans.commands import assess
from services.plans.domain.assessment import Assessment
from services.plans.schemas import AbsenceIn, AssessmentIn, AssessmentOut, ContributionIn, NeedsIn
from shared.web.app import ServiceBlueprint
from shared.web.guard import caller, subject
from shared.web.paging import PageQuery, page, page_schema
from shared.web.requests import expected_version, versioned

blueprint = ServiceBlueprint("assessments", "assessments", description="Assess")


@blueprint.post("/children/<id:child_id>/assessments")
@blueprint.arguments(AssessmentIn)
@blueprint.response(201, AssessmentOut)
def start_assessment(body: dict[str, Any], child_id: str) -> Assessment:
    """Start an assessment: the child is not making the expected progress"""
    return versioned(assess.start_assessment(store, subject().thing, **body))


@blueprint.get("/children/<id:child_id>/assessments")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_schema(AssessmentOut))
def list_assessments(query: dict[str, Any], child_id: str) -> dict[str, Any]:
    """List a child's assessments"""
    return page(store.assessments, {"child_id": child_id}, **query)


@blueprint.get("/assessments/<id:assessment_id>")
@blueprint.response(200, AssessmentOut)
def read_assessment(assessment_id: str) -> Assessment:
    """Read an assessment"""
    return versioned(subject().thing)


@blueprint.post("/assessments/<id:assessment_id>/contributions")
@blueprint.arguments(ContributionIn)
@blueprint.response(201, AssessmentOut)
def add_contribution(body: dict[str, Any], assessment_id: str) -> Assessment:
    """Record what a parent, the child or a member of staff says"""
    return versioned(assess.add_contribution(store, assessment_id, caller().id, body))


@blueprint.post("/assessments/<id:assessment_id>/absences")
@blueprint.arguments(AbsenceIn)
@blueprint.response(201, AssessmentOut)
def record_absence(body: dict[str, Any], assessment_id: str) -> Assessment:
    """Record why one of the three kinds of people has not contributed"""
    return versioned(assess.record_absence(store, assessment_id, **body))


@blueprint.post("/assessments/<id:assessment_id>/complete")
@blueprint.arguments(NeedsIn)
@blueprint.response(200, AssessmentOut)
def complete_assessment(body: dict[str, Any], assessment_id: str) -> Assessment:
    """Complete an assessment with the needs found"""
    return versioned(assess.complete_assessment(store, assessment_id, body, expected_version()))
