"""Referrals through its API: the directory, a setting's referral, the service's queue."""

from typing import Any

import pytest

from shared import ids
from tests.support.house import Person, Service, settle, types
from tests.support.story import School
from tests.support.world import CONSENT, DETAILS, REQUEST, add_service, submitted

Json = dict[str, Any]
YES: Json = {"family_words": "We will see you within four weeks."}
NO: Json = {"reason": "not_eligible", "family_words": "We cannot help with this.",
            "next_step": "Ask the school nurse."}  # fmt: skip


@pytest.fixture(scope="module")
def school(plans: Service) -> School:
    return School(plans)


@pytest.fixture(scope="module")
def service_id(referrals: Service) -> str:
    return add_service(referrals)


@pytest.fixture
def senco(school: School, referrals: Service) -> Person:
    return school.at(referrals)


@pytest.fixture
def worker(referrals: Service, service_id: str) -> Person:
    return referrals.person("support_worker", services=[service_id])


@pytest.fixture
def child_id(school: School, referrals: Service) -> str:
    found: str = school.child()["id"]
    settle(school.plans, referrals)
    return found


def test_the_directory_answers_who_can_help(referrals: Service, service_id: str) -> None:
    teacher = referrals.person("teacher")
    none = add_service(referrals, areas=["sensory_and_physical"], age_from=16)
    found = teacher.get("/support-services?area=sensory_and_physical&age=17&limit=100")["items"]
    assert none in [entry["id"] for entry in found]
    found = teacher.get("/support-services?area=sensory_and_physical&age=5&limit=100")["items"]
    assert none not in [entry["id"] for entry in found]
    problem = teacher.refused(422, "GET", "/support-services?area=nothing")
    assert problem["errors"][0]["pointer"] == "/area"
    teacher.refused(403, "POST", "/support-services", DETAILS)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"areas": []}, "/areas"),
        ({"areas": ["everything"]}, "/areas/0"),
        ({"response_target_days": 0}, "/response_target_days"),
        ({"name": ""}, "/name"),
        ({"intake": "ajar"}, "/intake"),
    ],
)
def test_a_bad_entry_is_refused_by_name(referrals: Service, change: Json, pointer: str) -> None:
    council = referrals.person("council_officer")
    problem = council.refused(422, "POST", "/support-services", {**DETAILS, **change})
    assert problem["errors"][0]["pointer"] == pointer


def test_nothing_goes_out_incomplete_or_without_consent(
    senco: Person, worker: Person, child_id: str, service_id: str
) -> None:
    made = senco.post(f"/children/{child_id}/referrals", {"reason": "Is not understood"})
    at = f"/referrals/{made['id']}"
    problem = senco.refused(409, "POST", f"{at}/submit", version=made["version"])
    assert problem["errors"][0]["pointer"] == "/support_service_id"
    urgent = {**REQUEST, "support_service_id": service_id, "urgency": "urgent"}
    problem = senco.refused(422, "PUT", f"{at}/request", urgent, version=made["version"])
    assert problem["errors"][0]["pointer"] == "/urgency_reason"
    asked = {**REQUEST, "support_service_id": service_id}
    made = senco.put(f"{at}/request", asked, version=made["version"])
    problem = senco.refused(409, "POST", f"{at}/submit", version=made["version"])
    assert problem["type"].endswith("no-consent")
    worker.refused(404, "GET", at)  # a draft is the setting's alone
    refusal = {**CONSENT, "status": "overridden"}
    problem = senco.refused(422, "POST", f"{at}/consent", refusal, version=made["version"])
    assert problem["errors"][0]["pointer"] == "/reason"


