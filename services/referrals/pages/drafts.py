"""A setting's referrals as pages: the list, who can help, and the draft that a SENCO completes."""

from datetime import date
from functools import partial
from typing import Any

from flask import Blueprint, redirect, request

from services.referrals.commands import elsewhere, fill, refer
from services.referrals.commands.directory import needs_of_child, who_can_help
from services.referrals.domain.form import FormQuestion, QuestionKind
from services.referrals.domain.referral import Referral
from services.referrals.domain.support_service import SupportService
from services.referrals.domain.values import Intake, Phase, ReferralStatus
from services.referrals.pages import store
from services.referrals.pages.staff import URGENCY_WORDS, options, plans_url, show
from services.referrals.providers.recorded import children_of, read_recorded
from services.referrals.schemas.referral import RequestSchema
from shared.web import forms
from shared.web.bidi import marked
from shared.web.forms import Field
from shared.web.guard import authorization, subject
from shared.web.paging import page
from shared.words import day_words

blueprint = Blueprint("draft_pages", __name__, template_folder="templates")

_KINDS = {
    QuestionKind.TEXT: "text", QuestionKind.LONG_TEXT: "long_text", QuestionKind.CHOICE: "choice",
    QuestionKind.CHOICES: "choices", QuestionKind.YES_NO: "yes_no", QuestionKind.DATE: "date",
    QuestionKind.NUMBER: "number",
}  # fmt: skip
_PHASES = {Phase.EARLY_YEARS: "A nursery or pre-school", Phase.SCHOOL: "A school",
           Phase.FURTHER_EDUCATION: "A college"}  # fmt: skip
_CORE = [
    Field("child_name", "The child's or young person's name"),
    Field("child_born", "Date of birth", "date", optional=True),
    Field("setting_name", "Your setting", optional=True),
    Field("setting_contact", "Whom to ask at your setting, and how", optional=True),
    Field("reason", "Why you ask for help", "long_text"),
    Field("strategies_tried", "What you have tried, and how it went", "long_text"),
    Field("desired_outcome", "What it should lead to", "long_text"),
    Field("urgency", "How soon help is needed", "choice", options(URGENCY_WORDS)),
    Field("urgency_reason", "Why it is urgent", "long_text", optional=True),
]


@blueprint.get("/setting/<id:setting_id>/referrals")
def list_referrals(setting_id: str) -> str:
    """Where each of a setting's referrals stands."""
    query = {"setting_id": setting_id}
    found = page(store.referrals, query, descending=True, limit=50,
                 cursor=request.args.get("cursor"))  # fmt: skip
    names, problem = children_of(plans_url(), authorization(), setting_id)
    services = {s.id: s.details.name for s in store.support_services.find_many({})}
    return show("setting_referrals.html", setting_id=setting_id, items=found["items"],
                next_cursor=found["next_cursor"], names=names, services=services,
                problem=problem)  # fmt: skip


@blueprint.get("/setting/<id:setting_id>/refer")
def choose_child(setting_id: str) -> str:
    """For whom?"""
    names, problem = children_of(plans_url(), authorization(), setting_id)
    ordered = sorted(names.items(), key=lambda item: item[1])
    return show("choose_child.html", setting_id=setting_id, children=ordered, problem=problem)


@blueprint.route("/children/<id:child_id>/refer", methods=["GET", "POST"])
def begin_referral(child_id: str) -> Any:
    """Who can help, best first; choosing one begins a draft with what is recorded already."""
    if request.method == "POST":
        service = store.support_services.get(request.form.get("support_service_id", ""))
        recorded = read_recorded(plans_url(), authorization(), child_id)
        fill.remember(store, child_id, recorded)
        body = fill.fill(service, recorded).request
        made = refer.draft_referral(
            store, child_id, str(subject().setting_id), forms.load(RequestSchema, body)
        )
        return redirect(f"/referral/{made.id}/edit", 303)
    phase, setting_id = request.args.get("phase"), str(subject().setting_id)
    asked = elsewhere.been_asked(store, child_id, setting_id)
    needs, known = needs_of_child(store, child_id, Phase(phase) if phase in list(Phase) else None)
    return show(
        "who_can_help.html", child_id=child_id, needs=needs, known=known, phase=phase,
        phases=options(_PHASES), matches=who_can_help(store, needs, asked),
        setting_id=setting_id, having=elsewhere.open_with(store, child_id, setting_id),
        asked=asked,
    )  # fmt: skip


