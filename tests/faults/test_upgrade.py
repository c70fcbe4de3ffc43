"""A rolling upgrade under load: workers of both versions on one queue, an event and a stored shape that
changed between them; no event is lost or mishandled."""

import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

from pymongo.database import Database

from deploy.local.client import eventually
from deploy.local.issuer import Issuer
from deploy.local.tap import Tap
from shared.store import changes
from tests.faults.checker import Checker
from tests.faults.ledger import Json, Ledger
from tests.faults.load import Load
from tests.faults.newer import CHECK, STANDING, WEEKS
from tests.faults.stack import PATIENCE_SECONDS, SECOND, FaultyStack
from tests.faults.test_nothing_is_lost import pytestmark as marks

pytestmark = marks


def _upgrade(stack: FaultyStack, name: str) -> None:
    """Stop one process as a roll-out does, start it in its next version, and wait until it is
    ready, as a roll-out does too."""
    managed = stack.running[name]
    managed.ask()
    # A slow machine is no `kill -9`, nor is a worker that does not end.
    eventually(f"{name} ends by itself", lambda: not managed.alive(), seconds=PATIENCE_SECONDS)
    stack.stop_one(name)
    stack.wrong[name] = "newer:"
    stack.start_process(name)
    eventually(f"{name} is ready", lambda: name not in stack.unready(), seconds=PATIENCE_SECONDS)


def _note(database: Database[Json]) -> Json:
    """What is known of the stored change."""
    return changes.ledger(database).find_one({"_id": STANDING.number}) or {}


def _checks(tap: Tap, version: str) -> int:
    """How many checks were recorded in that version of their event."""
    return sum(
        event["type"] == CHECK and event["dataschema"].endswith(f":{version}")
        for event in list(tap.events)
    )


def test_old_and_new_work_side_by_side_while_one_after_the_other_is_upgraded(
    tmp_path: Path,
) -> None:
    stack, ledger = FaultyStack(tmp_path), Ledger()
    stack.start()
    try:
        load = Load(stack.urls, Issuer(stack.folder / "issuer"), ledger, 11, threads=2, families=8)
        with Tap(stack.amqp_url) as tap:
            load.prepare()
            checker = Checker(
                stack.mongodb_url, stack.database_prefix, stack.ports["rabbitmq"],
                stack.folder / "mail", stack.depths, ledger, tap.events,
            )  # fmt: skip
            database = checker.database("plans")
            plans = database["plans"]
            load.start()
            try:
                eventually(
                    "the old version has written plans and checks",
                    lambda: plans.count_documents(STANDING.old) > 2 and _checks(tap, "1") > 20,
                    seconds=PATIENCE_SECONDS,
                )
                _upgrade(stack, "plans-worker")  # reads both versions
                eventually(
                    "what the old version stored is brought over",
                    lambda: _note(database).get("changed", 0) > 0,
                    seconds=PATIENCE_SECONDS,
                )
                _upgrade(stack, "plans-api")  # writes the new one
                # Its neighbour and notifications do not know that yet: what is too new for them
                # waits.
                eventually(
                    "the new version has recorded checks, and they wait for a newer worker",
                    lambda: _checks(tap, "2") > 20 and checker.waiting("notifications"),
                    seconds=PATIENCE_SECONDS,
                )
                _upgrade(stack, "notifications-worker")
                _upgrade(stack, SECOND)
                before = _checks(tap, "2")
                eventually(
                    "all is of the new version, and checks are recorded",
                    lambda: _checks(tap, "2") > before + 20,
                    seconds=PATIENCE_SECONDS,
                )
            finally:
                load.stop()
            moving = checker.wait_until_quiet(PATIENCE_SECONDS, stack.revive)
            assert moving == [], moving
            checker.wait_until_heard(PATIENCE_SECONDS)
            found = checker.look()
            events = [event for event in tap.events if event["type"] == CHECK]
        assert found.wrong == [], str(found)
        written = Counter(event["dataschema"].rpartition(":")[2] for event in events)
        assert written["1"] > 20 and written["2"] > 20, written
        # Each event of the new version was taken by a worker that knows it, once; and a worker of
        # the old version that changed a plan since has left the new field alone.
        wanted = Counter(
            event["data"]["plan_id"] for event in events if event["dataschema"].endswith(":2")
        )
        seen = {one["_id"]: one.get("weeks_seen", 0) for one in plans.find({})}
        assert seen == {plan: WEEKS * wanted[plan] for plan in seen}
        # What is stored was brought over under way, while the old version wrote beside it; the
        # version after that makes sure of the rest before it begins.
        note = _note(database)
        assert note["changed"] > 0, note
        late = plans.count_documents(STANDING.old)
        contract = changes.Changes(database, [replace(STANDING, needed=True)])
        contract.settle(threading.Event())
        for plan in plans.find({}):
            assert plan["standing"] == {key: plan[key] for key in ("state", "cycle")}
        print(f"stored change: {note['changed']} changed, {late} left by the old version")
        print(f"{dict(written)} by version; {found}")
    finally:
        stack.stop()
