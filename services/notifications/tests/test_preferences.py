"""A person's own page: how, when, in which language, of what they are told."""

import re
from typing import Any

import pytest

from services.notifications.commands.audience import Audience, audience_of
from services.notifications.commands.tell import Cause, tell_person
from services.notifications.domain.message import About
from services.notifications.domain.values import Language, Purpose
from shared import clock, ids
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


_FAMILY_WORDS = (
    "What do you want to be told besides?",
    "young person makes",
    "your copy of the plan",
)
_WORK_WORDS = "You get these messages because of your work"


def _told(family: Family, purpose: Purpose) -> None:
    tell_person(
        family.service.store, family.parent, cause=Cause(ids.new_id(), clock.now()),
        setting_id=family.setting, purpose=purpose, about=About(None),
    )  # fmt: skip


@pytest.mark.parametrize("purpose", Purpose)
def test_who_gets_messages_at_work_is_not_asked_what_families_are(
    family: Family, purpose: Purpose
) -> None:
    """Whatever was sent last; who is told anything of a family's is asked all."""
    made = family.add_contact(children=[])
    family.service.store.contacts.change(made["id"], lambda c: c.opt_out(Purpose.REVIEW_COMING))
    _told(family, purpose)
    http, at = _page(family, made)
    shown = http.get(at).text
    assert (_WORK_WORDS in shown) is purpose.to_staff
    for words in _FAMILY_WORDS:
        assert (words in shown) is not purpose.to_staff, words
    assert http.post(at, data={"channels": "email"}).status_code == 200
    stopped = family.senco.get(f"/contacts/{made['id']}")["opted_out"]
    assert (stopped == ["review_coming"]) is purpose.to_staff  # what was not asked stays
    _told(family, Purpose.PLAN_READY)
    assert all(words in http.get(at).text for words in _FAMILY_WORDS)


@pytest.mark.parametrize("reads_as", Audience)
def test_each_reads_as_who_they_are(family: Family, reads_as: Audience) -> None:
    if reads_as is Audience.THEMSELVES:
        family.parent = family.child
    details: dict[str, Any] = {"children": []} if reads_as is Audience.WORK else {}
    made = family.add_contact(**details)
    body = {"name": "A School", "phone": "01632 960001", "sencos": [family.parent]}
    family.senco.put(f"/settings/{family.setting}/profile", body, version=0)
    kept = family.service.store.contacts.get(made["id"])
    assert audience_of(family.service.store, kept) is reads_as
    http, at = _page(family, made)
    shown = http.get(at).text
    assert ("a young person makes their own" in shown) is (reads_as is Audience.FAMILY)
    assert ("you make your own decisions" in shown) is (reads_as is Audience.THEMSELVES)
    assert (_WORK_WORDS in shown) is (reads_as is Audience.WORK)
