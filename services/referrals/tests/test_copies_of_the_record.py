"""What a draft copies from a child's record: where the record says otherwise by now, the SENCO sees
it beside the draft, whatever was copied."""

import re
from dataclasses import fields, replace
from typing import Any

import pytest

from services.referrals.domain.parts import Request
from services.referrals.pages import drafts
from services.referrals.providers import recorded as recorded_elsewhere
from services.referrals.providers.recorded import Recorded
from services.referrals.tests.test_who_else import _page
from shared import ids
from tests.support.house import Person, Service, settle
from tests.support.story import School, parent
from tests.support.world import REQUEST, add_service

COPIED = sorted(
    {one.name for one in fields(Recorded)} & {one.name for one in fields(Request)} - {"plan_id"}
)
"""Of the record, and of the draft: its names and dates, not an id that nobody reads."""
BEFORE = Recorded(
    child_name="Robin Vennacombe", child_born="2018-03-04", setting_name="Thornbeck School"
)
AFTER = {
    "child_name": ("Robyn Vennacombe", "Robyn Vennacombe"),
    "child_born": ("2018-04-03", "3 April 2018"),
    "setting_name": ("Thornbeck <b>Academy</b>", "Thornbeck &lt;b&gt;Academy&lt;/b&gt;"),
}
"""What the record says after a correction, and how the page says it."""
_SAYS = "The record says something different"


@pytest.fixture(scope="module")
def school(plans: Service) -> School:
    return School(plans)


@pytest.fixture
def draft(plans: Service, referrals: Service, school: School) -> dict[str, Any]:
    """A draft that somebody has written in, with what the record said then."""
    child_id = school.child()["id"]
    settle(plans, referrals)
    senco: Person = school.at(referrals)
    body = {**REQUEST, "support_service_id": add_service(referrals)}
    kept = {name: getattr(BEFORE, name) for name in COPIED}
    made = senco.post(f"/children/{child_id}/referrals", body)
    at = f"/referrals/{made['id']}/request"
    found: dict[str, Any] = senco.put(at, {**body, **kept}, version=made["version"])
    return found


def _shown(
    referrals: Service,
    school: School,
    draft: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    said: Recorded,
) -> str:
    monkeypatch.setattr(drafts, "read_recorded", lambda *_: said)
    return _page(referrals, school, f"/referral/{draft['id']}/edit")


@pytest.mark.parametrize("name", COPIED)
def test_a_correction_of_the_record_is_seen_beside_the_draft(
    referrals: Service,
    school: School,
    draft: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    assert _SAYS not in _shown(referrals, school, draft, monkeypatch, BEFORE)
    said, words = AFTER[name]
    changes: dict[str, Any] = {name: said}
    page = _shown(referrals, school, draft, monkeypatch, replace(BEFORE, **changes))
    assert _SAYS in page
    assert re.findall(r"<li>[^<]*: <bdi>(.*?)</bdi></li>", page) == [words]
    # The draft stays as it was written.
    assert getattr(referrals.store.referrals.get(draft["id"]).request, name) is not None
    assert str(getattr(BEFORE, name))[:4] in page


@pytest.mark.parametrize("said", [Recorded(), Recorded(problem="It cannot be read just now.")])
def test_what_the_record_does_not_say_differs_from_nothing(
    referrals: Service,
    school: School,
    draft: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    said: Recorded,
) -> None:
    assert _SAYS not in _shown(referrals, school, draft, monkeypatch, said)


@pytest.mark.parametrize("missing", ["", None])
def test_who_has_one_name_is_called_by_it_alone(
    monkeypatch: pytest.MonkeyPatch, missing: str | None
) -> None:
    child: dict[str, Any] = {
        "id": ids.new_id(),
        "first_name": "Suharto",
        "last_name": missing,
        "parents": [],
    }
    monkeypatch.setattr(recorded_elsewhere, "read_from", lambda *_: child)
    assert recorded_elsewhere.people_of("", "", "") == {child["id"]: "Suharto"}


@pytest.mark.parametrize(
    ("relationships", "words"),
    [
        (("mother", "father"), ["Mother", "Father"]),
        (("mother", "mother"), ["Mother (person 1 of 2)", "Mother (person 2 of 2)"]),
        (("ojciec", "Mother"), ["Ojciec", "Mother"]),
        (None, ["Person 1 of 2", "Person 2 of 2"]),  # the record cannot be read
    ],
)
def test_whose_answer_it_is_can_be_told_from_what_the_record_really_says(
    plans: Service,
    referrals: Service,
    school: School,
    monkeypatch: pytest.MonkeyPatch,
    relationships: tuple[str, ...] | None,
    words: list[str],
) -> None:
    """By the answer of the owner's own API, not by one made up for the test."""
    child = school.child(parents=0)
    for relationship in relationships or ("mother", "father"):
        body = {**parent(), "relationship": relationship}
        child = school.senco.post(f"/children/{child['id']}/parents", body)
    settle(plans, referrals)
    senco = school.at(referrals)
    made = senco.post(
        f"/children/{child['id']}/referrals",
        {**REQUEST, "support_service_id": add_service(referrals)},
    )
    answer = school.senco.get(f"/children/{child['id']}") if relationships else {}
    monkeypatch.setattr(recorded_elsewhere, "read_from", lambda *_: answer)
    page = _page(referrals, school, f"/referral/{made['id']}")
    for person, said in zip((one["person_id"] for one in child["parents"]), words, strict=True):
        assert re.search(
            rf'value="{person}".*?<label[^>]*>\s*{re.escape(said)}\s*</label>', page, re.S
        )