@blueprint.route("/referral/<id:referral_id>/edit", methods=["GET", "POST"])
def edit_draft(referral_id: str) -> Any:
    """The draft: what every referral says, and what the service itself asks."""
    referral: Referral = subject().thing
    service = _service(referral)
    own = [_asked(question) for question in service.form.questions] if service else []
    if request.method == "GET":
        opened = _opened(referral, service)
        values = {**opened.values, **{f"answers-{n}": v for n, v in opened.answers.items()}}
        return _draft(referral, service, own, values, [], opened)
    values = forms.values_of([*_CORE, *own])
    faults = forms.attempt(partial(_save, referral, service, own, values))
    if faults:
        return _draft(referral, service, own, values, faults), 422
    return redirect(f"/referral/{referral_id}?done=edit", 303)


def _save(
    referral: Referral, service: SupportService | None, own: list[Field], values: dict[str, Any]
) -> None:
    body: dict[str, Any] = {f.name: values[f.name] for f in _CORE if f.name in values}
    body["answers"] = {f.name.removeprefix("answers-"): values[f.name]
                       for f in own if f.name in values}  # fmt: skip
    body["plan_id"] = referral.request.plan_id or request.form.get("plan_id") or None
    body["support_service_id"] = request.form.get("support_service_id") or (
        service.id if service else None
    )
    if body["support_service_id"] != (service.id if service else None):
        body["answers"] = {}  # they were answers to another service's questions
    refer.edit_referral(store, referral.id, forms.load(RequestSchema, body), forms.form_version())


def _opened(referral: Referral, service: SupportService | None) -> fill.Opened:
    """The draft, filled with what the reader may read of the child's record, and beside it."""
    if referral.status is not ReferralStatus.DRAFT:
        return fill.Opened(dict(vars(referral.request)), dict(referral.request.answers))
    recorded = read_recorded(plans_url(), authorization(), referral.child_id)
    fill.remember(store, referral.child_id, recorded)
    return fill.open_draft(referral, service, recorded)


def _draft(
    referral: Referral, service: SupportService | None, own: list[Field], values: dict[str, Any],
    faults: list[forms.Fault], opened: fill.Opened | None = None,
) -> str:  # fmt: skip
    plan_id = request.form.get("plan_id") or values.get("plan_id") or ""
    labels = {field.name: field.label for field in (*_CORE, *own)}
    return show(
        "draft.html", referral=referral, service=service, core=_CORE, own=own, values=values,
        faults=faults, chooser=None if service else _chooser(referral), plan_id=plan_id,
        filled=[labels[name] for name in opened.filled if name in labels] if opened else [],
        differs=_differing(opened) if opened else [],
        problem=opened.problem if opened else None,
        version=request.form.get("version", referral.version),
    )  # fmt: skip


def _differing(opened: fill.Opened) -> list[tuple[str, str]]:
    """What the record says otherwise than the draft: the field's label, and the record's words."""
    found = [(field, opened.differs[field.name]) for field in _CORE if field.name in opened.differs]
    return [
        (one.label, day_words(date.fromisoformat(said)) if one.kind == "date" else said)
        for one, said in found
    ]


def _chooser(referral: Referral) -> Field:
    """Which service to ask: not one that has this child's referral now; at the end, with what came
    of it, those that had one."""
    asked = elsewhere.been_asked(store, referral.child_id, referral.setting_id)
    having = elsewhere.open_with(store, referral.child_id, referral.setting_id)
    options = []
    for service in store.support_services.find_many({}, sort=[("details.name", 1)]):
        said = [asked[service.id]] if service.id in asked else []
        if service.details.intake is Intake.PAUSED:
            said.append("Takes no referrals at the moment.")
        name = service.details.name
        words = f"{marked(name)}. {' '.join(said)}" if said else name
        options.append((bool(said), service.id, words))
    return Field("support_service_id", "Which service you ask", "choice", [
        (service_id, words) for _, service_id, words in sorted(options, key=lambda one: one[0])
        if service_id not in having
    ])  # fmt: skip


def _service(referral: Referral) -> SupportService | None:
    service_id = referral.support_service_id
    return store.support_services.find(service_id) if service_id else None


def _asked(question: FormQuestion) -> Field:
    """A service's own question as a field of the page."""
    return Field(
        f"answers-{question.name}", question.text, _KINDS[question.kind],
        [(one, one) for one in question.options], question.hint, not question.required,
    )  # fmt: skip
