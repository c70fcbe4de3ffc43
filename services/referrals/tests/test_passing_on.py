"""A request is passed on to another service on the strength of the family's agreement only where
that covers it: they have agreed to passing on, have seen all of it, and nobody else is needed."""

import pytest

from services.referrals.tests.test_consent import Json, answer, asked
from tests.support.house import Service, settle
from tests.support.story import School
from tests.support.world import add_service, attach

CASES: dict[str, tuple[Json, str]] = {
    "covered": ({}, "submitted"),
    "not to be passed on": ({"pass_on": ""}, "draft"),
    "a file came afterwards": ({"file": True}, "draft"),
    "the other needs everybody": ({"consent_from": "all"}, "draft"),
    "all have agreed": ({"consent_from": "all", "both": True}, "submitted"),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_it_goes_on_where_the_agreement_covers_it(
    plans: Service, referrals: Service, name: str
) -> None:
    how, status = CASES[name]
    school, first = School(plans), add_service(referrals)
    second = add_service(referrals, consent_from=how.get("consent_from", "one"))
    story = asked(plans, referrals, school, first, 2)
    people = story["people"] if how.get("both") else story["people"][:1]
    for person in people:
        answer(referrals, story, person, agree="yes", pass_on=how.get("pass_on", "yes"))
    senco = school.at(referrals)
    now = senco.post(f"{story['at']}/submit", version=senco.get(story["at"])["version"])
    if how.get("file"):
        attach(senco, story["referral"]["id"])
        now = senco.get(story["at"])
    worker = referrals.person("support_worker", services=[first])
    body = {"support_service_id": second, "family_words": "They fit better"}
    worker.post(f"{story['at']}/redirect", body, version=now["version"])
    settle(referrals)
    found = senco.get(f"/settings/{school.id}/referrals?status={status}")["items"]
    made = [r for r in found if r["request"]["support_service_id"] == second]
    assert len(made) == 1
    assert made[0]["consent"]["status"] == ("given" if status == "submitted" else "none")
