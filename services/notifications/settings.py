"""What this service needs to know beside what all do: how email is sent."""

from dataclasses import dataclass

from environs import Env
from marshmallow.validate import OneOf, Range

from shared.settings import environment, secret


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
