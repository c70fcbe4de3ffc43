"""A service's real worker, with one thing that goes wrong in it: `python -m tests.faults.worker`.

`SEN_FAULT` says what: `die:<point>:<n>` kills the process when it passes that point for the n-th
time; `without:<guarantee>` takes a guarantee out, so that the checker can be seen to find it; `newer:` makes it the next version.
"""

import importlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from services.notifications.providers.smtp import SmtpProvider
from shared.messaging.broker import Outcome, Publisher
from shared.messaging.consumer import Consumer
from shared.messaging.handling import Handling
from shared.store import inbox, outbox

POINTS: dict[str, tuple[Any, str, bool]] = {
    # name: where, which function, and whether to die after it rather than before
    "relay, in the middle of publishing": (Publisher, "_settle", True),
    "relay, between publish and pull": (outbox, "remove", False),
    "consumer, within the transaction": (inbox, "enter", True),
    "consumer, between commit and ack": (Handling, "handle", True),
    "consumer, before the batch": (Consumer, "_settle", False),
    "sender, between handing over and noting": (SmtpProvider, "send", True),
}


def die_at(point: str, passing: int) -> None:
    """Let this process be killed where the table says."""
    where, name, after = POINTS[point]
    whole: Callable[..., Any] = getattr(where, name)
    passed = 0

    def deadly(*arguments: Any, **named: Any) -> Any:
        nonlocal passed
        passed += 1
        if passed >= passing and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = whole(*arguments, **named)
        if passed >= passing:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(where, name, deadly)


def do_without(guarantee: str) -> None:
    """Take a guarantee out."""
    if guarantee == "inbox":
        inbox.already = lambda *_: set()
        inbox.enter = lambda *_: None
    elif guarantee == "confirms":
        whole = Publisher.publish

        def careless(self: Publisher, batch: Any) -> Outcome:
            try:
                whole(self, batch)
            except OSError:
                pass
            return Outcome(confirmed={message.id for message in batch})

        Publisher.publish = careless  # type: ignore[method-assign]
    else:
        raise LookupError(guarantee)


def main() -> None:
    """Run the worker of the service that the command line names."""
    kind, _, rest = os.environ.get("SEN_FAULT", "").partition(":")
    if kind == "die":
        point, _, passing = rest.rpartition(":")
        die_at(point, int(passing))
    elif kind == "without":
        do_without(rest)
    elif kind == "newer":
        from tests.faults.newer import become_newer

        become_newer()
    importlib.import_module(f"services.{sys.argv[1]}.worker").main()


if __name__ == "__main__":
    main()
