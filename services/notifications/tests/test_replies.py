"""What people text back: STOP in all its forms, START and never yes, other words for the setting."""

from collections.abc import Iterator
from typing import Any

import pytest
from twilio.request_validator import RequestValidator

from services.notifications.commands.send import send_waiting
from services.notifications.domain.reply import _START, _STOP, Meant, storable, understand
from services.notifications.domain.values import Language, Purpose
from services.notifications.providers.notify import NotifyTexts
from shared import ids
from tests.support.family import Family
from tests.support.house import Service, types
from tests.support.stubs import served_notify, served_twilio
from tests.support.world import outlets

OPTIONAL = sorted(purpose for purpose in Purpose if not purpose.essential)
# What carriers, networks and Twilio take today.
CARRIERS = (
    "STOP",
    "STOPALL",
    "STOP ALL",
    "UNSUBSCRIBE",
    "END",
    "QUIT",
    "CANCEL",
    "OPTOUT",
    "OPT OUT",
    "OPT-OUT",
    "REVOKE",
    "REMOVE",
)
DISGUISES = (
    "{}",
    '"{}"',
    "\u201c{}\u201d",
    "\u2018{}.\u2019",
    "'{}'",
    "\u00ab{}\u00bb",
    "({})",
    "<{}>",
    "*{}*",
    "\u00a0{}\u00a0",
    "\t{}\r\n",
    "\u2003{}\u3000",
    "{}\u3164",
    "{}!!!",
    "{}\u2026",
    "{}\u06d4",
    "\u00a1{}!",
    "{} \U0001f6d1",
    "\U0001f6d1{}\U0001f64f\U0001f3fd",
    "{}\ufe0f",
    "\u200b{}\u200d",
    "\ufeff{}",
    "\u200f{}\u200e",
    "\u202e{}\u202c",
    "\u2067{}\u2069",
    "- {} -",
    ". {} .",
)
NOT_COMMANDS = (
    "please stop texting me",
    "Stop it, Robin is ill today",
    "The end",
    "Cancel my seat please",
    "I cannot stop here",
    "don't stop",
    "Can we start at 9?",
    "restart",
    "Thank you",
    "HELP",
    "INFO",
    "OK",
    "",
    " ",
    "?",
    "\U0001f44d",
    "8",
    "STOP2",
    "tak",
    "nie",
    "\u06c1\u0627\u06ba",
    "\u0646\u06c1\u06cc\u06ba",
    "\ud800",
)
YES = (
    "YES",
    "Yes",
    "yes!",
    "\u201cYes\u201d",
    "Y",
    "YES PLEASE",
    "Yes, I agree",
    "TAK",
    "JA",
    "\u062c\u06cc",
)


def _full_width(words: str) -> str:
    return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in words)


def _mathematical(words: str) -> str:
    return "".join(chr(0x1D400 + ord(one) - 65) if "A" <= one <= "Z" else one for one in words)


def _commands() -> list[tuple[str, Meant]]:
    """Every word that is taken, of every language; the carriers' besides."""
    own = [
        (one, meant)
        for table, meant in ((_STOP, Meant.STOP), (_START, Meant.START))
        for words in table.values()
        for one in words
    ]
    return [
        *own,
        *((one, Meant.STOP) for one in CARRIERS),
        ("START", Meant.START),
        ("UNSTOP", Meant.START),
    ]


@pytest.mark.parametrize(("words", "meant"), _commands())
def test_a_command_is_understood_in_whatever_it_is_wrapped(words: str, meant: Meant) -> None:
    for said in (
        words,
        words.upper(),
        words.title(),
        words.swapcase(),
        _full_width(words),
        _mathematical(words.upper()),
        "\u00ad".join(words),
        words.replace(" ", "\u00a0"),
    ):
        for disguise in DISGUISES:
            assert understand(disguise.format(said)) is meant, disguise.format(said)


def test_urdu_is_understood_from_every_keyboard_and_polish_without_its_accents() -> None:
    urdu = "\u0628\u0646\u062f \u06a9\u0631\u06cc\u06ba"
    assert understand(urdu) is Meant.STOP
    assert understand(urdu.replace("\u06a9", "\u0643").replace("\u06cc", "\u064a")) is Meant.STOP
    assert understand("\u0628\u0640\u0646\u062f") is Meant.STOP  # drawn out
    assert understand("\ufe91\ufee8\ufeaa") is Meant.STOP  # presentation forms
    for accented, plain in (("rezygnuj\u0119", "REZYGNUJE"), ("wzn\u00f3w", "Wznow")):
        assert understand(accented) is understand(plain) is not Meant.OTHER


