"""The people of a service: work is given to them alone, in every way in which it can be given."""

import re
from typing import Any

import pytest

from services.referrals.commands import people as commands
from services.referrals.commands.queue import BulkAction
from services.referrals.domain.people import ServicePeople, ServicePerson
from shared import ids
from tests.support.house import Person, Service, settle
from tests.support.signed_in import signed_in
from tests.support.story import School
from tests.support.world import add_service, submitted

Json = dict[str, Any]
YES: Json = {"family_words": "We will see you."}


@pytest.fixture(scope="module")
def school(plans: Service) -> School:
    return School(plans)


@pytest.fixture
def service_id(referrals: Service) -> str:
    return add_service(referrals)


@pytest.fixture
def worker(referrals: Service, service_id: str) -> Person:
    return referrals.person("support_worker", services=[service_id])


def _accepted(
    plans: Service, referrals: Service, school: School, worker: Person, service_id: str
) -> Json:
    child_id = school.child()["id"]
    settle(plans, referrals)
    made = submitted(referrals, school.at(referrals), child_id, service_id)
    found: Json = worker.post(f"/referrals/{made['id']}/accept", YES, version=made["version"])
    return found


def _listed(referrals: Service, service_id: str, *people: tuple[str, str]) -> Json:
    """The list as the council says it."""
    council, at = referrals.person("council_officer"), f"/support-services/{service_id}/people"
    body = {"people": [{"person_id": one, "name": name} for one, name in people]}
    known: Json = council.get(at)
    found: Json = council.put(at, body, version=known["version"])
    return found


def _given_by_api(referrals: Service) -> list[str]:
    """Every path of the API under a referral whose body says `to` whom."""
    document: Json = referrals.anonymous().get("/openapi.json").json or {}
    found = []
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if not isinstance(operation, dict) or "{referral_id}" not in path:
                continue
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            name = body.get("schema", {}).get("$ref", "").rpartition("/")[2]
            if "to" in document["components"]["schemas"].get(name, {}).get("properties", {}):
                found.append(path)
    return found


def _bulk_that_gives() -> list[str]:
    return [one for one in BulkAction if one in (BulkAction.HAND_OVER, BulkAction.ALLOCATE)]


def _browser(referrals: Service, worker: Person, service_id: str) -> tuple[Any, str]:
    token = referrals.issuer.token(
        "support_worker", subject=worker.id, settings=[], services=[service_id]
    )
    return signed_in(referrals, token)


def test_work_is_given_to_people_of_the_service_whichever_way(
    plans: Service, referrals: Service, school: School, worker: Person, service_id: str
) -> None:
    made = _accepted(plans, referrals, school, worker, service_id)
    at, listed, left = f"/referrals/{made['id']}", ids.new_id(), ids.new_id()
    _listed(referrals, service_id, (listed, "Lena Listed"), (left, "Leo Left"))
    _listed(referrals, service_id, (listed, "Lena Listed"))
    elsewhere = referrals.person("support_worker", services=[add_service(referrals)])
    wrong = (left, "Therapist 3", ids.new_id(), elsewhere.id)
    http, csrf = _browser(referrals, worker, service_id)
    ways = _given_by_api(referrals)
    assert {path.rpartition("/")[2] for path in ways} == {"hand-over", "allocate"}
    for path in ways:
        where = path.replace("{referral_id}", made["id"])
        for who in wrong:
            version = worker.get(at)["version"]
            problem = worker.refused(422, "POST", where, {"to": who}, version=version)
            assert [e["pointer"] for e in problem["errors"]] == ["/to"], (path, who)
        worker.post(where, {"to": listed}, version=worker.get(at)["version"])
        worker.post(where, {"to": worker.id}, version=worker.get(at)["version"])
    bulk = f"/support-services/{service_id}/queue/bulk"
    for action in _bulk_that_gives():
        for who, code in (*((one, "not-of-service") for one in wrong), (listed, None)):
            chosen = [{"id": made["id"], "version": worker.get(at)["version"]}]
            result = worker.post(bulk, {"action": action, "chosen": chosen, "to": who})
            assert [one["code"] for one in result["refused"]] == ([code] if code else []), who
    page = http.get(f"/referral/{made['id']}", base_url="https://localhost").text
    assert "Lena Listed" in page and "Leo Left" not in page
    for name in ("hand-over", "allocate"):
        form = {"csrf_token": csrf, "version": str(worker.get(at)["version"])}
        answer = http.post(
            f"/referral/{made['id']}/{name}",
            base_url="https://localhost",
            data={**form, "to": "Therapist 3"},
        )
        assert answer.status_code == 422 and "Choose somebody who works" in answer.text
        assert 'type="text" name="to"' not in page
        answer = http.post(
            f"/referral/{made['id']}/{name}",
            base_url="https://localhost",
            data={**form, "to": listed},
        )
        assert answer.status_code == 303


