"""SIGTERM and SIGINT, heard whichever thread the kernel gives them to, and at whatever moment."""

import signal
import threading
from queue import SimpleQueue

_LOOK_SECONDS = 1.0


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set. Only the main thread may ask for it.

    The handler itself sets nothing: it may run while this thread holds the event's own lock, and
    would wait for itself. A simple queue may be put to at any moment.
    """
    asked: SimpleQueue[int] = SimpleQueue()
    stopping = threading.Event()

    def stop() -> None:
        asked.get()
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: asked.put(number))
    threading.Thread(target=stop, name="stopping", daemon=True).start()
    return stopping


def wait_for(stopping: threading.Event) -> None:
    """Wait, in the main thread, until it is set.

    Handlers run in this thread only, and only when it runs: a signal that another thread was given
    does not wake it from a wait without end (a worker lived on for ten minutes after its SIGTERM).
    """
    while not stopping.wait(_LOOK_SECONDS):
        pass
