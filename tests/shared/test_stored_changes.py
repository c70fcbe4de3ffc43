"""Stored documents get a new shape while the system works: taken up where it was left, whoever writes
beside it, and nothing is changed twice or lost."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from deploy.local.client import eventually
from services.notifications.store import NotificationsStore
from services.notifications.store.changes import CHANGES
from shared import ids
from shared.store.changes import Changes, StoredChange, ledger, unsettled
from shared.store.database import MongoDatabase, connect
from shared.store.repository import Repository
from tests.support.house import Service

ROOT = Path(__file__).resolve().parents[2]

# The next release calls `phone` by another name; until nobody reads the old one it writes both.
TELEPHONE = StoredChange(
    1, "phone is called telephone", "things",
    old={"$expr": {"$ne": ["$phone", "$telephone"]}},
    convert=lambda document: {"$set": {"telephone": document["phone"]}},
)  # fmt: skip


@dataclass
class Thing:
    """As the old release knows it."""

    id: str
    phone: str
    version: int = 0
    raised: list[Any] = field(default_factory=list)


@pytest.fixture
def database(mongodb_url: str) -> Iterator[MongoDatabase]:
    made = connect(mongodb_url, f"changes{ids.new_id()[-12:]}")
    with made.client:
        yield made
        made.client.drop_database(made.name)


def _fill(database: MongoDatabase, count: int) -> None:
    database["things"].insert_many(
        {"_id": f"{n:06}", "phone": str(n), "version": 1, "sequence": 0, "outbox": [], "keys": []}
        for n in range(count)
    )


def _old_ones(database: MongoDatabase) -> int:
    return database["things"].count_documents(TELEPHONE.old)


def _note_of(database: MongoDatabase) -> dict[str, Any]:
    return ledger(database).find_one({"_id": 1}) or {}


_NEVER = threading.Event()

_MAKER = """
import sys, threading
sys.path.insert(0, sys.argv[1])
from shared.store.changes import Changes
from shared.store.database import connect
from tests.shared.test_stored_changes import TELEPHONE
Changes(connect(sys.argv[2], sys.argv[3]), [TELEPHONE], batch=50, pause=1).round(threading.Event())
"""


def test_a_killed_worker_s_change_is_taken_up_by_the_next(
    database: MongoDatabase, mongodb_url: str
) -> None:
    _fill(database, 4000)
    maker = subprocess.Popen(
        [sys.executable, "-c", _MAKER, str(ROOT), mongodb_url, database.name], cwd=ROOT
    )
    by = time.monotonic() + 120
    while not _note_of(database).get("after") and time.monotonic() < by:
        time.sleep(0.02)
    maker.send_signal(signal.SIGKILL)
    maker.wait()
    left, reached = _old_ones(database), _note_of(database)["after"]
    assert 0 < left < 4000
    database["leases"].delete_many({})  # else it runs out after half a minute
    assert Changes(database, [TELEPHONE], pause=0).round(_NEVER) == 0
    note = _note_of(database)
    assert (note["state"], _old_ones(database)) == ("finished", 0)
    # What was changed before is not changed again: the count may lack the batch that was in hand.
    assert 4000 - 50 <= note["changed"] <= 4000 and reached > "000000"
    assert database["things"].count_documents({"version": 1}) == 4000


def test_what_an_older_release_writes_meanwhile_is_brought_over_too(
    database: MongoDatabase,
) -> None:
    """Nobody's command is lost, and nobody's form grows old."""
    _fill(database, 1500)
    things = Repository(database, "things", Thing, "thing")
    stopping, written = threading.Event(), {}

    def older_release() -> None:
        number = 0
        while not stopping.is_set():
            key = f"{number * 37 % 1500:06}"
            said = f"again {number}"
            things.change(key, lambda thing, said=said: setattr(thing, "phone", said))  # type: ignore[misc]
            written[key] = said
            number += 1

    writer = threading.Thread(target=older_release)
    writer.start()
    changes = Changes(database, [TELEPHONE], batch=100, pause=0.01)
    eventually("the older release writes", lambda: len(written) > 5, seconds=120)
    changes.round(_NEVER)
    eventually("it has written more", lambda: len(written) > 20, seconds=120)
    stopping.set()
    writer.join()
    while changes.round(_NEVER):
        pass
    assert len(written) > 20
    found = {one["_id"]: one for one in database["things"].find()}
    assert all(
        found[key]["phone"] == found[key]["telephone"] == said for key, said in written.items()
    )
    assert sum(one["version"] - 1 for one in found.values()) >= len(written)


def test_one_that_cannot_be_changed_holds_up_nobody_and_is_seen(database: MongoDatabase) -> None:
    _fill(database, 30)
    database["things"].update_one(
        {"_id": "000007"}, {"$unset": {"phone": 1}, "$set": {"telephone": ""}}
    )
    changes = Changes(database, [TELEPHONE], batch=10, pause=0)
    assert changes.round(_NEVER) == 1
    assert (_old_ones(database), _note_of(database)["state"]) == (1, "running")
    database["things"].update_one({"_id": "000007"}, {"$set": {"phone": "mended"}})
    assert changes.round(_NEVER) == 0
    assert _note_of(database)["changed"] == 30


def test_a_release_that_needs_a_change_waits_until_it_is_sure(database: MongoDatabase) -> None:
    """It was finished once, but an older release may have written since."""
    _fill(database, 200)
    assert Changes(database, [TELEPHONE], pause=0).round(_NEVER) == 0
    database["things"].update_one({"_id": "000003"}, {"$set": {"phone": "older"}})
    contract = replace(TELEPHONE, needed=True)
    assert unsettled(database, [TELEPHONE]) == []
    assert unsettled(database, [contract]) == [1]
    workers = [
        threading.Thread(target=Changes(database, [contract], pause=0).settle, args=(_NEVER,))
        for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (unsettled(database, [contract]), _old_ones(database)) == ([], 0)
    assert _note_of(database)["settled"]


def test_an_api_is_not_ready_before_what_it_needs_is_sure(
    notifications: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = replace(CHANGES[0], number=99, needed=True)
    monkeypatch.setattr("services.notifications.app.CHANGES", [needed])
    app: Flask = notifications.new_app()
    database = notifications.store.database
    waiting = app.test_client().get("/readyz")
    assert (waiting.status_code, waiting.json) == (
        503, {"status": "waiting", "stored_changes": [99]},
    )  # fmt: skip
    Changes(database, [needed], pause=0).settle(_NEVER)
    assert app.test_client().get("/readyz").json == {"status": "ready"}
    ledger(database).delete_one({"_id": 99})


def test_an_index_that_is_retired_is_taken_away(database: MongoDatabase) -> None:
    things = Repository(database, "things", Thing, "thing", retired=["by_phone", "never_was"])
    things.collection.create_index("phone", name="by_phone")
    for _ in range(2):
        things.ensure_indexes()
        assert set(things.collection.index_information()) == {"_id_", "outbox_waiting"}


def test_contacts_of_before_say_which_channels_fail(database: MongoDatabase) -> None:
    """The first change of this system's own."""
    store = NotificationsStore(database)
    details = {"name": "A", "email": "a@b.example", "mobile": None, "language": "en",
               "channels": ["email"], "children": [], "quiet_hours": None}  # fmt: skip
    store.contacts.collection.insert_many([
        {"_id": "old", "person_id": "p", "setting_id": "s", "details": details, "opted_out": [],
         "version": 4, "sequence": 0},
        {"_id": "new", "person_id": "q", "setting_id": "s", "details": details, "opted_out": [],
         "failing": [{"channel": "email"}], "version": 1, "sequence": 0},
    ])  # fmt: skip
    assert Changes(database, CHANGES, pause=0).round(_NEVER) == 0
    found = {one["_id"]: one for one in store.contacts.collection.find()}
    assert (found["old"]["failing"], found["old"]["version"]) == ([], 4)
    assert found["new"]["failing"] == [{"channel": "email"}]
