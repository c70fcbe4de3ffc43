"""Who else can help: every place that offers a service for a child, and what it leaves out."""

import re
from typing import Any

import pytest

from services.referrals.commands import fill
from services.referrals.domain.form import Source
from services.referrals.domain.parts import LONGEST_TEXT
from services.referrals.domain.values import OPEN_WITH_SERVICE, ReferralStatus
from services.referrals.providers.recorded import Recorded
from services.referrals.schemas.referral import RequestSchema
from shared import clock, ids
from shared.web import forms
from tests.support.house import Person, Service, event, settle
from tests.support.signed_in import signed_in
from tests.support.story import School
from tests.support.world import REQUEST, add_service, submitted

Json = dict[str, Any]
_MARKED = {
    **dict.fromkeys(OPEN_WITH_SERVICE, "Has a referral for this child already."),
    ReferralStatus.DECLINED: "Declined a referral for this child on ",
    ReferralStatus.REDIRECTED: "Passed on a referral for this child on ",
}
"""What the setting reads of a service by how its referral stands; of the others nothing."""


@pytest.fixture(scope="module")
def school(plans: Service) -> School:
    return School(plans)


@pytest.fixture
def senco(school: School, referrals: Service) -> Person:
    return school.at(referrals)


@pytest.fixture
def child_id(plans: Service, referrals: Service, school: School) -> str:
    found = str(school.child()["id"])
    settle(plans, referrals)
    return found


def _stands(
    referrals: Service, senco: Person, child_id: str, service_id: str, status: ReferralStatus
) -> str:
    """A referral of the child with that service, as it stands. Answers its id."""
    made = submitted(referrals, senco, child_id, service_id)
    decision = {
        "by": "w",
        "on": clock.today().isoformat(),
        "reason": "age",
        "family_words": "x",
        "next_step": "y",
        "elsewhere": [],
    }
    referrals.store.referrals.collection.update_one(
        {"_id": made["id"]}, {"$set": {"status": status, "decision": decision}}
    )
    return str(made["id"])


def _page(
    referrals: Service,
    school: School,
    path: str,
    role: str = "senco",
    services: tuple[str, ...] = (),
) -> str:
    token = referrals.issuer.token(
        role, subject=school.senco.id, settings=[school.id], services=list(services)
    )
    http, _ = signed_in(referrals, token)
    answer = http.get(path, base_url="https://localhost")
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize("status", ReferralStatus)
def test_the_setting_is_offered_a_service_with_what_came_of_it(
    referrals: Service, school: School, senco: Person, child_id: str, status: ReferralStatus
) -> None:
    asked, other = (add_service(referrals, name=f"{ids.new_id()} service") for _ in range(2))
    referral_id = _stands(referrals, senco, child_id, asked, status)
    said = _MARKED.get(status)
    # The API, best first.
    items = senco.get(f"/children/{child_id}/support-services")["items"]
    order = [one["service"]["id"] for one in items]
    found = {one["service"]["id"]: one["obstacles"] for one in items}
    assert found[other] == []
    assert (bool(found[asked]), not said or found[asked][0].startswith(said)) == (bool(said), True)
    if said:
        assert order.index(asked) > order.index(other)
    # The page.
    page = _page(referrals, school, f"/children/{child_id}/refer")
    card = next(part for part in page.split("<section") if f"/directory/{asked}" in part)
    assert (said or "for this child") in card if said else "for this child" not in card
    if status in OPEN_WITH_SERVICE:
        assert f"/referral/{referral_id}" in card and "<form" not in card
    else:
        assert ("Ask again" if said else "Ask for help") in card
    # A draft for which no service is chosen yet.
    draft = senco.post(f"/children/{child_id}/referrals", {"reason": "Later"})
    form = _page(referrals, school, f"/referral/{draft['id']}/edit")
    offered = re.findall(r'<option value="([^"]+)"|type="radio" value="([^"]+)"', form)
    values = [one or two for one, two in offered]
    assert other in values and (asked in values) is (status not in OPEN_WITH_SERVICE)
    if asked in values and said:
        assert values.index(asked) > values.index(other) and said in form


def test_another_settings_referral_is_nobodys_business(
    plans: Service, referrals: Service, senco: Person, child_id: str
) -> None:
    asked = add_service(referrals)
    made = _stands(referrals, senco, child_id, asked, ReferralStatus.DECLINED)
    referrals.store.referrals.collection.update_one(
        {"_id": made}, {"$set": {"setting_id": ids.new_id()}}
    )
    items = senco.get(f"/children/{child_id}/support-services")["items"]
    assert {one["service"]["id"]: one["obstacles"] for one in items}[asked] == []


