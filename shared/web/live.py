"""Server-sent events (HTML standard, section 9.2): a convenience, everything works without them.

Each stream holds a thread of its process, so a process carries only so many at once, and each
ends after a minute: the browser comes back by itself, and another has its turn.
"""

import json
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask import Response, current_app, request

from shared.errors import Invalid, Unavailable

_SECONDS = 60.0
_COME_BACK_MS = 2_000


class Streams:
    """How many streams this process carries."""

    def __init__(self, most: int) -> None:
        self._places = threading.BoundedSemaphore(most) if most else None

    def enter(self) -> None:
        """Raises Unavailable when there is no place."""
        if self._places is None or not self._places.acquire(blocking=False):
            raise Unavailable("Too many follow at once. Read the page again instead.")

    def leave(self) -> None:
        """Let another in."""
        assert self._places
        self._places.release()


def stream(changes: Iterator[dict[str, Any] | None]) -> Response:
    """Answer with `changes` (each with `at`, its moment) as they come.

    None (nothing new) becomes a comment, so that a reader who has gone is noticed.
    They come after the request's context has gone.
    Raises Unavailable.
    """
    streams: Streams = current_app.extensions["sen.streams"]
    streams.enter()
    response = Response(_lines(changes), mimetype="text/event-stream")
    response.call_on_close(streams.leave)
    response.headers["X-Accel-Buffering"] = "no"
    return response


def since() -> datetime | None:
    """From when on the reader wants to know: what its page was made of (`since`), or what it was
    told last, where it comes back. Raises Invalid."""
    said = request.headers.get("Last-Event-ID") or request.args.get("since")
    if not said:
        return None
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Invalid("A moment with its offset.", field="/since")
    return moment


def _lines(changes: Iterator[dict[str, Any] | None]) -> Iterator[str]:
    by = time.monotonic() + _SECONDS
    yield f"retry: {_COME_BACK_MS}\n\n"
    for change in changes:
        if change:
            yield f"id: {change['at']}\ndata: {json.dumps(change)}\n\n"
        else:
            yield ": nothing new\n\n"
        if time.monotonic() > by:
            return
