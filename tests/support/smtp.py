"""A mail server that answers as a test tells it to, and the provider that speaks to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from deploy.local.ports import free_port
from services.notifications.providers.provider import Email
from services.notifications.providers.smtp import SmtpProvider
from services.notifications.settings import SmtpSettings
from shared import ids


@dataclass
class Server:
    """A mail server that answers as it is told to; by default it takes everything."""

    answers: dict[str, str] = field(default_factory=dict)
    """Command, or an address: what it says."""
    hang_up_at: str = ""
    taken: list[Envelope] = field(default_factory=list)
    asked: int = 0

    async def handle_MAIL(
        self, server: Any, _session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.asked += 1
        return self._say("MAIL", server, address) or self._take(envelope, address, options)

    async def handle_RCPT(
        self, server: Any, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if refused := self._say("RCPT", server, address):
            return refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Envelope) -> str:
        if refused := self._say("DOT", server, ""):
            return refused
        self.taken.append(envelope)
        return "250 OK"

    def _take(self, envelope: Envelope, address: str, options: list[str]) -> str:
        envelope.mail_from, envelope.mail_options = address, options
        return "250 OK"

    def _say(self, command: str, server: Any, address: str) -> str | None:
        if self.hang_up_at == command:
            server.transport.close()
        return self.answers.get(command) or self.answers.get(address)


@contextmanager
def served(server: Server, *, unicode_too: bool = False) -> Iterator[SmtpProvider]:
    port = free_port()
    controller = Controller(server, hostname="127.0.0.1", port=port, enable_SMTPUTF8=unicode_too)
    controller.start()
    try:
        with SmtpProvider(settings(port)) as provider:
            yield provider
    finally:
        controller.stop(no_assert=True)


def settings(port: int, sender: str = "SEN Support <school@sen.example>") -> SmtpSettings:
    return SmtpSettings("127.0.0.1", port, "none", "", "", sender, "sen.example")


def an_email(to: str = "parent@families.example", **more: Any) -> Email:
    said = {"subject": "A subject", "text": "Words\n.\n..dots\n", "html": "<p>Words</p>", **more}
    return Email(ids.new_id(), to, **said)
