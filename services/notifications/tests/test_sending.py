"""Sending through the providers: channels in turn, receipts, answers; nothing twice."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from environs import EnvError

from deploy.local.notify import NotifyStub
from services.notifications.commands.send import SECONDS, send_waiting
from services.notifications.domain.text_message import parts
from services.notifications.providers.dry_run import DryRun
from services.notifications.providers.notify import NotifyProvider, NotifyTexts
from services.notifications.providers.provider import Email
from services.notifications.providers.several import Several
from services.notifications.settings import read_callback_tokens
from shared import clock, ids
from shared.identity.links import Links
from tests.support.house import LINK_KEY, Person, Service, event, types
from tests.support.stubs import served_notify
from tests.support.world import contact, outlets


@pytest.fixture(autouse=True)
def nothing_waits(notifications: Service) -> None:
    """What other tests left waiting is not sent by these."""
    notifications.store.messages.collection.update_many({}, {"$set": {"state": "suppressed"}})


@pytest.fixture
def stub() -> Iterator[tuple[NotifyStub, NotifyProvider]]:
    with served_notify() as found:
        yield found


def _family(notifications: Service, **details: Any) -> tuple[Person, str, str]:
    """A parent with these details, to whom a written copy is ready."""
    setting, child, parent = ids.new_id(), ids.new_id(), ids.new_id()
    notifications.handle(event("ParentLinked", {
        "child_id": child, "setting_id": setting, "person_id": parent, "recipients": [parent],
    }, subject=child))  # fmt: skip
    senco = notifications.person("senco", settings=[setting])
    body = contact(parent, child)
    body["details"].update(details)
    senco.post(f"/settings/{setting}/contacts", body)
    notifications.handle(event("PlanCopyIssued", {
        "child_id": child, "setting_id": setting, "plan_id": ids.new_id(), "person_id": parent,
        "version_number": 1,
    }, subject=ids.new_id()))  # fmt: skip
    return senco, setting, parent


def test_a_sender_that_dies_after_notify_took_it_leads_to_no_second_email(
    notifications: Service, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    """Killed between Notify's acceptance and its own note: the next sender asks first."""
    kept, provider = stub

    class Killed(BaseException):
        """What no handler catches."""

    class Dies(NotifyProvider):
        def send(self, email: Email, /) -> None:
            super().send(email)
            raise Killed

    senco, setting, _ = _family(notifications)
    with pytest.raises(Killed):
        send_waiting(notifications.store, outlets(notifications, email=Dies(provider._settings)))
    with clock.frozen(clock.now() + timedelta(minutes=3)):
        send_waiting(notifications.store, outlets(notifications, email=provider))
    (message,) = senco.get(f"/settings/{setting}/messages")["items"]
    assert message["state"] == "sent"
    assert [one["reference"] for one in kept.taken] == [message["id"]]


