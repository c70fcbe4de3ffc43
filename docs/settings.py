"""The reference of settings: what the code reads, by reading it with a reader that takes notes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from environs import Env
from marshmallow.validate import OneOf, Range

from services.notifications import settings as notifications
from services.referrals.settings import read_referral_settings
from shared.settings import read_settings

# What must be given, with something that passes the checks.
_SAMPLES = {
    "LINK_KEYS": "k" * 32, "EMAIL_PROVIDERS": "smtp,notify", "SMS_PROVIDERS": "notify,twilio",
    "BOUNCES_IMAP_HOST": "imap.council.example", "AMQP_URL": "amqp://",
}  # fmt: skip
_WORDS = {
    "MONGODB_URL": "this service's MongoDB (secret); by TLS with `tls=true`, and `tlsCAFile=` where its authority is one's own",
    "MONGODB_DATABASE": "its database there; `sen_` and the service's name, where not given",
    "AMQP_URL": "RabbitMQ (secret); by TLS `amqps://…`, with `?cacertfile=` where its authority is one's own; also `certfile`, `keyfile`, `server_name_indication`",
    "TOKEN_ISSUER": "`iss` of the tokens that are taken",
    "TOKEN_AUDIENCE": "their `aud`",
    "JWKS_URL": "where the issuer's keys are read",
    "LINK_KEYS": "keys that sign links, by commas, 32 characters or more; the first signs (secret)",
    "LINK_DAYS": "days for which a signed link opens what it names",
    "JOBS_EVERY_SECONDS": "between two looks of the calendar",
    "WORKER_HOST": "where the worker answers probes",
    "WORKER_PORT": "its port; 0 for nowhere",
    "PREFETCH": "messages that a worker takes at once",
    "MAX_TRIES": "tries of a message before it is a dead letter",
    "LOG_LEVEL": "",
    "MAX_BODY_BYTES": "of a request, at most",
    "MAX_UPLOAD_BYTES": "of a file, at most",
    "LIVE_STREAMS": "who may follow changes at once at one api process",
    "OIDC_METADATA_URL": "the issuer's `/.well-known/openid-configuration`; empty: no sign-in to pages",
    "OIDC_CLIENT_ID": "ours, at the issuer",
    "OIDC_CLIENT_SECRET": "empty for a public client (secret)",
    "OIDC_SCOPES": "asked for at sign-in",
    "SECURE_COOKIES": "`false` only where browsers must sign in over plain http",
    "TRACES_URL": "where spans are sent (OTLP over HTTP), such as "
    "`http://collector:4318/v1/traces`; empty for nowhere",
    "TRACES_RATIO": "the part of the traces begun here that is kept, 0 to 1",
    "CLAMD_HOST": "the ClamAV daemon that sees attachments; empty for none",
    "CLAMD_PORT": "its port",
    "PRIVATE_WEBHOOKS": "whether webhooks may call addresses inside: on a developer's machine",
    "UPDATE_EVERY_DAYS": "setting and family hear of a referral that waits at least so often",
    "EMAIL_PROVIDERS": "who carries email, in the order of trying: `smtp`, `notify`, `dry-run`",
    "SMTP_HOST": "mail servers, by commas, each `host` or `host:port`",
    "SMTP_PORT": "where a host gives none",
    "SMTP_SECURITY": "",
    "SMTP_USER": "empty where none signs in",
    "SMTP_PASSWORD": "(secret)",
    "SMTP_SENDER": "`Name <address>` of every email",
    "SMTP_MESSAGE_DOMAIN": "right-hand side of Message-IDs; the sender's, where not given",
    "SMTP_BOUNCES": "to whom undelivered email goes back; empty for the sender",
    "BOUNCES_IMAP_HOST": "the mailbox of that address; empty: it is not read",
    "BOUNCES_IMAP_PORT": "",
    "BOUNCES_IMAP_SECURITY": "",
    "BOUNCES_IMAP_USER": "",
    "BOUNCES_IMAP_PASSWORD": "(secret)",
    "BOUNCES_IMAP_FOLDER": "",
    "SMS_PROVIDERS": "who carries texts, in the order of trying: `notify`, `twilio`, `dry-run`; empty: none",
    "NOTIFY_API_KEY": "of GOV.UK Notify (secret)",
    "NOTIFY_EMAIL_TEMPLATE": "id of a template with ((subject)) and ((body))",
    "NOTIFY_SMS_TEMPLATE": "id of a template with ((body))",
    "NOTIFY_URL": "",
    "NOTIFY_CALLBACK_TOKEN": "what Notify's callbacks bring, by commas; empty: none are taken (secret; api)",
    "TWILIO_ACCOUNT": "",
    "TWILIO_TOKEN": "of that account; it signs callbacks too (secret; api and worker)",
    "TWILIO_SENDER": "a number, a name, or a messaging service (`MG…`)",
    "TWILIO_URL": "",
    "OWN_PROVIDERS": "a folder of `<setting id>.env`: providers of settings' own, variables with `OWN_`",
    "SENDERS": "threads that send, in each worker",
    "GATHER_SECONDS": "for which news that may go out together is gathered",
    "PERSON_DAILY_MESSAGES": "to one person in a day, at most",
    "SETTING_DAILY_TEXTS": "of one setting in a day, at most; then email",
    "SMS_PENCE_PER_PART": "what a part of a text costs, for the figures",
    "LANGUAGES": "whose templates are used, by commas: `en`, `pl`, `ur`",
    "ALLOWED_RECIPIENTS": "to whom alone anything is sent, by commas; empty: everybody",
    "SENCO_DIGEST_HOUR": "when SENCOs hear what is due, in London",
}  # fmt: skip


@dataclass(frozen=True)
class _Read:
    name: str
    kind: str
    default: str
    limits: str


class _Notes(Env):
    """Answers everything with its default, or a sample, and notes what was asked for."""

    def __init__(self) -> None:
        super().__init__(prefix="SEN_")
        self.read: dict[str, _Read] = {}

    def _note(self, kind: str, name: str, args: tuple[Any, ...], more: dict[str, Any]) -> Any:
        if name.endswith("_FILE"):
            return args[0]
        given = args[0] if args else None
        sample = _SAMPLES.get(name, given if given is not None else "1")
        self.read.setdefault(name, _Read(
            name, kind, "**required**" if given is None else _said(given),
            _limits(more.get("validate")),
        ))  # fmt: skip
        if kind == "list":
            return sample.split(",") if isinstance(sample, str) else sample
        return {"int": int, "float": float, "bool": bool}.get(kind, str)(sample)

    def str(self, name: Any, *args: Any, **more: Any) -> Any:  # type: ignore[override]
        return self._note("text", name, args, more)

    def int(self, name: Any, *args: Any, **more: Any) -> Any:  # type: ignore[override]
        return self._note("int", name, args, more)

    def float(self, name: Any, *args: Any, **more: Any) -> Any:  # type: ignore[override]
        return self._note("float", name, args, more)

    def bool(self, name: Any, *args: Any, **more: Any) -> Any:  # type: ignore[override]
        return self._note("bool", name, args, more)

    def list(self, name: Any, *args: Any, **more: Any) -> Any:  # type: ignore[override]
        return self._note("list", name, args, more)


_READERS: dict[str, tuple[Callable[[Any], Any], ...]] = {
    "Every service": (lambda env: read_settings("plans", env),),
    "referrals": (read_referral_settings,),
    "notifications": (
        notifications.read_email_settings, notifications.read_sms_settings,
        notifications.read_mailbox_settings, notifications.read_sending_settings,
        notifications.read_callback_tokens,
    ),
}  # fmt: skip
_OTHERS = """
## Each service's addresses

