"""The directory as pages: for everybody to look at, for council officers to keep."""

from functools import partial
from typing import Any

from flask import Blueprint, redirect, request

from services.referrals.commands import directory, waiting
from services.referrals.domain.support_service import Details
from services.referrals.domain.values import Area, ConsentNeeds, Intake, Phase, PrimaryNeed
from services.referrals.domain.waiting import in_words
from services.referrals.pages import store
from services.referrals.pages.staff import options, show
from services.referrals.schemas.directory import DetailsSchema
from shared.web import forms
from shared.web.forms import Field
from shared.web.guard import caller, subject

blueprint = Blueprint("directory_pages", __name__, template_folder="templates")

_INTAKE = {Intake.OPEN: "Takes referrals", Intake.RESTRICTED: "Takes some only",
           Intake.PAUSED: "Takes none at the moment"}  # fmt: skip
_PHASES = {Phase.EARLY_YEARS: "Nurseries and pre-schools", Phase.SCHOOL: "Schools",
           Phase.FURTHER_EDUCATION: "Colleges"}  # fmt: skip
CONSENT_FROM = {
    ConsentNeeds.ONE: "One person with parental responsibility",
    ConsentNeeds.ALL: "Everyone with parental responsibility",
}
_AREAS = [(area.value, area.words[0].upper() + area.words[1:]) for area in Area]
_FIELDS = [
    Field("name", "Name"),
    Field("helps_with", "What it helps with", "long_text", optional=True),
    Field("areas", "Areas of need", "choices", _AREAS),
    Field("primary_needs", "Types of need it knows best", "choices",
          [(need.value, need.words) for need in PrimaryNeed], optional=True),
    Field("phases", "Works with", "choices", options(_PHASES)),
    Field("age_from", "From age", "number"),
    Field("age_to", "To age", "number"),
    Field("criteria", "Criteria", "long_text"),
    Field("response_target_days", "Answers within how many working days", "number"),
    Field("intake", "Referrals", "choice", options(_INTAKE)),
    Field("intake_note", "To what it is restricted, or until when it is paused", optional=True),
    Field("before_referral", "What to try first: advice clinics, phone lines", "long_text",
          optional=True),
    Field("contact", "How to reach it", optional=True),
    Field("consent_from", "Whose agreement a referral needs", "choice", options(CONSENT_FROM)),
    Field("opening", "When it is open", optional=True),
    Field("capacity", "How many children it can work with at once", "number", optional=True),
]  # fmt: skip

_NEW = {"age_from": 0, "age_to": 25, "intake": "open", "consent_from": "one"}


@blueprint.get("/directory")
def show_directory() -> str:
    """Every service; those of one area of need where one is chosen."""
    area = request.args.get("area", "")
    chosen = {"details.areas": area} if area in list(Area) else {}
    found = store.support_services.find_many(chosen, sort=[("details.name", 1), ("_id", 1)])
    return show("directory.html", services=found, areas=_AREAS, area=area,
                medians=waiting.medians(store), intake_words=_INTAKE,
                keeps="council_officer" in caller().roles)  # fmt: skip


@blueprint.get("/directory/<id:support_service_id>")
def show_entry(support_service_id: str) -> str:
    """One service: what it helps with, what it asks for, how long it takes."""
    return show(
        "directory_entry.html", service=subject().thing, phase_words=_PHASES, intake_words=_INTAKE,
        consent_from=CONSENT_FROM,
        waits=in_words(waiting.waits_of(store, support_service_id)),
        keeps="council_officer" in caller().roles,
        keeps_people="council_officer" in caller().roles
        or ("support_worker" in caller().roles and support_service_id in caller().services),
    )  # fmt: skip


@blueprint.route("/directory/add", methods=["GET", "POST"])
def add_entry() -> Any:
    """A service joins the directory."""
    if request.method == "GET":
        return _form(
            None, {"age_from": 0, "age_to": 25, "intake": "open", "consent_from": "one"}, []
        )
    values = forms.values_of(_FIELDS)
    made: list[str] = []
    faults = forms.attempt(
        lambda: made.append(directory.add_support_service(store, _details(values)).id)
    )
    if faults:
        return _form(None, values, faults), 422
    return redirect(f"/directory/{made[0]}?done=add", 303)


@blueprint.route("/directory/<id:support_service_id>/edit", methods=["GET", "POST"])
def edit_entry(support_service_id: str) -> Any:
    """Keep an entry right."""
    service = subject().thing
    if request.method == "GET":
        return _form(service, vars(service.details), [])
    values = forms.values_of(_FIELDS)
    faults = forms.attempt(partial(_change, support_service_id, values))
    if faults:
        return _form(service, values, faults), 422
    return redirect(f"/directory/{support_service_id}?done=edit", 303)


def _change(service_id: str, values: dict[str, Any]) -> None:
    directory.change_support_service(store, service_id, _details(values), forms.form_version())


def _details(values: dict[str, Any]) -> Details:
    details: Details = forms.load(DetailsSchema, values)
    return details


def _form(service: Any, values: dict[str, Any], faults: list[forms.Fault]) -> str:
    return show(
        "directory_form.html", service=service, fields=_FIELDS, values=values, faults=faults,
        version=request.form.get("version", service.version if service else 0),
    )  # fmt: skip
