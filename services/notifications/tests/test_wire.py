"""An email on its way to a real mail server: its headers, its address, and whose a refusal is."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import product

import pytest
from aiosmtpd.smtp import Envelope

from services.notifications.domain.circuit import Circuit
from services.notifications.domain.contact import ChildName, Contact, Details, SettingProfile
from services.notifications.domain.due import Due, in_lines
from services.notifications.domain.message import About, Message
from services.notifications.domain.one_line import one_line
from services.notifications.domain.values import Channel, Failure, Language, Purpose
from services.notifications.providers.provider import SendingFailed
from services.notifications.providers.several import Several
from services.notifications.providers.smtp import SmtpProvider
from services.notifications.rendering.links import LinkMaker
from services.notifications.rendering.messages import Speaker
from services.notifications.rendering.samples import OUTCOMES
from shared import clock, ids
from shared.identity.links import Links
from tests.support.house import LINK_KEY
from tests.support.smtp import Server, an_email, served, settings

LONG_NAMES = {
    Language.ENGLISH: "Clementine-Rose " * 12,
    Language.POLISH: "Świętosława Żółć " * 12,
    Language.URDU: "محمد علی " * 12,
}
LINE_ENDS = [one for one in map(chr, range(0x3000)) if len(f"a{one}b".splitlines()) > 1]
CONTROLS = [chr(one) for one in (*range(0x20), *range(0x7F, 0xA0))]
# What people read; every other header is read by machines (RFC 2047 section 5).
FOR_PEOPLE = ("subject", "from")


def read(envelope: Envelope) -> EmailMessage:
    assert isinstance(envelope.content, bytes)
    found = message_from_bytes(envelope.content, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def _headers_on_the_wire(envelope: Envelope) -> dict[str, str]:
    """Each header as it was sent, unfolded and not decoded."""
    assert isinstance(envelope.content, bytes)
    assert all(len(line) <= 998 for line in envelope.content.split(b"\r\n"))
    head = envelope.content.partition(b"\r\n\r\n")[0].decode("ascii")
    lines = re.sub(r"\r\n(?=[ \t])", "", head).split("\r\n")
    return {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}


def _speaker(language: Language, name: str, base: str) -> Speaker:
    details = Details(
        name, "parent@families.example", None, language, [Channel.EMAIL], [ChildName("c", name)]
    )
    services = ("plans", "reviews", "referrals", "notifications")
    links = LinkMaker(Links((LINK_KEY,), 90), dict.fromkeys(services, base))
    profile = SettingProfile("s", "s", name, "01234 567 890")
    lines = in_lines(dict.fromkeys(Due, 2))
    return Speaker(Contact("k", "p", "s", details), profile, links, language, lines)


def _messages() -> Iterator[tuple[Purpose, Message]]:
    """One message of every purpose, and of every outcome that a template speaks of."""
    at = datetime(2027, 3, 2, 9, tzinfo=UTC)
    for purpose in Purpose:
        for outcome in OUTCOMES.get(purpose, (None,)):
            about = About("c", "plan", ids.new_id(), date(2027, 3, 5), outcome)
            yield purpose, Message(ids.new_id(), "p", "c", "s", purpose, about, at, at)


def test_every_header_of_every_purpose_in_every_language_comes_back_as_it_was_meant() -> None:
    base = "https://notifications.council.example/" + "a-long-way-to-go/" * 30
    server, given = Server(), []
    with served(server) as provider:
        for (purpose, message), language, long in product(_messages(), Language, (False, True)):
            name = LONG_NAMES[language] if long else LONG_NAMES[language].split()[0]
            speaker = _speaker(language, name, base if long else "https://n.example")
            said = speaker.email(message, [message.own_part()])
            assert ("List-Unsubscribe" in said.headers) == (not purpose.essential)
            email = an_email(subject=said.subject, text=said.text, html=said.html,
                             headers=said.headers)  # fmt: skip
            provider.send(email)
            given.append(email)
    assert len(server.taken) == len(given) > 3 * 2 * len(Purpose)
    for email, envelope in zip(given, server.taken, strict=True):
        wire, found = _headers_on_the_wire(envelope), read(envelope)
        assert not [n for n, value in wire.items() if "=?" in value and n not in FOR_PEOPLE]
        for name, value in email.headers.items():
            assert wire[name.lower()] == value
        assert wire["to"] == email.to
        assert wire["message-id"] == f"<{email.message_id}@sen.example>"
        assert wire["auto-submitted"] == "auto-generated"
        assert found["from"].addresses[0].addr_spec == "school@sen.example"
        assert str(found["subject"]) == email.subject
        text = found.get_body(("plain",))
        assert text is not None
        assert text.get_content().splitlines() == email.text.splitlines()


@pytest.mark.parametrize("kind", ["line ends", "controls", "halves", "turned round"])
def test_whatever_a_name_was_recorded_with_the_subject_is_one_clean_line(kind: str) -> None:
    odd = {
        "line ends": LINE_ENDS, "controls": CONTROLS, "halves": ["\ud800", "\udfff"],
        "turned round": ["\u202e", "\u2067", "\u202a"],
    }[kind]  # fmt: skip
    server, (_, message) = Server(), next(_messages())
    assert "\u2028" in LINE_ENDS and "\x85" in LINE_ENDS
    with served(server) as provider:
        for one, language in product(odd, Language):
            speaker = _speaker(language, f"Ro{one}bin{one}", "https://n.example")
            said = speaker.email(message, [message.own_part()])
            assert one not in said.subject and one_line(said.subject) == said.subject
            provider.send(an_email(subject=said.subject, text=said.text, html=said.html))
            # What comes by another way is clean too.
            subject = f"Ro{one}bin's plan"
            provider.send(an_email(subject=subject, text=f"Dear {one}\n", html=f"<p>{one}</p>"))
    for envelope in server.taken:
        subject = str(read(envelope)["subject"])
        assert "bin" in subject and len(subject.splitlines()) == 1
        assert set(_headers_on_the_wire(envelope)) <= {
            "from", "to", "subject", "date", "message-id", "auto-submitted", "mime-version",
            "content-type",
        }  # fmt: skip
    assert len(server.taken) == 2 * len(odd) * len(Language)


def test_a_header_that_no_line_can_hold_is_left_out_and_the_email_goes() -> None:
    server = Server()
    with served(server) as provider:
        for length in (60, 900, 996, 999, 5000):
            address = f"<https://n.example/{'x' * (length - 20)}>"
            provider.send(an_email(headers={"List-Unsubscribe": address}))
    kept = [_headers_on_the_wire(envelope).get("list-unsubscribe") for envelope in server.taken]
    assert [len(one or "") for one in kept] == [60, 900, 996, 0, 0]


DOMAINS = [
    ("müller.example", "xn--mller-kva.example"),
    ("STRASSE.Beispiel.example", "STRASSE.Beispiel.example"),
    ("straße.example", "xn--strae-oqa.example"),  # IDNA 2008: not strasse
    ("MÜLLER.Example", "xn--mller-kva.example"),
    ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
    ("پاکستان.example", "xn--mgbai9azgqp6j.example"),
    ("żółw.example。", "xn--w-uga1v8h.example"),
]


@pytest.mark.parametrize(("domain", "wire"), DOMAINS)
def test_a_domain_goes_out_in_letters_that_every_server_has(domain: str, wire: str) -> None:
    server = Server()
    with served(server) as provider:
        provider.send(an_email(f"parent@{domain}"))
    (envelope,) = server.taken
    assert envelope.rcpt_tos == [f"parent@{wire}"]
    assert _headers_on_the_wire(envelope)["to"] == f"parent@{wire}"


WRONG = ["żaneta@families.example", "parent@-.ü", "parent@exa mple", "parent", "@families.example",
         "a\r\nRCPT TO:<x@y>@families.example", "\ud800@families.example", f"a@{'ü' * 70}.example"]  # fmt: skip


@pytest.mark.parametrize("address", WRONG)
def test_an_address_that_no_server_takes_is_its_own_trouble(address: str) -> None:
    server, circuits = Server(), dict[str, Circuit]()
    with served(server) as provider:
        several = Several([provider], circuits=circuits)
        for _ in range(7):
            with pytest.raises(SendingFailed) as refused:
                several.send(an_email(address))
            assert refused.value.failure is Failure.PERMANENT and refused.value.verdict.wrong
            assert address not in refused.value.reason
        several.send(an_email())
    assert len(server.taken) == 1 and server.asked == 1


def test_letters_that_one_server_has_not_go_by_the_one_that_has() -> None:
    without, has = Server(), Server()
    email = an_email("żaneta@müller.example", subject="Zażółć")
    with served(without) as first, served(has, unicode_too=True) as second:
        several = Several([first, second])
        assert several.send(email) == second.name
    (envelope,) = has.taken
    assert envelope.rcpt_tos == ["żaneta@xn--mller-kva.example"]
    assert {"SMTPUTF8", "BODY=8BITMIME"} <= set(envelope.mail_options)
    assert isinstance(envelope.content, bytes)
    head = envelope.content.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    assert "To: żaneta@xn--mller-kva.example" in head and "Subject: Zażółć" in head


REFUSALS = [
    # where, what it says: the failure, whether the address is wrong, whether the provider rests
    ("MAIL", "550 5.7.60 Client does not have permissions", Failure.MISCONFIGURED, False, True),
    ("MAIL", "550 no such sender", Failure.MISCONFIGURED, False, True),
    ("MAIL", "550 5.1.1 bad mailbox", Failure.MISCONFIGURED, False, True),
    ("MAIL", "530 5.7.0 Authentication required", Failure.MISCONFIGURED, False, True),
    ("MAIL", "552 5.3.4 Message too big", Failure.MISCONFIGURED, False, False),
    ("MAIL", "451 4.3.0 later", Failure.RETRYABLE, False, True),
    ("RCPT", "550 5.1.1 No such user", Failure.PERMANENT, True, False),
    ("RCPT", "550 no such user", Failure.PERMANENT, True, False),
    ("RCPT", "550 5.7.1 Relaying denied", Failure.MISCONFIGURED, False, False),
    ("RCPT", "554 Relay access denied", Failure.MISCONFIGURED, False, False),
    ("RCPT", "552 5.2.2 Mailbox full", Failure.PERMANENT, False, False),
    ("RCPT", "450 4.2.1 Greylisted", Failure.RETRYABLE, False, False),
    ("RCPT", "451 Greylisted", Failure.RETRYABLE, False, False),
    ("RCPT", "452 4.3.1 No space", Failure.RETRYABLE, False, True),
    ("RCPT", "421 Closing", Failure.RETRYABLE, False, True),
    ("DOT", "554 5.6.0 Not like this", Failure.MISCONFIGURED, False, False),
    ("DOT", "550 5.7.1 Looks like spam", Failure.MISCONFIGURED, False, False),
    ("DOT", "550 5.1.1 No such user", Failure.PERMANENT, False, False),
    ("DOT", "552 too much", Failure.MISCONFIGURED, False, False),
    ("DOT", "451 4.7.1 later", Failure.RETRYABLE, False, False),
]


@pytest.mark.parametrize(("where", "says", "failure", "wrong", "rests"), REFUSALS)
def test_whose_trouble_a_refusal_is(
    where: str, says: str, failure: Failure, wrong: bool, rests: bool
) -> None:
    server, circuits = Server({where: says}), dict[str, Circuit]()
    with served(server) as provider:
        several = Several([provider], circuits=circuits)
        for _ in range(5):
            with pytest.raises(SendingFailed) as refused:
                several.send(an_email())
            assert (refused.value.failure, refused.value.verdict.wrong) == (failure, wrong)
        assert circuits[provider.name].has_turn(0) is not rests
        server.answers.clear()
        if rests:  # what is ours to mend is waited for as long as it takes
            with pytest.raises(SendingFailed) as resting:
                several.send(an_email())
            assert resting.value.failure is failure
        else:
            several.send(an_email())
    assert "families.example" not in refused.value.reason


@pytest.mark.parametrize(("where", "says", "failure", "wrong", "rests"), REFUSALS)
def test_the_next_provider_has_its_turn_unless_the_address_is_wrong(
    where: str, says: str, failure: Failure, wrong: bool, rests: bool
) -> None:
    refusing, taking = Server({where: says}), Server()
    with served(refusing) as first, served(taking) as second:
        several = Several([first, second])
        if wrong:
            with pytest.raises(SendingFailed):
                several.send(an_email())
        else:
            assert several.send(an_email()) == second.name
    assert len(taking.taken) == (not wrong)


@pytest.mark.parametrize(
    ("where", "failure"),
    [("MAIL", Failure.RETRYABLE), ("RCPT", Failure.RETRYABLE), ("DOT", Failure.AMBIGUOUS)],
)
def test_only_what_had_its_last_dot_may_have_been_taken(where: str, failure: Failure) -> None:
    server = Server(hang_up_at=where)
    with served(server) as provider, pytest.raises(SendingFailed) as lost:
        provider.send(an_email())
    assert lost.value.failure is failure


@pytest.mark.parametrize(("where", "failures"), [("MAIL", 1), ("RCPT", 0)])
def test_a_message_that_is_tried_again_and_again_opens_no_circuit(
    where: str, failures: int
) -> None:
    server, circuits, email = Server(hang_up_at=where), dict[str, Circuit](), an_email()
    with served(server) as provider:
        several = Several([provider], circuits=circuits)
        for _ in range(9):
            with pytest.raises(SendingFailed):
                several.send(email)
        assert circuits[provider.name].failures == failures
        server.hang_up_at = ""
        several.send(an_email())


@pytest.mark.parametrize(("where", "rests"), [("MAIL", True), ("RCPT", False)])
def test_only_a_server_that_hangs_up_before_it_knows_to_whom_has_a_rest(
    where: str, rests: bool
) -> None:
    """What it hangs up at is each message's own, however many there are at such an address."""
    server, circuits = Server(hang_up_at=where), dict[str, Circuit]()
    with served(server) as provider:
        several = Several([provider], circuits=circuits)
        for number in range(6):
            with pytest.raises(SendingFailed) as failed:
                several.send(an_email(f"person-{number}@families.example"))
            assert failed.value.failure is Failure.RETRYABLE
        server.hang_up_at = ""
        if rests:
            with pytest.raises(SendingFailed, match="turn"):
                several.send(an_email())
        else:
            several.send(an_email())


