"""Notifications through its API, its handlers, and a real mail server."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from deploy.local.mailbox import listen
from deploy.local.ports import free_port
from shared import clock, ids
from shared.identity.links import Link, Links
from tests.support.family import Family, MailServer
from tests.support.house import LINK_KEY, Service, event
from tests.support.world import contact, sender

Json = dict[str, Any]


@pytest.fixture
def family(notifications: Service) -> Family:
    notifications.database["messages"].delete_many({})
    return Family(notifications)


@pytest.fixture
def server(tmp_path: Any) -> Iterator[tuple[MailServer, Controller]]:
    kept = MailServer(tmp_path / "mail")
    controller = listen(kept, free_port(), "127.0.0.1")
    try:
        yield kept, controller
    finally:
        controller.stop()


def _hurry(service: Service) -> None:
    """Let what waits for its next try be due now."""
    from shared import clock

    service.database["messages"].update_many({}, {"$set": {"next_try": clock.now()}})


def test_a_parent_is_told_once_by_email(
    family: Family, server: tuple[MailServer, Controller]
) -> None:
    family.link()
    family.add_contact()
    family.issue_copy()
    send = sender(family.service, server[1].port)
    assert (send(), send()) == (1, 0)
    [mail] = server[0].all()
    assert mail["to"] == "parent@families.example"
    assert "Robin" in mail["subject"] and "/family/plans/" in mail["text"]
    [message] = family.messages()
    assert message["state"] == "sent" and message["id"] in mail["message_id"]
    assert "parent@" not in str(message), "a message's record shows contact details"


def test_what_comes_before_the_link_waits_for_it(
    family: Family, server: tuple[MailServer, Controller]
) -> None:
    family.issue_copy()
    family.add_contact()
    send = sender(family.service, server[1].port)
    assert send() == 1
    [message] = family.messages()
    assert (message["state"], message["attempts"][0]["failure"]) == ("temporary_failure", "no_link")
    family.link()
    _hurry(family.service)
    send()
    assert len(server[0].all()) == 1


def test_a_parent_of_whom_is_heard_late_is_told_what_they_missed(
    family: Family, server: tuple[MailServer, Controller]
) -> None:
    """The event that links them was held up, and came after what they are to be told."""
    family.say("ChildRegistered", recipients=[])
    family.add_contact()
    family.sequence = 1
    with clock.frozen(clock.now() - timedelta(minutes=1)):
        linked = event("ParentLinked", {
            "child_id": family.child, "setting_id": family.setting, "person_id": family.parent,
            "recipients": [family.parent],
        }, subject=family.child, sequence=2)  # fmt: skip
    about = {"child_id": family.child, "setting_id": family.setting}
    confirmed = event("EscalationConfirmed", {**about, "confirmed_on": "2026-03-02"},
                      subject=ids.new_id())  # fmt: skip
    family.service.handle(confirmed)
    assert family.messages() == []
    family.service.handle(linked)
    family.service.handle(linked)
    assert [m["purpose"] for m in family.messages()] == ["let_us_talk"]
    # Whoever is linked from now on is not told of what was before.
    family.sequence = 2
    family.say("ParentLinked", person_id=ids.new_id(), recipients=[family.parent, ids.new_id()])
    assert len(family.messages()) == 1


def test_a_link_that_ended_lets_nothing_through_in_whatever_order(
    family: Family, server: tuple[MailServer, Controller]
) -> None:
    family.add_contact()
    family.link()
    family.issue_copy()
    family.unlink()
    other = Family(family.service)
    other.add_contact("other@families.example")
    other.sequence = 5
    other.unlink()  # its own beginning comes later
    other.sequence = 2
    other.link()
    other.issue_copy()
    assert sender(family.service, server[1].port)() == 2
    assert server[0].all() == []
    for one in (family, other):
        assert [m["suppressed"] for m in one.messages()] == ["not_entitled"]


def test_without_details_it_waits_until_they_are_there(
    family: Family, server: tuple[MailServer, Controller]
) -> None:
    family.link()
    family.issue_copy()
    send = sender(family.service, server[1].port)
    send()
    assert family.messages()[0]["attempts"][0]["failure"] == "no_contact"
    made = family.add_contact(email=None)
    _hurry(family.service)
    send()
    changed = contact(family.parent, family.child)["details"]
    family.senco.put(f"/contacts/{made['id']}", changed, version=made["version"])
    _hurry(family.service)
    send()
    assert family.messages()[0]["state"] == "sent"


@pytest.mark.parametrize(
    ("answer", "state"),
    [("550 no such mailbox", "permanent_failure"), ("451 try later", "temporary_failure")],
)
def test_what_the_mail_server_says_decides_what_follows(
    family: Family, server: tuple[MailServer, Controller], answer: str, state: str
) -> None:
    server[0].refuse = answer
    family.link()
    family.add_contact()
    family.issue_copy()
    send = sender(family.service, server[1].port)
    send()
    assert family.messages()[0]["state"] == state
    server[0].refuse = ""
    _hurry(family.service)
    send()
    assert len(server[0].all()) == (1 if state == "temporary_failure" else 0)


def test_a_mail_server_that_is_away_loses_nothing(family: Family) -> None:
    family.link()
    family.add_contact()
    family.issue_copy()
    assert sender(family.service, free_port())() == 1
    [message] = family.messages()
    assert (message["state"], message["attempts"][0]["reason"]) == (
        "temporary_failure", "ConnectionRefusedError",
    )  # fmt: skip


def test_reminders_can_be_stopped_by_their_link_and_started_again(
    family: Family, server: tuple[MailServer, Controller]
) -> None:
    made = family.add_contact()

    token = Links((LINK_KEY,), 90).sign(Link("preferences", made["id"], family.parent))
    page = family.service.anonymous()
    assert "14 days and 2 days" in page.get(f"/family/preferences/{token}").text
    # What a mail program posts (RFC 8058)
    stopped = page.post(f"/family/preferences/{token}", data={"List-Unsubscribe": "One-Click"})
    assert "Your choice is saved." in stopped.text
    at = f"/contacts/{made['id']}"
    assert family.senco.get(at)["opted_out"] == ["review_coming"]
    again = {"channels": "email", "wanted": ["review_coming", "referral_progress"]}
    page.post(f"/family/preferences/{token}", data=again)
    assert family.senco.get(at)["opted_out"] == []


def test_two_settings_each_keep_their_own_details_of_one_parent(family: Family) -> None:
    family.add_contact("home@families.example")
    second = Family(family.service, parent=family.parent)
    other = second.add_contact("work@families.example")
    family.senco.refused(404, "GET", f"/contacts/{other['id']}")
    family.senco.refused(
        409, "POST", f"/settings/{family.setting}/contacts", contact(family.parent, family.child)
    )
    [mine] = family.senco.get(f"/settings/{family.setting}/contacts")["items"]
    assert mine["details"]["email"] == "home@families.example"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"email": "not an address"}, "/details/email"),
        ({"mobile": "01234 567890"}, "/details/mobile"),
        ({"mobile": "123"}, "/details/mobile"),
        ({"language": "xx"}, "/details/language"),
        ({"channels": ["pigeon"]}, "/details/channels/0"),
        ({"children": [{"child_id": "x", "first_name": "A"}]}, "/details/children/0/child_id"),
        ({"name": ""}, "/details/name"),
        ({"nickname": "A"}, "/details/nickname"),
    ],
)
def test_details_that_cannot_be_right_are_refused_by_name(
    family: Family, change: Json, pointer: str
) -> None:
    body = contact(family.parent, family.child)
    body["details"].update(change)
    problem = family.senco.refused(422, "POST", f"/settings/{family.setting}/contacts", body)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert family.senco.get(f"/settings/{family.setting}/contacts")["items"] == []


def test_the_settings_number_is_set_and_kept_by_version(family: Family) -> None:
    path = f"/settings/{family.setting}/profile"
    said = {"name": "Thornbeck Primary School", "phone": "01234 567 890"}
    family.senco.refused(412, "PUT", path, said, version=4)
    made = family.senco.put(path, said, version=0)
    family.senco.refused(412, "PUT", path, said, version=0)
    changed = family.senco.put(path, {**said, "phone": "01234 1"}, version=made["version"])
    assert changed["version"] == made["version"] + 1


def test_who_booked_a_session_is_told_by_the_address_that_their_setting_keeps(
    family: Family, server: tuple[MailServer, Controller]
) -> None:
    _, controller = server
    person, session_id = ids.new_id(), ids.new_id()
    details = {"name": "Sam Senco", "email": f"{person}@school.example", "children": []}
    family.senco.post(f"/settings/{family.setting}/contacts",
                      {"person_id": person, "details": details})  # fmt: skip
    data = {"support_service_id": ids.new_id(), "held_on": "2099-07-03", "status": "announced",
            "booked": [{"person_id": person, "setting_id": family.setting}]}  # fmt: skip
    family.service.handle(event("SessionBooked", data, subject=session_id))
    sender(family.service, controller.port)()
    family.service.handle(event("SessionMoved", {**data, "held_on": "2099-07-10"},
                                subject=session_id, sequence=2))  # fmt: skip
    sender(family.service, controller.port)()
    states = {m["purpose"]: m["state"] for m in family.messages() if m["person_id"] == person}
    assert states == {"session_booked": "sent", "session_moved": "sent"}


def test_the_family_is_asked_and_told_by_links_of_their_own(
    family: Family, server: tuple[MailServer, Controller]
) -> None:
    _, controller = server
    family.link()
    family.add_contact()
    referral = ids.new_id()
    about = {"child_id": family.child, "setting_id": family.setting}
    asked = {**about, "support_service_id": ids.new_id(), "asked_on": "2026-03-02",
             "recipients": [family.parent]}  # fmt: skip
    family.service.handle(event("ReferralConsentAsked", asked, subject=referral))
    sender(family.service, controller.port)()
    waits = {**about, "support_service_id": ids.new_id(), "status": "waiting_list", "open": True,
             "consent": "given", "urgency": "routine", "submitted_on": "2026-03-02",
             "respond_by": None, "reason": None, "address": f"/referrals/{referral}"}  # fmt: skip
    family.service.handle(event("ReferralStillWaiting", waits, subject=referral, sequence=2))
    sender(family.service, controller.port)()
    purposes = sorted(m["purpose"] for m in family.messages() if m["state"] == "sent")
    assert purposes == ["referral_consent", "referral_progress"]
    # News of it can be stopped; what is asked and decided is still told.
    contact_id = family.senco.get(f"/settings/{family.setting}/contacts")["items"][0]["id"]
    token = Links((LINK_KEY,), 90).sign(Link("preferences", contact_id, family.parent))
    page = family.service.anonymous().post(
        f"/family/preferences/{token}?purpose=referral_progress",
        data={"List-Unsubscribe": "One-Click"},
    )
    assert "Your choice is saved." in page.text
    family.service.handle(event("ReferralStillWaiting", waits, subject=referral, sequence=3))
    sender(family.service, controller.port)()
    assert [m["suppressed"] for m in family.messages() if m["suppressed"]] == ["opted_out"]


def test_nobody_is_told_in_their_quiet_hours(
    family: Family, server: tuple[MailServer, Controller]
) -> None:
    _, controller = server
    family.link()
    made = family.add_contact()
    at = f"/contacts/{made['id']}"
    for wrong, pointer in (({"begins": "20:00", "ends": "20:00"}, "/details/quiet_hours/ends"),
                           ({"begins": "8pm", "ends": "08:00"}, "/quiet_hours/begins")):  # fmt: skip
        body = {**made["details"], "quiet_hours": wrong}
        problem = family.senco.refused(422, "PUT", at, body, version=made["version"])
        assert problem["errors"][0]["pointer"] == pointer
    body = {**made["details"], "quiet_hours": {"begins": "20:00", "ends": "08:00"}}
    family.senco.put(at, body, version=made["version"])
    send = sender(family.service, controller.port)
    with clock.frozen(datetime(2030, 7, 2, 21, 30, tzinfo=UTC)):
        family.issue_copy()
        send()
        (message,) = family.messages()
        assert (message["state"], message["next_try"]) == ("postponed", "2030-07-03T07:00:00+00:00")
        assert message["attempts"] == []
    with clock.frozen(datetime(2030, 7, 3, 7, 0, tzinfo=UTC)):
        send()
        assert [m["state"] for m in family.messages()] == ["sent"]
