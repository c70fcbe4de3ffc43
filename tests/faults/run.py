"""One run: load, faults, and the checker. `make faults` is the long form of it.

python -m tests.faults.run [--minutes 15] [--faults 300] [--seed 1] [--replicas 3]
"""

import argparse
import contextlib
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.client import eventually
from deploy.local.issuer import Issuer
from deploy.local.tap import Tap
from tests.faults.checker import Checker
from tests.faults.faults import Fault, Faults
from tests.faults.found import Found
from tests.faults.ledger import Ledger
from tests.faults.load import Load
from tests.faults.stack import PATIENCE_SECONDS, FaultyStack
from tests.faults.worker import POINTS

RECOVERED_WITHIN = 30.0
_SLOW_SECONDS = 5.0
"""What takes longer says what it was."""
_SENDERS_LIVE_ON = 150.0
"""At the end no sender is killed: what it had claimed would hold up the end of the run."""


@dataclass
class Run:
    """What happened."""

    done: list[str] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    moving: list[str] = field(default_factory=list)
    found: Found = field(default_factory=Found)
    seconds: float = 0.0

    @property
    def wrong(self) -> list[str]:
        """Everything that is not as it has to be."""
        return [*self.late, *(f"still under way: {what}" for what in self.moving),
                *self.found.wrong]  # fmt: skip

    def __str__(self) -> str:
        worst = max(self.recoveries, default=0.0)
        return (
            f"{len(self.done)} faults in {self.seconds:.0f} s; everything ready again after "
            f"{worst:.1f} s at most\n{self.found}" + "".join(f"\n{line}" for line in self.wrong)
        )


def cheap(faults: Faults) -> list[Fault]:
    """Those that are over within seconds."""
    return [
        faults.kill_an_api, faults.kill_a_worker, faults.kill_the_relay_holder,
        faults.close_connections, faults.cut_the_network, faults.kill_the_database,
        faults.step_the_primary_down, faults.steal_the_lease, faults.repeat_and_reorder,
        faults.mix_poison_in, faults.raise_the_disk_alarm, faults.slow_network,
    ]  # fmt: skip


def dear(faults: Faults) -> list[Fault]:
    """Those that take their time."""
    return [
        faults.die_at_a_point, faults.stop_the_broker, faults.kill_the_broker,
        faults.raise_the_memory_alarm, faults.half_open_connections, faults.no_confirms,
        faults.step_a_clock, faults.freeze_the_broker,
    ]  # fmt: skip


def short_form(faults: Faults) -> list[Fault]:
    """Nearly each kind once, in an order of chance; a sender dies early or not at all."""
    plan = [*cheap(faults), *dear(faults)]
    plan.remove(faults.die_at_a_point)
    plan.remove(faults.step_the_primary_down)
    plan.remove(faults.freeze_the_broker)  # as `half_open_connections`, to whom one node is all
    faults.chance.shuffle(plan)
    point = faults.chance.choice([p for p in POINTS if not p.startswith("sender")])
    last = "sender, between handing over and noting"
    return [lambda: faults.die_at(last), lambda: faults.die_at(point), *plan]


def perform(
    stack: FaultyStack,
    *,
    seed: int,
    seconds: float,
    plan: Callable[[Faults], list[Fault]] | None = None,
    most: int = 0,
    pause: tuple[float, float] = (0.5, 2.0),
    families: int = 60,
    threads: int = 3,
    events: int = 0,
    recovered_within: float = RECOVERED_WITHIN,
    heard_within: float = PATIENCE_SECONDS,
    say: Callable[[str], None] = lambda _line: None,
) -> Run:
    """Run load and faults on a started system, then check. `plan` None draws faults by lot.

    It goes on for `seconds`, and until there were so many `events`, however long that takes.
    """
    run, ledger = Run(), Ledger()
    chance = random.Random(seed)
    load = Load(
        stack.urls, Issuer(stack.folder / "issuer"), ledger, seed,
        threads=threads, families=families,
    )  # fmt: skip
    began = time.monotonic()
    with Tap(stack.amqp_url) as tap:
        load.prepare()
        faults = Faults(stack, tap, chance)
        load.start()
        try:
            eventually(
                "something is under way", lambda: len(tap.events) > 100, seconds=PATIENCE_SECONDS
            )
            waiting = plan(faults) if plan else []
            while time.monotonic() - began < seconds or waiting or len(tap.events) < events:
                left = seconds - (time.monotonic() - began)
                faults.kill_senders = left > _SENDERS_LIVE_ON or (plan is not None and left > 60)
                if most and len(run.done) >= most:
                    time.sleep(1)
                    continue
                if waiting:
                    fault = waiting.pop(0)
                elif plan:
                    time.sleep(0.5)
                    continue
                else:
                    fault = chance.choice(cheap(faults) if chance.random() < 0.95 else dear(faults))
                _one(run, stack, fault, say, time.monotonic() - began, recovered_within)
                time.sleep(chance.uniform(*pause))
        finally:
            load.stop()
        run.seconds = time.monotonic() - began
        say(f"{len(run.done)} faults, {len(tap.events)} events; waiting until nothing moves")
        checker = Checker(
            stack.mongodb_url, stack.database_prefix, stack.ports["rabbitmq"],
            stack.folder / "mail", stack.depths, ledger, tap.events, faults.poison,
        )  # fmt: skip
        run.moving = checker.wait_until_quiet(PATIENCE_SECONDS, stack.revive)
        checker.wait_until_heard(heard_within)
        checker.kills_of_senders = stack.kills_of_senders
        run.found = checker.look()
    return run


def _one(
    run: Run,
    stack: FaultyStack,
    fault: Fault,
    say: Callable[[str], None],
    at: float,
    recovered_within: float,
) -> None:
    did = fault()
    run.done.append(did)
    try:
        took, last = stack.recovery(recovered_within)
        run.recoveries.append(took)
        why = f"; last {last}" if took > _SLOW_SECONDS else ""
        say(f"{at:6.0f} s  {did}; ready after {took:.1f} s{why}")
    except TimeoutError as problem:
        run.late.append(f"{did}: {problem}")
        say(f"{at:6.0f} s  {did}; NOT READY: {problem}")


def main() -> int:
    """Run the long form. Answers the exit status."""
    options = _parser().parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="sen-faults-"))
    print(f"faults: {options.minutes} minutes, seed {options.seed}, in {folder}", flush=True)
    stack = FaultyStack(folder, replicas=options.replicas, nodes=options.nodes)
    with contextlib.ExitStack() as ending:
        ending.callback(stack.stop)
        stack.start()
        run = perform(
            stack, seed=options.seed, seconds=options.minutes * 60, most=options.faults,
            pause=(0.0, 0.2), families=options.families, threads=options.threads,
            say=lambda line: print(line, flush=True),
        )  # fmt: skip
    print(run, flush=True)
    print("Nothing is lost." if not run.wrong else f"{len(run.wrong)} things are wrong.")
    return 1 if run.wrong else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--faults", type=int, default=0, help="at most so many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--replicas", type=int, default=3)
    parser.add_argument("--nodes", type=int, default=3, help="of the broker")
    parser.add_argument("--families", type=int, default=60)
    parser.add_argument("--threads", type=int, default=6, help="of the load")
    parser.add_argument("--folder", type=Path, default=None)
    return parser


if __name__ == "__main__":
    sys.exit(main())
