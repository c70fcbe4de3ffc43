"""The queue: its order, its filters, who holds what, redirection, the waiting list, the clock."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest

from services.referrals.commands.calendar import raise_overdue, tell_who_waits
from services.referrals.commands.waiting import publish_waiting_times
from shared import clock, ids
from tests.support.house import Person, Service, settle, types
from tests.support.story import School
from tests.support.world import CONSENT, REQUEST, add_service, submitted

Json = dict[str, Any]
YES: Json = {"family_words": "We will see you."}


@pytest.fixture(scope="module")
def school(plans: Service) -> School:
    return School(plans)


@pytest.fixture
def service_id(referrals: Service) -> str:
    return add_service(referrals)


@pytest.fixture
def senco(school: School, referrals: Service) -> Person:
    return school.at(referrals)


@pytest.fixture
def worker(referrals: Service, service_id: str) -> Person:
    return referrals.person("support_worker", services=[service_id])


def sent(plans: Service, referrals: Service, school: School, service_id: str, **asked: str) -> Json:
    child_id = school.child()["id"]
    settle(plans, referrals)
    senco = school.at(referrals)
    made = senco.post(f"/children/{child_id}/referrals",
                      {**REQUEST, "support_service_id": service_id, **asked})  # fmt: skip
    at = f"/referrals/{made['id']}"
    made = senco.post(f"{at}/consent", {**CONSENT, "may_pass_on": True}, version=made["version"])
    found: Json = senco.post(f"{at}/submit", version=made["version"])
    return found


def test_the_queue_has_an_order_filters_and_what_is_new(
    plans: Service, referrals: Service, school: School, senco: Person, worker: Person,
    service_id: str,
) -> None:  # fmt: skip
    soon = sent(plans, referrals, school, service_id, urgency="soon")
    routine = sent(plans, referrals, school, service_id)
    urgent = sent(plans, referrals, school, service_id, urgency="urgent", urgency_reason="Out")
    at = f"/support-services/{service_id}/queue"

    def shown(query: str = "") -> list[str]:
        return [item["id"] for item in worker.get(f"{at}?limit=50{query}")["items"]]

    by_urgency = [urgent["id"], soon["id"], routine["id"]]
    assert shown() == by_urgency
    assert shown("&sort=age") == [soon["id"], routine["id"], urgent["id"]]
    assert shown("&sort=changed") == [urgent["id"], routine["id"], soon["id"]]
    first = worker.get(f"{at}?limit=2")
    second = worker.get(f"{at}?limit=2&cursor={first['next_cursor']}")
    assert [i["id"] for i in first["items"] + second["items"]] == by_urgency
    assert shown("&urgency=soon") == [soon["id"]]
    worker.post(f"/referrals/{soon['id']}/claim")
    assert shown("&unclaimed=true") == [urgent["id"], routine["id"]]
    assert shown("&mine=true") == [soon["id"]]
    assert shown("&status=triage") == [soon["id"]]
    with clock.frozen(clock.now() + timedelta(days=60)):
        token = referrals.issuer.token("support_worker", subject=worker.id, services=[service_id],
                                       seconds=90 * 86_400)  # fmt: skip
        late = Person(worker.http, f"Bearer {token}", worker.id)
        assert len(late.get(f"{at}?overdue=true")["items"]) == 3
    assert shown("&overdue=true") == []
    # What changed since I last looked: not what I did myself.
    worker.post(f"{at}/looked")
    assert shown("&changed=true") == []
    worker.post(f"/referrals/{routine['id']}/notes", {"text": "Mine"})
    assert shown("&changed=true") == []
    asked = worker.post(f"/referrals/{urgent['id']}/questions", {"question": "Since when?"},
                        version=urgent["version"])  # fmt: skip
    senco.post(f"/referrals/{urgent['id']}/information", {"answer": "May"},
               version=asked["version"])  # fmt: skip
    assert shown("&changed=true") == [urgent["id"]]
    history = worker.get(f"/referrals/{urgent['id']}")["history"]
    assert [line["what"] for line in history] == [
        "draft_referral", "record_consent", "submit_referral", "request_information",
        "supply_information",
    ]  # fmt: skip
    worker.refused(422, "GET", f"{at}?status=draft")


def test_a_referral_is_handed_over_and_many_are_dealt_with_at_once(
    plans: Service, referrals: Service, school: School, worker: Person, service_id: str
) -> None:
    some = [sent(plans, referrals, school, service_id) for _ in range(3)]
    strangers = sent(plans, referrals, school, add_service(referrals))
    other = referrals.person("support_worker", services=[service_id])
    other.post(f"/referrals/{some[0]['id']}/claim")
    body = {"action": "claim", "chosen": [{"id": r["id"], "version": r["version"]}
                                          for r in [*some, strangers]]}  # fmt: skip
    at = f"/support-services/{service_id}/queue/bulk"
    result = worker.post(at, body, key="once")
    assert result["done"] == [r["id"] for r in some[1:]]
    assert [(r["id"], r["code"]) for r in result["refused"]] == [
        (some[0]["id"], "claimed"), (strangers["id"], "not-found"),
    ]  # fmt: skip
    held = worker.get(f"/referrals/{some[1]['id']}")
    given = worker.post(f"/referrals/{held['id']}/hand-over", {"to": other.id},
                        version=held["version"])  # fmt: skip
    assert given["claimed_by"] == other.id
    problem = worker.post(at, {"action": "allocate", "chosen": body["chosen"][:1]})
    assert problem["refused"][0]["code"] == "nobody"
    worker.refused(422, "POST", at, {**body, "chosen": []})


def test_twenty_workers_race_over_the_queue_and_nothing_is_held_twice(
    plans: Service, referrals: Service, school: School, service_id: str
) -> None:
    """20 workers over 500 referrals: each has one holder, and each that was told so holds it."""
    store, count = referrals.store, 500
    child_id = school.child()["id"]
    settle(plans, referrals)
    one = submitted(referrals, school.at(referrals), child_id, service_id)
    document = store.referrals.collection.find_one({"_id": one["id"]})
    copies = [{**document, "_id": ids.new_id(), "child_id": ids.new_id(), "outbox": [], "keys": []}
              for _ in range(count - 1)]  # fmt: skip
    store.referrals.collection.insert_many(copies)
    everything = [one["id"], *(copy["_id"] for copy in copies)]
    told: dict[str, list[str]] = {}
    lock = threading.Lock()

    def race(number: int) -> None:
        me = referrals.person("support_worker", services=[service_id])
        for referral_id in everything[number * 7 :] + everything[: number * 7]:
            answer = me.call("POST", f"/referrals/{referral_id}/claim")
            assert answer.status_code in (200, 409), answer.text
            if answer.status_code == 200:
                with lock:
                    told.setdefault(referral_id, []).append(me.id)
            # Who is late stops early: the others are ahead.
            elif len(told) == count:
                return

    threads = [threading.Thread(target=race, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = {d["_id"]: d["claimed_by"]
            for d in store.referrals.collection.find({"_id": {"$in": everything}})}  # fmt: skip
    assert {key: [value] for key, value in held.items()} == told
    assert len(told) == count


def test_a_referral_is_passed_on_and_keeps_its_date(
    plans: Service, referrals: Service, school: School, senco: Person, worker: Person,
    service_id: str,
) -> None:  # fmt: skip
    better = add_service(referrals)
    first = sent(plans, referrals, school, service_id)
    at = f"/referrals/{first['id']}"
    words = {"family_words": "They know more.", "support_service_id": better}
    gone = worker.post(f"{at}/redirect", words, version=first["version"])
    assert gone["status"] == "redirected"
    assert "ReferralRedirected" in types(settle(referrals, plans))
    there = referrals.person("support_worker", services=[better])
    (item,) = there.get(f"/support-services/{better}/queue")["items"]
    assert item["received_at"] == first["received_at"]
    second = there.get(f"/referrals/{item['id']}")
    assert (second["status"], second["origin"]["referral_id"]) == ("submitted", first["id"])
    # It never goes in a circle.
    back = {**words, "support_service_id": service_id}
    problem = there.refused(
        409, "POST", f"/referrals/{item['id']}/redirect", back, version=second["version"]
    )
    assert problem["type"].endswith("circle")


def test_without_the_familys_word_the_next_service_waits_for_it(
    plans: Service, referrals: Service, school: School, senco: Person, worker: Person,
    service_id: str,
) -> None:  # fmt: skip
    better = add_service(referrals)
    child_id = school.child()["id"]
    settle(plans, referrals)
    first = submitted(referrals, senco, child_id, service_id)
    words = {"family_words": "They know more.", "support_service_id": better}
    worker.post(f"/referrals/{first['id']}/redirect", words, version=first["version"])
    settle(referrals, plans)
    there = referrals.person("support_worker", services=[better])
    assert there.get(f"/support-services/{better}/queue")["items"] == []
    drafts = senco.get(f"/settings/{school.id}/referrals?status=draft&child_id={child_id}")
    (draft,) = drafts["items"]
    assert draft["request"]["support_service_id"] == better
    at = f"/referrals/{draft['id']}"
    draft = senco.post(f"{at}/consent", CONSENT, version=draft["version"])
    late = senco.post(f"{at}/submit", version=draft["version"])
    assert late["received_at"] == first["received_at"]


def test_work_waits_its_turn_begins_and_ends_the_wait(
    plans: Service, referrals: Service, school: School, senco: Person, worker: Person,
    service_id: str,
) -> None:  # fmt: skip
    routine, urgent = (
        sent(plans, referrals, school, service_id, **more)
        for more in ({}, {"urgency": "urgent", "urgency_reason": "Out of school"})
    )
    for referral in (routine, urgent):
        at = f"/referrals/{referral['id']}"
        now = worker.post(f"{at}/accept", YES, version=referral["version"])
        worker.post(f"{at}/waiting-list", version=now["version"])
    places = [senco.get(f"/referrals/{r['id']}/standing")["place"] for r in (urgent, routine)]
    assert places == [1, 2]
    at = f"/referrals/{urgent['id']}"
    colleague = referrals.person("support_worker", services=[service_id])
    colleague.get(f"/support-services/{service_id}/queue")  # by that they are of the service
    now = worker.get(at)
    now = worker.post(f"{at}/allocate", {"to": worker.id}, version=now["version"])
    now = worker.post(f"{at}/waiting-list", version=now["version"])  # the therapist has left
    assert (now["waiting_since"], now["allocated_to"]) == (clock.today().isoformat(), None)
    now = worker.post(f"{at}/allocate", {"to": colleague.id}, version=now["version"])
    missed = {"occurred_on": clock.today().isoformat(), "kind": "missed", "minutes": 0}
    assert worker.post(f"{at}/work", missed)["status"] == "allocated"
    now = worker.post(f"{at}/work", {**missed, "kind": "with_child", "minutes": 45})
    assert (now["status"], now["waited_days"], len(now["work"])) == ("in_progress", 0, 2)
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    worker.refused(422, "POST", f"{at}/work", {**missed, "occurred_on": tomorrow})
    flowed = types(settle(referrals))
    assert flowed.count("ReferralWaiting") == 3 and flowed.count("ReferralWorkBegan") == 1


def test_nobody_waits_unseen(
    plans: Service, referrals: Service, school: School, senco: Person, worker: Person,
    service_id: str,
) -> None:  # fmt: skip
    late = sent(plans, referrals, school, service_id)
    settle(referrals, plans)
    with clock.frozen(clock.now() + timedelta(days=14)):
        assert tell_who_waits(referrals.store, 14) >= 1
        assert tell_who_waits(referrals.store, 14) == 0
    with clock.frozen(clock.now() + timedelta(days=40)):
        assert raise_overdue(referrals.store) >= 1
        assert raise_overdue(referrals.store) == 0
        ours = [e for e in settle(referrals, plans) if e["subject"] == late["id"]]
        assert types(ours) == ["ReferralStillWaiting", "ReferralOverdue"]
        publish_waiting_times(referrals.store)
    figures = worker.get(f"/support-services/{service_id}/ageing")
    assert (figures["open"], figures["unclaimed"], figures["overdue"]) == (1, 1, 0)
    council = referrals.person("council_officer")
    (row,) = [r for r in council.get("/ageing")["items"] if r["support_service_id"] == service_id]
    assert row["ageing"]["overdue"] == 1
    assert [band["count"] for band in row["ageing"]["waiting_by_age"]] == [0, 1, 0, 0, 0]


def test_waiting_times_are_those_of_last_years_beginnings(
    plans: Service, referrals: Service, school: School, worker: Person, service_id: str
) -> None:
    one = sent(plans, referrals, school, service_id)
    collection = referrals.store.referrals.collection
    document = collection.find_one({"_id": one["id"]})
    ago = [(7 * n, 10) for n in range(1, 11)] + [(900, 500)]
    collection.insert_many([
        {**document, "_id": ids.new_id(), "child_id": ids.new_id(), "outbox": [], "keys": [],
         "status": "in_progress", "waited_days": waited,
         "began_on": (clock.today() - timedelta(days=began)).isoformat()}
        for waited, began in ago
    ])  # fmt: skip
    publish_waiting_times(referrals.store)
    found = worker.get(f"/support-services/{service_id}/waiting-times")
    assert found["waits"] == {"counted": 10, "median_days": 35, "p92_days": 70}
    assert "waited 5 weeks or less" in found["words"]


def test_a_queue_can_be_followed_and_only_so_many_follow_at_once(
    plans: Service, referrals: Service, school: School, worker: Person, service_id: str
) -> None:
    at = f"/support-services/{service_id}/queue/live"
    answer = worker.call("GET", at, buffered=False)
    assert answer.content_type.startswith("text/event-stream")
    lines = answer.iter_encoded()
    assert next(lines) == b"retry: 2000\n\n"
    made = sent(plans, referrals, school, service_id)
    said = next(line for line in lines if line.startswith(b"id")).decode().partition("data: ")[2]
    told = json.loads(said)
    assert (told["id"], told["status"]) == (made["id"], "submitted")
    worker.refused(422, "GET", f"{at}?since=yesterday")
    others = [worker.call("GET", at, buffered=False)
              for _ in range(referrals.settings.live_streams - 1)]  # fmt: skip
    worker.refused(503, "GET", at)
    for one in [answer, *others]:
        one.close()
    again = worker.call("GET", at, buffered=False)
    assert again.status_code == 200
    again.close()
