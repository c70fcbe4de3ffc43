"""Email by SMTP (RFC 5321), with TLS and authentication where the settings say so."""

import contextlib
import re
import smtplib
import ssl
from types import TracebackType
from typing import Self

from services.notifications.domain.refusals import (
    AWAY,
    BEFORE_ANYBODY,
    LATER,
    NO_UNICODE,
    OURS,
    UNANSWERED,
    WRONG,
    Step,
    enhanced,
    judge,
)
from services.notifications.providers.address import NoAddress, needs_unicode, on_the_wire
from services.notifications.providers.mail import bare_address, compose
from services.notifications.providers.provider import Email, SendingFailed, refused
from services.notifications.settings import SmtpSettings

_TIMEOUT_SECONDS = 20
_DOTS = re.compile(rb"^\.", re.MULTILINE)  # RFC 5321 section 4.5.2
_CLOSING = 421
_BROKEN_OFF = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)


class SmtpProvider:
    """One connection for each `with` block, opened at the first email. For one thread."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self.name = f"smtp:{settings.host}:{settings.port}"
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._drop()

    def send(self, email: Email, /) -> None:
        """Hand one email over to the mail server. Raises SendingFailed."""
        try:
            to = on_the_wire(email.to)
        except NoAddress as problem:
            raise refused(WRONG, str(problem)) from problem
        was_open = self._server is not None
        try:
            self._hand_over(email, to)
        except _HungUp:
            # Open since the last email, and closed meanwhile: this one was not looked at.
            if not was_open:
                raise
            self._hand_over(email, to)

    def _hand_over(self, email: Email, to: str) -> None:
        server = self._open()
        sender, mail = self._written(email, to, server)
        step = Step.MAIL
        try:
            _must(server.mail(sender, self._options(email, to, server)))
            step = Step.RCPT
            # A mail server that can gives the id back in its report (RFC 3461).
            _must(server.rcpt(to, ["NOTIFY=FAILURE"] if server.has_extn("dsn") else []))
            step = Step.DATA
            _must(server.docmd("data"), 3)
            server.send(mail)
            step = Step.DOT  # only what ends with it may have been taken
            server.send(b".\r\n")
            _must(server.getreply())
        except smtplib.SMTPResponseException as problem:
            self._begin_anew(problem.smtp_code)
            raise failed_at(step, problem) from problem
        except (smtplib.SMTPException, OSError) as problem:
            self._drop()
            raise failed_at(step, problem) from problem
        except Exception:
            self._drop()
            raise

    def _written(self, email: Email, to: str, server: smtplib.SMTP) -> tuple[str, bytes]:
        """From whom, and the email as it is sent: lines that begin with a dot have one more."""
        if needs_unicode(to) and not server.has_extn("smtputf8"):
            raise refused(NO_UNICODE, "our mail server cannot send to letters like these")
        try:
            sender = bare_address(self._settings.bounces or self._settings.sender)
            mail = compose(
                email,
                to,
                sender=self._settings.sender,
                message_domain=self._settings.message_domain,
                eight_bit=server.has_extn("8bitmime"),
            )
        except NoAddress as problem:
            raise refused(OURS, "our own address is not right") from problem
        if needs_unicode(sender):
            raise refused(OURS, "our own address is not right")
        mail = mail if mail.endswith(b"\r\n") else mail + b"\r\n"
        return sender, _DOTS.sub(b"..", mail)

    def _options(self, email: Email, to: str, server: smtplib.SMTP) -> list[str]:
        found = [f"ENVID={email.message_id}", "RET=HDRS"] if server.has_extn("dsn") else []
        if server.has_extn("8bitmime"):
            found.append("BODY=8BITMIME")
        return [*found, "SMTPUTF8"] if needs_unicode(to) else found

    def _begin_anew(self, code: int) -> None:
        """After a refusal: the next email begins at its beginning."""
        if self._server is None or code == _CLOSING:
            self._drop()
            return
        try:
            self._server.rset()
        except (smtplib.SMTPException, OSError):
            self._drop()

    def took(self, _email: Email, /) -> bool:
        """A mail server cannot be asked; its own readers know a repeat by its Message-ID."""
        return False

    def _open(self) -> smtplib.SMTP:
        if self._server is not None:
            return self._server
        settings, step = self._settings, Step.CONNECT
        try:
            self._server = server = (
                smtplib.SMTP_SSL(
                    settings.host,
                    settings.port,
                    timeout=_TIMEOUT_SECONDS,
                    context=ssl.create_default_context(),
                )
                if settings.security == "tls"
                else smtplib.SMTP(settings.host, settings.port, timeout=_TIMEOUT_SECONDS)
            )
            step = Step.EHLO
            server.ehlo_or_helo_if_needed()
            if settings.security == "starttls":
                step = Step.STARTTLS
                server.starttls(context=ssl.create_default_context())
            if settings.user:
                step = Step.AUTH
                server.login(settings.user, settings.password)
            step = Step.EHLO
            server.ehlo_or_helo_if_needed()
        except (smtplib.SMTPException, OSError, ValueError) as problem:
            self._drop()
            raise failed_at(step, problem) from problem
        return server

    def _drop(self) -> None:
        if self._server is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._server.quit()
            self._server = None


class _HungUp(SendingFailed):
    """The server had closed the connection when an email was begun."""


def failed_at(step: Step, problem: Exception) -> SendingFailed:
    """What an error of the client's says, by the step at which it came. Nothing was taken before
    the dot; what is not known afterwards can be asked of nobody."""
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(problem.recipients.values()))
        problem = smtplib.SMTPResponseException(code, said)
    if isinstance(problem, smtplib.SMTPResponseException):
        return _refused_at(step, problem.smtp_code, problem.smtp_error)
    why = type(problem).__name__
    reason = why if step is Step.CONNECT else f"{step}: {why}"
    if step is Step.DOT:
        return refused(UNANSWERED, reason)
    if isinstance(problem, smtplib.SMTPNotSupportedError):
        return refused(OURS if step in BEFORE_ANYBODY else NO_UNICODE, reason)
    if step in BEFORE_ANYBODY and _is_ours(problem):
        return refused(OURS, reason)
    hung_up = isinstance(problem, smtplib.SMTPServerDisconnected | ConnectionError)
    if hung_up and step not in BEFORE_ANYBODY:
        # Well until it heard to whom this one goes: that says nothing of the others.
        return refused(LATER, reason)
    kind = _HungUp if hung_up and step is Step.MAIL else SendingFailed
    return kind(AWAY.failure, reason, verdict=AWAY)


def _is_ours(problem: Exception) -> bool:
    """No way of signing in that both know, no certificate that holds, a host that is no name."""
    no_tls = isinstance(problem, ssl.SSLError) and not isinstance(problem, _BROKEN_OFF)
    return no_tls or type(problem) is smtplib.SMTPException or not isinstance(problem, OSError)


def _refused_at(step: Step, code: int, words: bytes | str) -> SendingFailed:
    said = words.decode("ascii", "replace") if isinstance(words, bytes) else str(words)
    detail = enhanced(said, str(code)[:1])
    exact = f" {str(code)[:1]}.{detail}" if detail else ""
    verdict = judge(step, code, said)
    kind = _HungUp if step is Step.MAIL and code == _CLOSING else SendingFailed
    return kind(verdict.failure, f"refused at {step}: {code}{exact}", verdict=verdict)


def _must(answer: tuple[int, bytes], first: int = 2) -> None:
    code, said = answer
    if code // 100 != first:
        raise smtplib.SMTPResponseException(code, said)
