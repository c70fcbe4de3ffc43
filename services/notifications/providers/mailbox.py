"""The mailbox that undelivered email comes back to, read by IMAP (RFC 3501)."""

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message as Mail
from imaplib import IMAP4

from imap_tools import (
    AND,
    BaseMailBox,
    ImapToolsError,
    MailBox,
    MailBoxStartTls,
    MailBoxUnencrypted,
)

from services.notifications.domain.refusals import judge_bounce
from services.notifications.settings import MailboxSettings
from shared.store.each import note_failed

_TIMEOUT_SECONDS = 20
_READ_AT_ONCE = 100
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Bounce:
    """A mail server's last word: that it could not deliver a message of ours.

    `wrong` says that the address itself is at fault; `ours` that we are, or what we sent. Else the
    mailbox was full, say.
    """

    message_id: str
    status: str
    wrong: bool
    ours: bool = False


class MailboxAway(Exception):
    """It cannot be reached, or does not let us in."""


class Mailbox:
    """Reads what is new there. What was read is marked as seen once it is dealt with."""

    def __init__(self, settings: MailboxSettings) -> None:
        self._settings = settings

    @contextmanager
    def _opened(self) -> Iterator[BaseMailBox]:
        settings = self._settings
        at = {"host": settings.host, "port": settings.port, "timeout": _TIMEOUT_SECONDS}
        tls = {"ssl_context": ssl.create_default_context()}
        box: BaseMailBox
        if settings.security == "tls":
            box = MailBox(**at, **tls)
        elif settings.security == "starttls":
            box = MailBoxStartTls(**at, **tls)
        else:
            box = MailBoxUnencrypted(**at)
        with box.login(settings.user, settings.password, settings.folder) as opened:
            yield opened

    def read(self) -> Iterator[list[Bounce]]:
        """The bounces of each new email.

        An email is marked as seen when the next is asked for: one whose reader dies comes again.
        Raises MailboxAway.
        """
        try:
            yield from self._read()
        except (OSError, IMAP4.error, ImapToolsError) as problem:
            raise MailboxAway(type(problem).__name__) from problem

    def _read(self) -> Iterator[list[Bounce]]:
        with self._opened() as box:
            for email in list(box.fetch(AND(seen=False), mark_seen=False, limit=_READ_AT_ONCE)):
                yield _read_one(email.obj)
                if email.uid:
                    box.flag(email.uid, ["\\Seen"], True)


def _read_one(mail: Mail) -> list[Bounce]:
    """What one email says; one that cannot be read says nothing, and stops no other."""
    try:
        return bounces_in(mail)
    except Exception as problem:  # whatever somebody can write into an email
        note_failed("bounce mail", None, problem)
        return []


def bounces_in(mail: Mail) -> list[Bounce]:
    """What a delivery status notification says (RFC 3464); nothing in any other email."""
    report = next(
        (p for p in mail.walk() if p.get_content_type() == "message/delivery-status"), None
    )
    if report is None or not report.is_multipart():
        return []
    message_id = _original(mail, report)
    found = []
    for block in report.walk():  # one for the whole, one for each recipient
        action = str(block.get("Action", "")).strip().lower()
        status = str(block.get("Status", "")).strip().split(" ")[0]
        if action == "failed" and message_id:
            verdict = judge_bounce(status, str(block.get("Diagnostic-Code", "")))
            found.append(Bounce(message_id, status, verdict.wrong, ours=verdict.ours))
    return found


def _original(mail: Mail, report: Mail) -> str | None:
    """Our message's id: from the envelope's (RFC 3461), or the headers that came back."""
    for block in report.walk():
        if found := _ID.search(str(block.get("Original-Envelope-Id", ""))):
            return found[0]
    for part in mail.walk():
        if part.get_content_type() == "text/rfc822-headers":
            headers = str(part.get_payload())
            line = re.search(r"^Message-ID:\s*(\S+)", headers, re.IGNORECASE | re.MULTILINE)
            if line and (found := _ID.search(line[1])):
                return found[0]
        returned = part is not mail and part.get_content_type() != "message/delivery-status"
        if returned and (found := _ID.search(str(part.get("Message-ID", "")))):
            return found[0]
    return None
