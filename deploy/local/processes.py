"""Processes that end with the one that started them, whatever ends it."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class NotStarted(RuntimeError):
    """A process ended, or was not ready in time. Says where its log is."""


@dataclass
class Managed:
    """One started process, in a group of its own, and where it logs."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path
    patience: float = 15.0
    """Seconds it gets to end by itself."""

    @property
    def pid(self) -> int:
        return self.process.pid

    def alive(self) -> bool:
        """Whether it runs."""
        return self.process.poll() is None

    def tail(self, lines: int = 15) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def stop(self) -> None:
        """Ask it to end, then end it, and whatever it left in its group."""
        self.ask()
        self.reap()

    def ask(self) -> None:
        """Ask it to end."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)

    def reap(self) -> None:
        """Wait for its end; after `patience` end it by force, with all of its group."""
        try:
            self.process.wait(self.patience)
        except subprocess.TimeoutExpired:
            pass
        kill_group(self.pid)
        self.process.wait()

    def kill(self) -> None:
        """`kill -9`, the whole group."""
        kill_group(self.pid)
        self.process.wait()


def start(
    name: str,
    argv: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    patience: float = 15.0,
) -> Managed:
    """Start a process in a group of its own; it is told to end when this thread's process ends."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        process = subprocess.Popen(
            list(argv), env=dict(env) if env is not None else None, cwd=cwd,
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            start_new_session=True, preexec_fn=_end_with(os.getpid()),
        )  # fmt: skip
    return Managed(name, process, log, patience)


def wait_until(
    ready: Callable[[], bool], managed: Managed, *, seconds: float, every: float = 0.1
) -> None:
    """Wait until `ready` answers true. Raises NotStarted."""
    by = time.monotonic() + seconds
    while time.monotonic() < by:
        if not managed.alive():
            raise NotStarted(f"{managed.name} ended.\n{managed.tail()}\n(log: {managed.log})")
        if ready():
            return
        time.sleep(every)
    raise NotStarted(f"{managed.name} was not ready in {seconds:.0f} s.\n{managed.tail()}\n"
                     f"(log: {managed.log})")  # fmt: skip


def kill_group(group: int) -> None:
    """End every process of a group, by force."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def fingerprint(pid: int) -> str | None:
    """What tells this process from a later one with the same pid."""
    try:
        process = psutil.Process(pid)
        return f"{pid}:{process.create_time():.2f}"
    except psutil.Error:
        return None


def _end_with(parent: int) -> Callable[[], None]:
    """What a child runs first: ask the kernel for a SIGTERM when its parent dies."""

    def ask() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return ask
