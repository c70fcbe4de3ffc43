"""The short form of the fault runs, and the checker seen to fail. `make faults` is the long form."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local.issuer import Issuer
from deploy.local.tap import Tap
from tests.faults.checker import Checker
from tests.faults.faults import Fault, Faults
from tests.faults.ledger import Ledger
from tests.faults.load import Load
from tests.faults.run import RECOVERED_WITHIN, perform, short_form
from tests.faults.stack import FaultyStack

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
        run = perform(stack, seed=SEED, seconds=90, plan=short_form, say=lines.append)
    report = "\n".join([f"seed {SEED}", *lines, str(run)])
    assert run.wrong == [], report
    assert len(run.done) >= 12, report
    assert run.found.counts["events"] > 3000, report
    assert max(run.recoveries) <= RECOVERED_WITHIN, report
    print(report)


def test_without_the_inbox_the_checker_finds_what_happened_twice(tmp_path: Path) -> None:
    def repeated(faults: Faults) -> list[Fault]:
        return [faults.repeat_and_reorder]

    with _stack(tmp_path, **{"plans-worker": "without:inbox"}) as stack:
        stack.kill_process("plans-worker-2")  # only the broken one is left
        stack.wrong["plans-worker-2"] = "without:inbox"
        stack.start_second()
        run = perform(stack, seed=SEED, seconds=12, plan=repeated, families=6)
    assert [w for w in run.wrong if "was written" in w], str(run)


def test_without_confirms_the_checker_finds_what_was_lost(tmp_path: Path) -> None:
    with _stack(tmp_path, **{"plans-worker": "without:confirms"}) as stack:
        stack.kill_process("plans-worker-2")  # only the careless one relays
        ledger = Ledger()
        issuer = Issuer(stack.folder / "issuer")
        load = Load(stack.urls, issuer, ledger, SEED, threads=2, families=6)
        load.prepare()
        with Tap(stack.amqp_url) as tap:
            load.start()
            time.sleep(5)
            stack.kill_one("rabbitmq")
            time.sleep(2)
            stack.start_rabbitmq()
            time.sleep(3)
            load.stop()
            checker = Checker(
                stack.mongodb_url, stack.database_prefix, stack.ports["rabbitmq"],
                stack.folder / "mail", stack.depths, ledger, tap.events,
            )  # fmt: skip
            checker.wait_until_quiet(20, lambda: None)
            time.sleep(1)
            found = checker.look()
    lost = [w for w in found.wrong if "events; seen:" in w]
    assert lost, str(found)
