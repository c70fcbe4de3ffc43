"""What came back by a fault of ours: another channel, another try, and then a person."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from deploy.local.notify import NotifyStub
from services.notifications.commands import send
from services.notifications.commands.receive import receive_receipt
from services.notifications.domain.refusals import judge_bounce
from services.notifications.domain.values import Channel
from services.notifications.providers.notify import NotifyProvider, NotifyTexts
from shared import clock
from tests.support.family import Family
from tests.support.house import Service, types
from tests.support.stubs import served_notify
from tests.support.world import outlets


@pytest.fixture
def stub() -> Iterator[tuple[NotifyStub, NotifyProvider]]:
    with served_notify() as found:
        yield found


def family_with_news(notifications: Service, **details: Any) -> Family:
    """A parent to whom a written copy is ready; what others left waiting is not sent."""
    notifications.store.messages.collection.update_many({}, {"$set": {"state": "suppressed"}})
    made = Family(notifications)
    made.link()
    made.add_contact(**details)
    made.issue_copy()
    return made


@pytest.mark.parametrize(("status", "again"), [("5.7.23", True), ("5.1.8", True), ("5.1.1", False)])
def test_what_came_back_by_a_fault_of_ours_is_sent_again_and_then_a_person_is_told(
    notifications: Service, stub: tuple[NotifyStub, NotifyProvider], status: str, again: bool
) -> None:
    kept, provider = stub
    family = family_with_news(notifications)
    through = outlets(notifications, email=provider)
    at = clock.now()
    for hours in (0, 1, 5, 29, 30, 100):
        with clock.frozen(at + timedelta(hours=hours, minutes=hours)):
            send.send_waiting(notifications.store, through)
            if family.messages()[0]["state"] == "sent":
                verdict = judge_bounce(status)
                receive_receipt(
                    notifications.store,
                    family.messages()[0]["id"],
                    Channel.EMAIL,
                    delivered=False,
                    reason=status,
                    wrong=verdict.wrong,
                    ours=verdict.ours,
                )
    assert len(kept.taken) == (4 if again else 1)
    assert family.messages()[0]["state"] == "permanent_failure"
    contacts = family.senco.get(f"/settings/{family.setting}/contacts")["items"]
    assert bool(contacts[0]["failing"]) is not again
    told = [e for e in notifications.take_events() if e["data"].get("person_id") == family.parent]
    assert types(told).count("ManualContactNeeded") == 1


def test_what_came_back_by_a_fault_of_ours_goes_by_the_next_channel_at_once(
    notifications: Service, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    kept, provider = stub
    family = family_with_news(notifications, mobile="07700 900162", channels=["email", "sms"])
    through = outlets(notifications, email=provider, sms=NotifyTexts(provider._settings))
    send.send_waiting(notifications.store, through)
    receive_receipt(
        notifications.store,
        family.messages()[0]["id"],
        Channel.EMAIL,
        delivered=False,
        reason="5.7.1",
        wrong=False,
        ours=True,
    )
    send.send_waiting(notifications.store, through)
    assert [one["type"] for one in kept.taken] == ["email", "sms"]
