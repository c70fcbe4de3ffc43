"""Every template: complete, in plain words, with nothing personal that it should not say."""

import re
from pathlib import Path
from typing import Any

import pyphen
import pytest
from jinja2 import UndefinedError

from services.notifications.domain.text_message import is_gsm, parts
from services.notifications.domain.values import Language, Purpose
from services.notifications.rendering.messages import render_text_values, render_values
from services.notifications.rendering.samples import (
    OUTCOMES,
    sample_text_values,
    sample_values,
)
from services.notifications.rendering.templates import (
    DIGEST,
    FOOTERS,
    VERSIONS,
    find,
)

_SYLLABLES = pyphen.Pyphen(lang="en_GB")
_GRADE_MOST = 3.0
"""Flesch-Kincaid. Hyphenation finds fewer syllables than a speaker does, so that its grades come
out some three years low: this stands for a reading age of about 11."""
# What would tell whoever looks over a shoulder what a child needs help with.
_NEVER_SAID = ("autis", "disab", "disorder", "diagnos", "SEN ", "special educational", "difficult")


_FOLDER = Path(__file__).resolve().parents[1] / "templates"
_TEMPLATES = [name for name in VERSIONS if name not in FOOTERS]


def _every() -> list[tuple[str, str | None]]:
    """Each template, once for each decision that it speaks of."""
    return [(name, outcome) for name in _TEMPLATES for outcome in OUTCOMES.get(name, (None,))]


def _values(name: str, outcome: str | None, language: Language = Language.ENGLISH,
            *, text: bool = False) -> dict[str, Any]:  # fmt: skip
    values = (sample_text_values if text else sample_values)(name, language)
    return {**values, "outcome": outcome} if outcome else values


def _grade(text: str) -> float:
    """The Flesch-Kincaid grade of a text, its greetings, links and names left out."""
    prose = re.sub(r"https?://\S+", "", text)
    sentences = [s for s in re.split(r"[.!?:]\s|\n\n", prose) if len(s.split()) > 2]
    words = re.findall(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*", " ".join(sentences))
    syllables = sum(len(_SYLLABLES.inserted(word).split("-")) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


def test_the_measure_tells_plain_words_from_others() -> None:
    plain = "We would like to talk with you. Please ring us. You can bring a friend with you."
    other = ("Pursuant to the aforementioned statutory obligations, representatives of the "
             "organisation respectfully request your participation in consultative proceedings.")  # fmt: skip
    assert _grade(plain) < 3 < 12 < _grade(other)


@pytest.mark.parametrize(("name", "outcome"), _every())
def test_every_message_is_in_plain_words(name: str, outcome: str | None) -> None:
    email = render_values(name, _values(name, outcome))
    text = render_text_values(name, _values(name, outcome, text=True)).text
    assert _grade(email.text) <= _GRADE_MOST
    assert _grade(text) <= _GRADE_MOST + 1.5
    assert max(len(s.split()) for s in re.split(r"[.!?]\s", email.text)) <= 30


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(("name", "outcome"), _every())
def test_no_subject_and_no_text_says_what_a_child_needs_help_with(
    name: str, outcome: str | None, language: Language
) -> None:
    values, short = (_values(name, outcome, language, text=text) for text in (False, True))
    said = [render_values(name, values, language).subject,
            render_text_values(name, short, language).text]  # fmt: skip
    for words in said:
        assert not [never for never in _NEVER_SAID if never.lower() in f"{words.lower()} "]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(("name", "outcome"), _every())
def test_a_missing_value_is_an_error_never_a_blank(
    name: str, outcome: str | None, language: Language
) -> None:
    for render, text in ((render_values, False), (render_text_values, True)):
        values = _values(name, outcome, language, text=text)
        whole: Any = render(name, values, language)
        for missing in values:
            fewer = {key: value for key, value in values.items() if key != missing}
            try:
                assert render(name, fewer, language) == whole  # it does not speak of that
            except UndefinedError:
                continue


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_every_decision_has_its_own_words_in_every_language(name: str, language: Language) -> None:
    """A code that is compared is not isolated: in Urdu a refusal said what an agreement says."""
    said = {
        render_values(name, _values(name, one, language), language).text for one in OUTCOMES[name]
    }
    assert len(said) == len(OUTCOMES[name])


@pytest.mark.parametrize("purpose", list(Purpose))
def test_english_is_complete(purpose: Purpose) -> None:
    for sms in (False, True):
        template, language = find(purpose, Language.ENGLISH, sms=sms)
        assert language is Language.ENGLISH and str(template.name).startswith("en/")


@pytest.mark.parametrize("language", [one for one in Language if not one.checked])
def test_a_translation_says_that_it_waits_for_a_qualified_translator(language: Language) -> None:
    written = sorted((_FOLDER / language).glob("*.txt"))
    assert len(written) > 30
    for path in written:
        assert path.read_text().startswith("{# Awaiting a qualified translator. #}"), path.name
    # Where there is no translation, English is better than nothing.
    assert find(Purpose.SENCO_DIGEST, language)[1] is Language.ENGLISH


def test_right_to_left_is_right_to_left_and_numbers_keep_their_order() -> None:
    name = Purpose.PLAN_READY
    email = render_values(name, sample_values(name, Language.URDU), Language.URDU)
    assert '<html lang="ur" dir="rtl">' in email.html
    assert "\u206801234 567 890\u2069" in email.text
    assert '<a href="https://plans.example.org/family/plans/sample" dir="ltr"' in email.html
    polish = render_values(name, sample_values(name, Language.POLISH), Language.POLISH)
    assert '<html lang="pl" dir="ltr">' in polish.html and "Dzień dobry, Sam Example" in polish.text


def test_a_day_is_said_as_the_language_says_it() -> None:
    said = {one: sample_values(Purpose.PLAN_READY, one)["day"] for one in Language}
    assert said[Language.ENGLISH] == "Friday 5 March 2027"
    assert said[Language.POLISH] == "piątek 5 marca 2027"
    assert "مارچ" in said[Language.URDU]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(("name", "outcome"), _every())
@pytest.mark.parametrize(
    ("setting", "child"),
    [("Example School", "Alex"), ("The Very Long Name of a Primary School and Nursery " * 3, "Ann" * 20),
     ("Ysgol Gymraeg Ŵyl", "Siôn"), ("Szkoła Łąkowa", "Świętosława"), ("مدرسة", "نور")],
)  # fmt: skip
def test_every_text_goes_into_two_parts(
    name: str, outcome: str | None, setting: str, child: str, language: Language
) -> None:
    short = "https://notify.council.gov.uk/l/abcdefghijkl"
    values = {**_values(name, outcome, language, text=True), "setting": setting, "child": child,
              "link": short, "stop": short}  # fmt: skip
    text = render_text_values(name, values, language).text
    assert "{{" not in text and text
    assert parts(text) <= 2, (parts(text), text)
    if setting == "Example School" and language is Language.ENGLISH:
        assert is_gsm(text), text


def test_a_digest_names_each_piece_of_news_with_its_way_on() -> None:
    email = render_values(DIGEST, sample_values(DIGEST))
    assert email.subject == "Example School: 2 pieces of news for you"
    assert "The first piece of news\nhttps://notifications.example.org/l/" in email.text
