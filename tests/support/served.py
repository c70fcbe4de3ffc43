"""A service behind gunicorn, as it is deployed, for tests of what only a real server does."""

import contextlib
import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from deploy.local.ports import answers, free_port
from deploy.local.processes import Managed, start, wait_until
from deploy.local.stack import ROOT
from tests.support.house import Service


@contextlib.contextmanager
def gunicorn(app: str, env: dict[str, str], log: Path) -> Iterator[int]:
    """gunicorn with the product's own configuration. Gives its port."""
    port = free_port()
    managed: Managed = start(
        "gunicorn",
        [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", app],
        env={**os.environ, **env, "PYTHONPATH": str(ROOT), "SEN_BIND": f"127.0.0.1:{port}"},
        cwd=ROOT,
        log=log,
    )
    try:
        wait_until(partial(answers, port), managed, seconds=120)
        yield port
    finally:
        managed.stop()


@contextlib.contextmanager
def api(service: Service, log: Path, app: str = "", **more: str) -> Iterator[int]:
    """The api of a service on its database, with more settings. Gives its port."""
    settings = service.settings
    env = {
        "SEN_MONGODB_URL": settings.mongodb_url,
        "SEN_AMQP_URL": settings.amqp_url,
        "SEN_MONGODB_DATABASE": settings.mongodb_database,
        "SEN_TOKEN_ISSUER": settings.token_issuer,
        "SEN_TOKEN_AUDIENCE": settings.token_audience,
        "SEN_JWKS_URL": settings.jwks_url,
        "SEN_LINK_KEYS": ",".join(settings.link_keys),
        "SEN_LOG_LEVEL": "WARNING",
        **{f"SEN_{n.upper()}_PUBLIC_URL": url for n, url in settings.public_urls.items()},
        **more,
    }
    with gunicorn(app or f"services.{service.name}.app:create_app()", env, log) as port:
        yield port
