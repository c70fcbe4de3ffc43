"""A rolling upgrade under load: workers of both versions on one queue, an event and a stored shape that
changed between them; no event is lost or mishandled."""

import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from deploy.local.issuer import Issuer
from deploy.local.tap import Tap
from shared.store import changes
from tests.faults.checker import Checker
from tests.faults.ledger import Ledger
from tests.faults.load import Load
from tests.faults.newer import CHECK, STANDING, WEEKS
from tests.faults.stack import SECOND, FaultyStack
from tests.faults.test_nothing_is_lost import pytestmark as marks

pytestmark = marks


def _upgrade(stack: FaultyStack, name: str) -> None:
    """Stop one process as a roll-out does, and start it in its next version."""
    stack.stop_one(name)
    stack.wrong[name] = "newer:"
    stack.start_process(name)


def test_old_and_new_work_side_by_side_while_one_after_the_other_is_upgraded(
    tmp_path: Path,
) -> None:
    stack, ledger = FaultyStack(tmp_path), Ledger()
    stack.start()
    try:
        load = Load(stack.urls, Issuer(stack.folder / "issuer"), ledger, 11, threads=2, families=8)
        load.prepare()
        with Tap(stack.amqp_url) as tap:
            load.start()
            try:
                time.sleep(8)
                _upgrade(stack, "plans-worker")  # reads both versions
                time.sleep(4)
                _upgrade(stack, "plans-api")  # writes the new one
                time.sleep(8)  # its neighbour and notifications do not know that yet
                _upgrade(stack, "notifications-worker")
                _upgrade(stack, SECOND)
                time.sleep(5)
            finally:
                load.stop()
            checker = Checker(
                stack.mongodb_url, stack.database_prefix, stack.ports["rabbitmq"],
                stack.folder / "mail", stack.depths, ledger, tap.events,
            )  # fmt: skip
            moving = checker.wait_until_quiet(150, stack.revive)
            assert moving == [], moving
            time.sleep(2)
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
        plans = checker.database("plans")["plans"]
        seen = {one["_id"]: one.get("weeks_seen", 0) for one in plans.find({})}
        assert seen == {plan: WEEKS * wanted[plan] for plan in seen}
        # What is stored was brought over under way, while the old version wrote beside it; the
        # version after that makes sure of the rest before it begins.
        plans_database = checker.database("plans")
        note = changes.ledger(plans_database).find_one({"_id": STANDING.number}) or {}
        assert note["changed"] > 0, note
        late = plans_database["plans"].count_documents(STANDING.old)
        contract = changes.Changes(plans_database, [replace(STANDING, needed=True)])
        contract.settle(threading.Event())
        for plan in plans_database["plans"].find({}):
            assert plan["standing"] == {key: plan[key] for key in ("state", "cycle")}
        print(f"stored change: {note['changed']} changed, {late} left by the old version")
        print(f"{dict(written)} by version; {found}")
    finally:
        stack.stop()
