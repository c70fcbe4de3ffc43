"""Escalation and the EHC needs assessment request."""

from typing import Any

from services.reviews.api import store
from services.reviews.commands import escalation as commands
from services.reviews.domain.escalation import Escalation
from services.reviews.schemas import (
    CeaseDecisionIn,
    DismissIn,
    EscalationIn,
    EscalationOut,
    EscalationsQuery,
    ExceptionIn,
    NeedsDecisionIn,
    PlanDecisionIn,
    PlanEndIn,
    ReceiptIn,
    RequestIn,
    TalkIn,
)
from shared.web.app import ServiceBlueprint
from shared.web.guard import subject
from shared.web.paging import PageQuery, page, page_schema
from shared.web.requests import expected_version, versioned

blueprint = ServiceBlueprint("escalations", "escalations", description="More support")


@blueprint.get("/settings/<id:setting_id>/escalations")
@blueprint.arguments(EscalationsQuery, location="query")
@blueprint.response(200, page_schema(EscalationOut))
def list_setting_escalations(query: dict[str, Any], setting_id: str) -> dict[str, Any]:
    """List a setting's escalations"""
    chosen: dict[str, Any] = {"setting_id": setting_id}
    if state := query.pop("state"):
        chosen["state"] = state.value
    return page(store.escalations, chosen, **query)


@blueprint.get("/needs-assessment-requests")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_schema(EscalationOut))
def list_requests(query: dict[str, Any]) -> dict[str, Any]:
    """List the requests that the council is dealing with"""
    states = {"$in": ["needs_assessment_requested", "agreed_to_assess"]}
    return page(store.escalations, {"state": states}, **query)


@blueprint.get("/ehc-plans")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_schema(EscalationOut))
def list_ehc_plans(query: dict[str, Any]) -> dict[str, Any]:
    """List the EHC plans that the council has issued and keeps"""
    states = {"$in": ["plan_issued", "plan_ceasing"]}
    return page(store.escalations, {"state": states}, **query)


@blueprint.post("/children/<id:child_id>/escalations")
@blueprint.arguments(EscalationIn)
@blueprint.response(201, EscalationOut)
def open_escalation(body: dict[str, Any], child_id: str) -> Escalation:
    """Open an escalation by hand, at any time"""
    return versioned(commands.open_escalation(store, child_id, str(subject().setting_id), **body))


@blueprint.get("/children/<id:child_id>/escalations")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_schema(EscalationOut))
def list_escalations(query: dict[str, Any], child_id: str) -> dict[str, Any]:
    """List a child's escalations"""
    return page(store.escalations, {"child_id": child_id}, **query)


@blueprint.get("/escalations/<id:escalation_id>")
@blueprint.response(200, EscalationOut)
def read_escalation(escalation_id: str) -> Escalation:
    """Read an escalation"""
    return versioned(subject().thing)


@blueprint.post("/escalations/<id:escalation_id>/confirm")
@blueprint.response(200, EscalationOut)
def confirm_escalation(escalation_id: str) -> Escalation:
    """Confirm that you want to talk with the family: they are invited"""
    return versioned(commands.confirm_escalation(store, escalation_id, expected_version()))


@blueprint.post("/escalations/<id:escalation_id>/dismiss")
@blueprint.arguments(DismissIn)
@blueprint.response(200, EscalationOut)
def dismiss_escalation(body: dict[str, Any], escalation_id: str) -> Escalation:
    """Not now, with a reason"""
    return versioned(
        commands.dismiss_escalation(store, escalation_id, body["reason"], expected_version())
    )


@blueprint.post("/escalations/<id:escalation_id>/discussion")
@blueprint.arguments(TalkIn)
@blueprint.response(200, EscalationOut)
def record_escalation_discussion(body: dict[str, Any], escalation_id: str) -> Escalation:
    """Record the talk with the family and what it came to"""
    return versioned(
        commands.record_escalation_discussion(
            store, escalation_id, expected=expected_version(), **body
        )
    )


@blueprint.post("/escalations/<id:escalation_id>/needs-assessment")
@blueprint.arguments(RequestIn)
@blueprint.response(200, EscalationOut)
def request_needs_assessment(body: dict[str, Any], escalation_id: str) -> Escalation:
    """Ask the council for an EHC needs assessment"""
    return versioned(
        commands.request_needs_assessment(
            store, subject().thing, expected=expected_version(), **body
        )
    )


@blueprint.post("/escalations/<id:escalation_id>/needs-assessment-receipt")
@blueprint.arguments(ReceiptIn)
@blueprint.response(200, EscalationOut)
def record_receipt(body: dict[str, Any], escalation_id: str) -> Escalation:
    """Record when the council had the request: its clocks count from that day"""
    return versioned(
        commands.record_receipt(store, escalation_id, body["received_on"], expected_version())
    )


@blueprint.post("/escalations/<id:escalation_id>/clock-exceptions")
@blueprint.arguments(ExceptionIn)
@blueprint.response(200, EscalationOut)
def excuse_clock(body: dict[str, Any], escalation_id: str) -> Escalation:
    """Record which exception of the law applies to one of the council's dates"""
    return versioned(
        commands.excuse_clock(
            store, escalation_id, body["clock"], body["exception"], expected_version()
        )
    )


@blueprint.post("/escalations/<id:escalation_id>/needs-assessment-decision")
@blueprint.arguments(NeedsDecisionIn)
@blueprint.response(200, EscalationOut)
def decide_needs_assessment(body: dict[str, Any], escalation_id: str) -> Escalation:
    """The council decides whether to assess"""
    return versioned(
        commands.decide_needs_assessment(store, escalation_id, expected=expected_version(), **body)
    )


@blueprint.post("/escalations/<id:escalation_id>/ehc-plan-decision")
@blueprint.arguments(PlanDecisionIn)
@blueprint.response(200, EscalationOut)
def decide_ehc_plan(body: dict[str, Any], escalation_id: str) -> Escalation:
    """The council decides whether to issue an EHC plan"""
    return versioned(
        commands.decide_ehc_plan(store, escalation_id, expected=expected_version(), **body)
    )


@blueprint.post("/escalations/<id:escalation_id>/ehc-plan-cease-decision")
@blueprint.arguments(CeaseDecisionIn)
@blueprint.response(200, EscalationOut)
def decide_to_cease(body: dict[str, Any], escalation_id: str) -> Escalation:
    """The council decides to end an EHC plan: the family is told, and how to appeal"""
    return versioned(
        commands.decide_to_cease(store, escalation_id, expected=expected_version(), **body)
    )


@blueprint.post("/escalations/<id:escalation_id>/ehc-plan-end")
@blueprint.arguments(PlanEndIn)
@blueprint.response(200, EscalationOut)
def end_ehc_plan(body: dict[str, Any], escalation_id: str) -> Escalation:
    """Record that an EHC plan has ended, or that it goes on after all"""
    return versioned(
        commands.end_ehc_plan(store, escalation_id, expected=expected_version(), **body)
    )