def test_every_page_action_that_names_somebody_lets_one_choose(
    plans: Service, referrals: Service, school: School, worker: Person, service_id: str
) -> None:
    made = _accepted(plans, referrals, school, worker, service_id)
    http, _ = _browser(referrals, worker, service_id)
    for path in (f"/referral/{made['id']}", f"/queue/{service_id}"):
        text = http.get(path, base_url="https://localhost").text
        assert not re.search(r'<input[^>]*name="to"[^>]*type="text"', text), path
        assert worker.id in text, path


def test_who_acts_or_signs_in_is_of_the_service_and_who_has_left_stays_off(
    plans: Service, referrals: Service, school: School, worker: Person, service_id: str
) -> None:
    made = _accepted(plans, referrals, school, worker, service_id)
    colleague = referrals.person("support_worker", services=[service_id])
    at = f"/referrals/{made['id']}"
    colleague.post(f"{at}/claim")
    version = worker.get(at)["version"]
    worker.post(f"{at}/hand-over", {"to": colleague.id}, version=version)
    http, _ = _browser(referrals, worker, service_id)
    http.get(f"/queue/{service_id}", base_url="https://localhost")
    known = {
        p["person_id"]: p for p in worker.get(f"/support-services/{service_id}/people")["people"]
    }
    assert known[worker.id]["name"] == "Somebody"  # as their sign-in says
    assert set(known) == {worker.id, colleague.id}
    # They leave: what they hold is shown, nothing more comes to them, and their sign-in, while it
    # still holds, does not bring them back.
    _listed(referrals, service_id, (worker.id, "Wilma"))
    colleague.get(f"/support-services/{service_id}/queue")
    version = worker.get(at)["version"]
    worker.refused(422, "POST", f"{at}/allocate", {"to": colleague.id}, version=version)
    queue = f"/support-services/{service_id}/queue"
    for query in ("?astray=true", f"?held_by={colleague.id}"):
        assert [one["id"] for one in worker.get(queue + query)["items"]] == [made["id"]]
    page = http.get(f"/queue/{service_id}", base_url="https://localhost").text
    assert "1 referral is with someone" in page and "no longer at the service" in page
    worker.post(f"{at}/hand-over", {"to": worker.id}, version=version)
    assert worker.get(queue + "?astray=true")["items"] == []
    version = worker.post(f"{at}/release")["version"]
    colleague.refused(409, "POST", f"{at}/claim")
    chosen = {"action": BulkAction.CLAIM, "chosen": [{"id": made["id"], "version": version}]}
    result = colleague.post(f"{queue}/bulk", chosen)
    assert [one["code"] for one in result["refused"]] == ["not-of-service"]
    gone, csrf = _browser(referrals, colleague, service_id)
    form = {"csrf_token": csrf, "version": str(version)}
    answer = gone.post(f"/referral/{made['id']}/claim", data=form, base_url="https://localhost")
    assert "no longer on the list of people" in answer.text
    assert worker.get(at)["claimed_by"] is None


