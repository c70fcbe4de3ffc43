"""Whatever goes through many: one with which something is wrong stops no other, in every worker."""

import importlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import Message as Mail
from functools import partial
from io import BytesIO
from typing import Any

import pytest
from prometheus_client import REGISTRY

from services.notifications.commands.bounces import read_bounces
from services.notifications.providers import mailbox
from services.notifications.providers.mailbox import Bounce, Mailbox
from services.notifications.providers.several import Several
from services.referrals.commands.attach import scan_waiting
from services.referrals.domain.parts import Scan
from services.referrals.providers.scanner import NoScanner, ScannerAway
from services.referrals.settings import ReferralSettings
from shared import clock, ids
from shared.sender import send_repeatedly
from shared.store.database import Document
from shared.worker import ServiceWorker
from tests.support.house import Service
from tests.support.world import World, build, outlets


@pytest.fixture(scope="module")
def world(
    plans: Service, reviews: Service, referrals: Service, notifications: Service
) -> World:  # fmt: skip
    return build(plans, reviews, referrals, notifications)


class Took:
    """A provider that takes everything."""

    name = "took"

    def __enter__(self) -> "Took":
        return self

    def __exit__(self, *_: object) -> None: ...

    def send(self, _: Any) -> None: ...

    def took(self, _: Any) -> bool:
        return False


class NoMail:
    """A mailbox in which nothing lies."""

    def read(self) -> Iterator[list[Bounce]]:
        yield from ()


def worker_of(service: Service) -> ServiceWorker:
    """What its worker does, as its `main` builds it."""
    module: Any = importlib.import_module(f"services.{service.name}.worker")
    more: dict[str, list[Any]] = {
        "referrals": [ReferralSettings()],
        "notifications": [[outlets(service, email=Several([Took()]))]],
    }
    keys = {"notifications": {"mailbox": NoMail(), "digest_hour": 0}}
    found: ServiceWorker = module.build(
        service.store, *more.get(service.name, []), **keys.get(service.name, {})
    )
    return found


def works_of(service: Service) -> dict[str, Callable[[], Any]]:
    """Everything that its worker goes through, by name: looks of the calendar, and senders, of
    which each is run until it has looked."""
    made = worker_of(service)
    found: dict[str, Callable[[], Any]] = dict(made.jobs)
    for sender in made.senders:
        assert isinstance(sender, partial)
        name = sender.args[0] if sender.func is send_repeatedly else sender.func.__name__
        found[name] = partial(_for_a_while, sender)
    return found


