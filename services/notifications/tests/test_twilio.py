"""Twilio as a provider of texts: what its answers mean, nothing sent twice; on a real local server."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from deploy.local.twilio import TwilioStub
from services.notifications.domain.values import Failure
from services.notifications.providers import twilio as twilio_module
from services.notifications.providers.provider import SendingFailed, TextMessage
from services.notifications.providers.several import Several
from services.notifications.providers.twilio import TwilioTexts
from shared import clock, ids
from tests.support.stubs import served_twilio


def a_text(words: str = "Words") -> TextMessage:
    return TextMessage(ids.new_id(), "+447700900123", words, clock.now())


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[TwilioStub, TwilioTexts]]:
    monkeypatch.setattr(twilio_module, "_TIMEOUT_SECONDS", 1)
    with served_twilio() as found:
        yield found


def test_twilio_takes_a_text_and_reports_of_it_to_us(
    twilio: tuple[TwilioStub, TwilioTexts],
) -> None:
    kept, provider = twilio
    text = a_text(words="Robin's plan is ready")
    with provider:
        provider.send(text)
    (one,) = kept.taken
    assert (one["to"], one["body"]) == (text.to, text.text)
    assert (
        one["status_callback"] == f"http://notifications.example/callbacks/twilio/{text.message_id}"
    )


@pytest.mark.parametrize(
    ("fault", "failure", "wait"),
    [
        ((429, 20429, 17), Failure.RETRYABLE, 17),
        ((500, 20500), Failure.RETRYABLE, 0),
        ((503, 20503, 5), Failure.RETRYABLE, 5),
        ((401, 20003), Failure.MISCONFIGURED, 0),
        ((400, 21603), Failure.MISCONFIGURED, 0),
        ((400, 21211), Failure.PERMANENT, 0),
        ((400, 21610), Failure.PERMANENT, 0),
        ("taken, no answer", Failure.AMBIGUOUS, 0),
        ("half", Failure.AMBIGUOUS, 0),
    ],
)
def test_what_twilio_answers_decides_what_follows(
    twilio: tuple[TwilioStub, TwilioTexts], fault: Any, failure: Failure, wait: int
) -> None:
    kept, provider = twilio
    kept.faults = [fault]
    with provider, pytest.raises(SendingFailed) as refused:
        provider.send(a_text())
    assert (refused.value.failure, refused.value.wait) == (failure, timedelta(seconds=wait))
    assert "7700" not in refused.value.reason


@pytest.mark.parametrize("fault", ["taken, no answer", "half", (500, 20500)])
def test_a_lost_answer_of_twilios_leads_to_no_second_text(
    twilio: tuple[TwilioStub, TwilioTexts], fault: Any
) -> None:
    kept, provider = twilio
    text, other = a_text(words="Yours: /l/abc"), a_text(words="Yours: /l/xyz")
    with Several([provider]) as several:
        several.send(other)
        kept.faults = [fault]
        with pytest.raises(SendingFailed) as lost:
            several.send(text)
        unsure = [str(lost.value.provider)] if lost.value.failure is Failure.AMBIGUOUS else []
        assert several.send(text, unsure) == "twilio"
    assert sorted(one["body"] for one in kept.taken) == sorted([text.text, other.text])
