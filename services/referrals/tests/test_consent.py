"""Consent: asked by signed link, answered, disputed, withdrawn, run out."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest

from services.referrals.commands.consent import expire_consents
from shared import clock
from shared.identity.links import Link, Links
from tests.support.house import LINK_KEY, Person, Service, settle, types
from tests.support.story import School
from tests.support.world import CONSENT, REQUEST, add_service, submitted

Json = dict[str, Any]


@pytest.fixture(scope="module")
def school(plans: Service) -> School:
    return School(plans)


@pytest.fixture(scope="module")
def service_id(referrals: Service) -> str:
    return add_service(referrals)


@pytest.fixture
def senco(school: School, referrals: Service) -> Person:
    return school.at(referrals)


def asked(
    plans: Service, referrals: Service, school: School, service_id: str, parents: int
) -> Json:
    """A draft whose family has been asked, and the child."""
    child = school.child(parents=parents)
    settle(plans, referrals)
    senco = school.at(referrals)
    body = {**REQUEST, "support_service_id": service_id}
    made = senco.post(f"/children/{child['id']}/referrals", body)
    made = senco.post(f"/referrals/{made['id']}/consent/ask", version=made["version"])
    return {"child": child, "referral": made, "at": f"/referrals/{made['id']}",
            "people": [p["person_id"] for p in child["parents"]]}  # fmt: skip


def address(story: Json, person_id: str, purpose: str = "consent") -> str:
    link = Link(purpose, story["referral"]["id"], person_id)
    folder = "consent" if purpose == "consent" else "referrals"
    return f"/family/{folder}/{Links((LINK_KEY,), 90).sign(link)}"


def look(referrals: Service, story: Json, person_id: str, purpose: str = "consent") -> str:
    """What they read when they open their link."""
    return referrals.anonymous().get(address(story, person_id, purpose)).text


def answer(referrals: Service, story: Json, person_id: str, **said: str) -> Any:
    return referrals.anonymous().post(address(story, person_id), data=said)


def hidden(page: str) -> dict[str, str]:
    """What the form of a page sends besides what is filled in."""
    fields = re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in fields}


def test_a_parent_agrees_by_link_and_it_can_go_out(
    plans: Service, referrals: Service, school: School, senco: Person, service_id: str
) -> None:
    story = asked(plans, referrals, school, service_id, 1)
    assert story["referral"]["consent"]["status"] == "asked"
    problem = senco.refused(
        409, "POST", f"{story['at']}/submit", version=story["referral"]["version"]
    )
    assert problem["type"].endswith("no-consent")
    page = answer(referrals, story, story["people"][0])
    assert "There is a problem" in page.text  # neither yes nor no
    page = answer(referrals, story, story["people"][0], agree="yes", pass_on="yes")
    assert "You have agreed." in page.text
    now = senco.get(story["at"])
    assert (now["consent"]["status"], now["consent"]["may_pass_on"]) == ("given", True)
    assert senco.post(f"{story['at']}/submit", version=now["version"])["status"] == "submitted"
    # And ends it by the same link, once they have read what will be lost.
    page = answer(referrals, story, story["people"][0], agree="no")
    assert "Do you want to stop this request?" in page.text
    assert senco.get(story["at"])["status"] == "submitted"
    page = answer(referrals, story, story["people"][0], **hidden(page.text))
    assert "This request has been stopped." in page.text
    assert senco.get(story["at"])["withdrawn_because"] == "consent_withdrawn"
    events = settle(referrals)
    assert "ReferralConsentAsked" in (flowed := types(events))
    assert flowed.count("ReferralWithdrawn") == 1
    said = [e["data"] for e in events if e["type"] == "referrals.ReferralConsentAnswered"]
    assert [(d["consent"], d["status"], d["by"]) for d in said] == [
        ("given", "draft", "family"), ("withdrawn", "submitted", "family"),
    ]  # fmt: skip


def test_parents_who_disagree_leave_it_to_a_person(
    plans: Service, referrals: Service, school: School, senco: Person, service_id: str
) -> None:
    story = asked(plans, referrals, school, service_id, 2)
    answer(referrals, story, story["people"][0], agree="yes")
    page = answer(referrals, story, story["people"][1], agree="no")
    assert "You have said no." in page.text
    assert "differ" not in page.text  # of the other's answer nothing is said
    now = senco.get(story["at"])
    assert now["consent"]["status"] == "disputed"
    senco.refused(409, "POST", f"{story['at']}/submit", version=now["version"])
    talked = {**CONSENT, "how": "a talk with both"}
    problem = senco.refused(409, "POST", f"{story['at']}/consent", talked, version=now["version"])
    assert problem["type"].endswith("said-no")
    talked |= {"status": "overridden", "reason": "A child in danger"}
    now = senco.post(f"{story['at']}/consent", talked, version=now["version"])
    assert [a["agrees"] for a in now["consent"]["answers"]] == [True, False]  # kept on record
    senco.post(f"{story['at']}/submit", version=now["version"])


def test_a_link_is_for_one_thing_and_ends_with_the_entitlement(
    plans: Service, referrals: Service, school: School, service_id: str
) -> None:
    story = asked(plans, referrals, school, service_id, 1)
    person_id = story["people"][0]
    wrong = Links((LINK_KEY,), 90).sign(Link("referral", story["referral"]["id"], person_id))
    assert referrals.anonymous().get(f"/family/consent/{wrong}").status_code == 404
    child = school.senco.get(f"/children/{story['child']['id']}")
    school.senco.post(
        f"/children/{child['id']}/parents/{person_id}/unlink", {"because": "safeguarding"},
        version=child["version"],
    )  # fmt: skip
    settle(plans, referrals)
    assert answer(referrals, story, person_id, agree="yes").status_code == 404


def test_an_agreement_is_to_one_service(
    plans: Service, referrals: Service, school: School, senco: Person, service_id: str
) -> None:
    story = asked(plans, referrals, school, service_id, 1)
    answer(referrals, story, story["people"][0], agree="yes")
    other = {**REQUEST, "support_service_id": add_service(referrals)}
    version = senco.get(story["at"])["version"]
    assert (
        senco.put(f"{story['at']}/request", other, version=version)["consent"]["status"] == "none"
    )


def test_an_agreement_runs_out_and_the_service_reads_no_more(
    plans: Service, referrals: Service, school: School, senco: Person, service_id: str
) -> None:
    child = school.child()
    settle(plans, referrals)
    sent = submitted(referrals, senco, child["id"], service_id)
    with clock.frozen(clock.now() + timedelta(days=370)):
        assert expire_consents(referrals.store) >= 1
        assert expire_consents(referrals.store) == 0
    now = senco.get(f"/referrals/{sent['id']}")
    assert (now["status"], now["consent"]["status"]) == ("submitted", "expired")
    settle(referrals, plans)
    right = plans.store.reading_rights.find_one({"_id": sent["id"]})
    assert right and not right["open"]
    now = senco.post(f"/referrals/{sent['id']}/consent", CONSENT, version=now["version"])
    settle(referrals, plans)
    right = plans.store.reading_rights.find_one({"_id": sent["id"]})
    assert right and right["open"]
