"""What refusals say: every registered code at every step, every error that a client can raise."""

import builtins
import inspect
import smtplib
import ssl
from collections.abc import Iterator
from types import ModuleType

import pytest
import requests
from jwt import exceptions as jwt_errors
from notifications_python_client import errors as notify_errors
from requests import exceptions as requests_errors
from twilio.base import exceptions as twilio_errors
from urllib3.exceptions import MaxRetryError, NewConnectionError

from services.notifications.domain.refusals import (
    BEFORE_ANYBODY,
    Step,
    judge,
    judge_bounce,
    judge_notify,
    judge_twilio,
    judge_twilio_receipt,
)
from services.notifications.domain.values import Failure
from services.notifications.providers import notify, smtp, twilio

# RFC 5248 and the registry it made: how many details each subject has.
_REGISTRY = {0: 0, 1: 10, 2: 4, 3: 6, 4: 7, 5: 6, 6: 10, 7: 30}
REGISTERED = [f"{s}.{d}" for s, most in _REGISTRY.items() for d in range(most + 1)]
BAD_MAILBOX = {"1.0", "1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "2.1", "6.7", "7.17", "7.18"}
"""What says that the recipient's address is at fault: RFC 3463, 7505, 6531, 7293."""
OURS = {"1.7", "1.8", "2.3", "3.4", "7.60", *(d for d in REGISTERED if d[0] in "567")} - {
    "6.7",
    "7.2",
    "7.17",
    "7.18",
    "7.19",
}
"""Our sender, our commands, what we send, a policy about us."""
SPOKEN = [step for step in Step if step is not Step.BOUNCE]


@pytest.mark.parametrize("step", SPOKEN)
@pytest.mark.parametrize("first", [4, 5])
def test_every_registered_code_at_every_step(first: int, step: Step) -> None:
    for detail in (*REGISTERED, "7.60", "9.9"):
        _one_code_at_one_step(first, detail, step)


def _one_code_at_one_step(first: int, detail: str, step: Step) -> None:
    verdict = judge(step, first * 100 + 50, f"{first}.{detail} Words of theirs")
    assert verdict.failure is not Failure.AMBIGUOUS  # it is a refusal: nothing was taken
    assert verdict.wrong == (
        first == 5
        and detail in BAD_MAILBOX
        and (step is Step.RCPT or (detail == "6.7" and step is Step.MAIL))
    )
    if first == 4:
        assert verdict.failure is Failure.RETRYABLE
    elif step in BEFORE_ANYBODY and not verdict.wrong:
        assert verdict.failure is Failure.MISCONFIGURED
    elif detail in OURS:
        assert verdict.ours and verdict.elsewhere  # waits, and the next provider has its turn
    if step not in BEFORE_ANYBODY and not detail.startswith("3."):
        assert not verdict.provider  # one message has provoked it


@pytest.mark.parametrize("step", SPOKEN)
def test_every_plain_code_at_every_step(step: Step) -> None:
    for code in range(400, 600):
        _one_plain_code(code, step)


def _one_plain_code(code: int, step: Step) -> None:
    verdict = judge(step, code, "no enhanced code 5.1.1")
    assert verdict.failure is not Failure.AMBIGUOUS
    assert verdict.wrong == (step is Step.RCPT and code in (550, 551, 553, 556))
    if code < 500:
        assert verdict.failure is Failure.RETRYABLE
    elif step is not Step.RCPT or code < 550:
        assert verdict.ours or verdict.failure is Failure.PERMANENT
    assert verdict.provider <= (step in BEFORE_ANYBODY or code in (421, 452))


@pytest.mark.parametrize("detail", [*REGISTERED, "7.60", "9.9"])
def test_a_bounce_and_a_reply_are_judged_by_the_same_table(detail: str) -> None:
    bounced, said = judge_bounce(f"5.{detail}"), judge(Step.RCPT, 550, f"5.{detail}")
    if detail == "0.0":
        assert not bounced.wrong  # it says nothing, and no step does
        return
    assert bounced.wrong == said.wrong == (detail in BAD_MAILBOX)
    if not detail.startswith("3."):  # of another's system
        assert bounced == said
    # Given up after days of trying: the address may be right.
    assert not judge_bounce(f"4.{detail}").wrong


@pytest.mark.parametrize(
    ("status", "diagnostic", "wrong"),
    [
        ("5.0.0", "smtp; 550 5.1.1 No such user", True),
        ("5.0.0", "smtp; 550-5.1.1 No such user", True),
        ("5.0.0", "smtp; 550 5.7.60 Not allowed to send as this sender", False),
        ("5.0.0", "smtp; 550 No such user", False),
        ("5.0.0", "x-unix; 5.1.1", False),
        ("5.7.1", "smtp; 550 5.1.1 No such user", False),
        ("5.1.1 (bad mailbox)", "", True),
        ("", "", False),
        ("5.1.1111", "", False),
        ("nonsense", "smtp; 421 4.4.2 gone", False),
    ],
)
def test_where_a_status_says_nothing_the_servers_own_words_do(
    status: str, diagnostic: str, wrong: bool
) -> None:
    assert judge_bounce(status, diagnostic).wrong is wrong


def test_a_reply_whose_enhanced_code_is_of_another_class_goes_by_its_own() -> None:
    assert not judge(Step.RCPT, 450, "5.1.1 later").wrong
    assert judge(Step.RCPT, 550, "4.7.1 odd").wrong


def _errors(module: ModuleType, base: type[Exception]) -> list[type[Exception]]:
    found = [one for _, one in inspect.getmembers(module, inspect.isclass)]
    return [one for one in found if issubclass(one, base) and issubclass(one, Exception)]


def _offspring(kind: type[Exception]) -> Iterator[type[Exception]]:
    for child in kind.__subclasses__():
        yield child
        yield from _offspring(child)


def _without_making(kind: type[Exception]) -> Exception:
    """One of that class, whatever its constructor asks for."""
    made = kind.__new__(kind)
    Exception.__init__(made, "parent@families.example")
    return made


def _of_smtp() -> list[Exception]:
    answers = [
        kind(550, b"5.7.1 no", *["a@b.example"][: kind is smtplib.SMTPSenderRefused])
        for kind in _errors(smtplib, smtplib.SMTPResponseException)
    ]
    refused = [smtplib.SMTPRecipientsRefused({"a@b.example": (550, b"5.7.1 no")})]
    kinds: list[type[Exception]] = [
        *_errors(smtplib, smtplib.SMTPException),
        *_errors(builtins, OSError),
        *_offspring(ssl.SSLError),
        ssl.SSLError,
    ]
    silent = [
        _without_making(kind)
        for kind in kinds
        if not issubclass(kind, (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused))
    ]
    return [*answers, *refused, *silent]


@pytest.mark.parametrize("problem", _of_smtp(), ids=lambda one: type(one).__name__)
def test_every_error_of_the_mail_client_at_every_step(problem: Exception) -> None:
    for step in SPOKEN:
        _one_error_at_one_step(problem, step)


def _one_error_at_one_step(problem: Exception, step: Step) -> None:
    failed = smtp.failed_at(step, problem)
    answered = hasattr(problem, "smtp_code") or hasattr(problem, "recipients")
    assert (failed.failure is Failure.AMBIGUOUS) == (step is Step.DOT and not answered)
    assert failed.verdict.wrong == (
        isinstance(problem, smtplib.SMTPNotSupportedError) and step in (Step.RCPT, Step.DATA)
    )
    assert failed.verdict.elsewhere == (failed.failure is not Failure.AMBIGUOUS)
    assert "@" not in failed.reason


@pytest.mark.parametrize(
    "problem",
    [
        _without_making(kind)
        for kind in [
            *_errors(notify_errors, notify_errors.APIError),
            *_errors(notify_errors, notify_errors.TokenError),
            *_errors(jwt_errors, jwt_errors.PyJWTError),
        ]
    ],
    ids=lambda one: type(one).__name__,
)
def test_every_error_of_notifys_client(problem: Exception) -> None:
    problem.__dict__.update(response=None, _message=None)
    failed = notify.failed_with(problem)
    unanswered = isinstance(problem, notify_errors.APIError)
    assert failed.failure is (Failure.AMBIGUOUS if unanswered else Failure.MISCONFIGURED)
    assert not failed.verdict.wrong and "@" not in failed.reason


_NEVER_SENT = (
    "ConnectTimeout",
    "ProxyError",
    "InvalidHeader",
    "InvalidProxyURL",
    "InvalidSchema",
    "InvalidURL",
    "MissingSchema",
    "TooManyRedirects",
    "URLRequired",
)


@pytest.mark.parametrize(
    "problem",
    [_without_making(kind) for kind in _errors(requests_errors, requests.RequestException)],
    ids=lambda one: type(one).__name__,
)
def test_every_error_of_the_http_client(problem: requests.RequestException) -> None:
    """What was never sent is not ambiguous, for Notify and Twilio alike."""
    problem.__dict__.update(response=None)
    through_notify = notify_errors.HTTPError.create(problem)
    through_notify.__cause__ = problem
    never_sent = type(problem).__name__ in _NEVER_SENT
    for failed in (notify.failed_with(through_notify), twilio.failed_with(problem)):
        assert (failed.failure is not Failure.AMBIGUOUS) == never_sent
        assert not failed.verdict.wrong and "@" not in failed.reason


def test_a_server_that_is_not_there_has_taken_nothing() -> None:
    refused = NewConnectionError(None, "refused")  # type: ignore[arg-type]
    problem = requests.ConnectionError(MaxRetryError(None, "/", refused))  # type: ignore[arg-type]
    assert twilio.failed_with(problem).failure is Failure.RETRYABLE
    certificate = requests.exceptions.SSLError(ssl.SSLCertVerificationError("expired"))
    assert twilio.failed_with(certificate).failure is Failure.MISCONFIGURED


@pytest.mark.parametrize(
    "kind", _errors(twilio_errors, twilio_errors.TwilioException), ids=lambda one: one.__name__
)
def test_every_error_of_twilios_client(kind: type[Exception]) -> None:
    problem = _without_making(kind)
    if kind is not twilio_errors.TwilioException:
        problem.__dict__.update(status=400, code=21606)
    failed = twilio.failed_with(problem)
    answered = kind is not twilio_errors.TwilioException
    assert failed.failure is (Failure.MISCONFIGURED if answered else Failure.AMBIGUOUS)
    assert not failed.verdict.wrong and not (answered and failed.verdict.provider)


@pytest.mark.parametrize(
    ("status", "code", "failure", "wrong", "provider"),
    [
        (400, 21211, Failure.PERMANENT, True, False),
        (400, 21214, Failure.PERMANENT, True, False),
        (400, 21610, Failure.PERMANENT, True, False),
        (400, 21614, Failure.PERMANENT, True, False),
        (400, 21612, Failure.PERMANENT, False, False),  # from our sender it is not reached
        (400, 21408, Failure.MISCONFIGURED, False, False),  # a country that our account leaves out
        (400, 21606, Failure.MISCONFIGURED, False, False),  # our own number
        (400, 21617, Failure.MISCONFIGURED, False, False),  # too long
        (401, 20003, Failure.MISCONFIGURED, False, True),
        (403, 0, Failure.MISCONFIGURED, False, True),
        (429, 20429, Failure.RETRYABLE, False, True),
        (503, 0, Failure.RETRYABLE, False, True),
    ],
)
def test_what_twilios_codes_say(
    status: int, code: int, failure: Failure, wrong: bool, provider: bool
) -> None:
    verdict = judge_twilio(status, code)
    assert (verdict.failure, verdict.wrong, verdict.provider) == (failure, wrong, provider)
    assert judge_twilio_receipt(str(code)).wrong is wrong


@pytest.mark.parametrize("code", ["", "0", "x", "²", "9" * 400, "30003"])
def test_a_receipt_without_a_code_of_a_wrong_number_marks_nobody(code: str) -> None:
    assert not judge_twilio_receipt(code[:10]).wrong


def test_what_the_networks_take_for_spam_is_ours_to_mend() -> None:
    assert judge_twilio_receipt("30007").ours and not judge_twilio_receipt("30007").wrong
    assert judge_twilio_receipt("30006").wrong and not judge_twilio_receipt("30003").ours


@pytest.mark.parametrize(
    ("status", "kind", "words", "failure", "wrong", "provider"),
    [
        (
            400,
            "ValidationError",
            "email_address Not a valid email address",
            Failure.PERMANENT,
            True,
            False,
        ),
        (400, "ValidationError", "phone_number Not enough digits", Failure.PERMANENT, True, False),
        (
            400,
            "ValidationError",
            "template_id is not a valid UUID",
            Failure.MISCONFIGURED,
            False,
            False,
        ),
        (
            400,
            "ValidationError",
            "Additional properties are not allowed (x was unexpected)",
            Failure.MISCONFIGURED,
            False,
            False,
        ),
        (
            400,
            "BadRequestError",
            "Cannot send to this recipient using a team-only API key",
            Failure.MISCONFIGURED,
            False,
            False,
        ),
        (400, "BadRequestError", "Template not found", Failure.MISCONFIGURED, False, False),
        (401, "AuthError", "", Failure.MISCONFIGURED, False, True),
        (403, "AuthError", "", Failure.MISCONFIGURED, False, True),
        (429, "RateLimitError", "", Failure.RETRYABLE, False, True),
        (429, "TooManyRequestsError", "Exceeded send limits", Failure.MISCONFIGURED, False, True),
        (500, "Exception", "", Failure.RETRYABLE, False, True),
        (504, "EventletTimeout", "", Failure.RETRYABLE, False, True),
    ],
)
def test_what_notifys_errors_say(
    status: int, kind: str, words: str, failure: Failure, wrong: bool, provider: bool
) -> None:
    verdict = judge_notify(status, [(kind, words)])
    assert (verdict.failure, verdict.wrong, verdict.provider) == (failure, wrong, provider)
