"""Our own texts and emails: each that can be stopped says how, in words that are understood when
somebody answers with them; none asks a question without saying where to answer."""

import re

import pytest

from services.notifications.commands.send import send_waiting
from services.notifications.domain.reply import Meant, understand
from services.notifications.domain.text_message import parts
from services.notifications.domain.values import Language
from services.notifications.providers.notify import NotifyTexts
from services.notifications.rendering.messages import render_text_values, render_values
from services.notifications.rendering.samples import OUTCOMES, sample_text_values, sample_values
from services.notifications.rendering.templates import DIGEST, FOOTERS, PURPOSE_OF, VERSIONS
from tests.support.family import Family
from tests.support.house import Service
from tests.support.stubs import served_notify
from tests.support.world import outlets

SHORT_STOP, LINK = (
    "https://notify.council.gov.uk/l/stopstopstop",
    "https://notify.council.gov.uk/l/abcdefghijkl",
)


def _texts() -> list[tuple[str, str | None, Language, str, str]]:
    """Every text: each template, decision, language, with short names and with long."""
    return [
        (name, outcome, language, setting, child)
        for name in VERSIONS
        if name not in FOOTERS
        for outcome in OUTCOMES.get(name, (None,))
        for language in Language
        for setting, child in (
            ("Example School", "Alex"),
            ("The Very Long Name of a School " * 4, "Ann" * 20),
            ("\u0645\u062f\u0631\u0633\u06c1 " * 6, "\u0646\u0648\u0631 " * 9),
        )
    ]


def _said(name: str, outcome: str | None, language: Language, setting: str, child: str) -> str:
    values = {
        **sample_text_values(name, language),
        "link": LINK,
        "stop": SHORT_STOP,
        "setting": setting,
        "child": child,
    }
    if outcome:
        values["outcome"] = outcome
    text = render_text_values(name, values, language).text
    assert parts(text) <= 2
    return text


def _can_stop(name: str) -> bool:
    return name == DIGEST or not PURPOSE_OF[name].essential


@pytest.mark.parametrize(("name", "outcome", "language", "setting", "child"), _texts())
def test_our_texts_say_how_to_stop_and_ask_nothing_without_saying_where_to_answer(
    name: str, outcome: str | None, language: Language, setting: str, child: str
) -> None:
    text = _said(name, outcome, language, setting, child)
    if _can_stop(name):
        before, _, _ = text.partition(SHORT_STOP)
        assert before != text, text
        # Who answers with the words that stand there is understood.
        words = re.sub(r"[\W\d]+$", "", before).split()
        assert any(understand(" ".join(words[-n:])) is Meant.STOP for n in (1, 2, 3, 4)), text
    for asked in re.finditer(r"[?\u061f]", re.sub(r"https?://\S+", LINK, text)):
        after = text[asked.end() :]
        assert "https://" in after or "01234 567 890" in after, text
    assert not re.search(r"\b(reply|text us|text back|respond)\b", text.lower()), text


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    "name", [name for name in VERSIONS if name not in FOOTERS and _can_stop(name)]
)
def test_an_email_that_can_be_stopped_says_how(name: str, language: Language) -> None:
    stop = "https://notifications.example.org/family/preferences/stop"
    email = render_values(name, {**sample_values(name, language), "stop": stop}, language)
    assert stop in email.text


def test_a_message_about_several_is_stopped_for_those_of_them_that_can_be(
    notifications: Service,
) -> None:
    """And where none can be it does not say so."""
    notifications.database["messages"].delete_many({})
    family = Family(notifications)
    family.link()
    family.add_contact(mobile="+447911123456", channels=["sms"])
    with served_notify() as (kept, provider):
        for _ in range(2):
            family.progress()
        send_waiting(
            family.service.store, outlets(family.service, sms=NotifyTexts(provider._settings))
        )
        (text,) = kept.taken
        assert "2 pieces of news" in text["body"]
        link = re.search(r"Stop these updates: \S+(/l/\S+)", text["body"])
        assert link
        to = family.service.anonymous().get(link[1]).headers["Location"]
        assert to.endswith("?purpose=referral_progress")
