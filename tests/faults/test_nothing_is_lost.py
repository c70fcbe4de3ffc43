"""The short form of the fault runs, and the checker seen to fail. `make faults` is the long form."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from deploy.local.client import eventually
from deploy.local.issuer import Issuer
from deploy.local.tap import Tap
from shared import clock
from tests.faults.checker import Checker
from tests.faults.faults import Fault, Faults
from tests.faults.ledger import Ledger
from tests.faults.load import Load
from tests.faults.run import perform, short_form
from tests.faults.stack import PATIENCE_SECONDS, FaultyStack

SEED = int(os.environ.get("SEN_FAULT_SEED", "3"))
pytestmark = [
    pytest.mark.xdist_group("faults"), pytest.mark.timeout(3600), pytest.mark.skipif(
        bool(os.environ.get("AMQP_URL") or os.environ.get("MONGODB_URL")),
        reason="faults are done to servers of our own only",
    ),
]  # fmt: skip


@contextmanager
def _stack(folder: Path, **wrong: str) -> Iterator[FaultyStack]:
    made = FaultyStack(folder, wrong=wrong)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def test_under_every_kind_of_fault_nothing_is_lost_and_nothing_happens_twice(
    tmp_path: Path,
) -> None:
    with _stack(tmp_path) as stack:
        lines: list[str] = []
        run = perform(
            stack,
            seed=SEED,
            seconds=90,
            plan=short_form,
            events=3001,
            recovered_within=PATIENCE_SECONDS,
            say=lines.append,
        )
    report = "\n".join([f"seed {SEED}", *lines, str(run)])
    assert run.wrong == [], report
    assert len(run.done) >= 12, report
    assert run.found.counts["events"] > 3000, report
    # That it takes 30 s at most is for `make faults` to say: here it may be a busy machine.
    assert len(run.recoveries) == len(run.done), report
    print(report)


def test_without_the_inbox_the_checker_finds_what_happened_twice(tmp_path: Path) -> None:
    def repeated(faults: Faults) -> list[Fault]:
        return [faults.repeat_and_reorder]

    with _stack(tmp_path, **{"plans-worker": "without:inbox"}) as stack:
        stack.kill_process("plans-worker-2")  # only the broken one is left
        stack.wrong["plans-worker-2"] = "without:inbox"
        stack.start_second()
        run = perform(stack, seed=SEED, seconds=12, plan=repeated, families=6, heard_within=0)
    assert [w for w in run.wrong if "was written" in w], str(run)


def test_without_confirms_the_checker_finds_what_was_lost(tmp_path: Path) -> None:
    with _stack(tmp_path, **{"plans-worker": "without:confirms"}) as stack:
        stack.kill_process("plans-worker-2")  # only the careless one relays
        ledger = Ledger()
        issuer = Issuer(stack.folder / "issuer")
        load = Load(stack.urls, issuer, ledger, SEED, threads=2, families=6)
        with Tap(stack.amqp_url) as tap:
            load.prepare()
            load.start()
            checker = Checker(
                stack.mongodb_url, stack.database_prefix, stack.ports["rabbitmq"],
                stack.folder / "mail", stack.depths, ledger, tap.events,
            )  # fmt: skip
            wait = partial(eventually, seconds=PATIENCE_SECONDS)
            wait("events flow", lambda: len(tap.events) > 200)
            stack.kill_one("rabbitmq")
            away = {"created_at": {"$gt": clock.now()}, "outbox": []}
            checks = checker.database("plans")["checks"]
            wait("events are published to nobody", lambda: checks.count_documents(away) > 2)
            stack.start_rabbitmq()
            heard = len(tap.events)
            wait("events flow again", lambda: len(tap.events) > heard + 20)
            load.stop()
            checker.wait_until_quiet(60, lambda: None)
            found = checker.look()
    lost = [w for w in found.wrong if "events; seen:" in w]
    assert lost, str(found)
