"""Rights are about to pass, and have passed: what is said to whom, and what the SENCO's list says."""

from itertools import product
from typing import Any

import pytest

from services.notifications.commands.decide import still_to_say
from services.notifications.commands.send import send_waiting
from services.notifications.domain.errors import RuleBroken
from services.notifications.domain.text_message import parts
from services.notifications.domain.values import Language, Purpose, Suppressed
from services.notifications.providers.several import Several
from services.notifications.rendering.messages import render_text_values, render_values
from services.notifications.rendering.samples import OUTCOMES, sample_text_values, sample_values
from services.notifications.tests.test_events import Kept
from services.notifications.tests.test_templates import _GRADE_MOST, _NEVER_SAID, _grade
from tests.support.family import Family
from tests.support.house import Service
from tests.support.world import contact, outlets

PURPOSES = (Purpose.RIGHTS_PASSING, Purpose.RIGHTS_PASSED, Purpose.SHARING_CHANGED)
EVERY = [
    (purpose, outcome, own, language)
    for purpose in PURPOSES
    for outcome, own, language in product(OUTCOMES[purpose], (False, True), Language)
]
PASSES_ON = "2099-06-26"


@pytest.fixture
def family(notifications: Service) -> Family:
    """A child and a parent who is told everything; both of what happens to rights."""
    notifications.database["messages"].delete_many({})
    made = Family(notifications)
    told = [
        {
            "purpose": one.value,
            "people": [made.child, made.parent] if one in PURPOSES else [made.parent],
        }
        for one in Purpose
    ]
    made.say("RecipientsChanged", recipients=[made.parent], told=told, deciders=[])
    return made


def passing(family: Family, **changes: Any) -> None:
    said = {
        "passes_on": PASSES_ON,
        "notice": "six_months",
        "young_person": "told",
        "people": [family.child, family.parent],
        **changes,
    }
    family.say("RightsPassing", **said)


def add_young_person(family: Family) -> None:
    body = contact(family.child, family.child, "young@families.example")
    body["details"]["name"] = "Robin Vennacombe"
    family.senco.post(f"/settings/{family.setting}/contacts", body)


def due(family: Family) -> dict[str, Any]:
    found = family.senco.get(f"/settings/{family.setting}/due")
    return {one["kind"]: one for one in found}


@pytest.mark.parametrize(("purpose", "outcome", "own", "language"), EVERY)
def test_each_is_said_in_plain_words_to_young_person_and_parents(
    purpose: Purpose, outcome: str, own: bool, language: Language
) -> None:
    more = {"outcome": outcome, "own": own}
    email = render_values(purpose, {**sample_values(purpose, language), **more}, language)
    text = render_text_values(purpose, {**sample_text_values(purpose, language), **more}, language)
    assert parts(text.text) <= 2
    for said in (email.subject, email.text, text.text):
        assert "{{" not in said and "{%" not in said
    for said in (email.subject, text.text):
        assert not [never for never in _NEVER_SAID if never.lower() in f"{said.lower()} "]
    if language is Language.ENGLISH:
        assert _grade(email.text) <= _GRADE_MOST and _grade(text.text) <= _GRADE_MOST + 1.5
    if own:  # nobody reads of themselves by their own first name
        assert "Alex" not in email.subject + email.text + text.text
    else:
        assert "Alex" in email.subject + email.text


def test_both_are_told_each_in_their_own_way_with_a_link_of_their_own(family: Family) -> None:
    family.add_contact()
    add_young_person(family)
    passing(family)
    mail = Kept("mail")
    send_waiting(family.service.store, outlets(family.service, email=Several([mail])))
    by_address = {one.to: one for one in mail.got}
    young, parent = by_address["young@families.example"], by_address["parent@families.example"]
    assert "you decide about your own help" in young.text and "Robin" not in young.subject
    assert "Robin decides, not you" in parent.subject
    links = [
        next(line for line in one.text.splitlines() if "/family/rights/" in line)
        for one in (young, parent)
    ]
    assert len(set(links)) == 2
    assert not young.headers  # it cannot be switched off


@pytest.mark.parametrize("purpose", PURPOSES)
def test_it_cannot_be_switched_off(family: Family, purpose: Purpose) -> None:
    family.add_contact()
    store = family.service.store
    found = store.contact_of(family.setting, family.parent)
    with pytest.raises(RuleBroken):
        found.opt_out(purpose)


@pytest.mark.parametrize("then", ["RightsPassingWithdrawn", "RightsPassed"])
def test_what_speaks_of_a_day_that_no_longer_holds_is_not_sent(family: Family, then: str) -> None:
    passing(family)
    store = family.service.store
    made = store.messages.find_many({"setting_id": family.setting})
    assert [still_to_say(store, one, None)[1] for one in made] == [None, None]
    more = (
        {}
        if then == "RightsPassingWithdrawn"
        else {"basis": "chosen", "young_person": "told", "people": []}
    )
    family.say(then, passes_on=PASSES_ON, **more)
    assert [still_to_say(store, one, None)[1] for one in made] == [Suppressed.STALE] * 2


def test_the_sencos_list_says_so_and_whether_the_young_person_can_be_told(family: Family) -> None:
    passing(family)
    assert {"rights_passing", "young_person_contact"} <= set(due(family))
    assert due(family)["rights_passing"]["by"] == PASSES_ON
    family.add_contact()  # a parent's is not the young person's own
    assert "young_person_contact" in due(family)
    add_young_person(family)
    assert "young_person_contact" not in due(family)
    family.say(
        "RightsPassed",
        passes_on=PASSES_ON,
        basis="not_chosen_under_18",
        young_person="told",
        people=[],
    )
    assert not due(family)


@pytest.mark.parametrize(
    ("then", "more"),
    [
        ("SharingChanged", {"basis": "chosen", "people": []}),
        ("RightsPassingWithdrawn", {"passes_on": PASSES_ON}),
        (
            "RightsPassed",
            {
                "passes_on": PASSES_ON,
                "basis": "capacity",
                "young_person": "represented",
                "people": [],
            },
        ),
    ],
)
def test_what_ends_the_sencos_line(family: Family, then: str, more: dict[str, Any]) -> None:
    passing(family)
    family.say(then, **more)
    left = {"young_person_contact"} if then == "SharingChanged" else set()
    assert set(due(family)) == left
    passing(family, notice="one_month")
    assert "rights_passing" in due(family)


def test_nobody_asks_for_contact_details_of_whom_others_act_for(family: Family) -> None:
    passing(family, young_person="represented", people=[family.parent])
    assert set(due(family)) == {"rights_passing"}


def test_a_family_is_told_at_one_setting_of_its_own_child_alone(notifications: Service) -> None:
    one, other = Family(notifications), Family(notifications)
    passing(one, people=[one.parent])
    assert notifications.store.messages.find_many({"setting_id": other.setting}) == []
    assert {
        m.person_id for m in notifications.store.messages.find_many({"setting_id": one.setting})
    } == {one.parent}


def test_of_two_notices_that_wait_the_later_alone_goes_out(family: Family) -> None:
    passing(family)
    passing(family, notice="one_month")
    store = family.service.store
    said = {
        (one.person_id, one.caused_at): still_to_say(store, one, None)[1]
        for one in store.messages.find_many({"purpose": Purpose.RIGHTS_PASSING.value})
    }
    last = max(at for _, at in said if at)
    assert len(said) == 4
    assert {at == last: reason for (_, at), reason in said.items()} == {
        True: None,
        False: Suppressed.STALE,
    }
