"""Who may do what here: the table, and whose a thing is."""

from functools import partial

from services.plans.store import PlansStore
from shared.web.guard import (
    PUBLIC,
    Opened,
    Rule,
    Subject,
    anyone,
    own_service,
    own_setting,
    own_setting_and_shared,
    when_opened,
)

OWN = {"senco": own_setting}
STAFF = {"senco": own_setting, "teacher": own_setting}


def rules(store: PlansStore) -> dict[str, Rule]:
    """Endpoint -> rule. An endpoint that is missing here stops the service from being built."""

    def setting(setting_id: str, **_: str) -> Subject:
        found = store.settings.get(setting_id)
        return Subject(f"setting/{found.id}", setting_id=found.id, thing=found)

    def opened(child_id: str) -> Opened:
        rights = store.rights_on(child_id)
        return Opened(rights.services, rights.council)

    def child(child_id: str, **_: str) -> Subject:
        found = store.children.get(child_id)
        return Subject(
            f"child/{found.id}", setting_id=found.setting_id, child_id=found.id,
            opened=partial(opened, found.id), thing=found,
        )  # fmt: skip

    def assessment(assessment_id: str, **_: str) -> Subject:
        found = store.assessments.get(assessment_id)
        return Subject(
            f"assessment/{found.id}", setting_id=found.setting_id, child_id=found.child_id,
            opened=partial(opened, found.child_id), thing=found,
        )  # fmt: skip

    def plan(plan_id: str, **_: object) -> Subject:
        found = store.plans.get(plan_id)
        return Subject(
            f"plan/{found.id}", setting_id=found.setting_id, child_id=found.child_id,
            readers=found.readers(), opened=partial(opened, found.child_id), thing=found,
        )  # fmt: skip

    read_plan = {
        "senco": own_setting,
        "teacher": own_setting_and_shared,
        "support_worker": own_service,
        "council_officer": when_opened,
    }
    shared_plan = {"senco": own_setting, "teacher": own_setting_and_shared}
    read_child = {**STAFF, "council_officer": when_opened}
    return {
        "settings.register_setting": Rule({"operator": anyone, "council_officer": anyone}),
        "settings.correct_setting": Rule(
            {"operator": anyone, "council_officer": anyone}, setting, changes=True
        ),
        "settings.read_setting": Rule(STAFF, setting),
        "settings.add_staff": Rule(OWN, setting),
        "settings.remove_staff": Rule(OWN, setting),
        "children.register_child": Rule(OWN, setting),
        "children.list_children": Rule(STAFF, setting),
        "children.read_child": Rule(read_child, child),
        "children.correct_child": Rule(OWN, child, changes=True),
        "children.link_parent": Rule(OWN, child),
        "children.unlink_parent": Rule(OWN, child, changes=True),
        "rights.read_rights": Rule(OWN, child),
        "rights.record_sharing": Rule(OWN, child, changes=True),
        "rights.record_capacity": Rule(OWN, child, changes=True),
        "assessments.start_assessment": Rule(OWN, child),
        "assessments.list_assessments": Rule(read_child, child),
        "assessments.read_assessment": Rule(read_child, assessment),
        "assessments.add_contribution": Rule(STAFF, assessment),
        "assessments.record_absence": Rule(OWN, assessment),
        "assessments.complete_assessment": Rule(OWN, assessment, changes=True),
        "plans.list_templates": Rule({"senco": anyone, "teacher": anyone}),
        "plans.draft_plan": Rule(STAFF, child),
        "plans.list_plans": Rule({"senco": own_setting, "council_officer": when_opened,
                                  "support_worker": own_service}, child),
        "plans.list_setting_plans": Rule(STAFF, setting),
        "plans.read_plan": Rule(read_plan, plan),
        "plans.edit_draft": Rule(shared_plan, plan, changes=True),
        "plans.agree_plan": Rule(OWN, plan, changes=True),
        "plans.discard_plan": Rule(OWN, plan, changes=True),
        "plans.activate_plan": Rule(OWN, plan, changes=True),
        "plans.amend_plan": Rule(OWN, plan, changes=True),
        "plans.cease_plan": Rule(OWN, plan, changes=True),
        "plans.share_plan": Rule(OWN, plan),
        "plans.read_version": Rule(read_plan, plan),
        "plans.list_copies": Rule(OWN, plan),
        "checks.record_check": Rule(shared_plan, plan),
        "checks.list_checks": Rule(read_plan, plan),
        "audit.read_audit": Rule(OWN, setting),
        "pages.family_plan": PUBLIC,
        "pages.family_copy": PUBLIC,
        "pages.family_copy_pdf": PUBLIC,
        "pages.family_rights": PUBLIC,
    }  # fmt: skip
