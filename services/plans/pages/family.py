"""A family's own pages: the plan with how it went, and each written copy as it was issued."""

from flask import Blueprint, Response, g, render_template

from services.plans.domain.child import Child
from services.plans.domain.copy import CopyState
from services.plans.domain.plan import Plan
from services.plans.domain.rights import may_choose, told_of
from services.plans.domain.sharing import LINKS
from services.plans.pages import store
from services.plans.rendering.document import AREA_WORDS, day_words
from shared import clock
from shared.errors import NotFound
from shared.identity.links import Link
from shared.store.database import Document
from shared.web.downloads import download
from shared.web.link_pages import read_link, record_visit, token_for

blueprint = Blueprint("pages", __name__, template_folder="templates")

RATING_WORDS = {
    "met": "Met",
    "good_progress": "Good progress",
    "some_progress": "Some progress",
    "no_progress": "No progress yet",
    "not_rated": "Could not be judged",
}
DECISION_WORDS = {
    "cease": "Support is no longer needed: the plan ends.",
    "amend": "Support goes on, with changes.",
    "adjust": "The outcomes and what we do are adjusted.",
}


@blueprint.get("/family/plans/<token>")
def family_plan(token: str) -> str:
    """The plan a link opens: what it says now, its reviews, its written copies."""
    link, plan, child = _open(token)
    copies = store.copies.find_many(
        {"plan_id": plan.id, "person_id": link.person_id, "state": CopyState.ISSUED},
        sort=[("version_number", -1)],
    )
    return render_template(
        "family_plan.html",
        plan=plan,
        child=child,
        own=link.person_id == child.id,
        setting=store.settings.get(plan.setting_id),
        copies=copies,
        token=token,
        rights_token=token_for("rights", child.id, link.person_id)
        if may_choose(child, clock.today())
        else None,
        area_words=AREA_WORDS,
        rating_words=RATING_WORDS,
        decision_words=DECISION_WORDS,
        day=day_words,
    )


@blueprint.get("/family/plans/<token>/copies/<int:number>")
def family_copy(token: str, number: int) -> Response:
    """One version's written copy, as it was issued."""
    g.inline_styles = True  # it is kept exactly as it was issued, its styles inside it
    return Response(_document(token, number)["html"], mimetype="text/html")


@blueprint.get("/family/plans/<token>/copies/<int:number>.pdf")
def family_copy_pdf(token: str, number: int) -> Response:
    """The same as a PDF to keep or print."""
    return download(
        _document(token, number)["pdf"],
        name=f"plan-version-{number}.pdf",
        media_type="application/pdf",
        beside_pages=True,
    )


def _document(token: str, number: int) -> Document:
    link, plan, _ = _open(token)
    for copy in store.copies.find_many({"plan_id": plan.id, "version_number": number}):
        if copy.person_id == link.person_id and copy.document_ref:
            return store.document(copy.document_ref)
    raise NotFound("No copy of this version was issued to you.")


def _open(token: str) -> tuple[Link, Plan, Child]:
    """What the link opens, if its person is entitled today; the visit is put on record."""
    link = read_link(token, "plan")
    plan = store.plans.get(link.subject)
    child = store.children.get(plan.child_id)
    record_visit(
        store.database, about=f"plan/{plan.id}", child_id=child.id, setting_id=child.setting_id,
        entitled=link.person_id in told_of(child, LINKS["plan"], clock.today()),
    )  # fmt: skip
    return link, plan, child
