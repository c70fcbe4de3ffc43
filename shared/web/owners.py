"""Reading what another service owns from its API, with the reader's own token."""

from typing import Any

import requests

from shared import context, trace
from shared.trace import Kind

_TIMEOUT = (2.0, 5.0)


def read_from(url: str, authorization: str, path: str) -> dict[str, Any]:
    """What the owner answers, which looks at the reader's rights itself.

    Raises requests.RequestException where it is away or refuses, ValueError where it answers no
    JSON.
    """
    work = context.current()
    with trace.span("GET", Kind.CLIENT, inside=work.traceparent) as span:
        headers = {
            "Authorization": authorization,
            "traceparent": span.traceparent,
            "X-Correlation-ID": work.correlation_id,
        }
        answer = requests.get(f"{url}{path}", headers=headers, timeout=_TIMEOUT)
        answer.raise_for_status()
        return dict(answer.json())
