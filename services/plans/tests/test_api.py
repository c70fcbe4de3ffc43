"""Plans through its API: a family's way from the first concern to the plan's end."""

import pytest

from shared import ids
from tests.support.house import Service, days_ago, settle, types
from tests.support.story import NEEDS, School, content, contribution, parent


@pytest.fixture(scope="module")
def school(plans: Service) -> School:
    return School(plans)


def test_a_family_walks_from_concern_to_a_plan_in_force(plans: Service, school: School) -> None:
    child = school.child(parents=2)
    assert child["sen_status"] == "N"
    assert len(child["recipients"]) == 2
    school.assessed(child)
    child = school.senco.get(f"/children/{child['id']}")
    assert (child["sen_status"], child["primary_need"]) == ("K", "MLD")
    plan = school.draft(child)
    assert (plan["state"], plan["template"], plan["version_number"]) == ("draft", "school", 0)
    at = f"/plans/{plan['id']}"
    plan = school.senco.post(f"{at}/agree", {}, version=plan["version"])
    plan = school.senco.post(f"{at}/activate", {}, version=plan["version"])
    assert (plan["state"], plan["version_number"], plan["cycle"]) == ("active", 1, 1)
    flowed = types(settle(plans))
    assert flowed.count("PlanAgreed") == flowed.count("PlanActivated") == 1


def test_a_child_is_not_planned_for_before_an_assessment(school: School) -> None:
    child = school.child()
    found = school.senco.refused(
        409, "POST", f"/children/{child['id']}/plans", {"content": content()}
    )
    assert found["type"].endswith("no-sen-support")


def test_an_assessment_hears_all_three_kinds_of_people(school: School) -> None:
    child = school.child()
    made = school.senco.post(f"/children/{child['id']}/assessments", {"concern": "No progress"})
    at = f"/assessments/{made['id']}"
    made = school.senco.post(f"{at}/contributions", contribution("parent"))
    found = school.senco.refused(409, "POST", f"{at}/complete", NEEDS, version=made["version"])
    assert "child, staff" in found["detail"]
    school.teacher.post(f"{at}/contributions", contribution("staff"))
    made = school.senco.post(f"{at}/absences", {"source": "child", "reason": "Too young"})
    needs = {**NEEDS, "completed_on": None}
    assert school.senco.post(f"{at}/complete", needs, version=made["version"])["state"] == (
        "completed"
    )
    again = {"concern": "Again"}
    assert school.senco.post(f"/children/{child['id']}/assessments", again)["state"] == "gathering"


def test_a_child_has_one_open_assessment(school: School) -> None:
    child = school.child()
    path = f"/children/{child['id']}/assessments"
    school.senco.post(path, {"concern": "No progress"})
    found = school.senco.refused(409, "POST", path, {"concern": "Again"})
    assert found["detail"] == "This child is being assessed already."


def test_a_plan_that_cannot_be_measured_is_not_agreed(school: School) -> None:
    child = school.child()
    school.assessed(child)
    said = content()
    said["outcomes"][0]["measure"] = None
    plan = school.senco.post(f"/children/{child['id']}/plans", {"content": said})
    at = f"/plans/{plan['id']}"
    found = school.senco.refused(422, "POST", f"{at}/agree", {}, version=plan["version"])
    assert found["errors"][0]["pointer"] == "/outcomes/0/measure"
    plan = school.senco.put(f"{at}/content", content(), version=plan["version"])
    assert school.senco.post(f"{at}/agree", {}, version=plan["version"])["state"] == "agreed"


def test_every_version_stays_readable_as_it_was(school: School) -> None:
    plan = school.active(school.child())
    changed = plan["content"]
    before = changed["provisions"][0]["times_per_week"]
    changed["provisions"][0]["times_per_week"] = before + 1
    at = f"/plans/{plan['id']}"
    current = school.senco.get(at)
    amended = school.senco.post(
        f"{at}/amend", {"why": "More", "content": changed}, version=current["version"]
    )
    assert [v["number"] for v in amended["versions"]] == [1, 2]
    first, second = (school.senco.get(f"{at}/versions/{n}") for n in (1, 2))
    assert first["content"]["provisions"][0]["times_per_week"] == before
    assert second["content"]["provisions"][0]["times_per_week"] == before + 1
    assert (second["why"], second["made_by"]) == ("More", school.senco.id)
    school.senco.refused(404, "GET", f"{at}/versions/3")


