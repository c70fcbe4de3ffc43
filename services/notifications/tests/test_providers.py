"""Providers: which has its turn, what a failure means, nothing sent twice; on real local servers."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from aiosmtpd.controller import Controller
from environs import EnvError
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.notify import API_KEY, TEMPLATE, NotifyStub
from deploy.local.ports import free_port
from services.notifications.domain.circuit import Circuit
from services.notifications.domain.message import ANY_PROVIDER
from services.notifications.domain.values import Failure
from services.notifications.providers import notify as notify_module
from services.notifications.providers.notify import NotifyProvider, NotifyTexts
from services.notifications.providers.provider import Email, SendingFailed, TextMessage
from services.notifications.providers.several import Several
from services.notifications.providers.smtp import SmtpProvider
from services.notifications.settings import (
    SmtpSettings,
    read_email_settings,
    read_own_providers,
    read_sms_settings,
)
from shared import clock, ids
from shared.settings import environment
from tests.support.stubs import served_notify


@dataclass
class Told:
    """A provider that does as it is told."""

    name: str
    answers: list[Failure | None] = field(default_factory=list)
    got: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    wait: timedelta = timedelta()
    deaf: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def send(self, email: Email) -> None:
        self.got.append(email.message_id)
        failure = self.answers.pop(0) if self.answers else None
        if failure:
            raise SendingFailed(failure, "told to", wait=self.wait)

    def took(self, email: Email) -> bool:
        self.asked.append(email.message_id)
        if self.deaf:
            raise SendingFailed(Failure.AMBIGUOUS, "no answer")
        return email.message_id in self.got


def an_email(**more: Any) -> Email:
    return Email(
        ids.new_id(), "parent@families.example", "A subject", "Words", "<p>Words</p>", **more
    )


@pytest.mark.parametrize(
    ("failure", "second"),
    [(Failure.RETRYABLE, True), (Failure.MISCONFIGURED, True), (Failure.PERMANENT, False),
     (Failure.AMBIGUOUS, False)],
)  # fmt: skip
def test_the_next_one_is_tried_where_that_can_do_no_harm(failure: Failure, second: bool) -> None:
    first, other = Told("a", [failure]), Told("b")
    with Several([first, other]) as several:
        if second:
            several.send(an_email())
        else:
            with pytest.raises(SendingFailed) as refused:
                several.send(an_email())
            assert refused.value.failure is failure
    assert len(other.got) == second


def test_a_failing_provider_loses_its_turn_and_gets_it_back() -> None:
    now = 0.0
    first, other = Told("c", [Failure.RETRYABLE] * 6), Told("d")
    several = Several([first, other], clock=lambda: now)
    for _ in range(20):
        several.send(an_email())
    assert (len(first.got), len(other.got)) == (5, 20)
    now = 31.0  # one is let through to see: it fails, and the rest is longer
    several.send(an_email())
    now = 80.0
    several.send(an_email())
    assert len(first.got) == 6
    now = 92.0
    for _ in range(3):
        several.send(an_email())
    assert len(first.got) == 9 and len(other.got) == 22


@given(st.lists(st.tuples(st.floats(0, 700), st.booleans()), max_size=60))
def test_whatever_happens_a_provider_has_its_turn_again_within_ten_minutes(
    story: list[tuple[float, bool]],
) -> None:
    circuit, now = Circuit(), 0.0
    for passes, works in story:
        now += passes
        if circuit.has_turn(now):
            circuit.succeeded() if works else circuit.failed(now)
        assert circuit.has_turn(now + 600)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[NotifyStub, NotifyProvider]]:
    monkeypatch.setattr(notify_module, "_TIMEOUT_SECONDS", 1)
    with served_notify() as found:
        yield found


def test_notify_takes_an_email_under_our_reference(stub: tuple[NotifyStub, NotifyProvider]) -> None:
    kept, provider = stub
    email = an_email(headers={"List-Unsubscribe": "<https://a.example/stop>"})
    with provider:
        provider.send(email)
    (one,) = kept.taken
    assert (one["reference"], one["email_address"]) == (email.message_id, email.to)
    assert (one["subject"], one["body"]) == ("A subject", "Words")


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        ((429, "RateLimitError"), Failure.RETRYABLE),
        ((500, "Exception"), Failure.RETRYABLE),
        ((503, "Exception"), Failure.RETRYABLE),
        ((403, "AuthError"), Failure.MISCONFIGURED),
        ((400, "BadRequestError"), Failure.MISCONFIGURED),
        ((400, "ValidationError"), Failure.PERMANENT),
        ("taken, no answer", Failure.AMBIGUOUS),
        ("half", Failure.AMBIGUOUS),
    ],
)
def test_what_notify_answers_decides_what_follows(
    stub: tuple[NotifyStub, NotifyProvider], fault: Any, failure: Failure
) -> None:
    kept, provider = stub
    kept.faults = [fault]
    with provider, pytest.raises(SendingFailed) as refused:
        provider.send(an_email())
    assert refused.value.failure is failure
    assert "families.example" not in refused.value.reason


@pytest.mark.parametrize("fault", ["taken, no answer", "half", (500, "Exception")])
def test_an_answer_that_was_lost_leads_to_no_second_email(
    stub: tuple[NotifyStub, NotifyProvider], fault: Any
) -> None:
    kept, provider = stub
    kept.faults = [fault]
    email = an_email()
    with Several([provider]) as several:
        with pytest.raises(SendingFailed) as lost:
            several.send(email)
        unsure = [str(lost.value.provider)] if lost.value.failure is Failure.AMBIGUOUS else []
        assert several.send(email, unsure) == "notify"
    assert [one["reference"] for one in kept.taken] == [email.message_id]


def test_two_mail_servers_the_second_takes_what_the_first_cannot() -> None:
    inbox: list[Any] = []

    class Handler:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
            inbox.append(envelope)
            return "250 OK"

    port = free_port()
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        servers = [
            SmtpProvider(
                SmtpSettings("127.0.0.1", at, "none", "", "", "a@sen.example", "sen.example")
            )
            for at in (free_port(), port)
        ]
        with Several(servers) as several:
            several.send(an_email())
    finally:
        controller.stop(no_assert=True)
    assert len(inbox) == 1


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        ({}, ["smtp:one:25", "smtp:two:2525"]),
        ({"SEN_EMAIL_PROVIDERS": "notify,smtp"}, ["notify", "smtp:one:25", "smtp:two:2525"]),
        ({"SEN_EMAIL_PROVIDERS": "dry-run"}, ["dry-run"]),
        ({"SEN_EMAIL_PROVIDERS": "pigeon"}, None),
        ({"SEN_SMTP_HOST": "one:x"}, None),
        ({"SEN_EMAIL_PROVIDERS": "notify", "SEN_NOTIFY_API_KEY": ""}, ["notify"]),
    ],
)
def test_the_settings_say_who_is_tried_in_which_order(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], names: list[str] | None
) -> None:
    from services.notifications.worker import email_provider

    usual = {"SEN_SMTP_HOST": "one,two:2525", "SEN_SMTP_PORT": "25", "SEN_SMTP_SENDER": "a@b.example",
             "SEN_NOTIFY_API_KEY": API_KEY, "SEN_NOTIFY_EMAIL_TEMPLATE": TEMPLATE}  # fmt: skip
    for name, value in {**usual, **variables}.items():
        monkeypatch.setenv(name, value)
    if names is None:
        with pytest.raises(EnvError):
            read_email_settings(environment())
    else:
        several: Any = email_provider(read_email_settings(environment()))
        assert [provider.name for provider in several._providers] == names


def test_notify_takes_a_text_and_is_asked_before_it_is_sent_again(
    stub: tuple[NotifyStub, NotifyProvider],
) -> None:
    kept, provider = stub
    texts = NotifyTexts(provider._settings)
    text = TextMessage(ids.new_id(), "+447700900123", "Hi", clock.now())
    kept.faults = ["half"]
    with texts:
        with pytest.raises(SendingFailed):
            texts.send(text)
        assert texts.took(text)
        with pytest.raises(SendingFailed) as refused:
            texts.send(replace(text, message_id=ids.new_id(), to="+441632960101"))
    assert refused.value.failure is Failure.PERMANENT
    assert [(one["reference"], one["phone_number"], one["body"]) for one in kept.taken] == [
        (text.message_id, "+447700900123", "Hi")
    ]


def test_who_may_have_it_is_asked_before_anybody_gets_it_again() -> None:
    first, other = Told("e", [Failure.AMBIGUOUS]), Told("f")
    several, email = Several([first, other]), an_email()
    with pytest.raises(SendingFailed) as lost:
        several.send(email)
    assert lost.value.provider == "e" and other.got == []
    first.deaf = True  # it cannot even be asked: nothing goes out, and it stays as it is
    with pytest.raises(SendingFailed) as still:
        several.send(email, ["e"])
    assert (still.value.failure, still.value.provider) == (Failure.AMBIGUOUS, "e")
    assert other.got == [] and other.asked == []
    first.deaf = False
    assert several.send(email, ["e"]) == "e"  # it had it all the time
    assert (first.got, other.got) == ([email.message_id], [])
    # A sender that died may have given it to any of them.
    other.got.append(email.message_id)
    first.got.clear()
    assert several.send(email, [ANY_PROVIDER]) == "f"
    assert first.got == []


def test_a_provider_that_asks_to_be_left_alone_is() -> None:
    now = 0.0
    first = Told("g", [Failure.RETRYABLE], wait=timedelta(seconds=90))
    other = Told("h")
    several = Several([first, other], clock=lambda: now)
    for later in (0.0, 60.0, 91.0):
        now = later
        several.send(an_email())
    assert (len(first.got), len(other.got)) == (2, 2)


def test_what_one_thread_finds_out_its_others_know() -> None:
    circuits: dict[str, Circuit] = {}
    failing = [Told("i", [Failure.RETRYABLE] * 9) for _ in range(2)]
    threads = [Several([one, Told("j")], circuits=circuits) for one in failing]
    for _ in range(5):
        threads[0].send(an_email())
    threads[1].send(an_email())
    assert failing[1].got == []


def test_notify_is_left_alone_for_as_long_as_it_asks(
    stub: tuple[NotifyStub, NotifyProvider],
) -> None:
    kept, provider = stub
    kept.faults = [(429, "RateLimitError", "", 42)]
    with provider, pytest.raises(SendingFailed) as refused:
        provider.send(an_email())
    assert refused.value.wait == timedelta(seconds=42)


def test_a_server_that_breaks_off_after_the_words_is_not_followed_by_another() -> None:
    """Whether it took them nobody knows: the other server would surely send them twice."""
    taken: list[Any] = []

    class Handler:
        async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
            taken.append(envelope)
            server.transport.close()
            return "250 OK"

    port, second = free_port(), Told("k")
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        settings = SmtpSettings("127.0.0.1", port, "none", "", "", "a@sen.example", "sen.example")
        both = Several([SmtpProvider(settings), second])
        with both, pytest.raises(SendingFailed) as lost:
            both.send(an_email())
    finally:
        controller.stop(no_assert=True)
    assert lost.value.failure is Failure.AMBIGUOUS
    assert (len(taken), second.got) == (1, [])


def test_texts_go_by_whom_the_settings_name_and_a_setting_may_have_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from services.notifications.worker import read_lines

    own_id = ids.new_id()
    (tmp_path / "token").write_text("its-own-token\n")
    (tmp_path / f"{own_id}.env").write_text(
        f"OWN_SMS_PROVIDERS=twilio\nOWN_TWILIO_ACCOUNT=AC1\nOWN_TWILIO_SENDER=+447700900001\n"
        f"OWN_TWILIO_TOKEN_FILE={tmp_path / 'token'}\n"
    )
    for name, value in {
        "SMTP_HOST": "one", "SMTP_SENDER": "a@b.example", "SMS_PROVIDERS": "notify,twilio",
        "NOTIFY_API_KEY": API_KEY, "NOTIFY_SMS_TEMPLATE": TEMPLATE, "TWILIO_ACCOUNT": "AC0",
        "TWILIO_TOKEN": "t", "TWILIO_SENDER": "MG0", "OWN_PROVIDERS": str(tmp_path),
    }.items():  # fmt: skip
        monkeypatch.setenv(f"SEN_{name}", value)
    common, own = read_lines("https://n.example")
    by_channel: Any = common.providers()
    assert [one.name for one in by_channel["sms"]._providers] == ["notify-sms", "twilio"]
    sms = own[own_id].sms
    assert sms and sms.twilio and (sms.twilio.account, sms.twilio.token) == ("AC1", "its-own-token")
    assert list(own[own_id].providers()) == ["sms"]  # email as everybody
    monkeypatch.setenv("SEN_SMS_PROVIDERS", "pigeon")
    with pytest.raises(EnvError, match="SEN_SMS_PROVIDERS"):
        read_sms_settings()
    (tmp_path / "somebody.env").write_text("")
    with pytest.raises(EnvError, match=r"somebody\.env"):
        read_own_providers()