def test_a_service_offers_neither_itself_nor_where_it_has_been(
    plans: Service, referrals: Service, school: School, senco: Person, child_id: str
) -> None:
    own, before, paused, good = (
        add_service(referrals, name=f"{ids.new_id()} service", **more)
        for more in ({}, {}, {"intake": "paused", "intake_note": "Until May"}, {})
    )
    sent = submitted(referrals, senco, child_id, own)
    origin = {"referral_id": ids.new_id(), "received_at": clock.now(), "through": [before]}
    referrals.store.referrals.collection.update_one(
        {"_id": sent["id"]}, {"$set": {"origin": origin}}
    )
    page = _page(referrals, school, f"/referral/{sent['id']}", "support_worker", (own,))
    for name in ("elsewhere", "support_service_id"):
        offered = set(re.findall(rf'name="{name}"[^>]*value="([^"]+)"', page))
        offered |= set(re.findall(r'<option value="([^"]+)"', page))
        assert good in offered and not {own, before, paused} & offered, name
    worker = referrals.person("support_worker", services=[own])
    at, version = f"/referrals/{sent['id']}", sent["version"]
    words = {"family_words": "Sorry", "reason": "age", "next_step": "Ring us"}
    unknown = ids.new_id()
    for wrong, code in (
        (own, "same-service"),
        (before, "circle"),
        (paused, "intake-paused"),
        (unknown, "unknown-service"),
    ):
        status = 409 if code in ("circle", "intake-paused") else 422
        problem = worker.refused(
            status,
            "POST",
            f"{at}/redirect",
            {"family_words": "x", "support_service_id": wrong},
            version=version,
        )
        assert problem["type"].endswith(code)
        assert problem["errors"][0]["pointer"] == "/support_service_id"
        problem = worker.refused(
            status, "POST", f"{at}/decline", {**words, "elsewhere": [good, wrong]}, version=version
        )
        assert [e["pointer"] for e in problem["errors"]] == ["/elsewhere/1"]
    done = worker.post(f"{at}/decline", {**words, "elsewhere": [good]}, version=version)
    name = referrals.store.support_services.get(good).details.name
    assert name in _page(referrals, school, f"/referral/{sent['id']}")
    # That service declines it too: the first answer offers it no more.
    _stands(referrals, senco, child_id, good, ReferralStatus.DECLINED)
    assert "Who else can help" not in _page(referrals, school, f"/referral/{sent['id']}")
    assert done["decision"]["elsewhere"] == [good]  # what was said stays on record


# --- a draft that is opened


def _recorded(**texts: str) -> Recorded:
    found = {Source(name): text for name, text in texts.items()}
    return Recorded(found, ids.new_id(), "Robin Vennacombe", "2019-03-04", "Thornbeck")


def _draft(referrals: Service, school: School, child_id: str) -> Any:
    data = {
        "child_id": child_id,
        "setting_id": school.id,
        "plan_id": ids.new_id(),
        "escalation_id": ids.new_id(),
        "cycles": 2,
    }
    referrals.handle(event("EscalationSuggested", data, subject=child_id))
    (item,) = school.at(referrals).get(f"/settings/{school.id}/referrals?child_id={child_id}")[
        "items"
    ]
    return referrals.store.referrals.get(item["id"])


def test_a_suggested_draft_is_filled_when_it_is_opened_and_says_what_is(
    referrals: Service, school: School, child_id: str
) -> None:
    draft = _draft(referrals, school, child_id)
    opened = fill.open_draft(draft, None, _recorded(outcomes="To add within 20"))
    assert opened.values["desired_outcome"] == "To add within 20"
    assert opened.values["child_name"] == "Robin Vennacombe" and opened.values["plan_id"]
    assert set(opened.filled) == {"desired_outcome", "child_name", "child_born", "setting_name"}
    assert all(opened.values[name] for name in opened.filled)
    assert referrals.store.referrals.get(draft.id) == draft  # nothing is written by looking


@pytest.mark.parametrize("lines", [1, 100])
@pytest.mark.parametrize("source", list(Source))
def test_a_plan_of_any_length_begins_a_referral_that_can_be_kept(
    referrals: Service, school: School, child_id: str, source: Source, lines: int
) -> None:
    """A plan has room for more than a request: what fits is filled in, and the page says so."""
    recorded = _recorded(**{source.value: "\n".join(["x" * (20_000 // lines)] * lines)})
    found = fill.fill(None, recorded)
    body = forms.load(RequestSchema, found.request)
    kept = [
        len(getattr(body, name) or "") for name in ("reason", "strategies_tried", "desired_outcome")
    ]
    assert max(kept) <= LONGEST_TEXT
    assert (max(kept) > LONGEST_TEXT * 0.9) is bool(found.problem)
    opened = fill.open_draft(_draft(referrals, school, child_id), None, recorded)
    assert opened.problem == found.problem


def test_where_the_record_cannot_be_read_the_page_says_so_and_claims_nothing(
    referrals: Service, school: School, child_id: str
) -> None:
    draft = _draft(referrals, school, child_id)  # plans answers nobody in these tests
    page = _page(referrals, school, f"/referral/{draft.id}/edit")
    assert "cannot be read just now" in page and "We have filled in" not in page


def test_what_somebody_has_written_or_emptied_is_left_alone(
    referrals: Service, school: School, senco: Person, child_id: str
) -> None:
    draft = _draft(referrals, school, child_id)
    service_id = add_service(referrals)
    body = {**REQUEST, "support_service_id": service_id, "reason": "My own words"}
    senco.put(f"/referrals/{draft.id}/request", body, version=1)
    draft = referrals.store.referrals.get(draft.id)
    service = referrals.store.support_services.get(service_id)
    assert not fill.is_untouched(draft) and not fill.wants_answers(draft, service)
    opened = fill.open_draft(draft, service, _recorded(needs="Recorded", outcomes="Recorded"))
    assert (opened.values["reason"], opened.values["child_name"]) == ("My own words", None)
    assert opened.filled == []


def test_a_services_own_questions_are_filled_once_it_is_chosen(
    referrals: Service, school: School, senco: Person, child_id: str
) -> None:
    draft = _draft(referrals, school, child_id)
    service_id = add_service(referrals)
    council = referrals.person("council_officer")
    council.post(
        f"/support-services/{service_id}/forms",
        {
            "questions": [
                {"name": "views", "text": "Views?", "kind": "text", "filled_from": "child_views"}
            ]
        },
        version=1,
    )
    senco.put(
        f"/referrals/{draft.id}/request", {**REQUEST, "support_service_id": service_id}, version=1
    )
    draft = referrals.store.referrals.get(draft.id)
    service = referrals.store.support_services.get(service_id)
    opened = fill.open_draft(draft, service, _recorded(child_views="I like trains"))
    assert (opened.answers, opened.filled) == ({"views": "I like trains"}, ["answers-views"])