`SEN_PLANS_PUBLIC_URL`, `SEN_REVIEWS_PUBLIC_URL`, `SEN_REFERRALS_PUBLIC_URL`,
`SEN_NOTIFICATIONS_PUBLIC_URL` (**required**): where people reach each; links in messages start with these.
`SEN_PLANS_URL`, `SEN_REVIEWS_URL`, `SEN_REFERRALS_URL`, `SEN_NOTIFICATIONS_URL`: where the services reach each other, where that is another address.

## The api's server

`SEN_BIND` (`127.0.0.1:8000`), `SEN_WEB_WORKERS` (1 process), `SEN_WEB_THREADS` (8).

## Operators' commands

`SEN_RABBITMQ_API_URL` (secret): RabbitMQ's management API, for `sen support-service credentials`,
`sen service-user`, `sen keep`, `sen queues` (whether what rests is kept), and at RabbitMQ 4 for
`sen dead`, `sen backup` and `sen hold`, which look at nothing before they know that. Where it answers by TLS and its authority is one's own,
`REQUESTS_CA_BUNDLE` names the file.
"""


def settings_reference() -> str:
    """Every setting, by who reads it. Raises KeyError where one has no words here."""
    lines = [
        "# Settings", "",
        "Written by `make docs` from what the code reads. All are environment variables that begin with",
        "`SEN_`; a secret may come as the content of a file that `SEN_…_FILE` names. A wrong or missing one",
        "stops the process, in words that name it.", "",
    ]  # fmt: skip
    for who, readers in _READERS.items():
        env = _Notes()
        for read in readers:
            read(env)
        lines += [f"## {who}", "", "| `SEN_…` | | default | limits |", "|---|---|---|---|"]
        lines += [
            f"| `{one.name}` | {_WORDS[one.name]} | {one.default} | {one.limits} |"
            for one in env.read.values() if not one.name.endswith(("_PUBLIC_URL", "_URL"))
            or one.name in _WORDS
        ]  # fmt: skip
        lines.append("")
    return "\n".join(lines) + _OTHERS.lstrip("\n")


def _said(value: Any) -> str:
    if value in ("", []):
        return "empty"
    return f"`{','.join(value) if isinstance(value, list) else value}`"


def _limits(found: Any) -> str:
    if isinstance(found, Range):
        return f"{found.min} to {found.max}"
    if isinstance(found, OneOf):
        return ", ".join(f"`{one}`" for one in found.choices)
    return ""