def test_a_teacher_sees_a_plan_once_it_is_shared(plans: Service, school: School) -> None:
    plan = school.active(school.child())
    at = f"/plans/{plan['id']}"
    check = {"outcomes": [{"outcome_id": plan["content"]["outcomes"][0]["id"],
                           "status": "on_track"}]}  # fmt: skip
    school.teacher.refused(404, "GET", at)
    school.teacher.refused(404, "POST", f"{at}/checks", check)
    school.senco.post(f"{at}/shares", {"person_id": school.teacher.id})
    assert school.teacher.get(at)["id"] == plan["id"]
    assert school.teacher.post(f"{at}/checks", check)["by"] == school.teacher.id
    listed = school.teacher.get(f"/settings/{school.id}/plans?limit=200")["items"]
    assert [p["id"] for p in listed] == [plan["id"]]
    settle(plans)
    assert school.senco.get(at)["last_check_on"] == days_ago(0)
    stranger = {"person_id": ids.new_id()}
    found = school.senco.refused(422, "POST", f"{at}/shares", stranger)
    assert found["errors"][0]["pointer"] == "/person_id"


def test_a_new_plan_takes_the_place_of_the_one_before(plans: Service, school: School) -> None:
    child = school.child()
    first = school.active(child)
    second = school.draft(child)
    at = f"/plans/{second['id']}"
    second = school.senco.post(f"{at}/agree", {}, version=second["version"])
    school.senco.post(f"{at}/activate", {}, version=second["version"])
    flowed = settle(plans)
    assert school.senco.get(f"/plans/{first['id']}")["state"] == "superseded"
    assert school.senco.get(at)["state"] == "active"
    assert types(flowed).count("PlanSuperseded") == 1
    assert school.senco.get(f"/children/{child['id']}")["sen_status"] == "K"


def test_with_the_last_plan_support_ends(plans: Service, school: School) -> None:
    child = school.child()
    plan = school.active(child)
    plan = school.senco.get(f"/plans/{plan['id']}")
    ended = school.senco.post(
        f"/plans/{plan['id']}/cease", {"reason": "outcomes_met"}, version=plan["version"]
    )
    assert ended["state"] == "ceased"
    settle(plans)
    assert school.senco.get(f"/children/{child['id']}")["sen_status"] == "N"
    school.senco.refused(409, "POST", f"/plans/{plan['id']}/cease", {"reason": "outcomes_met"},
                         version=ended["version"])  # fmt: skip


def test_only_entitled_parents_are_told_and_an_end_is_an_end(school: School) -> None:
    child = school.child(parents=0)
    told, not_told = parent(), parent(entitled=False)
    for who in (told, not_told):
        child = school.senco.post(f"/children/{child['id']}/parents", who)
    assert child["recipients"] == [told["person_id"]]
    school.senco.refused(409, "POST", f"/children/{child['id']}/parents", told)
    at = f"/children/{child['id']}/parents/{told['person_id']}/unlink"
    child = school.senco.post(at, {"because": "Court order"}, version=child["version"])
    assert child["recipients"] == []
    school.senco.refused(409, "POST", at, {"because": "Again"}, version=child["version"])


def test_a_young_person_is_told_instead_of_the_parents(school: School) -> None:
    child = school.child(born="2008-01-05", parents=1)
    assert child["recipients"] == [child["id"]]
    details = {"first_name": "Robin", "last_name": "Vennacombe", "date_of_birth": "2008-01-05"}
    at = f"/children/{child['id']}"
    child = school.senco.put(at, {**details, "lacks_capacity": True}, version=child["version"])
    assert child["recipients"] == [child["parents"][0]["person_id"]]
    child = school.senco.put(at, {**details, "shares_with_parents": True}, version=child["version"])
    assert child["recipients"] == [child["id"], child["parents"][0]["person_id"]]


def test_the_audit_trail_names_who_read_and_who_wrote(plans: Service, school: School) -> None:
    child = school.child()
    school.teacher.get(f"/children/{child['id']}")
    stranger = plans.person("senco", settings=[ids.new_id()])
    stranger.refused(404, "GET", f"/children/{child['id']}")
    from shared.messaging.relay import Relay

    relay = Relay(plans.database, plans.collections, "amqp://")
    for name in plans.collections:  # audit entries ride in the outboxes
        from shared.store import outbox

        waiting = [p for p in outbox.waiting(plans.database[name], 10_000)
                   if p.entry["kind"] == outbox.AUDIT]  # fmt: skip
        outbox.remove(plans.database[name], relay._keep_audit(waiting))
    trail = school.senco.get(f"/settings/{school.id}/audit?child_id={child['id']}")["items"]
    found = {(e["actor_id"], e["access"], e["action"], e["refused"]) for e in trail}
    assert (school.teacher.id, "read", "children.read_child", None) in found
    assert (school.senco.id, "write", "children.register_child", None) in found
    assert (school.senco.id, "write", "children.link_parent", None) in found
    assert (stranger.id, "refused", "children.read_child", "not theirs") in found
