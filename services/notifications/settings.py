"""What this service needs to know beside what all do: how email and texts are sent."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from environs import Env, EnvError
from marshmallow.validate import OneOf, Range

from services.notifications.domain.values import Language
from shared.settings import environment, secret

_TOKEN_LENGTH = 10
_EMAIL_KINDS = frozenset({"smtp", "notify", "dry-run"})
_SMS_KINDS = frozenset({"notify", "twilio", "dry-run"})


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
    bounces: str = ""
    """To whom mail servers report what they could not deliver; empty for the sender."""


@dataclass(frozen=True)
class NotifySettings:
    """GOV.UK Notify: a key, an email template with the placeholders ((subject)) and ((body)), a
    text message template with ((body)). A template that is not used may be empty."""

    api_key: str
    email_template: str
    sms_template: str
    url: str


@dataclass(frozen=True)
class TwilioSettings:
    """Twilio: an account with its token; `sender` is a number, a name, or a messaging service
    (MG...); `callbacks` is where this service answers to the outside."""

    account: str
    token: str
    sender: str
    url: str
    callbacks: str


@dataclass(frozen=True)
class EmailSettings:
    """How email is sent: the servers that are tried, in order."""

    order: tuple[str, ...]
    smtp: tuple[SmtpSettings, ...]
    notify: NotifySettings | None


@dataclass(frozen=True)
class SmsSettings:
    """How texts are sent: by whom, in order; nobody where none are sent."""

    order: tuple[str, ...]
    notify: NotifySettings | None
    twilio: TwilioSettings | None


@dataclass(frozen=True)
class MailboxSettings:
    """Where mail servers' reports of what could not be delivered are read, by IMAP."""

    host: str
    port: int
    security: str
    user: str
    password: str
    folder: str


@dataclass(frozen=True)
class SendingSettings:
    """How sending goes, whoever carries it."""

    senders: int
    """Threads that send, in each worker."""
    gather_for: timedelta
    """For how long what may go out together is gathered."""
    person_daily: int
    """Messages to one person in a day, at most; a guard against storms."""
    texts_daily: int
    """Texts that one setting sends in a day, at most: they cost."""
    pence_per_part: float
    languages: frozenset[Language]
    """Those whose templates are used; everybody else is written to in English."""
    allowed: frozenset[str] | None
    """To whom alone anything is sent; None where everybody is."""
    digest_hour: int
    """When SENCOs are told what is due, in London."""


def read_sending_settings(env: Env | None = None) -> SendingSettings:
    """Read and check them. Raises EnvError in words that name the variable.

    `SEN_ALLOWED_RECIPIENTS`: email addresses, and numbers such as +447700900123, by commas.
    """
    env = env or environment()
    said: list[str] = env.list("LANGUAGES", [Language.ENGLISH.value])
    try:
        languages = frozenset({Language.ENGLISH, *(Language(one.strip()) for one in said)})
    except ValueError:
        known = ", ".join(sorted(Language))
        raise EnvError(f"SEN_LANGUAGES: of {known}, by commas") from None
    allowed: list[str] = env.list("ALLOWED_RECIPIENTS", [])
    return SendingSettings(
        senders=env.int("SENDERS", 4, validate=Range(1, 64)),
        gather_for=timedelta(seconds=env.int("GATHER_SECONDS", 180, validate=Range(0, 3600))),
        person_daily=env.int("PERSON_DAILY_MESSAGES", 20, validate=Range(1, 1000)),
        texts_daily=env.int("SETTING_DAILY_TEXTS", 500, validate=Range(0, 1_000_000)),
        pence_per_part=env.float("SMS_PENCE_PER_PART", 2.4, validate=Range(0, 1000)),
        languages=languages,
        allowed=frozenset(one.strip() for one in allowed if one.strip()) or None,
        digest_hour=env.int("SENCO_DIGEST_HOUR", 7, validate=Range(0, 23)),
    )


def read_sms_settings(env: Env | None = None, callbacks: str = "") -> SmsSettings:
    """`SEN_SMS_PROVIDERS` says in which order: `notify`, `twilio`; empty where none are sent.

    Raises EnvError in words that name the variable.
    """
    env = env or environment()
    order = _order(env, "SMS_PROVIDERS", [], _SMS_KINDS)
    twilio = None
    if "twilio" in order:
        twilio = TwilioSettings(
            account=env.str("TWILIO_ACCOUNT"), token=secret(env, "TWILIO_TOKEN"),
            sender=env.str("TWILIO_SENDER"), url=env.str("TWILIO_URL", "https://api.twilio.com"),
            callbacks=callbacks,
        )  # fmt: skip
    notify = _read_notify(env, sms=True) if "notify" in order else None
    return SmsSettings(order, notify, twilio)