def test_what_was_typed_before_is_shown_found_and_can_be_handed_on(
    plans: Service, referrals: Service, school: School, worker: Person, service_id: str
) -> None:
    made = _accepted(plans, referrals, school, worker, service_id)
    referrals.store.referrals.collection.update_one(
        {"_id": made["id"]},
        {"$set": {"claimed_by": "Therapist 3", "unclaimed": False, "allocated_to": "Jo"}},
    )
    queue = f"/support-services/{service_id}/queue"
    for query in ("?held_by=Therapist%203", "?allocated_to=Jo", "?astray=true"):
        assert [one["id"] for one in worker.get(queue + query)["items"]] == [made["id"]]
    for name in ("held_by", "allocated_to"):
        problem = worker.refused(422, "GET", f"{queue}?{name}=Therapst")
        assert [e["pointer"] for e in problem["errors"]] == [f"/{name}"]
    http, _ = _browser(referrals, worker, service_id)
    for path in (f"/queue/{service_id}", f"/referral/{made['id']}"):
        text = http.get(path, base_url="https://localhost").text
        assert "Therapist 3 (not on the list of people)" in text, path
    now = worker.get(f"/referrals/{made['id']}")
    worker.post(f"/referrals/{made['id']}/hand-over", {"to": worker.id}, version=now["version"])


def test_the_list_is_kept_by_the_council_and_the_services_own_on_the_page(
    referrals: Service, worker: Person, service_id: str
) -> None:
    http, csrf = _browser(referrals, worker, service_id)
    at = f"/directory/{service_id}/people"
    http.get(f"/queue/{service_id}", base_url="https://localhost")
    version = re.search(
        r'name="version" value="(\d+)"', http.get(at, base_url="https://localhost").text
    )
    assert version
    form: Json = {"csrf_token": csrf, "version": version[1], "name-0": "Wilma", "here": worker.id}
    answer = http.post(at, base_url="https://localhost", data={**form, "new_name": "Nora"})
    assert answer.status_code == 422 and 'href="#new_person_id"' in answer.text
    answer = http.post(
        at,
        base_url="https://localhost",
        data={**form, "new_name": "Nora", "new_person_id": worker.id},
    )
    assert answer.status_code == 422 and "on the list twice" in answer.text
    new = ids.new_id()
    answer = http.post(
        at, base_url="https://localhost", data={**form, "new_name": "Nora", "new_person_id": new}
    )
    assert answer.status_code == 303
    found = worker.get(f"/support-services/{service_id}/people")
    assert [(p["person_id"], p["name"], p["left"]) for p in found["people"]] == [
        (worker.id, "Wilma", False),
        (new, "Nora", False),
    ]
    stale = http.post(at, base_url="https://localhost", data=form)
    assert stale.status_code == 422
    stranger = referrals.person("support_worker", services=[add_service(referrals)])
    stranger.refused(404, "GET", f"/support-services/{service_id}/people")
    body = {"people": [{"person_id": new, "name": name} for name in ("Nora", "Norah")]}
    problem = worker.refused(
        422, "PUT", f"/support-services/{service_id}/people", body, version=found["version"]
    )
    assert [e["pointer"] for e in problem["errors"]] == ["/people/1/person_id"]


def test_meeting_somebody_is_said_once(referrals: Service, service_id: str) -> None:
    person = ids.new_id()
    for name in ("", "", "Wilma", "Wilhelmina"):
        commands.meet(referrals.store, service_id, person, name)
    people = commands.people_of(referrals.store, service_id)
    assert [(p.person_id, p.name) for p in people.people] == [(person, "Wilma")]
    assert people.version == 3  # begun, met, named
    gone = ServicePeople("s", [ServicePerson("a", "A", left=True)])
    gone.meet("a", "B")
    assert gone.here == []
