"""What stands for servers of others, behind real ports: GOV.UK Notify, Twilio, a collector of traces."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import make_server

from deploy.local import traces
from deploy.local.notify import API_KEY, TEMPLATE, NotifyStub
from deploy.local.traces import Traces
from deploy.local.twilio import ACCOUNT, SENDER, TOKEN, TwilioStub
from services.notifications.providers.notify import NotifyProvider
from services.notifications.providers.twilio import TwilioTexts
from services.notifications.settings import NotifySettings, TwilioSettings


@contextmanager
def served_notify() -> Iterator[tuple[NotifyStub, NotifyProvider]]:
    """The stub, and a provider that uses it."""
    made = NotifyStub(silent_seconds=2)
    with _served(made.app()) as url:
        yield made, NotifyProvider(NotifySettings(API_KEY, TEMPLATE, TEMPLATE, url))


@contextmanager
def served_twilio() -> Iterator[tuple[TwilioStub, TwilioTexts]]:
    """The stub, and a provider that uses it."""
    made = TwilioStub(silent_seconds=2)
    with _served(made.app()) as url:
        settings = TwilioSettings(ACCOUNT, TOKEN, SENDER, url, "http://notifications.example")
        yield made, TwilioTexts(settings)


@contextmanager
def served_collector() -> Iterator[tuple[Traces, str]]:
    """A collector of traces, and where it takes spans."""
    made, app = Traces(), Flask(__name__)
    app.register_blueprint(traces.blueprint(made))
    with _served(app) as url:
        yield made, f"{url}/v1/traces"


@contextmanager
def _served(app: Flask) -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
