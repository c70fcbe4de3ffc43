"""What an error of an HTTP client's says of a call: never sent, not reached, or not answered."""

import ssl
from collections.abc import Iterator

import requests
from requests import exceptions as wrong
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from services.notifications.domain.refusals import AWAY, OURS, UNANSWERED, Verdict

_NEVER_SENT = (
    wrong.URLRequired,
    wrong.MissingSchema,
    wrong.InvalidSchema,
    wrong.InvalidURL,
    wrong.InvalidHeader,
    wrong.TooManyRedirects,
)
"""An address, a header, a proxy that our settings name wrongly."""
_NOT_REACHED = (wrong.ConnectTimeout, wrong.ProxyError, ConnectTimeoutError, NewConnectionError)


def judge_call(problem: requests.RequestException) -> Verdict:
    """By its class, and by those of what led to it."""
    chain = list(_causes(problem))
    if any(isinstance(one, (*_NEVER_SENT, ssl.SSLCertVerificationError)) for one in chain):
        return OURS
    if any(isinstance(one, _NOT_REACHED) for one in chain):
        return AWAY
    return UNANSWERED


def _causes(problem: BaseException) -> Iterator[BaseException]:
    """An error, and those that it was made of: by `raise ... from`, as argument, as reason."""
    waiting, met = [problem], set()
    while waiting:
        one = waiting.pop()
        if id(one) in met:
            continue
        met.add(id(one))
        yield one
        led = [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
        waiting += [cause for cause in led if isinstance(cause, BaseException)]
