"""What a refusal says: of the address, of the message, of us, or of the provider. One table for
email (mail servers' replies and bounces alike), one for texts; their words are not asked.

Only a bad mailbox, said at RCPT TO or in a bounce, says that the address recorded is wrong. What is
ours to mend (our sender, our key, a policy about us) waits until it is mended, and marks nobody.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from services.notifications.domain.values import Failure


class Step(StrEnum):
    """Where in a mail's way a refusal came (RFC 5321 section 3)."""

    CONNECT = "connect"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail from"
    RCPT = "rcpt to"
    DATA = "data"
    DOT = "after the dot"
    """The whole message had been given over."""
    BOUNCE = "bounce"
    """It was taken, and came back (RFC 3464)."""


BEFORE_ANYBODY = (Step.CONNECT, Step.EHLO, Step.STARTTLS, Step.AUTH, Step.MAIL)
"""Nobody has said yet to whom the message goes: no refusal here is about an address."""


@dataclass(frozen=True)
class Verdict:
    """What follows from a refusal.

    `wrong`: what is recorded of the contact is at fault. `provider`: the provider itself is not
    well, or does not want us; else one message has provoked it, which says nothing of the others.
    `elsewhere`: another provider may take it.
    """

    failure: Failure
    wrong: bool = False
    provider: bool = False
    elsewhere: bool = True

    @property
    def ours(self) -> bool:
        """Whether it is ours to mend."""
        return self.failure is Failure.MISCONFIGURED


WRONG = Verdict(Failure.PERMANENT, wrong=True, elsewhere=False)
UNREACHED = Verdict(Failure.PERMANENT)
"""This address takes nothing now (a full mailbox), though it may be right."""
OURS = Verdict(Failure.MISCONFIGURED, provider=True)
OURS_HERE = Verdict(Failure.MISCONFIGURED)
"""Ours to mend too, but said of this message (what it says, how long it is, to whom it goes)."""
LATER = Verdict(Failure.RETRYABLE)
AWAY = Verdict(Failure.RETRYABLE, provider=True)
UNANSWERED = Verdict(Failure.AMBIGUOUS, provider=True, elsewhere=False)
NO_UNICODE = Verdict(Failure.PERMANENT, wrong=True)
"""An address with letters that this server has none for (RFC 6531); another may have."""

# RFC 5248's registry, by subject and detail, as it is answered with a 5 at RCPT TO or in a bounce.
_MAILBOX = {
    "0.0": UNREACHED,  # a server that has codes, and says nothing by them
    # address status (RFC 3463 section 3.2, RFC 7504, RFC 7505)
    "1.0": WRONG,
    "1.1": WRONG,
    "1.2": WRONG,
    "1.3": WRONG,
    "1.4": WRONG,
    "1.6": WRONG,
    "1.10": WRONG,
    "1.7": OURS_HERE,
    "1.8": OURS_HERE,  # the sender's address: ours
    # mailbox status (section 3.3)
    "2.1": WRONG,
    "2.3": OURS_HERE,
    # mail system (section 3.4): too big for it
    "3.4": OURS_HERE,
    # content (section 3.7); RFC 6531 section 3.7: no letters for this address
    "6.7": NO_UNICODE,
    # RFC 7293: who had this mailbox, or domain, has it no more
    "7.17": WRONG,
    "7.18": WRONG,
    "7.19": UNREACHED,
    # a mailing list that lets nobody in (section 3.8)
    "7.2": UNREACHED,
}
_SUBJECT = {
    "1": UNREACHED,  # address
    "2": UNREACHED,  # mailbox
    "3": OURS_HERE,  # mail system: in a reply that of the server that we use
    "4": UNREACHED,  # network and routing
    "5": OURS_HERE,  # protocol
    "6": OURS_HERE,  # content
    "7": OURS_HERE,  # security and policy
}
"""By subject alone, where the detail is not in the table: others' codes (Exchange's 5.7.60) too."""
# RFC 5321 section 4.2.3 and RFC 7504, at RCPT TO, where no enhanced code says more.
_PLAIN = {
    550: WRONG,
    551: WRONG,
    553: WRONG,
    556: WRONG,
    552: UNREACHED,
    554: OURS_HERE,
    555: OURS_HERE,
}
_COMMANDS = range(500, 550)
"""Our commands, our signing in (RFC 4954): whatever they are about, they are ours."""
_SYSTEM_BUSY = (421, 452)
_SIZE = {"2.3", "3.4"}

_CODE = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})(?!\d)")


