"""A mailbox for development: takes every email by SMTP, keeps it, and shows it on a page."""

import mailbox
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Blueprint, Response, abort, jsonify, render_template_string, request

_SHOWN = 200

_LIST = """<!doctype html><html lang="en-GB"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Mailbox</title>
<style>body{font:1rem/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
td,th{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #ccc}</style>
<h1>Mailbox</h1><p>What families were sent, latest first ({{ count }} in all).
<a href="/">Back</a></p>
<table><tr><th>When<th>To<th>Subject</tr>{% for mail in mails %}
<tr><td>{{ mail.date }}<td>{{ mail.to }}<td><a href="/mail/{{ mail.id }}">{{ mail.subject }}</a></tr>
{% endfor %}</table></html>"""

_ONE = """<!doctype html><html lang="en-GB"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{{ mail.subject }}</title>
<style>body{font:1rem/1.5 sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f3f2f1;padding:1rem}iframe{width:100%;height:34rem;border:1px solid #ccc}</style>
<p><a href="/mail">Mailbox</a></p><h1>{{ mail.subject }}</h1>
<p>To {{ mail.to }}<br>{{ mail.date }}<br><small>{{ mail.message_id }}</small></p>
<h2>As text</h2><pre>{{ mail.text | urlize }}</pre>
<h2>As the mail program shows it</h2><iframe title="The email" sandbox="allow-popups" src="/mail/{{ mail.id }}/html"></iframe></html>"""


class Mailbox:
    """The kept emails, in a Maildir."""

    def __init__(self, folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._kept = mailbox.Maildir(str(folder), create=True)
        self._read: dict[str, dict[str, Any]] = {}

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep what arrives (called by aiosmtpd)."""
        content = envelope.original_content or b""
        self._kept.add(mailbox.MaildirMessage(message_from_bytes(content)))
        return "250 kept"

    def all(self, to: str | None = None) -> list[dict[str, Any]]:
        """The emails, latest first; `to` picks one recipient's."""
        # Maildir keys begin with the time they were made.
        keys = sorted(self._kept.keys(), key=_age, reverse=True)
        found = []
        for key in keys:
            mail = self.one(key)
            if mail and (to is None or mail["to"] == to):
                found.append(mail)
            if len(found) >= _SHOWN:
                break
        return found

    def count(self) -> int:
        """How many there are."""
        return len(self._kept)

    def one(self, key: str) -> dict[str, Any] | None:
        """One email, or None."""
        if key in self._read:
            return self._read[key]
        try:
            message = message_from_bytes(self._kept.get_bytes(key), policy=policy.default)
        except KeyError:
            return None
        assert isinstance(message, EmailMessage)
        self._read[key] = {
            "id": key,
            "to": str(message["To"]),
            "subject": str(message["Subject"]),
            "date": parsedate_to_datetime(str(message["Date"])).isoformat(),
            "message_id": str(message["Message-ID"]),
            "text": _part(message, "plain"),
            "html": _part(message, "html"),
        }
        return self._read[key]


def listen(kept: Mailbox, port: int, host: str) -> Controller:
    """Take emails at `host` and `port`, in a thread of its own, until told to stop."""
    controller = Controller(kept, hostname=host, port=port)
    controller.start()
    return controller


def blueprint(kept: Mailbox) -> Blueprint:
    """`/mail`, and `/mail.json?to=` for programs."""
    made = Blueprint("mailbox", __name__)

    @made.get("/mail")
    def mails() -> str:
        return render_template_string(_LIST, mails=kept.all(), count=kept.count())

    @made.get("/mail.json")
    def mails_as_json() -> Response:
        return jsonify(items=kept.all(request.args.get("to")))

    @made.get("/mail/<key>")
    def mail(key: str) -> str:
        found = kept.one(key)
        return render_template_string(_ONE, mail=found) if found else abort(404)

    @made.get("/mail/<key>/html")
    def mail_html(key: str) -> str:
        found = kept.one(key)
        return found["html"] if found else abort(404)

    return made


def _age(key: str) -> float:
    seconds, _, rest = key.partition(".")
    micro = rest.partition("M")[2].partition("P")[0]
    return float(f"{seconds}.{micro.zfill(6)}") if micro.isdigit() else float(seconds)


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part else ""
