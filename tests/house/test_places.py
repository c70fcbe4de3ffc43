"""Places that are few: taken at once they are never more, and an aggregate stays small."""

import threading

import pytest

from services.referrals.domain.parts import Note
from services.referrals.domain.referral import Referral
from services.referrals.domain.values import WithdrawReason
from shared import clock, ids
from shared.errors import Conflict
from tests.support.house import Service
from tests.support.limits import LIMITS
from tests.support.world import add_service


@pytest.mark.parametrize("before", [0, 2])
def test_however_many_webhooks_are_added_at_once(referrals: Service, before: int) -> None:
    most = LIMITS["referrals/commands/webhooks.py:_MOST"]
    service_id = add_service(referrals)
    at, body = f"/support-services/{service_id}/webhooks", {"url": "https://93.184.215.14/sen"}
    for _ in range(before):  # as an earlier release stored them
        made = referrals.person("support_worker", services=[service_id]).post(at, body)
        referrals.database["webhooks"].update_one({"_id": made["id"]}, {"$unset": {"place": ""}})
    answers: list[int] = []

    def add() -> None:
        who = referrals.person("support_worker", services=[service_id])
        answers.append(who.call("POST", at, body).status_code)

    threads = [threading.Thread(target=add) for _ in range(most * 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = referrals.database["webhooks"].count_documents({"support_service_id": service_id})
    assert kept == most
    assert sorted(answers) == [201] * (most - before) + [409] * (most + before)


def test_a_webhook_that_is_asked_for_twice_is_the_same_also_when_all_places_are_taken(
    referrals: Service,
) -> None:
    service_id = add_service(referrals)
    who = referrals.person("support_worker", services=[service_id])
    at, body = f"/support-services/{service_id}/webhooks", {"url": "https://93.184.215.14/sen"}
    most = LIMITS["referrals/commands/webhooks.py:_MOST"]
    made = [who.post(at, body, key=f"key-{number}")["id"] for number in range(most)]
    assert who.post(at, body, key=f"key-{most - 1}")["id"] == made[-1]
    who.refused(409, "POST", at, body, key="key-more")


def test_an_aggregate_stays_far_below_what_mongodb_takes_and_can_still_be_withdrawn(
    referrals: Service,
) -> None:
    """Notes of 5,000 letters that take 4 bytes each would pass 16 MB before there are 500."""
    made = Referral(ids.new_id(), ids.new_id(), ids.new_id(), clock.now())
    referrals.store.referrals.add(made)
    long = Note(ids.new_id(), "me", clock.now(), "\U0001f4d6" * 5_000)
    with pytest.raises(Conflict) as full:
        for _ in range(LIMITS["referrals/domain/referral.py:_KEPT_MOST"]):
            referrals.store.referrals.change(made.id, lambda r: r.add_note(long))
    assert full.value.code == "full"
    kept = referrals.store.referrals.change(
        made.id, lambda r: r.withdraw(WithdrawReason.CONSENT, clock.today())
    )
    assert kept.status == "withdrawn"