def enhanced(said: str, first: str = "") -> str | None:
    """The subject and detail (`1.1`) of the enhanced code with which a reply begins, if it has one
    and its class is that of the reply (RFC 2034 section 4)."""
    found = _CODE.match(said)
    if found is None or (first and found[1] != first):
        return None
    return f"{int(found[2])}.{int(found[3])}"


def judge(step: Step, code: int, said: str = "") -> Verdict:
    """What a mail server's reply says: by its enhanced code, and by the step at which it came."""
    first = str(code)[:1]
    detail = enhanced(said, first)
    if first == "4":
        return _for_now(step, code, detail)
    if first != "5":  # no answer to what was asked
        return UNANSWERED if step is Step.DOT else AWAY
    if step in BEFORE_ANYBODY:
        if step is Step.MAIL and detail == "6.7":
            return NO_UNICODE
        # RFC 1870: the size is said with MAIL FROM.
        about_message = step is Step.MAIL and (code == 552 or detail in _SIZE)
        return OURS_HERE if about_message else OURS
    if step is Step.RCPT:
        return _by_detail(detail) if detail else _plain(code)
    # The address was taken: whatever is said now does not call what is recorded wrong.
    verdict = _by_detail(detail) if detail else OURS_HERE
    return UNREACHED if verdict.wrong else verdict


def judge_bounce(status: str, diagnostic: str = "") -> Verdict:
    """What a report says (RFC 3464 section 2.3): its status, or the server's own words where that
    says nothing. For good, whatever its class: who reported has given it up."""
    detail = enhanced(status)
    if detail in (None, "0.0"):
        reply = re.match(r"\s*smtp\s*;\s*\d{3}[ -](.*)", diagnostic, re.IGNORECASE | re.DOTALL)
        detail = enhanced(reply[1]) if reply else None
        status = reply[1] if reply and detail else status
    if status.strip().startswith("4") or detail in (None, "0.0"):
        return UNREACHED
    return UNREACHED if detail.startswith("3.") else _by_detail(detail)


def _for_now(step: Step, code: int, detail: str | None) -> Verdict:
    plainly = detail in (None, "0.0")
    system = code in _SYSTEM_BUSY if plainly else str(detail).startswith("3.")
    return AWAY if step in BEFORE_ANYBODY or code == 421 or system else LATER


def _plain(code: int) -> Verdict:
    return OURS_HERE if code in _COMMANDS else _PLAIN.get(code, UNREACHED)


def _by_detail(detail: str) -> Verdict:
    return _MAILBOX.get(detail) or _SUBJECT.get(detail.partition(".")[0], UNREACHED)


# https://www.twilio.com/docs/api/errors, of sending and of receipts alike.
_NUMBERS = {
    # not a number, no such number, a landline; and who has said STOP there is reached no more
    **dict.fromkeys((21211, 21214, 21217, 21610, 21614, 21635, 30005, 30006), WRONG),
    # not reached from here, or not now
    **dict.fromkeys((21612, 30003, 30008), UNREACHED),
    # too many at once
    **dict.fromkeys((20429, 21611, 30001), AWAY),
    # taken for spam by the networks
    30007: OURS_HERE,
    # our account, our key
    **dict.fromkeys((20003, 20005, 20006, 20008, 30002), OURS),
}


def judge_twilio(status: int, code: int) -> Verdict:
    """What Twilio's refusal says, by its HTTP status and its own code (0: none)."""
    if found := _NUMBERS.get(code):
        return found
    if status in (408, 429) or status >= 500:
        return AWAY
    return OURS if status in (401, 403, 404) else OURS_HERE


def judge_twilio_receipt(code: str) -> Verdict:
    """What the code of a receipt of Twilio's says (none, of some): it was taken, and did not
    arrive."""
    known = code.isascii() and code.isdecimal()
    return _NUMBERS.get(int(code), UNREACHED) if known else UNREACHED


_DESTINATIONS = ("email_address", "phone_number")


def judge_notify(status: int, said: list[tuple[str, str]]) -> Verdict:
    """What GOV.UK Notify's refusal says: by its HTTP status, and each error's class and, of the
    message, the name of the field that it begins with (never its words)."""
    kinds = {kind for kind, _ in said}
    if status == 400 and "ValidationError" in kinds:
        fields = {words.split(" ", 1)[0].strip("`'\":,") for _, words in said} - {""}
        ours = fields and not fields & set(_DESTINATIONS)
        return OURS_HERE if ours else WRONG
    if status == 429 and "TooManyRequestsError" in kinds:
        return OURS  # a day's limit of ours: it is no passing rush
    if status in (408, 429) or status >= 500:
        return AWAY
    return OURS if status in (401, 403, 404) else OURS_HERE