@pytest.mark.parametrize("words", [*NOT_COMMANDS, *YES])
def test_nothing_else_is_a_command(words: str) -> None:
    assert understand(words) is Meant.OTHER


def test_every_language_offered_has_its_words() -> None:
    assert set(_STOP) == set(_START) == set(Language)


def test_whatever_comes_can_be_kept() -> None:
    assert storable(" a\ud800b\x00c\nd ") == "a\ufffdb c\nd"
    assert len(storable("\U0001f600" * 5000)) == 2000


# --- through the front doors

NUMBER = "+447911123456"


@pytest.fixture
def family(notifications: Service) -> Iterator[Family]:
    for name in ("messages", "replies", "received_texts", "reply_counts", "contacts"):
        notifications.database[name].delete_many({})
    notifications.app.extensions["sen.twilio_tokens"] = frozenset({"secret-of-twilio"})
    notifications.app.extensions["sen.notify_tokens"] = frozenset({"secret-of-notify"})
    made = Family(notifications)
    made.link()
    notifications.take_events()
    yield made
    for provider in ("twilio", "notify"):
        notifications.app.extensions[f"sen.{provider}_tokens"] = frozenset()


def _by_twilio(family: Family, words: str, number: str = NUMBER, sid: str = "", **more: str) -> int:
    path = "/callbacks/twilio-received"
    form = {"MessageSid": sid or ids.new_id(), "From": number, "Body": words, **more}
    url = f"http://notifications.example{path}"
    signed = RequestValidator("secret-of-twilio").compute_signature(url, form)
    headers = {"X-Twilio-Signature": signed}
    return family.service.anonymous().post(path, data=form, headers=headers).status_code


def _by_notify(family: Family, words: str, number: str = NUMBER, sid: str = "", **_: str) -> int:
    body = {
        "id": sid or ids.new_id(),
        "source_number": number.lstrip("+"),
        "message": words,
        "destination_number": "07700900999",
        "date_received": "2026-11-24",
    }
    headers = {"Authorization": "Bearer secret-of-notify"}
    path = "/callbacks/notify-received"
    return family.service.anonymous().post(path, json=body, headers=headers).status_code


DOORS = pytest.mark.parametrize("door", [_by_twilio, _by_notify])


def _opted_out(family: Family, contact: dict[str, Any]) -> list[str]:
    return sorted(family.senco.get(f"/contacts/{contact['id']}")["opted_out"])


def _due(family: Family) -> list[dict[str, Any]]:
    """What waits, once the events of the contacts have gone round."""
    family.service.handle(*(one for one in family.service.take_events() if ".Reply" in one["type"]))
    found = family.senco.get(f"/settings/{family.setting}/due")
    return [one for one in found if one["kind"] == "reply"]


@DOORS
def test_stop_ends_what_can_be_ended_and_start_begins_it_again(family: Family, door: Any) -> None:
    made = family.add_contact(mobile=NUMBER, channels=["sms"])
    elsewhere = Family(family.service)
    other = elsewhere.add_contact(mobile=NUMBER, channels=["sms"])
    for words, wanted in (
        ("\u201cSTOP\u201d", OPTIONAL),
        ("Yes", OPTIONAL),
        ("STOP\u00a0", OPTIONAL),
        ("START", []),
        ("OPT OUT", OPTIONAL),
        ("unstop", []),
        ("Yes", []),
        ("\uff33\uff34\uff2f\uff30", OPTIONAL),
    ):
        assert door(family, words) == 204
        assert _opted_out(family, made) == _opted_out(elsewhere, other) == wanted, words


def test_twilios_own_stop_counts_in_whatever_words_and_its_start_does_not(family: Family) -> None:
    made = family.add_contact(mobile=NUMBER, channels=["sms"])
    assert _by_twilio(family, "Basta", OptOutType="STOP") == 204
    assert _opted_out(family, made) == OPTIONAL
    assert _by_twilio(family, "Yes", OptOutType="START") == 204
    assert _opted_out(family, made) == OPTIONAL


