"""Whether people are reached: bounces, receipts, wrong contacts, and whom that is told."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from twilio.request_validator import RequestValidator

from deploy.local.notify import NotifyStub
from deploy.local.twilio import TwilioStub
from services.notifications.commands.bounces import read_bounces
from services.notifications.commands.send import send_waiting
from services.notifications.providers.mailbox import Mailbox
from services.notifications.providers.notify import NotifyProvider, NotifyTexts
from services.notifications.providers.twilio import TwilioTexts
from services.notifications.settings import MailboxSettings
from shared import clock, ids
from shared.identity.links import Link, Links
from tests.support.family import Family
from tests.support.house import LINK_KEY, Service, event, types
from tests.support.imap import DOVECOT, deliver, served_mailbox, unseen
from tests.support.stubs import served_notify, served_twilio
from tests.support.world import contact, outlets

TOKEN = "stub-token-of-twilio"


@pytest.fixture
def stub() -> Iterator[tuple[NotifyStub, NotifyProvider]]:
    with served_notify() as found:
        yield found


@pytest.fixture
def twilio(notifications: Service) -> Iterator[tuple[TwilioStub, TwilioTexts]]:
    notifications.app.extensions["sen.twilio_tokens"] = frozenset({TOKEN})
    with served_twilio() as found:
        yield found
    notifications.app.extensions["sen.twilio_tokens"] = frozenset()


@pytest.fixture
def family(notifications: Service) -> Family:
    notifications.database["messages"].delete_many({})
    made = Family(notifications)
    made.link()
    return made


@pytest.fixture(scope="module")
def mailbox() -> Iterator[MailboxSettings]:
    if not DOVECOT.exists():
        pytest.skip("Dovecot is not installed here")
    with served_mailbox() as found:
        yield found


def _bounce(message_id: str, *, status: str = "5.1.1", action: str = "failed",
            envelope_id: bool = False) -> bytes:  # fmt: skip
    """What a mail server sends back (RFC 3464), as Postfix writes it."""
    envelope = f"Original-Envelope-Id: {message_id}\r\n" if envelope_id else ""
    returned = "" if envelope_id else f"Message-ID: <{message_id}@sen.example>\r\n"
    return (
        "From: MAILER-DAEMON@mx.example\r\nTo: bounces@sen.example\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n"
        ' boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nYour message could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx.example\r\n{envelope}\r\n"
        "Final-Recipient: rfc822; parent@families.example\r\n"
        f"Action: {action}\r\nStatus: {status}\r\n\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"From: school@sen.example\r\n{returned}Subject: Hidden\r\n\r\n--b--\r\n"
    ).encode()


@pytest.mark.parametrize("envelope_id", [False, True])
def test_an_email_that_came_back_goes_by_text_and_the_setting_sees_that_it_is_wrong(
    family: Family, stub: tuple[NotifyStub, NotifyProvider], mailbox: MailboxSettings,
    envelope_id: bool,
) -> None:  # fmt: skip
    kept, provider = stub
    made = family.add_contact(mobile="07700 900141", channels=["email", "sms"])
    family.issue_copy()
    through = outlets(family.service, email=provider, sms=NotifyTexts(provider._settings))
    send_waiting(family.service.store, through)
    (message,) = family.messages()
    deliver(mailbox, b"Subject: Out of office\r\n\r\nI am away.\r\n")
    deliver(mailbox, _bounce(message["id"], action="delayed", status="4.4.1"))
    deliver(mailbox, _bounce(message["id"], envelope_id=envelope_id))
    deliver(mailbox, _bounce(ids.new_id()))  # of nobody's
    family.service.take_events()
    assert read_bounces(family.service.store, Mailbox(mailbox)) == 4
    assert unseen(mailbox) == 0 and read_bounces(family.service.store, Mailbox(mailbox)) == 0
    send_waiting(family.service.store, through)
    (message,) = family.messages()
    assert (message["state"], message["channel"]) == ("sent", "sms")
    assert [one["type"] for one in kept.taken] == ["email", "sms"]
    at = f"/contacts/{made['id']}"
    (failing,) = family.senco.get(at)["failing"]
    assert (failing["channel"], failing["reason"]) == ("email", "bounce: 5.1.1")
    assert "ContactFailing" in types(family.service.take_events())
    due = family.senco.get(f"/settings/{family.setting}/due")
    assert [one["person_id"] for one in due if one["kind"] == "contact_failing"] == [family.parent]
    # From now on what works is tried first, until the address is put right.
    family.issue_copy(2)
    send_waiting(family.service.store, through)
    assert [one["type"] for one in kept.taken] == ["email", "sms", "sms"]
    details = {**made["details"], "email": "right@families.example"}
    found = family.senco.put(at, details, version=family.senco.get(at)["version"])
    assert found["failing"] == []
    family.issue_copy(3)
    send_waiting(family.service.store, through)
    assert kept.taken[-1]["email_address"] == "right@families.example"


def test_a_full_mailbox_is_no_wrong_address(
    family: Family, stub: tuple[NotifyStub, NotifyProvider], mailbox: MailboxSettings
) -> None:
    made = family.add_contact()
    family.issue_copy()
    send_waiting(family.service.store, outlets(family.service, email=stub[1]))
    (message,) = family.messages()
    deliver(mailbox, _bounce(message["id"], status="5.2.2"))
    read_bounces(family.service.store, Mailbox(mailbox))
    assert family.messages()[0]["state"] == "permanent_failure"
    assert family.senco.get(f"/contacts/{made['id']}")["failing"] == []


def test_a_mailbox_that_is_away_holds_nothing_up(family: Family) -> None:
    away = MailboxSettings("127.0.0.1", 9, "none", "bounces", "secret", "INBOX")
    assert read_bounces(family.service.store, Mailbox(away)) == 0


@pytest.mark.parametrize("mail", [b"", b"\xff\xfe", b"Content-Type: multipart/report\r\n\r\n--",
                                  b"Content-Type: message/delivery-status\r\n\r\nAction: failed"])  # fmt: skip
def test_whatever_lies_in_the_mailbox_is_passed_over(mail: bytes) -> None:
    from email import message_from_bytes

    from services.notifications.providers.mailbox import bounces_in

    assert bounces_in(message_from_bytes(mail)) == []


def _twilio_says(family: Family, path: str, token: str = TOKEN, **form: str) -> Any:
    signed = RequestValidator(token).compute_signature(f"http://notifications.example{path}", form)
    return family.service.anonymous().post(
        path, data=form, headers={"X-Twilio-Signature": signed}
    )  # fmt: skip


def test_twilios_receipts_move_a_message_forward_and_never_back(
    family: Family, twilio: tuple[TwilioStub, TwilioTexts]
) -> None:
    kept, provider = twilio
    made = family.add_contact(mobile="07700 900142", channels=["sms"])
    family.issue_copy()
    send_waiting(family.service.store, outlets(family.service, sms=provider))
    at = kept.taken[0]["status_callback"].removeprefix("http://notifications.example")
    for status, state in (("queued", "sent"), ("sent", "sent"), ("delivered", "delivered"),
                          ("undelivered", "delivered"), ("sent", "delivered")):  # fmt: skip
        assert _twilio_says(family, at, MessageStatus=status).status_code == 204
        assert family.messages()[0]["state"] == state
    family.issue_copy(2)
    send_waiting(family.service.store, outlets(family.service, sms=provider))
    at = kept.taken[1]["status_callback"].removeprefix("http://notifications.example")
    _twilio_says(family, at, MessageStatus="undelivered", ErrorCode="30005")
    (failing,) = family.senco.get(f"/contacts/{made['id']}")["failing"]
    assert failing["reason"] == "receipt: undelivered 30005"


def test_what_twilio_did_not_sign_is_not_taken(
    family: Family, twilio: tuple[TwilioStub, TwilioTexts]
) -> None:
    at = f"/callbacks/twilio/{ids.new_id()}"
    assert _twilio_says(family, at, MessageStatus="delivered").status_code == 404
    assert _twilio_says(family, at, "another", MessageStatus="delivered").status_code == 401
    assert family.service.anonymous().post(at, data={"MessageStatus": "x"}).status_code == 401
    answer = _twilio_says(family, at, MessageStatus="x" * 50)
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert _twilio_says(family, at).status_code == 422
    family.service.app.extensions["sen.twilio_tokens"] = frozenset()
    assert _twilio_says(family, at, MessageStatus="delivered").status_code == 404


def test_a_stop_that_is_passed_on_again_does_not_undo_a_later_start(
    family: Family, twilio: tuple[TwilioStub, TwilioTexts]
) -> None:
    made = family.add_contact(mobile="07700 900143", channels=["sms"])

    def answer(sid: str, words: str) -> list[str]:
        said = {"MessageSid": sid, "From": "+447700900143", "Body": words}
        assert _twilio_says(family, "/callbacks/twilio-received", **said).status_code == 204
        found: list[str] = family.senco.get(f"/contacts/{made['id']}")["opted_out"]
        return sorted(found)

    first, second = ids.new_id(), ids.new_id()
    assert answer(first, "Stop") == ["referral_progress", "review_coming"]
    assert answer(second, "START") == []
    assert answer(first, "Stop") == []


def test_a_family_that_nobody_can_reach_is_rung_by_the_senco(
    family: Family, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    kept, provider = stub
    made = family.add_contact()
    senco = ids.new_id()
    details = {"name": "Sam Senco", "email": "senco@school.example", "children": []}
    family.senco.post(f"/settings/{family.setting}/contacts",
                      {"person_id": senco, "details": details})  # fmt: skip
    family.senco.put(f"/settings/{family.setting}/profile",
                     {"name": "Thornbeck", "phone": "01234 567 890", "sencos": [senco]},
                     version=0)  # fmt: skip
    family.issue_copy()
    family.service.take_events()
    kept.faults = [(400, "ValidationError")]
    through = outlets(family.service, email=provider)
    send_waiting(family.service.store, through)
    told = [e for e in family.service.take_events() if e["type"].endswith("ManualContactNeeded")]
    family.service.handle(*told)
    family.service.handle(*told)  # delivered once more
    send_waiting(family.service.store, through)
    (mail,) = kept.taken
    assert mail["email_address"] == "senco@school.example"
    assert mail["subject"] == "Thornbeck: a family could not be reached"
    assert f"/people/{family.setting}/{family.parent}" in mail["body"]
    assert made["details"]["name"] not in mail["body"] and "Robin" not in mail["body"]
    # That this one fails tells the SENCO nothing: it would go round in a circle.
    family.issue_copy(2)
    kept.faults = [(400, "ValidationError")] * 2
    send_waiting(family.service.store, through)
    family.service.handle(
        *(e for e in family.service.take_events() if e["type"].endswith("ManualContactNeeded"))
    )
    send_waiting(family.service.store, through)
    again = [e for e in family.service.take_events() if e["type"].endswith("ManualContactNeeded")]
    assert again == []


# --- whose a message is


def test_separated_parents_never_see_each_other(
    family: Family, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    """Two parents of one child, each with an address of their own and words of their own."""
    kept, provider = stub
    other = ids.new_id()
    mother = family.add_contact("mother@families.example", name="Ada Vennacombe")
    body = contact(other, family.child, "father@families.example")
    body["details"]["name"] = "Brook Ashdown"
    father = family.senco.post(f"/settings/{family.setting}/contacts", body)
    family.say("ParentLinked", person_id=other, recipients=[family.parent, other])
    family.say("SenSupportStarted", assessment_id=None, started_on="2026-03-02",
               recipients=[family.parent, other])  # fmt: skip
    send_waiting(family.service.store, outlets(family.service, email=provider))
    assert len(kept.taken) == 2
    of = {one["email_address"]: one["body"] for one in kept.taken}
    for mine, other_words in (("mother", ("Brook", "father")), ("father", ("Ada", "mother"))):
        assert not [word for word in other_words if word in of[f"{mine}@families.example"]]
    links = Links((LINK_KEY,), 90)
    page = family.service.anonymous()
    for one, person, theirs in (
        (mother, family.parent, ("Brook", "father", other)),
        (father, other, ("Ada", "mother", family.parent)),
    ):
        shown = page.get(
            f"/family/preferences/{links.sign(Link('preferences', one['id'], person))}"
        ).text
        assert not [word for word in theirs if word in shown]
    # What one stops, the other still gets.
    token = links.sign(Link("preferences", father["id"], other))
    page.post(f"/family/preferences/{token}", data={"List-Unsubscribe": "One-Click"})
    assert family.senco.get(f"/contacts/{mother['id']}")["opted_out"] == []
    # A link that one passes on with the other's name in it opens nothing.
    wrong = links.sign(Link("preferences", father["id"], family.parent))
    assert page.get(f"/family/preferences/{wrong}").status_code == 404


def test_a_young_person_who_decides_for_themselves_is_told_in_place_of_the_parents(
    family: Family, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    """From the end of compulsory schooling the right is theirs [CFA 2014 s.80; CoP 8.15]: what
    still waits for a parent is not sent."""
    kept, provider = stub
    young = ids.new_id()
    family.add_contact("parent@families.example")
    body = contact(young, family.child, "young@families.example")
    body["details"] |= {"mobile": "07700 900144", "channels": ["sms", "email"]}
    made = family.senco.post(f"/settings/{family.setting}/contacts", body)
    family.issue_copy()
    family.say("RecipientsChanged", recipients=[young])
    family.say("SenSupportStarted", assessment_id=None, started_on="2026-03-02", recipients=[young])
    through = outlets(family.service, email=provider, sms=NotifyTexts(provider._settings))
    send_waiting(family.service.store, through)
    assert [one["phone_number"] for one in kept.taken] == ["+447700900144"]
    by_person = {m["person_id"]: m for m in family.messages()}
    assert by_person[family.parent]["suppressed"] == "not_entitled"
    # Their own wish holds: email first.
    token = Links((LINK_KEY,), 90).sign(Link("preferences", made["id"], young))
    family.service.anonymous().post(f"/family/preferences/{token}", data={"channels": "email"})
    family.say("SenSupportStarted", assessment_id=None, started_on="2026-04-02", recipients=[young])
    with clock.frozen(clock.now() + timedelta(seconds=1)):
        send_waiting(family.service.store, through)
    assert kept.taken[-1]["email_address"] == "young@families.example"


def test_what_the_council_decides_is_told_in_its_own_words(
    family: Family, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    kept, provider = stub
    family.add_contact()
    escalation = ids.new_id()
    state = {"child_id": family.child, "setting_id": family.setting, "open": True,
             "status": "needs_assessment_requested", "requested_on": "2026-03-02",
             "decide_by": "2026-04-13", "final_plan_by": "2026-07-20", "decided_on": None}  # fmt: skip
    for number, (name, status) in enumerate(
        [("NeedsAssessmentRequested", "needs_assessment_requested"),
         ("NeedsAssessmentDecided", "refused"), ("NeedsAssessmentDecided", "agreed_to_assess"),
         ("EhcPlanDecided", "no_plan"), ("EhcPlanDecided", "plan_issued")], 1
    ):  # fmt: skip
        said = event(name, {**state, "status": status}, subject=escalation, sequence=number)
        family.service.handle(said)
        send_waiting(family.service.store, outlets(family.service, email=provider))
    said_of = [one["body"] for one in kept.taken]
    for body, words in zip(
        said_of,
        ["decides by Monday 13 April 2026", "mediation", "final one by Monday 20 July 2026",
         "not to make an EHC plan", "has made an EHC plan"], strict=True,
    ):  # fmt: skip
        assert words in body, body


def test_who_speaks_another_language_is_written_to_in_it_where_it_is_in_use(
    family: Family, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    from services.notifications.domain.values import Language

    kept, provider = stub
    family.add_contact(language="ur")
    family.issue_copy()
    send_waiting(family.service.store, outlets(family.service, email=provider))
    family.issue_copy(2)
    english = frozenset({Language.ENGLISH})
    send_waiting(
        family.service.store, outlets(family.service, email=provider, languages=english)
    )  # fmt: skip
    assert "کے منصوبے کی آپ کی نقل" in kept.taken[0]["subject"]
    assert "your copy of" in kept.taken[1]["subject"]


def test_a_family_with_two_children_is_invited_once_with_a_link_for_each(
    family: Family, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    kept, provider = stub
    second, evening = ids.new_id(), ids.new_id()
    family.service.handle(event("ParentLinked", {
        "child_id": second, "setting_id": family.setting, "person_id": family.parent,
        "recipients": [family.parent],
    }, subject=second))  # fmt: skip
    family.add_contact(children=[
        {"child_id": family.child, "first_name": "Robin"}, {"child_id": second, "first_name": "Jo"},
    ])  # fmt: skip
    said = {"setting_id": family.setting, "held_on": "2099-03-09",
            "children": [family.child, second]}  # fmt: skip
    family.service.handle(event("ParentsEveningAnnounced", said, subject=evening))
    through = outlets(family.service, email=provider)
    send_waiting(family.service.store, through)
    (mail,) = kept.taken
    assert mail["body"].count("/family/evenings/") == 2
    assert "talk about Robin" in mail["body"] and "talk about Jo" in mail["body"]
    # Called off before it went out: nobody is invited, and everybody is told.
    other = ids.new_id()
    family.service.handle(
        event("ParentsEveningAnnounced", said, subject=other),
        event("ParentsEveningCancelled", said, subject=other, sequence=2),
    )
    while send_waiting(family.service.store, through):
        pass
    assert "does not take place" in kept.taken[-1]["body"]
    states = [m["suppressed"] for m in family.messages() if m["suppressed"]]
    assert states == ["stale", "stale"]
