"""GOV.UK Notify's stub behind a real port, and our provider that talks to it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.serving import make_server

from deploy.local.notify import API_KEY, TEMPLATE, NotifyStub
from services.notifications.providers.notify import NotifyProvider
from services.notifications.settings import NotifySettings


@contextmanager
def served_notify() -> Iterator[tuple[NotifyStub, NotifyProvider]]:
    """The stub, and a provider that uses it."""
    made = NotifyStub(silent_seconds=2)
    server = make_server("127.0.0.1", 0, made.app(), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield made, NotifyProvider(NotifySettings(API_KEY, TEMPLATE, TEMPLATE, url))
    finally:
        server.shutdown()
