"""The loop of a sender: what talks to the outside, or is too slow for a handler's transaction."""

import logging
import threading
from collections.abc import Callable

from pymongo.errors import PyMongoError

from shared import context, ids, trace
from shared.context import Work
from shared.store.database import describe

log = logging.getLogger(__name__)


def send_repeatedly(
    name: str, send: Callable[[], int], stopping: threading.Event, *, idle_seconds: float = 0.5
) -> None:
    """Call `send` until `stopping` is set, resting when it says that it did nothing.

    Whatever it raises is logged and tried again: what waits is a document.
    """
    while not stopping.is_set():
        did = 0
        try:
            with context.working(
                Work(action=name, correlation_id=ids.new_id(), traceparent=trace.start())
            ):
                did = send()
        except PyMongoError as problem:
            log.warning("sender put off", extra={"sender": name, "why": describe(problem)})
            stopping.wait(1.0)
        except Exception:
            log.exception("sender failed", extra={"sender": name})
            stopping.wait(1.0)
        if not did:
            stopping.wait(idle_seconds)
