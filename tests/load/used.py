"""What each process of a system uses while it works: processor and memory."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

from deploy.local.stack import Stack

_EVERY_SECONDS = 1.0


@dataclass
class Used:
    """By process: seconds of a processor, and the most memory of any moment (resident, with its
    children's)."""

    seconds: dict[str, float] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)
    elapsed: float = 0.0

    def lines(self) -> list[str]:
        """A table."""
        found = [f"{'Used by':<24}{'processors':>12}{'memory, most':>14}"]
        for name in sorted(self.most, key=lambda n: -self.seconds[n]):
            cores = self.seconds[name] / self.elapsed
            found.append(f"  {name:<22}{cores:>12.2f}{self.most[name] / 2**20:>11.0f} MiB")
        return found


@contextmanager
def watched(stack: Stack) -> Iterator[Used]:
    """Watch a system's processes until the block ends."""
    used, stopping = Used(), threading.Event()
    whole = {name: psutil.Process(managed.pid) for name, managed in stack.running.items()}
    before = {name: _seconds(process) for name, process in whole.items()}

    def watch() -> None:
        while not stopping.wait(_EVERY_SECONDS):
            used.elapsed += _EVERY_SECONDS
            for name, process in whole.items():
                used.most[name] = max(used.most.get(name, 0), _memory(process))
                used.seconds[name] = _seconds(process) - before[name]

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield used
    finally:
        stopping.set()
        thread.join()


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _seconds(process: psutil.Process) -> float:
    total = 0.0
    for one in _family(process):
        try:
            times = one.cpu_times()
            total += times.user + times.system
        except psutil.Error:
            continue
    return total


def _memory(process: psutil.Process) -> int:
    total = 0
    for one in _family(process):
        try:
            total += one.memory_info().rss
        except psutil.Error:
            continue
    return total
