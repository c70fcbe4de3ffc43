"""`make bench`: everything measured side by side in one run, kept in docs/benchmarks.md.

python -m tests.bench.run [--quick] [--only commands,relay,consumer,peers,latency,growth,queues,outgoing,memory]
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from shared import clock
from tests.bench import (
    commands,
    growth,
    latency,
    memory,
    messages,
    outgoing,
    peers_run,
    queue_pages,
)
from tests.bench.ground import Ground, ground, whole_system

ROOT = Path(__file__).resolve().parents[2]
PARTS = (
    "commands",
    "relay",
    "consumer",
    "peers",
    "latency",
    "growth",
    "queues",
    "outgoing",
    "memory",
)


@dataclass
class Row:
    """One line of the table."""

    what: str
    measured: str
    beside: str
    ratio: str
    goal: str
    reached: bool | None


@dataclass
class Bench:
    """One run. `quick` makes it small: to see that it works, not to be kept."""

    quick: bool
    rows: list[tuple[str, list[Row]]] = field(default_factory=list)
    consumer_rate: float = 0.0
    relay_rate: float = 0.0

    def size(self, whole: int, small: int) -> int:
        return small if self.quick else whole

    @property
    def rounds(self) -> int:
        return self.size(5, 1)

    def commands(self, on: Ground) -> list[Row]:
        found = commands.measure(on, count=self.size(3000, 300), rounds=self.rounds)
        bare, boxed = found["floor: bare insert"], found["floor: transaction with outbox"]
        rows = []
        for name in ("contribution", "check"):
            rate = found[name]
            rows.append(Row(f"POST of a {name}", _rate(rate), f"bare insert {_rate(bare)}",
                            f"{rate / bare:.2f}", "at least 0.5", rate / bare >= 0.5))  # fmt: skip
            own = found[f"{name}, in a transaction"]
            rows.append(
                Row(f"POST of a {name}", _rate(rate),
                    f"the same in a transaction, with an outbox collection {_rate(own)}",
                    f"{rate / own:.2f}", "faster", rate > own)
            )  # fmt: skip
            rows.append(
                Row(f"POST of a {name}", _rate(rate),
                    f"bare transaction with an outbox collection {_rate(boxed)}",
                    f"{rate / boxed:.2f}", "", None)
            )  # fmt: skip
        rate, traced = found["check"], found["check, traced"]
        rows.append(
            Row("POST of a check, every one traced", _rate(traced),
                f"without traces {_rate(rate)}", f"{traced / rate:.2f}", "at least 0.8",
                traced / rate >= 0.8)
        )  # fmt: skip
        return rows

    def relay(self, on: Ground) -> list[Row]:
        found = messages.relay(on, count=self.size(20_000, 2_000), rounds=self.rounds)
        self.relay_rate = rate = found["relay"]
        single, floor = found["a confirm each"], found["floor: only publishing"]
        return [
            Row("relay, outbox to quorum queues", _rate(rate), f"a confirm each {_rate(single)}",
                f"{rate / single:.1f}", "at least 3", rate / single >= 3),
            Row("relay, outbox to quorum queues", _rate(rate),
                f"only publishing, in batches {_rate(floor)}", f"{rate / floor:.2f}",
                "at least 5,000/s", rate >= 5000),
        ]  # fmt: skip

    def consumer(self, on: Ground) -> list[Row]:
        found = messages.consumer(on, count=self.size(20_000, 2_000), rounds=self.rounds)
        self.consumer_rate = rate = found["consumer"]
        single = found["one message a transaction"]
        return [
            Row("consumer, queue to committed effects", _rate(rate),
                f"one message a transaction {_rate(single)}", f"{rate / single:.1f}",
                "at least 4, and 4,000/s", rate >= 4000 and rate / single >= 4)
        ]  # fmt: skip

    def peers(self, on: Ground) -> list[Row]:
        found = peers_run.measure(on, count=self.size(5_000, 500), rounds=self.size(3, 1))
        rows = []
        for name, (published, written) in found.items():
            if self.relay_rate:
                rows.append(
                    Row("published and confirmed", _rate(self.relay_rate),
                        f"{name} {_rate(published)}", f"{self.relay_rate / published:.1f}",
                        "ahead", self.relay_rate > published)
                )  # fmt: skip
            if self.consumer_rate:
                rows.append(
                    Row("documents written, late ack", _rate(self.consumer_rate),
                        f"{name} {_rate(written)}", f"{self.consumer_rate / written:.1f}",
                        "ahead", self.consumer_rate > written)
                )  # fmt: skip
        return rows

    def latency(self, _on: Ground) -> list[Row]:
        with tempfile.TemporaryDirectory(prefix="sen-bench-") as folder, (
            whole_system(Path(folder))
        ) as stack:  # fmt: skip
            found = latency.measure(
                stack, seconds=self.size(30, 5), per_second=100,
                quiet=[60.0] * 3 if not self.quick else [3.0],
            )  # fmt: skip
        return [
            Row(f"2xx to effect in another service, {when}", f"{found[key]:.1f} ms", "", "",
                f"under {goal} ms", found[key] < goal)
            for when, key, goal in (
                ("100/s, p50", "busy p50", 15), ("100/s, p99", "busy p99", 60),
                ("first after a quiet minute, p50", "idle p50", 25),
            )
        ]  # fmt: skip

    def growth(self, on: Ground) -> list[Row]:
        many = self.size(growth.MANY, 20_000)
        found = growth.measure(
            on, many=many, rounds=self.size(3, 1), count=self.size(2000, 300)
        )  # fmt: skip
        return [
            Row(f"{name}, {many:,} documents", _rate(much), f"1,000 documents {_rate(little)}",
                f"{little / much:.2f}", "at most 1.3", little / much <= 1.3)
            for name, (little, much) in found.items()
        ]  # fmt: skip

    def queues(self, on: Ground) -> list[Row]:
        many = self.size(growth.MANY, 20_000)
        found = queue_pages.measure(on, many=many, count=self.size(200, 20))
        return [
            Row(f"first page, {name}", f"p50 {half:.1f} ms, p95 {most:.1f} ms", "", "",
                "under 50 ms", most < 50)
            for name, (half, most) in found.items()
        ]  # fmt: skip

    def outgoing(self, on: Ground) -> list[Row]:
        found = outgoing.measure(on, each=self.size(150, 20), rounds=self.size(3, 1))
        rows = [
            Row(f"messages handed over, {threads} thread{'s'[:threads > 1]}", _rate(one.ours),
                f"a plain loop in as many {_rate(one.loop)}", f"{one.ours / one.loop:.2f}",
                "at least 0.8", one.ours / one.loop >= 0.8)
            for threads, one in found.items()
        ]  # fmt: skip
        most = max(found)
        limit = 1000 / outgoing.MILLISECONDS * outgoing.AT_ONCE
        rows.append(Row(
            f"messages handed over, {most} threads", _rate(found[most].ours),
            f"the provider's limit {_rate(limit)}", f"{found[most].ours / limit:.2f}", "", None,
        ))  # fmt: skip
        bare = outgoing.measure(on, each=self.size(300, 20), rounds=self.size(3, 1),
                                milliseconds=0, threads=(1,))[1]  # fmt: skip
        rows.append(Row("messages handed over, a provider that takes no time", _rate(bare.ours),
                        f"a plain loop {_rate(bare.loop)}", f"{bare.ours / bare.loop:.2f}", "",
                        None))  # fmt: skip
        share, count = outgoing.quick_share(on, seconds=self.size(60, 5), per_second=40)
        rows.append(Row(f"{count:,} messages, their events at 40/s: within 10 s", f"{share:.2%}",
                        "", "", "99.9%", share >= 0.999))  # fmt: skip
        return rows

    def memory(self, _on: Ground) -> list[Row]:
        with tempfile.TemporaryDirectory(prefix="sen-bench-") as folder, (
            whole_system(Path(folder))
        ) as stack:  # fmt: skip
            found = memory.measure(stack, count=self.size(1500, 200))
        return [
            Row(name, f"{tenfold:.0f} MB", f"after a tenth of it {once:.0f} MB",
                f"{tenfold / once:.2f}", "at most 1.1", tenfold / once <= 1.1)
            for name, (once, tenfold) in found.items()
        ]  # fmt: skip

    def run(self, parts: list[str]) -> None:
        """Measure, printing each table as it comes."""
        print(_machine(), flush=True)
        for part in parts:
            began = time.monotonic()
            print(f"\n{part} …", flush=True)
            measure: Callable[[Ground], list[Row]] = getattr(self, part)
            with ground() as on:  # each part on fresh servers
                rows = measure(on)
            self.rows.append((part, rows))
            print("\n".join(_table(rows)), flush=True)
            print(f"({time.monotonic() - began:.0f} s)", flush=True)

    def write(self, path: Path) -> None:
        """Keep the tables: those of this run in place of what they were; others stay."""
        kept = {}
        for section in path.read_text().split("\n## ")[1:]:
            title, _, body = section.partition("\n")
            kept[title.lower()] = body.strip("\n")
        for part, rows in self.rows:
            kept[part] = "\n".join(
                ["", _machine(), "", *_NOTES.get(part, []), *_table(rows)]
            ).strip("\n")
        lines = ["# Benchmarks", "", "Written by `make bench`; medians of rounds taken in turn.",
                 "Ratios count: the machine is small and noisy. Each part is measured on servers of its "
                 "own, everything that it compares in one run.", ""]  # fmt: skip
        for part in PARTS:
            if part in kept:
                lines += [f"## {part.capitalize()}", "", kept[part], ""]
        path.write_text("\n".join(lines))


_NOTES = {
    "commands": ["8 connections, gunicorn with one process and 8 threads for each. Ours checks the "
                 "token, the role and whose it is, validates, and writes state, event and audit "
                 "entry in one durable write; the floor writes one document with the same write "
                 "concern.", ""],
    "peers": ["Same body, same broker, persistent and confirmed, acked after the work, one document "
              "for each message (majority, journalled). Celery with 2 processes, Dramatiq with its "
              "default processes and threads, FastStream with one; ours one worker process, which "
              "writes the inbox entry besides. Their queues are classic, ours are quorum queues.",
              ""],
    "latency": ["Seen through a change stream, whose own delay is in the figures.", ""],
    "queues": ["1,000,000 referrals in the store, of a hundred services; the one whose queue is "
               "read holds 10,000 that are open. Time in the server, from request to answer, 25 to "
               "a page.", ""],
    "outgoing": [f"GOV.UK Notify's official client and a stub of it, which takes "
                 f"{outgoing.MILLISECONDS} ms for each email and serves {outgoing.AT_ONCE} at once. "
                 "Ours claims, reads again what is true, renders, and notes in two durable writes.",
                 ""],
    "growth": ["The ratio says how much slower it is with many.", ""],
}  # fmt: skip


def _rate(value: float) -> str:
    return f"{value:,.0f}/s"


def _table(rows: list[Row]) -> list[str]:
    marks = {True: "yes", False: "**no**", None: ""}
    return [
        "| | ours | beside it | ratio | goal | reached |", "|---|---|---|---|---|---|",
        *(f"| {r.what} | {r.measured} | {r.beside} | {r.ratio} | {r.goal} | {marks[r.reached]} |"
          for r in rows),
    ]  # fmt: skip


def _machine() -> str:
    memory_gb = psutil.virtual_memory().total / 2**30
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.partition(": ")[2]
                break
    except OSError:
        pass
    return (
        f"{clock.today():%-d %B %Y}: {os.cpu_count()} cores ({model}), {memory_gb:.0f} GiB, "
        f"Python {platform.python_version()}, MongoDB 6.0 (a replica set of one), RabbitMQ as "
        "packaged by Debian, all on one machine."
    )


def main() -> int:
    """Run. Answers the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small, and not kept")
    parser.add_argument("--only", default=",".join(PARTS))
    options = parser.parse_args()
    bench = Bench(options.quick)
    bench.run([part for part in options.only.split(",") if part])
    if not options.quick:
        bench.write(ROOT / "docs" / "benchmarks.md")
        print("\nkept in docs/benchmarks.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