class UntilItRests(threading.Event):
    """Tells a sender to stop as soon as it finds nothing more to do."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        return True


def _for_a_while(sender: Callable[[threading.Event], None]) -> None:
    sender(UntilItRests())


# --- and every one of them is tried with a poisoned document among others


@dataclass(frozen=True)
class Trial:
    """Documents like a real one, made due; `poison` makes one of them unreadable."""

    collection: str
    due: dict[str, Any]
    done: Callable[[Document], bool]
    poison: Document = field(default_factory=lambda: {"$unset": {"setting_id": ""}})


_LONG_AGO = "2020-01-06"


def _trials() -> dict[str, Trial]:
    now, today = clock.now(), clock.today()
    soon = (today + timedelta(days=1)).isoformat()
    return {
        "look_at_rights": Trial(
            "children",
            {"date_of_birth": today.replace(year=today.year - 17, day=1).isoformat(), "version": 1,
             "looked_at": None},
            lambda one: one["version"] == 2,
        ),
        "describe_settings": Trial(
            "settings", {"described": False}, lambda one: bool(one["described"]),
            {"$unset": {"kind": ""}},
        ),
        "raise_overdue_checks": Trial(
            "plans",
            {"state": "active", "active_from": _LONG_AGO, "last_check_on": None,
             "overdue_told_for": None},
            lambda one: one["overdue_told_for"] == _LONG_AGO,
        ),
        "issue_copies": Trial(
            "copies", {"state": "owed", "document_ref": None, "issued_at": None},
            lambda one: one["state"] in ("issued", "withdrawn"),
        ),
        "let_fall_due": Trial(
            "reviews", {"state": "scheduled", "due_on": _LONG_AGO},
            lambda one: one["state"] == "overdue",
        ),
        "raise_overdue_discussions": Trial(
            "reviews",
            {"state": "completed", "held_on": _LONG_AGO, "discussion_overdue_told": False,
             "discussion": None},
            lambda one: bool(one["discussion_overdue_told"]),
        ),
        "raise_overdue": Trial(
            "referrals",
            {"status": "triage", "respond_by": _LONG_AGO, "overdue_told": False},
            lambda one: bool(one["overdue_told"]),
        ),
        "tell_who_waits": Trial(
            "referrals", {"status": "triage", "told_on": _LONG_AGO},
            lambda one: one["told_on"] == today.isoformat(),
        ),
        "expire_consents": Trial(
            "referrals",
            {"status": "triage", "consent.status": "given", "consent.expires_on": _LONG_AGO},
            lambda one: one["consent"]["status"] == "expired",
        ),
        "scan_files": Trial(
            "referrals", {"attachments.0.scan": "waiting"},
            lambda one: one["attachments"][0]["scan"] == "clean",
        ),
        "send_webhooks": Trial(
            "deliveries", {"state": "waiting", "next_try": now, "tries": 0, "attempts": []},
            lambda one: one["tries"] == 1, {"$unset": {"type": ""}},
        ),
        "release_reminders": Trial(
            "known_reviews", {"open": True, "due_on": soon, "reminded": []},
            lambda one: bool(one["reminded"]), {"$unset": {"plan_id": ""}},
        ),
        "send_messages": Trial(
            "messages",
            {"state": "created", "purpose": "plan_ready", "attempts": [], "next_try": now,
             "expires_on": None, "parts": []},
            lambda one: one["state"] == "sent",
        ),
    }  # fmt: skip


ELSEWHERE = {
    "sweep_versions": "one write for each, by the field that its query asks for",
    "sweep_files": "one write for each, by the field that its query asks for",
    "publish_waiting_times": "test_the_figures_of_one_service_stop_no_other",
    "release_digests": "test_the_digest_of_one_setting_stops_no_other",
    "read_bounces": "test_one_email_in_the_mailbox_stops_no_other",
}


def test_every_work_of_every_worker_is_tried(
    plans: Service, reviews: Service, referrals: Service, notifications: Service
) -> None:
    known = {
        name for one in (plans, reviews, referrals, notifications) for name in works_of(one)
    }  # fmt: skip
    assert known == set(_trials()) | set(ELSEWHERE)


@pytest.mark.parametrize("name", sorted(_trials()))
def test_a_document_that_cannot_be_read_stops_no_other(
    world: World, plans: Service, reviews: Service, referrals: Service, notifications: Service,
    name: str,
) -> None:  # fmt: skip
    (service,) = [
        one for one in (plans, reviews, referrals, notifications) if name in works_of(one)
    ]
    trial = _trials()[name]
    kept = service.database[trial.collection]
    service.database["days"].delete_many({})
    _wait_for_nothing_else(service, name)
    like = _one_like(service, trial, world)
    made = [ids.new_id() for _ in range(6)]
    unique = [{**like, "_id": one, "outbox": [], **_own(trial.collection, one)} for one in made]
    if name == "scan_files":
        unique = [{**one, "attachments": [_a_file(service, like, one["_id"])]} for one in unique]
    kept.insert_many(unique)
    kept.update_many({"_id": {"$in": made}}, {"$set": trial.due})
    poisoned = [made[0], made[3]]
    assert kept.update_many({"_id": {"$in": poisoned}}, trial.poison).modified_count == 2
    before = _failed()
    works_of(service)[name]()
    left = {one["_id"]: one for one in kept.find({"_id": {"$in": made}})}
    kept.delete_many({"_id": {"$in": made}})
    assert [one for one in made if not _done(trial, left[one])] == poisoned
    assert _failed() > before


def _done(trial: Trial, document: Document) -> bool:
    try:
        return trial.done(document)
    except KeyError:
        return False


def _one_like(service: Service, trial: Trial, world: World) -> Document:
    whole = trial.collection == "referrals"  # one that was sent, with a file
    wanted: Document = {"attachments.0": {"$exists": True}} if whole else {}
    if trial.collection == "children":  # other tests' have chosen, or been spoken to
        wanted = {"_id": world.ids["child_id"]}
    found = service.database[trial.collection].find_one(wanted)
    assert found, trial.collection
    if trial.collection == "deliveries":  # nobody outside is called
        service.database["webhooks"].update_many({}, {"$set": {"url": "http://nowhere.example"}})
    if trial.collection == "messages":
        person = service.database["contacts"].find_one({"_id": world.ids["contact_id"]}) or {}
        child = person["details"]["children"][0]["child_id"]
        found |= {"person_id": person["person_id"], "setting_id": person["setting_id"],
                  "child_id": child, "about": {**found["about"], "child_id": child, "link": "plan", "subject_id": child},
                  "created_on": clock.now()}  # fmt: skip
    return found


def _own(collection: str, document_id: str) -> Document:
    """What is unique, its own."""
    return {"copies": {"person_id": document_id}, "referrals": {"child_id": document_id}, "plans": {"child_id": document_id},
            "deliveries": {"event_id": document_id}}.get(collection, {})  # fmt: skip


def _wait_for_nothing_else(service: Service, name: str) -> None:
    if name == "send_messages":
        service.database["messages"].update_many({}, {"$set": {"state": "suppressed"}})


def _failed() -> float:
    return sum(
        sample.value
        for metric in REGISTRY.collect() if metric.name in ("sen_items_failed", "sen_message_attempts_failed")
        for sample in metric.samples if sample.name.endswith("_total")
    )  # fmt: skip


def test_the_figures_of_one_service_stop_no_other(world: World, referrals: Service) -> None:
    kept = referrals.database["support_services"]
    like = kept.find_one({}) or {}
    made = [ids.new_id() for _ in range(3)]
    kept.insert_many([{**like, "_id": one, "outbox": []} for one in made])
    kept.update_one({"_id": made[0]}, {"$unset": {"details": ""}})
    before = _failed()
    works_of(referrals)["publish_waiting_times"]()
    kept.delete_many({"_id": {"$in": made}})
    known = {one["_id"] for one in referrals.database["waiting_times"].find({"_id": {"$in": made}})}
    assert known == set(made[1:]) and _failed() == before + 1


def test_the_digest_of_one_setting_stops_no_other(
    world: World, notifications: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = sorted(ids.new_id() for _ in range(3))
    for setting in settings:
        senco = notifications.person("senco", settings=[setting])
        senco.put(f"/settings/{setting}/profile",
                  {"name": "Thornbeck", "phone": "01632 960 001", "sencos": [ids.new_id()]},
                  version=0)  # fmt: skip
    real = notifications.store.due.counts

    def counts(setting_id: str, *more: Any) -> Any:
        if setting_id == settings[0]:
            raise ValueError(setting_id)
        return real(setting_id, *more)

    monkeypatch.setattr(notifications.store.due, "counts", counts)
    monkeypatch.setattr("services.notifications.commands.tell.is_working_day", lambda _: True)
    before = _failed()
    works_of(notifications)["release_digests"]()
    told = {
        one["_id"] for one in notifications.database["digests"].find({"_id": {"$in": settings}})
    }
    assert told == set(settings[1:]) and _failed() == before + 1


def test_one_email_in_the_mailbox_stops_no_other(
    world: World, notifications: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that cannot be read, and one whose message cannot be."""
    kept = notifications.database["messages"]
    like = kept.find_one({}) or {}
    made = [ids.new_id() for _ in range(3)]
    # To people of whom nothing is recorded: no other channel has its turn.
    sent = {"outbox": [], "state": "sent", "channel": "email", "given_up": [], "attempts": []}
    kept.insert_many([{**like, **sent, "_id": one, "person_id": one} for one in made])
    kept.update_one({"_id": made[0]}, {"$unset": {"setting_id": ""}})

    class Box(Mailbox):
        def __init__(self) -> None: ...

        def read(self) -> Iterator[list[Bounce]]:
            yield mailbox._read_one(Mail())
            yield from ([Bounce(one, "5.2.2", False)] for one in made)

    def odd(_: Mail) -> list[Bounce]:
        raise LookupError("unknown encoding")

    monkeypatch.setattr(mailbox, "bounces_in", odd)
    before = _failed()
    assert read_bounces(notifications.store, Box()) == 4
    states = [one["state"] for one in kept.find({"_id": {"$in": made}}).sort("_id", 1)]
    kept.delete_many({"_id": {"$in": made}})
    assert states == ["sent", "permanent_failure", "permanent_failure"]
    assert _failed() == before + 2


