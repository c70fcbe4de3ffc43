"""A person's own page: how, when, in which language, of what they are told."""

import re
from typing import Any

import pytest

from services.notifications.domain.values import Language
from shared import ids
from shared.identity.links import Link, Links
from tests.support.family import Family
from tests.support.house import LINK_KEY, Service

Json = dict[str, Any]


@pytest.fixture
def family(notifications: Service) -> Family:
    notifications.app.extensions["sen.languages"] = frozenset(Language)
    return Family(notifications)


def _page(family: Family, made: Json) -> tuple[Any, str]:
    token = Links((LINK_KEY,), 90).sign(Link("preferences", made["id"], family.parent))
    return family.service.anonymous(), f"/family/preferences/{token}"


def test_a_person_chooses_how_when_in_which_language_and_of_what(family: Family) -> None:
    made = family.add_contact(mobile="07700 900151", channels=["email"])
    http, at = _page(family, made)
    shown = http.get(at).text
    assert "p…@families.example" in shown and "ends in 151" in shown
    assert "parent@families.example" not in shown and "7700" not in shown
    assert "What we always tell you" in shown and "اردو" in shown
    answer = http.post(at, data={
        "channels": "sms,email", "language": "pl", "quiet_from": "20:00", "quiet_to": "07:30",
        "wanted": "review_coming",
    })  # fmt: skip
    assert answer.status_code == 200 and "Your choice is saved." in answer.text
    found = family.senco.get(f"/contacts/{made['id']}")
    assert found["details"]["channels"] == ["sms", "email"]
    assert found["details"]["language"] == "pl"
    assert found["details"]["quiet_hours"] == {"begins": "20:00", "ends": "07:30"}
    assert found["opted_out"] == ["referral_progress"]
    # What they chose is there when they come back.
    shown = http.get(at).text
    assert re.search(r'value="pl"[^>]* checked', shown)
    assert 'value="20:00"' in shown and re.search(r'value="sms,email"[^>]* checked', shown)
    http.post(at, data={"channels": "email", "language": "pl"})
    found = family.senco.get(f"/contacts/{made['id']}")
    assert found["details"]["quiet_hours"] is None
    assert sorted(found["opted_out"]) == ["referral_progress", "review_coming"]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "channels"),
        ({"channels": "pigeon"}, "channels"),
        ({"channels": "sms"}, "one way at least"),
        ({"channels": "email", "language": "xx"}, "language"),
        ({"channels": "email", "quiet_from": "20:00"}, "Say both"),
        ({"channels": "email", "quiet_from": "8pm", "quiet_to": "07:00"}, "quiet_from"),
        ({"channels": "email", "quiet_from": "20:00", "quiet_to": "20:00"}, "another time"),
        ({"channels": "email", "wanted": "plan_ready_soon"}, "wanted"),
    ],
)
def test_what_cannot_be_is_said_in_words_and_nothing_is_changed(
    family: Family, form: Json, words: str
) -> None:
    made = family.add_contact()
    http, at = _page(family, made)
    answer = http.post(at, data=form)
    assert answer.status_code == 200 and "There is a problem" in answer.text
    assert words in answer.text and "Your choice is saved" not in answer.text
    assert family.senco.get(f"/contacts/{made['id']}")["version"] == made["version"]


def test_the_link_in_a_message_stops_what_it_names(family: Family) -> None:
    made = family.add_contact()
    http, at = _page(family, made)
    shown = http.get(f"{at}?purpose=review_coming").text
    assert "Stop these" in shown and "Stop these" not in http.get(at).text
    http.post(at, data={"messages": "stop", "purpose": "review_coming"})
    assert "Stop these" not in http.get(f"{at}?purpose=review_coming").text
    # A mail program stops both kinds that one message was about.
    http.post(f"{at}?purpose=review_coming&purpose=referral_progress",
              data={"List-Unsubscribe": "One-Click"})  # fmt: skip
    found = family.senco.get(f"/contacts/{made['id']}")
    assert sorted(found["opted_out"]) == ["referral_progress", "review_coming"]
    for wrong in ("?purpose=pigeon", "?purpose=review_coming&purpose=x"):
        assert http.get(at + wrong).status_code == 400
    essential = http.post(f"{at}?purpose=plan_ready", data={"List-Unsubscribe": "One-Click"})
    assert essential.status_code == 422


def test_another_persons_link_opens_nothing(family: Family) -> None:
    made = family.add_contact()
    links = Links((LINK_KEY,), 90)
    http = family.service.anonymous()
    for link in (Link("preferences", made["id"], ids.new_id()), Link("plan", made["id"], family.parent),
                 Link("preferences", ids.new_id(), family.parent)):  # fmt: skip
        assert http.get(f"/family/preferences/{links.sign(link)}").status_code == 404
