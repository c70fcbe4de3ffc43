"""One email as it goes over the wire (RFC 5322): its headers and its two forms of words."""

from collections.abc import Iterable, Mapping
from email import policy
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import EmailPolicy, Policy
from email.utils import format_datetime, parseaddr
from typing import Any

from services.notifications.domain.one_line import encodable, one_line
from services.notifications.providers.address import NoAddress, needs_unicode, on_the_wire
from services.notifications.providers.provider import Email
from shared import clock

_LINE, _LONGEST_LINE = 78, 998
"""RFC 5322 section 2.1.1: what a line should not, and must not, be longer than."""

_FREE_TEXT = ("subject", "comments")


class _Verbatim(UnstructuredHeader, BaseHeader):
    """A header whose value is read by machines: never in encoded words (RFC 2047 section 5).

    It has one place to fold: before the value, or at its own blanks.
    """

    max_count = 1

    def fold(self, *, policy: "Policy[Any]") -> str:
        """The header as it is sent."""
        lines, line = [], f"{self.name}:"
        for word in str(self).split():
            if len(line) + 1 + len(word) > _LINE and line.strip():
                lines.append(line)
                line = ""
            line = f"{line} {word}"
        return policy.linesep.join([*lines, line]) + policy.linesep


class _ForPeople(_Verbatim):
    """A header that people read: in encoded words where ASCII cannot say it (RFC 2047).

    The library's own folding of these loses blanks between words of some languages.
    """

    def fold(self, *, policy: "Policy[Any]") -> str:
        """The header as it is sent."""
        said = str(self)
        fits = all(len(word) < _LONGEST_LINE for word in said.split()) and "=?" not in said
        if fits and (said.isascii() or getattr(policy, "utf8", False)):
            return super().fold(policy=policy)
        encoded = Header(said, "utf-8", header_name=self.name, maxlinelen=_LINE - 2)
        return f"{self.name}: {encoded.encode(linesep=policy.linesep)}{policy.linesep}"


def _registry(names: Iterable[str]) -> HeaderRegistry:
    made = HeaderRegistry()
    for name in names:
        made.map_to_type(name, _ForPeople if name.lower() in _FREE_TEXT else _Verbatim)
    return made


def compose(
    email: Email, to: str, *, sender: str, message_domain: str, eight_bit: bool = True
) -> bytes:
    """The email in bytes, to an address as it goes over the wire (`on_the_wire`).

    `eight_bit` says whether the server takes other letters than ASCII in the words (RFC 6152).
    Raises NoAddress where the sender's is none.
    """
    given = {
        "To": to,
        "Date": format_datetime(clock.now()),
        "Message-ID": f"<{email.message_id}@{on_the_wire(f'x@{message_domain}')[2:]}>",
        "Auto-Submitted": "auto-generated",
        **_sayable(email.headers),
    }
    wire: EmailPolicy[Any] = policy.SMTP.clone(
        header_factory=_registry(["Subject", *given]),
        utf8=needs_unicode(to),
        cte_type="8bit" if eight_bit else "7bit",
    )
    message = EmailMessage(policy=wire)
    message["From"] = _sender(sender)
    message["Subject"] = one_line(email.subject)
    for name, value in given.items():
        message[name] = value
    message.set_content(encodable(email.text))
    message.add_alternative(encodable(email.html), subtype="html")
    return message.as_bytes()


def bare_address(sender: str) -> str:
    """The address of `Name <address>`. Raises NoAddress."""
    return on_the_wire(parseaddr(sender)[1])


def _sender(sender: str) -> Address:
    try:
        return Address(one_line(parseaddr(sender)[0]), addr_spec=bare_address(sender))
    except (ValueError, MessageError) as problem:
        raise NoAddress("this is not an email address") from problem


def _sayable(headers: Mapping[str, str]) -> dict[str, str]:
    """Those that can be sent at all: without one that is too long for a line, or not ASCII, the
    email goes out all the same, and what it offered stands in its words too."""
    found = {name: one_line(value) for name, value in headers.items()}
    return {
        name: value
        for name, value in found.items()
        if name.lower() in _FREE_TEXT
        or (value.isascii() and all(len(word) < _LONGEST_LINE for word in value.split()))
    }
