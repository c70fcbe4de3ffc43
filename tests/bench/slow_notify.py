"""A provider with a limit: GOV.UK Notify's stub, which takes its time and serves so many at once.

python -m tests.bench.slow_notify PORT MILLISECONDS AT_ONCE
"""

import sys
import threading
import time
from typing import Any

from flask import Response, request
from werkzeug.serving import WSGIRequestHandler, run_simple

from deploy.local.notify import NotifyStub


class _Quiet(WSGIRequestHandler):
    """One line for each request would be most of what it does."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing."""


def main() -> None:
    """Serve until killed."""
    port, milliseconds, at_once = (int(one) for one in sys.argv[1:4])
    app, room = NotifyStub().app(), threading.Semaphore(at_once)

    @app.before_request
    def wait() -> Response | None:
        if request.method == "POST" and milliseconds:
            with room:
                time.sleep(milliseconds / 1000)
        return None

    run_simple("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)


if __name__ == "__main__":
    main()
