"""What the page of rights says each reader gets is what they are told, whatever is recorded."""

import html
import re
from itertools import combinations
from typing import Any

import pytest

from services.plans.domain import rights
from services.plans.domain.passing import Step, days_of
from services.plans.domain.sharing import Decision
from services.plans.pages.rights_page import DECISION_WORDS, PURPOSE_WORDS
from shared import clock
from tests.support.house import Service
from tests.support.rights import BORN, at, correct, link, rights_of, share
from tests.support.story import School

Json = dict[str, Any]
DAYS = ("2030-01-05", "2030-06-29", "2032-03-04", "2040-01-01")
"""With notice, under 18, an adult, long after."""
ACTED = [every for size in (0, 1, len(Decision)) for every in combinations(Decision, size)]
"""For none, each, and every decision somebody acts."""


@pytest.fixture(scope="module")
def school(plans: Service) -> School:
    return School(plans)


def _page(plans: Service, child: Json, reader: str) -> str:
    shown = plans.anonymous().get(f"/family/rights/{link('rights', child['id'], reader)}")
    assert shown.status_code == 200
    return html.unescape(shown.text)


def _rows(page: str) -> dict[str, str]:
    found = re.findall(r"<dt[^>]*>(.*?)</dt><dd[^>]*>(.*?)</dd>", page, re.DOTALL)
    return {key: re.sub(r"<[^>]+>", "", value).strip() for key, value in found}


@pytest.mark.parametrize("choice", [None, "", "plan", "meetings,referrals"])
@pytest.mark.parametrize("acted", ACTED)
def test_the_page_says_what_each_reader_gets(
    plans: Service, school: School, acted: tuple[Decision, ...], choice: str | None
) -> None:
    with at(DAYS[0]):
        child = school.child(BORN, parents=2)
        acts, other = (one["person_id"] for one in child["parents"])
        for decision in acted:
            body = {"decision": decision, "has_capacity": False, "acts_id": acts, "why": "MCA 2005"}
            school.senco.post(
                f"/children/{child['id']}/rights/capacity",
                body,
                version=rights_of(school, child)["version"],
            )
        if choice is not None:
            share(school, child, *(one for one in choice.split(",") if one))
    for day in DAYS:
        with at(day):
            kept = plans.store.children.get(child["id"])
            for reader in (acts, other):
                page = _page(plans, child, reader)
                rows = _rows(page)
                for subject, words in PURPOSE_WORDS.items():
                    # Until rights have passed it says what comes then, once something is chosen.
                    when = clock.today() if rights.have_passed(kept, clock.today()) else None
                    told = reader in rights.told_of(kept, subject, when or _afterwards(kept))
                    assert rows[words].startswith("Yes") is told, (day, words, rows[words])
                if Decision.SHARING in acted:
                    assert "Robin</bdi> chooses" not in page and "Robin</bdi> has not" not in page
            _must_agree(_page(plans, child, child["id"]), acted, passed=when is not None)


def _afterwards(child: Any) -> Any:
    """The day on which rights have passed."""
    return days_of(child.date_of_birth)[Step.PASSED]


def _must_agree(page: str, acted: tuple[Decision, ...], *, passed: bool) -> None:
    """The young person's own: who chooses is not somebody else in the list of decisions."""
    who = _rows(page).get(DECISION_WORDS[Decision.SHARING])
    assert (who is not None) is passed
    chooses = Decision.SHARING not in acted
    assert ('name="parents_get"' in page) is chooses
    if passed:
        assert (who == "You") is chooses
    if not chooses:
        assert "until you choose" not in page and "You have not chosen" not in page


def test_a_choice_is_not_asked_for_where_it_changes_nothing(plans: Service, school: School) -> None:
    """Where parents act in everything, they go on getting everything."""
    with at(DAYS[0]):
        child = school.child(BORN)
        mother = child["parents"][0]["person_id"]
        correct(school, child, BORN, lacks_capacity=True)
    for day in DAYS:
        with at(day):
            page = _page(plans, child, mother)
            assert 'name="parents_get"' not in page and "18" not in re.sub(r"\d{4}", "", page)
            assert {_rows(page)[words] for words in PURPOSE_WORDS.values()} == {"Yes"}
