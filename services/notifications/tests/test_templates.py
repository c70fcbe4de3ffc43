"""Every template: complete, in plain words, with nothing personal that it should not say."""

import re

import pyphen
import pytest

from services.notifications.domain.values import Purpose
from services.notifications.rendering import SAMPLE_VALUES, render_text_values, render_values

_SYLLABLES = pyphen.Pyphen(lang="en_GB")
_GRADE_MOST = 3.0
"""Flesch-Kincaid. Hyphenation finds fewer syllables than a speaker does, so that its grades come
out some three years low: this stands for a reading age of about 11."""
# What would tell whoever looks over a shoulder what a child needs help with.
_NEVER_SAID = ("autis", "disab", "disorder", "diagnos", "SEN ", "special educational", "difficult")


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


@pytest.mark.parametrize("purpose", list(Purpose))
def test_every_message_is_in_plain_words(purpose: Purpose) -> None:
    email = render_values(purpose, SAMPLE_VALUES)
    text = render_text_values(purpose, SAMPLE_VALUES).text
    assert _grade(email.text) <= _GRADE_MOST
    assert _grade(text) <= _GRADE_MOST + 1.5
    assert max(len(s.split()) for s in re.split(r"[.!?]\s", email.text)) <= 30


@pytest.mark.parametrize("purpose", list(Purpose))
def test_no_subject_and_no_text_says_what_a_child_needs_help_with(purpose: Purpose) -> None:
    said = [render_values(purpose, SAMPLE_VALUES).subject,
            render_text_values(purpose, SAMPLE_VALUES).text]  # fmt: skip
    for words in said:
        assert not [never for never in _NEVER_SAID if never.lower() in f"{words.lower()} "]


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_missing_value_is_an_error_never_a_blank(purpose: Purpose) -> None:
    from jinja2 import UndefinedError

    for render in (render_values, render_text_values):
        whole = render(purpose, SAMPLE_VALUES)
        for name in SAMPLE_VALUES:
            fewer = {key: value for key, value in SAMPLE_VALUES.items() if key != name}
            try:
                assert render(purpose, fewer) == whole  # it does not speak of that
            except UndefinedError:
                continue
