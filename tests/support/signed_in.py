"""Somebody who has signed in to a service's pages, without a browser."""

import time

from flask.testing import FlaskClient

from shared.identity.sessions import Sessions
from tests.support.house import Service


def signed_in(service: Service, token: str) -> tuple[FlaskClient, str]:
    """A client in which somebody has signed in, and the token that their forms bring back."""
    begun = Sessions(service.database).begin(token, "", "Somebody", time.time() + 3600)
    http = service.app.test_client()
    with http.session_transaction("/sign-in", base_url="https://localhost") as cookie:
        cookie["key"] = begun.key
    return http, begun.csrf