def test_files_over_which_the_scanner_hangs_up_come_behind_the_others(
    world: World, referrals: Service
) -> None:
    kept = referrals.database["referrals"]
    like = kept.find_one({"attachments.0": {"$exists": True}}) or {}
    waiting = {"attachments.scan": "waiting"}
    kept.update_many(waiting, {"$set": {"attachments.$[].scan": "clean"}})
    made = [ids.new_id() for _ in range(12)]
    bad, good = made[:5], made[5:]
    kept.insert_many([
        {**like, "_id": one, "outbox": [], "child_id": one,
         "attachments": [_a_file(referrals, like, one)]} for one in made
    ])  # fmt: skip

    class HangsUp(NoScanner):
        away = True

        def scan(self, content: Iterator[bytes]) -> Scan:
            words = b"".join(content)
            if self.away or any(one.encode() in words for one in bad):
                raise ScannerAway("it hung up")
            return Scan.CLEAN

    scanner = HangsUp()
    for _ in range(3):  # it is away: nobody's fault
        assert scan_waiting(referrals.store, scanner) == 0
    scanner.away = False
    for _ in range(40):
        scan_waiting(referrals.store, scanner)
    found = {one["_id"]: one["attachments"][0] for one in kept.find({"_id": {"$in": made}})}
    kept.delete_many({"_id": {"$in": made}})
    assert {found[one]["scan"] for one in good} == {"clean"}
    assert {found[one]["scan"] for one in bad} == {"waiting"}
    assert all(found[one]["scan_after"] > clock.now() for one in bad)


def _a_file(referrals: Service, like: Document, name: str) -> Document:
    """A file of its own."""
    file_id = referrals.store.files.put(f"referral/{name}", BytesIO(name.encode()))
    return {**like["attachments"][0], "file_id": file_id, "scan": "waiting", "scan_after": None}
