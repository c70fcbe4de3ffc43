"""Email by SMTP (RFC 5321), with TLS and authentication where the settings say so."""

import contextlib
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime
from types import TracebackType
from typing import Self

from services.notifications.domain.values import Failure
from services.notifications.providers.provider import Email, SendingFailed
from services.notifications.settings import SmtpSettings
from shared import clock

_TIMEOUT_SECONDS = 20


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
        server = self._open()
        try:
            # A mail server that can gives the id back in its report (RFC 3461).
            dsn = server.has_extn("dsn")
            refused = server.send_message(
                self._compose(email), from_addr=self._settings.bounces or None,
                mail_options=[f"ENVID={email.message_id}", "RET=HDRS"] if dsn else [],
                rcpt_options=["NOTIFY=FAILURE"] if dsn else [],
            )  # fmt: skip
        except smtplib.SMTPRecipientsRefused as problem:
            code = next(iter(problem.recipients.values()))[0]
            raise SendingFailed(_class_of(code), f"recipient refused: {code}") from problem
        except smtplib.SMTPResponseException as problem:
            self._drop()
            raise SendingFailed(
                _class_of(problem.smtp_code), f"refused: {problem.smtp_code}"
            ) from problem
        except UnicodeError as problem:  # an address that this server has no letters for
            raise SendingFailed(Failure.PERMANENT, type(problem).__name__) from problem
        except (smtplib.SMTPException, OSError) as problem:
            self._drop()
            # It may have been taken; nobody can be asked. Another server would surely repeat it.
            raise SendingFailed(Failure.AMBIGUOUS, type(problem).__name__) from problem
        assert not refused  # one recipient: a refusal raises

    def took(self, _email: Email, /) -> bool:
        """A mail server cannot be asked; its own readers know a repeat by its Message-ID."""
        return False

    def _open(self) -> smtplib.SMTP:
        try:
            return self._connected()
        except smtplib.SMTPAuthenticationError as problem:
            self._drop()
            raise SendingFailed(
                Failure.MISCONFIGURED, f"sign-in refused: {problem.smtp_code}"
            ) from problem
        except (smtplib.SMTPException, OSError) as problem:
            self._drop()
            raise SendingFailed(Failure.RETRYABLE, type(problem).__name__) from problem

    def _connected(self) -> smtplib.SMTP:
        if self._server is None:
            settings = self._settings
            server = (
                smtplib.SMTP_SSL(
                    settings.host, settings.port, timeout=_TIMEOUT_SECONDS,
                    context=ssl.create_default_context(),
                )
                if settings.security == "tls"
                else smtplib.SMTP(settings.host, settings.port, timeout=_TIMEOUT_SECONDS)
            )  # fmt: skip
            self._server = server
            if settings.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if settings.user:
                server.login(settings.user, settings.password)
            server.ehlo_or_helo_if_needed()
        return self._server

    def _drop(self) -> None:
        if self._server is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._server.quit()
            self._server = None

    def _compose(self, email: Email) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._settings.sender
        message["To"] = email.to
        message["Subject"] = email.subject
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = f"<{email.message_id}@{self._settings.message_domain}>"
        message["Auto-Submitted"] = "auto-generated"
        for name, value in email.headers.items():
            message[name] = value
        message.set_content(email.text)
        message.add_alternative(email.html, subtype="html")
        return message


def _class_of(code: int) -> Failure:
    """A 5xx is for good, anything else may pass (RFC 5321 section 4.2.1)."""
    return Failure.PERMANENT if 500 <= code < 600 else Failure.RETRYABLE