def read_email_settings(env: Env | None = None) -> EmailSettings:
    """`SEN_EMAIL_PROVIDERS` says in which order: `smtp` (every server of `SEN_SMTP_HOST`),
    `notify`. Raises EnvError in words that name the variable."""
    env = env or environment()
    order = _order(env, "EMAIL_PROVIDERS", ["smtp"], _EMAIL_KINDS)
    if not order:
        raise EnvError("SEN_EMAIL_PROVIDERS: one at least")
    notify = _read_notify(env, email=True) if "notify" in order else None
    smtp = read_smtp_settings(env) if "smtp" in order else None
    servers = tuple(_server(smtp, said) for said in smtp.host.split(",")) if smtp else ()
    return EmailSettings(order, servers, notify)


def read_own_providers(env: Env | None = None) -> Mapping[str, Env]:
    """The settings that send in their own name: id -> a reader of its own variables.

    `SEN_OWN_PROVIDERS` is a folder of files `<setting id>.env`, with the variables of this module
    that begin with `OWN_` instead of `SEN_`. Raises EnvError.
    """
    folder = (env or environment()).str("OWN_PROVIDERS", "")
    found = {}
    for path in sorted(Path(folder).glob("*.env")) if folder else ():
        try:
            setting_id = str(UUID(path.stem))
        except ValueError:
            raise EnvError(f"SEN_OWN_PROVIDERS: {path.name} is not named by an id") from None
        own = Env(prefix="OWN_", expand_vars=False)
        own.read_env(str(path), recurse=False)
        found[setting_id] = own
    return found


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
        bounces=env.str("SMTP_BOUNCES", ""),
    )


def read_mailbox_settings(env: Env | None = None) -> MailboxSettings | None:
    """The mailbox of `SEN_SMTP_BOUNCES`; None where `SEN_BOUNCES_IMAP_HOST` is empty.

    Raises EnvError in words that name the variable.
    """
    env = env or environment()
    host = env.str("BOUNCES_IMAP_HOST", "")
    if not host:
        return None
    return MailboxSettings(
        host=host,
        port=env.int("BOUNCES_IMAP_PORT", 993, validate=Range(1, 65535)),
        security=env.str(
            "BOUNCES_IMAP_SECURITY", "tls", validate=OneOf(["none", "starttls", "tls"])
        ),
        user=env.str("BOUNCES_IMAP_USER"),
        password=secret(env, "BOUNCES_IMAP_PASSWORD"),
        folder=env.str("BOUNCES_IMAP_FOLDER", "INBOX"),
    )


def read_callback_tokens(env: Env | None = None) -> frozenset[str]:
    """The tokens that Notify's receipts bring (`SEN_NOTIFY_CALLBACK_TOKEN`, several by commas while
    one takes another's place); none where none are taken. Raises EnvError."""
    found = {
        token
        for one in (env or environment(), *read_own_providers(env).values())
        for token in secret(one, "NOTIFY_CALLBACK_TOKEN", "").split(",")
    } - {""}
    if any(len(token) < _TOKEN_LENGTH for token in found):
        raise EnvError(f"SEN_NOTIFY_CALLBACK_TOKEN: {_TOKEN_LENGTH} characters or more")
    return frozenset(found)


def read_twilio_tokens(env: Env | None = None) -> frozenset[str]:
    """The tokens with which Twilio signs what it calls; none where Twilio is not used."""
    return frozenset(
        secret(one, "TWILIO_TOKEN", "")
        for one in (env or environment(), *read_own_providers(env).values())
    ) - {""}  # fmt: skip


def _order(env: Env, name: str, default: list[str], known: frozenset[str]) -> tuple[str, ...]:
    said: list[str] = env.list(name, default)
    order = tuple(one.strip() for one in said if one.strip())
    if set(order) - known or len(set(order)) < len(order):
        raise EnvError(f"SEN_{name}: of {sorted(known)}, each once, by commas")
    return order


def _read_notify(env: Env, *, email: bool = False, sms: bool = False) -> NotifySettings:
    return NotifySettings(
        api_key=secret(env, "NOTIFY_API_KEY"),
        email_template=env.str("NOTIFY_EMAIL_TEMPLATE") if email else "",
        sms_template=env.str("NOTIFY_SMS_TEMPLATE") if sms else "",
        url=env.str("NOTIFY_URL", "https://api.notifications.service.gov.uk"),
    )


def _server(smtp: SmtpSettings, said: str) -> SmtpSettings:
    """One of several servers: `host`, or `host:port` where its port is another."""
    host, _, port = said.strip().partition(":")
    if not host or (port and not port.isdecimal()):
        raise EnvError("SEN_SMTP_HOST: host or host:port, several by commas")
    return replace(smtp, host=host, port=int(port) if port else smtp.port)