def test_a_referral_goes_through_the_queue_to_its_end(
    referrals: Service, senco: Person, worker: Person, child_id: str, service_id: str
) -> None:
    sent = submitted(referrals, senco, child_id, service_id)
    at = f"/referrals/{sent['id']}"
    queue = worker.get(f"/support-services/{service_id}/queue")["items"]
    assert sent["id"] in [item["id"] for item in queue]
    other = referrals.person("support_worker", services=[service_id])
    held = worker.post(f"{at}/claim")
    assert held["status"] == "triage"
    assert other.refused(409, "POST", f"{at}/claim")["type"].endswith("claimed")
    unclaimed = worker.get(f"/support-services/{service_id}/queue?unclaimed=true")["items"]
    assert sent["id"] not in [item["id"] for item in unclaimed]
    asked = worker.post(f"{at}/questions", {"question": "Hearing test?"}, version=held["version"])
    assert asked["status"] == "information_requested"
    given = senco.post(f"{at}/information", {"answer": "In May: good"}, version=asked["version"])
    worker.refused(409, "POST", f"{at}/close", {"outcome": "goals_met"}, version=given["version"])
    now = worker.post(f"{at}/accept", YES, version=given["version"])
    worker.refused(409, "POST", f"{at}/decline", NO, version=now["version"])
    now = worker.post(f"{at}/allocate", {"to": worker.id}, version=now["version"])
    now = worker.post(f"{at}/begin", version=now["version"])
    now = worker.post(f"{at}/reports", {"text": "Six sessions were held"})
    now = worker.post(f"{at}/close", {"outcome": "goals_met"}, version=now["version"])
    assert senco.get(at)["reports"][0]["text"] == "Six sessions were held"
    flowed = types(settle(referrals))
    assert [flowed.count(name) for name in ("ReferralSubmitted", "ReferralAccepted",
                                            "ReferralReported", "ReferralClosed")] == [1] * 4  # fmt: skip


def test_notes_are_the_services_own(
    referrals: Service, senco: Person, worker: Person, child_id: str, service_id: str
) -> None:
    at = f"/referrals/{submitted(referrals, senco, child_id, service_id)['id']}"
    worker.post(f"{at}/notes", {"text": "Ring on Monday"})
    assert worker.get(f"{at}/notes")["notes"][0]["text"] == "Ring on Monday"
    assert "notes" not in senco.get(at)
    senco.refused(403, "GET", f"{at}/notes")


def test_a_refusal_has_a_next_step_and_another_service_sees_nothing(
    referrals: Service, senco: Person, worker: Person, child_id: str, service_id: str
) -> None:
    sent = submitted(referrals, senco, child_id, service_id)
    at = f"/referrals/{sent['id']}"
    stranger = referrals.person("support_worker", services=[ids.new_id()])
    stranger.refused(404, "GET", at)
    stranger.refused(404, "GET", f"/support-services/{service_id}/queue")
    stranger.refused(404, "POST", f"{at}/claim")
    bare = {key: NO[key] for key in ("reason", "family_words")}
    problem = worker.refused(422, "POST", f"{at}/decline", bare, version=sent["version"])
    assert problem["errors"][0]["pointer"] == "/next_step"
    problem = worker.refused(
        422, "POST", f"{at}/decline", {**NO, "reason": "tired"}, version=sent["version"]
    )
    assert problem["errors"][0]["pointer"] == "/reason"
    worker.refused(412, "POST", f"{at}/decline", NO, version=sent["version"] - 1)
    assert worker.post(f"{at}/decline", NO, version=sent["version"])["status"] == "declined"


def test_a_second_open_referral_names_the_first(
    referrals: Service, senco: Person, child_id: str, service_id: str
) -> None:
    first = submitted(referrals, senco, child_id, service_id)
    second = senco.post(
        f"/children/{child_id}/referrals", {**REQUEST, "support_service_id": service_id}
    )
    at = f"/referrals/{second['id']}"
    second = senco.post(f"{at}/consent", CONSENT, version=second["version"])
    problem = senco.refused(409, "POST", f"{at}/submit", version=second["version"])
    assert first["id"] in problem["detail"]


def test_consent_withdrawn_ends_it_at_once(
    referrals: Service, senco: Person, worker: Person, child_id: str, service_id: str
) -> None:
    sent = submitted(referrals, senco, child_id, service_id)
    at = f"/referrals/{sent['id']}"
    gone = {"status": "withdrawn", "by": "A Parent", "how": "by phone"}
    assert senco.post(f"{at}/consent", gone, version=sent["version"])["status"] == "withdrawn"
    worker.refused(404, "GET", at)
    queue = worker.get(f"/support-services/{service_id}/queue?limit=100")["items"]
    assert sent["id"] not in [item["id"] for item in queue]
    assert "ReferralWithdrawn" in types(settle(referrals))


def test_another_settings_referral_is_not_there(
    plans: Service, referrals: Service, senco: Person, child_id: str, service_id: str
) -> None:
    sent = submitted(referrals, senco, child_id, service_id)
    stranger = School(plans).at(referrals)
    stranger.refused(404, "GET", f"/referrals/{sent['id']}")
    stranger.refused(404, "POST", f"/children/{child_id}/referrals", REQUEST)
    body = {"because": "by_setting"}
    stranger.refused(
        404, "POST", f"/referrals/{sent['id']}/withdraw", body, version=sent["version"]
    )
    assert senco.get(f"/referrals/{sent['id']}")["status"] == "submitted"
