"""Texts by Twilio, with its official client."""

from collections.abc import Callable
from typing import Any

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from services.notifications.domain.values import Failure
from services.notifications.providers.provider import (
    NothingToClose,
    SendingFailed,
    TextMessage,
    retry_after,
)
from services.notifications.settings import TwilioSettings

_TIMEOUT_SECONDS = 10
_FAILED = ("failed", "undelivered", "canceled")
_LOOKED_THROUGH = 200
# https://www.twilio.com/docs/api/errors: the number itself cannot be reached, ever.
_PERMANENT = frozenset({21211, 21214, 21217, 21408, 21610, 21612, 21614})


class TwilioTexts(NothingToClose):
    """Twilio knows no reference of ours, and no idempotency key. What it took is known by whom it
    went to, since when, and by its words: a text's short link is its own, and its names make the
    few without a link near enough so."""

    name = "twilio"

    def __init__(self, settings: TwilioSettings) -> None:
        self._settings = settings
        self._client: Any = None
        self._wait: str | None = None

    def send(self, text: TextMessage, /) -> None:
        """Hand one text over. Raises SendingFailed."""
        sender = self._settings.sender
        by = {"messaging_service_sid" if sender.startswith("MG") else "from_": sender}
        self._call(lambda api: api.messages.create(
            to=text.to, body=text.text,
            status_callback=f"{self._settings.callbacks}/callbacks/twilio/{text.message_id}", **by,
        ))  # fmt: skip

    def took(self, text: TextMessage, /) -> bool:
        """Whether Twilio has a text with these words to this number. Raises SendingFailed."""
        found = self._call(lambda api: api.messages.list(
            to=text.to, date_sent_after=text.since, limit=_LOOKED_THROUGH
        ))  # fmt: skip
        return any(one.body == text.text and one.status not in _FAILED for one in found)

    def _call(self, call: Callable[[Any], Any]) -> Any:
        self._wait = None
        try:
            return call(self._api())
        except TwilioRestException as problem:
            raise self._failure(problem) from problem
        except requests.ConnectTimeout as problem:
            raise SendingFailed(Failure.RETRYABLE, "not reached") from problem
        except (requests.RequestException, TwilioException, ValueError, KeyError) as problem:
            # No answer, or half of one: whether it was taken is not known.
            raise SendingFailed(Failure.AMBIGUOUS, type(problem).__name__) from problem

    def _failure(self, problem: TwilioRestException) -> SendingFailed:
        status, code = problem.status, problem.code or 0
        reason = f"refused: {status} {code}"
        if code in _PERMANENT:
            return SendingFailed(Failure.PERMANENT, reason)
        if status == 429 or status >= 500:
            return SendingFailed(Failure.RETRYABLE, reason, wait=retry_after(self._wait))
        return SendingFailed(Failure.MISCONFIGURED, reason)

    def _api(self) -> Any:
        if self._client is None:
            http = TwilioHttpClient(
                timeout=_TIMEOUT_SECONDS, request_hooks={"response": [self._note_wait]}
            )
            self._client = Client(self._settings.account, self._settings.token, http_client=http)
            self._client.api.base_url = self._settings.url
        return self._client

    def _note_wait(self, response: requests.Response, *_: Any, **__: Any) -> None:
        # The client's own error does not carry the header.
        self._wait = response.headers.get("Retry-After")
