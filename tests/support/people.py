"""People with tokens, and a local issuer whose keys a real HTTP server serves."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from werkzeug.serving import make_server

from deploy.local.issuer import Issuer, blueprint
from shared import ids


@contextmanager
def served_issuer(folder: Path) -> Iterator[tuple[Issuer, str]]:
    """A local issuer, and the URL of its keys."""
    issuer = Issuer(folder)
    app = Flask("issuer")
    app.register_blueprint(blueprint(issuer))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuer, f"http://127.0.0.1:{server.server_port}/.well-known/jwks.json"
    finally:
        server.shutdown()
        thread.join()


def bearer(
    issuer: Issuer,
    role: str,
    *,
    subject: str | None = None,
    settings: Sequence[str] = (),
    services: Sequence[str] = (),
) -> str:
    """The Authorization header of somebody in one role."""
    token = issuer.token(
        role, subject=subject or ids.new_id(), settings=list(settings), services=list(services)
    )
    return f"Bearer {token}"
