"""A young person's own page: who decides, and what their parents still get. Parents read it."""

from dataclasses import dataclass
from datetime import date

from flask import render_template, request

from services.plans.commands.rights import choose_sharing
from services.plans.domain import rights
from services.plans.domain.child import Child
from services.plans.domain.passing import Step, days_of
from services.plans.domain.sharing import ACTS_FOR, LINKS, Basis, Decision, Sharing
from services.plans.pages import store
from services.plans.pages.family import blueprint
from services.plans.rendering.document import day_words
from services.plans.schemas.rights import SharingIn
from shared import clock
from shared.identity.links import Link
from shared.web import forms
from shared.web.forms import Fault
from shared.web.link_pages import read_link, record_visit

PURPOSE_WORDS = {
    Sharing.PLAN: "The support plan, written copies of it and its reviews",
    Sharing.MEETINGS: "Parents' evenings and invitations to talk",
    Sharing.REFERRALS: "News about requests for help from other services",
    Sharing.EHC_ASSESSMENT: "News about an EHC needs assessment and what the council decides",
}
DECISION_WORDS = {
    Decision.SHARING: "What parents and carers get",
    Decision.PLAN: "The support plan",
    Decision.REFERRAL_CONSENT: "Requests for help from other services",
    Decision.EHC_ASSESSMENT: "An EHC needs assessment",
}
NOTHING = "nothing"
_NOT_SAID = "Select what parents and carers get, or select 'Nothing'"
_BOTH_SAID = "Select what parents and carers get, or 'Nothing', but not both"


@dataclass(frozen=True)
class Decided:
    """One decision, and who makes it: the young person, the reader, or somebody else."""

    words: str
    by_young_person: bool
    by_reader: bool
    relationships: str


@blueprint.route("/family/rights/<token>", methods=["GET", "POST"])
def family_rights(token: str) -> str:
    """What applies, since when and why; the form is for whoever chooses."""
    link, child = _opened(token)
    may_choose = link.person_id in rights.choosers(child) and not _represented(child)
    faults: list[Fault] = []
    if request.method == "POST" and may_choose:
        faults = _keep(child)
        child = store.children.get(child.id)
    today = clock.today()
    basis, purposes = rights.basis_on(child, today)
    chosen = rights.chosen(child)
    return render_template(
        "family_rights.html",
        child=child,
        setting=store.settings.get(child.setting_id),
        own=link.person_id == child.id,
        may_choose=may_choose,
        faults=faults,
        done=request.method == "POST" and may_choose and not faults,
        passed=rights.have_passed(child, today),
        passes_on=days_of(child.date_of_birth)[Step.PASSED],
        basis=basis,
        purposes=purposes,
        since=_since(child, today),
        by_hand=child.choice is None or child.choice.recorded_by != child.id,
        chosen=chosen,
        ticked=request.form.getlist("parents_get") if faults else _ticked(chosen),
        acted_for=rights.acting(child, Decision.SHARING) is not None,
        represented=_represented(child),
        acts_in=_acts_in(child, link.person_id),
        decisions=_decisions(child, link.person_id, today),
        purpose_words=PURPOSE_WORDS,
        nothing=NOTHING,
        Basis=Basis,
        token=token,
        day=day_words,
    )


def _keep(child: Child) -> list[Fault]:
    """Keep what was chosen; answers what is wrong, in words."""
    said = request.form.getlist("parents_get")
    if not said:
        return [Fault("parents_get", _NOT_SAID)]
    if NOTHING in said and len(said) > 1:
        return [Fault("parents_get", _BOTH_SAID)]
    wanted = {"parents_get": [one for one in said if one != NOTHING]}
    faults = forms.attempt(
        lambda: choose_sharing(store, child.id, forms.load(SharingIn, wanted)["parents_get"])
    )
    return [Fault("parents_get", _NOT_SAID if fault.field else fault.words) for fault in faults]


def _ticked(chosen: object) -> list[str]:
    if not isinstance(chosen, list):
        return []
    return [one.value for one in chosen] or [NOTHING]


def _since(child: Child, today: date) -> date:
    """Since when what applies applies."""
    passed = days_of(child.date_of_birth)[Step.PASSED]
    return child.applied[-1].since if child.applied else min(passed, today)


def _represented(child: Child) -> bool:
    """Whether the parents act for the young person in everything, whatever was chosen."""
    return rights.basis_on(child, days_of(child.date_of_birth)[Step.PASSED])[0] is Basis.CAPACITY


def _acts_in(child: Child, reader: str) -> list[Sharing]:
    """What the reader gets because they act for the young person in it, whatever was chosen; to
    the young person themselves: what anybody gets so."""
    found = {subject: rights.acting(child, decision) for subject, decision in ACTS_FOR.items()}
    return [one for one, acts in found.items() if acts and (reader == child.id or reader in acts)]


def _decisions(child: Child, reader: str, today: date) -> list[Decided]:
    known = {parent.person_id: parent.relationship for parent in child.parents}
    passed = rights.have_passed(child, today)
    return [
        Decided(
            DECISION_WORDS[decider.decision],
            by_young_person=decider.people == [child.id],
            by_reader=reader in decider.people,
            relationships=" or ".join(
                dict.fromkeys(known[one] for one in decider.people if one in known)
            ),
        )
        for decider in rights.deciders_on(child, today)
        # Until rights have passed nothing is withheld: the form is for what comes then.
        if passed or decider.decision is not Decision.SHARING
    ]


def _opened(token: str) -> tuple[Link, Child]:
    """What the link opens, the visit put on record. Raises NotFound."""
    link = read_link(token, "rights")
    child = store.children.get(link.subject)
    record_visit(
        store.database,
        about=f"child/{child.id}",
        child_id=child.id,
        setting_id=child.setting_id,
        entitled=link.person_id in rights.told_of(child, LINKS["rights"], clock.today()),
    )
    return link, child