def test_one_that_is_refused_stops_no_neighbour_on_the_same_connection() -> None:
    server = Server({"wrong@families.example": "550 5.1.1 No such user"})
    with served(server) as provider:
        for to in ("a@families.example", "wrong@families.example", "b@families.example"):
            try:
                provider.send(an_email(to))
            except SendingFailed as refused:
                assert refused.verdict.wrong
    assert [one.rcpt_tos for one in server.taken] == [
        ["a@families.example"],
        ["b@families.example"],
    ]


def test_a_connection_that_was_closed_meanwhile_is_opened_anew() -> None:
    server = Server()
    with served(server) as provider:
        provider.send(an_email())
        assert provider._server and provider._server.sock
        server.answers["MAIL"] = "421 4.4.2 Idle for too long"
        with pytest.raises(SendingFailed):
            provider.send(an_email())
        server.answers.clear()
        provider.send(an_email())
        assert provider._server.sock
        provider._server.sock.close()
        provider.send(an_email())
    assert len(server.taken) == 3


def test_words_come_back_as_they_were_given_dots_and_all() -> None:
    server = Server()
    with served(server) as provider:
        provider.send(an_email())
    body = read(server.taken[0]).get_body(("plain",))
    assert body and body.get_content().splitlines() == ["Words", ".", "..dots"]


def test_our_own_address_that_is_none_is_ours_to_mend() -> None:
    for sender in ("", "nobody", "żaneta@sen.example"):
        provider = SmtpProvider(settings(9, sender))
        server = Server()
        with served(server) as open_one:
            provider._server = open_one._open()
            with pytest.raises(SendingFailed) as refused:
                provider.send(an_email())
        assert refused.value.failure is Failure.MISCONFIGURED
        assert not refused.value.verdict.wrong and clock.now()