@DOORS
@pytest.mark.parametrize(
    "words", [*(w for w in NOT_COMMANDS if w.isprintable()), *YES, "<b>&", "x" * 5000]
)
def test_whatever_is_not_understood_reaches_the_senco(
    family: Family, door: Any, words: str
) -> None:
    made = family.add_contact(mobile=NUMBER, channels=["sms"])
    text_id = ids.new_id()
    assert door(family, words, sid=text_id) == 204
    assert door(family, words, sid=text_id) == 204  # passed on again
    assert _opted_out(family, made) == []
    said = [one for one in family.service.take_events() if ".Reply" in one["type"]]
    assert types(said) == ["ReplyReceived"]
    assert set(said[0]["data"]) == {"setting_id", "person_id", "reply_id"}
    family.service.handle(*said)
    (waits,) = _due(family)
    assert (waits["person_id"], waits["path"]) == (
        family.parent,
        f"/people/{family.setting}/{family.parent}",
    )
    (reply,) = family.senco.get(f"/contacts/{made['id']}/replies")
    assert (reply["words"], reply["read_at"]) == (words.strip()[:2000], None)
    at = f"/contacts/{made['id']}/replies/{reply['id']}/read"
    for _ in range(2):
        assert family.senco.call("POST", at).status_code == 204
    assert _due(family) == []
    assert family.senco.get(f"/contacts/{made['id']}/replies")[0]["read_at"]


def test_a_reply_goes_to_the_setting_that_texted_last_and_to_nobody_else(family: Family) -> None:
    made = family.add_contact(mobile=NUMBER, channels=["sms"])
    other = Family(family.service)
    other.link()
    others = other.add_contact(mobile=NUMBER, channels=["sms"])
    with served_notify() as (_, provider):
        for one in (family, other):
            one.issue_copy()
            send_waiting(
                one.service.store, outlets(one.service, sms=NotifyTexts(provider._settings))
            )
    _by_notify(family, "We are ill today")
    assert family.senco.get(f"/contacts/{made['id']}/replies") == []
    (reply,) = other.senco.get(f"/contacts/{others['id']}/replies")
    assert reply["words"] == "We are ill today"
    # It is not another's to read.
    at = f"/contacts/{made['id']}/replies/{reply['id']}/read"
    assert family.senco.call("POST", at).status_code == 404
    assert family.senco.call("GET", f"/contacts/{others['id']}/replies").status_code == 404


@DOORS
@pytest.mark.parametrize("number", ["+447911123499", "60006", "SCHOOL", "447911123499"])
def test_a_text_of_nobodys_is_counted_and_nothing_of_it_kept(
    family: Family, door: Any, number: str
) -> None:
    family.add_contact(mobile=NUMBER, channels=["sms"])
    assert door(family, "STOP", number=number) == 204
    assert door(family, "Who is this?", number=number) == 204
    assert family.service.database["replies"].count_documents({}) == 0
    operator = family.service.person("operator")
    assert operator.get("/operations/sending")["replies"] == {"no_contact": 2}
    for name in ("received_texts", "reply_counts"):
        assert number.lstrip("+") not in str(list(family.service.database[name].find()))


def test_a_national_number_is_the_same_number(family: Family) -> None:
    made = family.add_contact(mobile=NUMBER, channels=["sms"])
    assert _by_notify(family, "STOP", number="07911123456") == 204
    assert _opted_out(family, made) == OPTIONAL


@pytest.mark.parametrize("how", ["refused", "receipt"])
def test_who_has_said_stop_to_the_network_has_said_it_to_every_setting(
    family: Family, how: str
) -> None:
    """Twilio blocks the number: what is essential goes by email, and START brings texts back."""
    made = family.add_contact(mobile=NUMBER, channels=["sms", "email"])
    elsewhere = Family(family.service)
    other = elsewhere.add_contact(mobile=NUMBER, channels=["sms"])
    family.issue_copy()
    with served_twilio() as (kept, texts), served_notify() as (mails, email):
        kept.faults = [(400, 21610)] if how == "refused" else []
        through = outlets(family.service, sms=texts, email=email)
        send_waiting(family.service.store, through)
        if how == "receipt":
            at = kept.taken[0]["status_callback"].removeprefix("http://notifications.example")
            form = {"MessageStatus": "undelivered", "ErrorCode": "21610"}
            url = f"http://notifications.example{at}"
            signed = RequestValidator("secret-of-twilio").compute_signature(url, form)
            headers = {"X-Twilio-Signature": signed}
            family.service.anonymous().post(at, data=form, headers=headers)
        send_waiting(family.service.store, through)
        assert [one["type"] for one in mails.taken] == ["email"]
    assert _opted_out(family, made) == _opted_out(elsewhere, other) == OPTIONAL
    (failing,) = family.senco.get(f"/contacts/{made['id']}")["failing"]
    assert failing["channel"] == "sms"
    assert _by_twilio(family, "START") == 204
    assert family.senco.get(f"/contacts/{made['id']}")["failing"] == []
    assert _opted_out(family, made) == _opted_out(elsewhere, other) == []