def test_a_text_goes_to_who_wants_texts_and_its_short_link_opens_the_plan(
    notifications: Service, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    kept, provider = stub
    senco, setting, parent = _family(
        notifications, mobile="07700 900123", channels=["sms", "email"]
    )
    through = outlets(notifications, email=provider, sms=NotifyTexts(provider._settings))
    send_waiting(notifications.store, through)
    (message,) = senco.get(f"/settings/{setting}/messages")["items"]
    assert (message["state"], message["channel"]) == ("sent", "sms")
    (text,) = kept.taken
    assert (text["type"], text["phone_number"]) == ("sms", "+447700900123")
    assert parts(text["body"]) <= 2 and "Robin's plan is ready" in text["body"]
    short = re.search(r"http://notifications.example(/l/[a-z2-7]{12})", text["body"])
    assert short
    led = notifications.anonymous().get(short[1])
    assert led.status_code == 302
    token = led.headers["Location"].rpartition("/")[2]
    assert Links((LINK_KEY,), 90).read(token, "plan").person_id == parent
    assert notifications.anonymous().get("/l/aaaaaaaaaaaa").status_code == 404
    kept_code = notifications.store.short_links.find_one({"url": led.headers["Location"]})
    assert kept_code and short[1].rpartition("/")[2] not in str(kept_code["_id"])


def test_where_one_channel_fails_for_good_the_next_is_tried_and_then_a_person(
    notifications: Service, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    kept, provider = stub
    senco, setting, _ = _family(notifications, mobile="07700 900124", channels=["sms", "email"])
    through = outlets(notifications, email=provider, sms=NotifyTexts(provider._settings))
    notifications.take_events()
    kept.faults = [(400, "ValidationError")]
    send_waiting(notifications.store, through)
    send_waiting(notifications.store, through)
    (message,) = senco.get(f"/settings/{setting}/messages")["items"]
    assert (message["state"], message["channel"]) == ("sent", "email")
    assert [(a["channel"], a["failure"]) for a in message["attempts"]] == [
        ("sms", "permanent"), ("email", None),
    ]  # fmt: skip
    assert [one["type"] for one in kept.taken] == ["email"]
    senco, setting, parent = _family(
        notifications, mobile="07700 900125", channels=["email", "sms"]
    )
    kept.faults = [(400, "ValidationError")] * 2
    for _ in range(3):
        send_waiting(notifications.store, through)
    (message,) = senco.get(f"/settings/{setting}/messages")["items"]
    assert message["state"] == "permanent_failure"
    told = [e for e in notifications.take_events() if e["data"].get("person_id") == parent]
    assert sorted(types(told)) == [
        "ContactFailing", "ContactFailing", "ManualContactNeeded", "MessageFailed",
    ]  # fmt: skip
    kept_contact = senco.get(f"/settings/{setting}/contacts")["items"][0]
    assert [one["channel"] for one in kept_contact["failing"]] == ["email", "sms"]


def test_without_a_provider_of_texts_who_wants_texts_gets_an_email(
    notifications: Service, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    _, provider = stub
    senco, setting, _ = _family(notifications, mobile="07700 900126", channels=["sms", "email"])
    send_waiting(notifications.store, outlets(notifications, email=provider))
    assert senco.get(f"/settings/{setting}/messages")["items"][0]["channel"] == "email"


def test_what_receipts_bring_can_be_changed_without_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The new token and the old one are taken, until Notify brings the new one."""
    monkeypatch.setenv("SEN_NOTIFY_CALLBACK_TOKEN", "the-new-token,the-old-token")
    assert read_callback_tokens() == {"the-new-token", "the-old-token"}
    monkeypatch.setenv("SEN_NOTIFY_CALLBACK_TOKEN", "the-new-token,short")
    with pytest.raises(EnvError, match="SEN_NOTIFY_CALLBACK_TOKEN"):
        read_callback_tokens()
    monkeypatch.setenv("SEN_NOTIFY_CALLBACK_TOKEN", "")
    assert read_callback_tokens() == frozenset()


@pytest.fixture
def token(notifications: Service) -> Iterator[str]:
    notifications.app.extensions["sen.notify_tokens"] = frozenset({"a-token-of-notify"})
    yield "a-token-of-notify"
    notifications.app.extensions["sen.notify_tokens"] = frozenset()


def _report(notifications: Service, message_id: str, status: str, token: str,
            kind: str = "email") -> Any:  # fmt: skip
    return notifications.anonymous().post(
        "/callbacks/notify",
        json={"id": ids.new_id(), "reference": message_id, "to": "parent@families.example",
              "status": status, "notification_type": kind},
        headers={"Authorization": f"Bearer {token}"},
    )  # fmt: skip


def test_receipts_move_a_message_forward_and_never_back(
    notifications: Service, stub: tuple[NotifyStub, NotifyProvider], token: str
) -> None:
    _, provider = stub
    senco, setting, _ = _family(notifications)
    send_waiting(notifications.store, outlets(notifications, email=provider))
    (message,) = senco.get(f"/settings/{setting}/messages")["items"]
    at = f"/messages/{message['id']}"
    for status, state in (("sending", "sent"), ("delivered", "delivered"),
                          ("permanent-failure", "delivered"), ("delivered", "delivered")):  # fmt: skip
        assert _report(notifications, message["id"], status, token).status_code == 204
        assert senco.get(at)["state"] == state
    told = [e for e in notifications.take_events() if e["subject"] == message["id"]]
    assert types(told) == ["MessageSent", "MessageDelivered"]


def test_a_receipt_that_overtakes_the_senders_note_counts(
    notifications: Service, stub: tuple[NotifyStub, NotifyProvider], token: str
) -> None:
    _, provider = stub
    senco, setting, _ = _family(notifications)

    class Quick(NotifyProvider):
        def send(self, email: Email, /) -> None:
            super().send(email)
            assert _report(notifications, email.message_id, "delivered", token).status_code == 204

    send_waiting(notifications.store, outlets(notifications, email=Quick(provider._settings)))
    assert senco.get(f"/settings/{setting}/messages")["items"][0]["state"] == "delivered"


def test_what_did_not_arrive_goes_by_the_next_channel(
    notifications: Service, stub: tuple[NotifyStub, NotifyProvider], token: str
) -> None:
    kept, provider = stub
    senco, setting, _ = _family(notifications, mobile="07700 900127", channels=["email", "sms"])
    through = outlets(notifications, email=provider, sms=NotifyTexts(provider._settings))
    send_waiting(notifications.store, through)
    (message,) = senco.get(f"/settings/{setting}/messages")["items"]
    assert _report(notifications, message["id"], "permanent-failure", token).status_code == 204
    send_waiting(notifications.store, through)
    # The late word of the first channel changes nothing any more.
    _report(notifications, message["id"], "delivered", token)
    (message,) = senco.get(f"/settings/{setting}/messages")["items"]
    assert (message["state"], message["channel"]) == ("sent", "sms")
    assert [one["type"] for one in kept.taken] == ["email", "sms"]


def test_receipts_of_others_are_not_taken(notifications: Service, token: str) -> None:
    for brought, status in ((token, 404), ("another-token", 401), ("", 401)):
        answer = _report(notifications, ids.new_id(), "delivered", brought)
        assert answer.status_code == status
        assert answer.content_type == "application/problem+json"
    assert _report(notifications, "x", "delivered", token).status_code == 422
    assert _report(notifications, ids.new_id(), "exploded", token).status_code == 422
    notifications.app.extensions["sen.notify_tokens"] = frozenset()
    assert _report(notifications, ids.new_id(), "delivered", "").status_code == 404


def test_a_system_for_trying_out_sends_to_those_on_its_list_alone(
    notifications: Service, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    kept, provider = stub
    known, setting, _ = _family(notifications, email="tester@council.example")
    unknown, other, _ = _family(notifications)
    through = outlets(notifications, email=provider)
    send_waiting(notifications.store, replace(through, allowed={"tester@council.example"}))
    (sent,) = known.get(f"/settings/{setting}/messages")["items"]
    (kept_back,) = unknown.get(f"/settings/{other}/messages")["items"]
    assert (sent["state"], kept_back["suppressed"]) == ("sent", "not_allowed")
    assert [one["email_address"] for one in kept.taken] == ["tester@council.example"]


def test_a_dry_run_sends_nothing(notifications: Service) -> None:
    senco, setting, _ = _family(notifications)
    before = _measured()
    send_waiting(notifications.store, outlets(notifications, email=Several([DryRun()])))
    assert senco.get(f"/settings/{setting}/messages")["items"][0]["state"] == "sent"
    assert _measured() == before + 1


def _measured() -> float:
    samples = next(iter(SECONDS.collect())).samples
    return next(s.value for s in samples if s.name.endswith("_count"))


def test_who_answers_stop_gets_no_more_of_what_can_be_stopped(
    notifications: Service, token: str
) -> None:
    senco, setting, _ = _family(notifications, mobile="07700 900128", channels=["sms"])
    (made,) = senco.get(f"/settings/{setting}/contacts")["items"]

    def answer(words: str, number: str = "447700900128") -> list[str]:
        sent = notifications.anonymous().post(
            "/callbacks/notify-received",
            json={"id": ids.new_id(), "source_number": number, "message": words,
                  "destination_number": "07700900999", "date_received": "2026-11-24"},
            headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip
        assert sent.status_code == 204
        found: list[str] = senco.get(f"/contacts/{made['id']}")["opted_out"]
        return sorted(found)

    assert answer("Thank you") == []
    assert answer("STOP", "447700900129") == []
    assert answer(" stop. ") == ["referral_progress", "review_coming"]
    assert answer("STOP") == ["referral_progress", "review_coming"]
    assert answer("start") == []
    wrong = notifications.anonymous().post(
        "/callbacks/notify-received", json={"source_number": "447700900128", "message": "STOP"}
    )
    assert wrong.status_code == 401


def test_after_a_restore_what_waits_may_have_gone_out_and_is_asked_for_first(
    notifications: Service, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    """It waited in the backup, and was sent before everything was lost."""
    kept, provider = stub
    senco, setting, _ = _family(notifications)
    messages = notifications.store.messages.collection
    backup = messages.find_one({"setting_id": setting})
    send_waiting(notifications.store, outlets(notifications, email=provider))
    assert backup and messages.replace_one({"_id": backup["_id"]}, backup).matched_count
    assert notifications.store.doubt_what_waits() == 1
    send_waiting(notifications.store, outlets(notifications, email=provider))
    (message,) = senco.get(f"/settings/{setting}/messages")["items"]
    assert message["state"] == "sent"
    assert [one["reference"] for one in kept.taken] == [message["id"]]
