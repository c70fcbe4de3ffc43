"""Plan: draft, agree, put in force, share, amend, end."""

from datetime import date
from functools import partial

from services.plans.commands.assess import must_not_be_ahead
from services.plans.domain.assessment import Assessment
from services.plans.domain.child import Child
from services.plans.domain.content import Content
from services.plans.domain.errors import Faults, together
from services.plans.domain.plan import Plan, ReviewResult, Share, VersionRef
from services.plans.domain.values import CeaseReason, template_for
from services.plans.store import PlansStore
from services.plans.templates import newest_version
from shared import clock
from shared.errors import Conflict
from shared.store.repository import creation_id


def draft_plan(
    store: PlansStore, child: Child, *, content: Content, assessment_id: str | None, by: str
) -> Plan:
    """Begin a plan for a child on SEN support or with an EHC plan.

    Raises RuleBroken where it names somebody or something that is not the setting's or the child's.
    """
    faults = Faults()
    with faults.gathered("/content"):
        content.must_hold_together()
    with faults.gathered("/content"):
        _must_be_staff(store, child.setting_id, content)
    assessment = store.assessments.find(assessment_id) if assessment_id else None
    if assessment_id and (assessment is None or not _is_of(assessment, child)):
        faults.add(
            "unknown-assessment",
            "There is no such assessment of this child.",
            field="/assessment_id",
        )
    faults.refuse()
    if child.sen_status == "N":
        raise Conflict("A plan follows an assessment that found SEN support to be needed.",
                       code="no-sen-support")  # fmt: skip
    template = template_for(store.settings.get(child.setting_id).kind)
    before = store.plans.find_many({"child_id": child.id, "state": "active"}, limit=1)
    return store.plans.add(
        Plan(
            id=creation_id(),
            child_id=child.id,
            setting_id=child.setting_id,
            template=template,
            template_version=newest_version(template),
            written_by=by,
            drafted_at=clock.now(),
            content=content,
            assessment_id=assessment_id,
            cycle=before[0].cycle if before else 1,
        )
    )


def edit_draft(store: PlansStore, plan_id: str, content: Content, expected: int) -> Plan:
    """Write the draft anew."""

    def act(plan: Plan) -> None:
        together(
            partial(_must_be_staff, store, plan.setting_id, content, plan.content),
            partial(plan.edit_draft, content),
        )

    return store.plans.change(plan_id, act, expected=expected)


def agree_plan(store: PlansStore, plan_id: str, agreed_on: date | None, expected: int) -> Plan:
    """Agree the plan with the family."""
    day = agreed_on or clock.today()
    ahead = partial(must_not_be_ahead, day, "/agreed_on")

    def act(plan: Plan) -> None:
        child = store.children.get(plan.child_id)
        together(ahead, partial(child.must_be_born_by, day, "/agreed_on"), partial(plan.agree, day))

    return store.plans.change(plan_id, act, expected=expected)


def discard_plan(store: PlansStore, plan_id: str, expected: int) -> Plan:
    """Give up a plan that never came into force."""
    return store.plans.change(plan_id, lambda plan: plan.discard(), expected=expected)


def activate_plan(
    store: PlansStore, plan_id: str, active_from: date | None, by: str, expected: int
) -> Plan:
    """Put the plan in force."""

    def act(plan: Plan) -> None:
        day = active_from or clock.today()
        child = store.children.get(plan.child_id)
        together(
            partial(child.must_be_born_by, day, "/active_from"),
            partial(plan.activate, day, clock.today()),
        )
        _name_version(store, plan, by, "The plan as agreed.")

    return store.plans.change(plan_id, act, expected=expected)


def amend_plan(
    store: PlansStore, plan_id: str, content: Content, why: str, by: str, expected: int
) -> Plan:
    """Change a plan in force: a new version."""

    def act(plan: Plan) -> None:
        faults = Faults()
        with faults.gathered("/content"):
            _must_be_staff(store, plan.setting_id, content, plan.content)
        with faults.gathered("/content"):
            plan.amend(content)
        faults.refuse()
        _name_version(store, plan, by, why)

    return store.plans.change(plan_id, act, expected=expected)


def cease_plan(
    store: PlansStore, plan_id: str, reason: CeaseReason, ended_on: date | None, expected: int
) -> Plan:
    """End the plan."""
    day = ended_on or clock.today()
    must_not_be_ahead(day, "/ended_on")
    return store.plans.change(plan_id, lambda plan: plan.cease(reason, day), expected=expected)


def share_plan(store: PlansStore, plan_id: str, person_id: str) -> Plan:
    """Share the plan with a member of the setting's staff."""

    def act(plan: Plan) -> None:
        setting = store.settings.get(plan.setting_id)
        member = setting.member(person_id, "/person_id")
        plan.share(Share(person_id, member.role, clock.today()), setting.staff_ids())

    return store.plans.change(plan_id, act)


def supersede_earlier_plans(store: PlansStore, child_id: str, by_plan_id: str, on: date) -> None:
    """Let the newest plan in force take the place of the child's earlier ones."""
    for plan in store.plans.find_many({"child_id": child_id, "state": "active"}):
        if plan.id != by_plan_id and plan.drafted_at <= store.plans.get(by_plan_id).drafted_at:
            store.plans.change(plan.id, lambda earlier: earlier.supersede(by_plan_id, on))


def keep_review_result(store: PlansStore, plan_id: str, result: ReviewResult) -> Plan:
    """Record a review's result in the plan."""
    return store.plans.change(plan_id, lambda plan: plan.keep_result(result))


def follow_decision(
    store: PlansStore,
    plan_id: str,
    *,
    review_id: str,
    decision: str,
    cycle: int,
    on: date,
    reason: CeaseReason | None,
) -> Plan:
    """Do what was decided after a review."""
    return store.plans.change(
        plan_id, lambda plan: plan.follow_decision(review_id, decision, cycle, on, reason)
    )


def _must_be_staff(
    store: PlansStore, setting_id: str, content: Content, before: Content | None = None
) -> None:
    """Whoever is named as responsible works at the setting; who was named before may have left,
    and holds up no other change. Raises RuleBroken."""
    named = content.responsible_id
    if named and (before is None or named != before.responsible_id):
        store.settings.get(setting_id).member(named, "/responsible_id")


def _is_of(assessment: Assessment, child: Child) -> bool:
    return (assessment.child_id, assessment.setting_id) == (child.id, child.setting_id)


def _name_version(store: PlansStore, plan: Plan, by: str, why: str) -> None:
    # Kept first, then named in the plan's own write.
    reference = store.keep_version(plan)
    plan.name_version(VersionRef(plan.version_number, reference, by, clock.now(), why))
