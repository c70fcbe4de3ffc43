"""What this service needs to know beside what all do: how email is sent."""

from dataclasses import dataclass, replace

from environs import Env, EnvError
from marshmallow.validate import OneOf, Range

from shared.settings import environment, secret

_TOKEN_LENGTH = 10
_EMAIL_KINDS = frozenset({"smtp", "notify", "dry-run"})


@dataclass(frozen=True)
class SmtpSettings:
    """One mail server."""

    host: str
    port: int
    security: str
    """`none` (for a server on the same machine), `starttls` or `tls`."""
    user: str
    password: str
    sender: str
    message_domain: str
    """The right-hand side of Message-IDs."""


@dataclass(frozen=True)
class NotifySettings:
    """GOV.UK Notify: a key, an email template with the placeholders ((subject)) and ((body)), a
    text message template with ((body)). A template that is not used may be empty."""

    api_key: str
    email_template: str
    sms_template: str
    url: str


@dataclass(frozen=True)
class EmailSettings:
    """How email is sent: the servers that are tried, in order."""

    order: tuple[str, ...]
    smtp: tuple[SmtpSettings, ...]
    notify: NotifySettings | None


def read_sms_settings(env: Env | None = None) -> NotifySettings | None:
    """How texts are sent: `SEN_SMS_PROVIDERS` is `notify`, or empty where none are.

    Raises EnvError in words that name the variable.
    """
    env = env or environment()
    kinds: list[str] = env.list("SMS_PROVIDERS", [])
    if kinds not in ([], ["notify"]):
        raise EnvError("SEN_SMS_PROVIDERS: notify, or empty")
    return _read_notify(env, sms=True) if kinds else None


def _read_notify(env: Env, *, email: bool = False, sms: bool = False) -> NotifySettings:
    return NotifySettings(
        api_key=secret(env, "NOTIFY_API_KEY"),
        email_template=env.str("NOTIFY_EMAIL_TEMPLATE") if email else "",
        sms_template=env.str("NOTIFY_SMS_TEMPLATE") if sms else "",
        url=env.str("NOTIFY_URL", "https://api.notifications.service.gov.uk"),
    )


def read_email_settings(env: Env | None = None) -> EmailSettings:
    """`SEN_EMAIL_PROVIDERS` says in which order: `smtp` (every server of `SEN_SMTP_HOST`),
    `notify`. Raises EnvError in words that name the variable."""
    env = env or environment()
    order = tuple(env.list("EMAIL_PROVIDERS", ["smtp"]))
    if not order or set(order) - _EMAIL_KINDS or len(set(order)) < len(order):
        raise EnvError(f"SEN_EMAIL_PROVIDERS: of {sorted(_EMAIL_KINDS)}, each once, by commas")
    notify = _read_notify(env, email=True) if "notify" in order else None
    smtp = read_smtp_settings(env) if "smtp" in order else None
    servers = tuple(_server(smtp, said) for said in smtp.host.split(",")) if smtp else ()
    return EmailSettings(order, servers, notify)


def _server(smtp: SmtpSettings, said: str) -> SmtpSettings:
    """One of several servers: `host`, or `host:port` where its port is another."""
    host, _, port = said.strip().partition(":")
    if not host or (port and not port.isdecimal()):
        raise EnvError("SEN_SMTP_HOST: host or host:port, several by commas")
    return replace(smtp, host=host, port=int(port) if port else smtp.port)


def read_smtp_settings(env: Env | None = None) -> SmtpSettings:
    """Read and check them. Raises EnvError in words that name the variable."""
    env = env or environment()
    sender = env.str("SMTP_SENDER")
    return SmtpSettings(
        host=env.str("SMTP_HOST"),
        port=env.int("SMTP_PORT", 587, validate=Range(1, 65535)),
        security=env.str("SMTP_SECURITY", "starttls", validate=OneOf(["none", "starttls", "tls"])),
        user=env.str("SMTP_USER", ""),
        password=secret(env, "SMTP_PASSWORD", ""),
        sender=sender,
        message_domain=env.str("SMTP_MESSAGE_DOMAIN", sender.rpartition("@")[2].strip(" >")),
    )


def read_callback_token(env: Env | None = None) -> str:
    """The token that Notify's receipts bring (`SEN_NOTIFY_CALLBACK_TOKEN`); empty where none are
    taken. Raises EnvError."""
    found = secret(env or environment(), "NOTIFY_CALLBACK_TOKEN", "")
    if found and len(found) < _TOKEN_LENGTH:
        raise EnvError(f"SEN_NOTIFY_CALLBACK_TOKEN: {_TOKEN_LENGTH} characters or more")
    return found


def read_allowed(env: Env | None = None) -> frozenset[str] | None:
    """To whom alone anything is sent (`SEN_ALLOWED_RECIPIENTS`: email addresses, and numbers such
    as +447700900123, by commas); None where everybody is."""
    found: list[str] = (env or environment()).list("ALLOWED_RECIPIENTS", [])
    return frozenset(one.strip() for one in found if one.strip()) or None
