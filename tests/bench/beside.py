"""The bench's rows of this commit beside those of an earlier one, in one run, taken in turn.

python -m tests.bench.beside REV [--only commands,relay,consumer] [--rounds 3] [--quick]

Each commit is measured in a checkout of its own, by its own bench; what is said is the median of
the rounds. Processor time is that of everything a round started and waited for, servers included.
"""

import argparse
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_NOT_TRACKED = (".venv", "shared/web/static/govuk")
"""What set-up makes: a checkout borrows it."""
_NUMBER = re.compile(r"[0-9][0-9,]*\.?[0-9]*")
_LOST = 0.95


@dataclass
class Measured:
    """One commit's rounds: by row, the rates and the ratios to what stands beside it."""

    rates: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    ratios: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Processor seconds, by part."""


def checkout(revision: str, at: Path) -> None:
    """A work tree of that commit, with what set-up made here."""
    _git("worktree", "add", "--quiet", "--detach", str(at), revision)
    for name in _NOT_TRACKED:
        (at / name).parent.mkdir(parents=True, exist_ok=True)
        (at / name).symlink_to((ROOT / name).resolve(), target_is_directory=True)


def measure(at: Path, part: str, into: Measured, *, quick: bool) -> None:
    """One round of one part in that checkout."""
    before = _processor_seconds()
    more = ["--quick"] if quick else []
    said = subprocess.run(
        [sys.executable, "-m", "tests.bench.run", "--only", part, *more],
        cwd=at,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    into.seconds[part].append(_processor_seconds() - before)
    for name, rate, ratio in rows(said):
        print(f"    {name}: {rate:,.0f}/s, {ratio:.2f}", flush=True)
        into.rates[name].append(rate)
        into.ratios[name].append(ratio)


def rows(said: str) -> list[tuple[str, float, float]]:
    """The rows of the tables that a bench printed: what beside what, our rate, the ratio."""
    found = []
    for line in said.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != 6 or not cells[1].endswith("/s") or not cells[3]:
            continue
        beside = _NUMBER.sub("", cells[2]).replace("/s", "").strip()
        found.append((f"{cells[0]}, beside {beside}", _number(cells[1]), _number(cells[3])))
    return found


def table(before: Measured, now: Measured) -> list[str]:
    """What changed, row by row; a row of which more than a twentieth is lost says so."""
    lines = [
        "| | before | now | now / before | ratio before | ratio now |",
        "|---|---|---|---|---|---|",
    ]
    for name, rates in now.rates.items():
        if name not in before.rates:
            continue
        was, is_now = statistics.median(before.rates[name]), statistics.median(rates)
        lost = " **lost**" if is_now < was * _LOST else ""
        lines.append(
            f"| {name} | {was:,.0f}/s | {is_now:,.0f}/s | {is_now / was:.2f}{lost} | "
            f"{statistics.median(before.ratios[name]):.2f} | "
            f"{statistics.median(now.ratios[name]):.2f} |"
        )
    for part, seconds in now.seconds.items():
        was, is_now = statistics.median(before.seconds[part]), statistics.median(seconds)
        lines.append(
            f"| {part}: processor seconds | {was:.0f} | {is_now:.0f} | {is_now / was:.2f} | | |"
        )
    return lines


def main() -> int:
    """Run. Answers the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("revision")
    parser.add_argument("--only", default="commands,relay,consumer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="small, to see that it works")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="sen-beside-"))
    trees = {"before": folder / "before", "now": folder / "now"}
    found = {name: Measured() for name in trees}
    try:
        checkout(options.revision, trees["before"])
        checkout("HEAD", trees["now"])
        for number in range(1, options.rounds + 1):
            for part in options.only.split(","):
                for name, at in trees.items():
                    print(f"round {number} of {options.rounds}: {part}, {name} …", flush=True)
                    measure(at, part, found[name], quick=options.quick)
        print("\n".join(table(found["before"], found["now"])))
    finally:
        for at in trees.values():
            _git("worktree", "remove", "--force", str(at), check=False)
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _git(*words: str, check: bool = True) -> None:
    subprocess.run(["git", *words], cwd=ROOT, check=check, capture_output=True)


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _number(said: str) -> float:
    found = _NUMBER.search(said)
    return float(found[0].replace(",", "")) if found else 0.0


if __name__ == "__main__":
    sys.exit(main())
