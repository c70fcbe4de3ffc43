"""Texts by Twilio, with its official client."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import requests
from twilio.base.exceptions import (
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from services.notifications.domain.refusals import OURS, UNANSWERED, judge_twilio
from services.notifications.providers.http import judge_call
from services.notifications.providers.provider import (
    NothingToClose,
    SendingFailed,
    TextMessage,
    refused,
    retry_after,
)
from services.notifications.settings import TwilioSettings

_TIMEOUT_SECONDS = 10
_FAILED = ("failed", "undelivered", "canceled")
_LOOKED_THROUGH = 200


class TwilioTexts(NothingToClose):
    """Twilio knows no reference of ours, and no idempotency key. What it took is known by whom it
    went to, since when, and by its words: a text's short link is its own, and its names make the
    few without a link near enough so."""

    name = "twilio"

    def __init__(self, settings: TwilioSettings) -> None:
        self._settings = settings
        self._client: Any = None
        self._wait: str | None = None
        self._status: int | None = None

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
        self._wait, self._status = None, None
        api = self._api()
        try:
            return call(api)
        except (TwilioException, requests.RequestException) as problem:
            raise failed_with(problem, retry_after(self._wait)) from problem
        except Exception as problem:
            if self._status is None:  # it came from here, before anything was sent
                raise
            # Half an answer, or an odd one: whether it was taken is not known.
            raise refused(UNANSWERED, type(problem).__name__) from problem

    def _api(self) -> Any:
        if self._client is None:
            http = TwilioHttpClient(
                timeout=_TIMEOUT_SECONDS, request_hooks={"response": [self._note_wait]}
            )
            try:
                account, token = self._settings.account, self._settings.token
                self._client = Client(account, token, http_client=http)
            except TwilioException as problem:
                raise refused(OURS, "no account, or no token") from problem
            self._client.api.base_url = self._settings.url
        return self._client

    def _note_wait(self, response: requests.Response, *_: Any, **__: Any) -> None:
        # The client's own error does not carry the header.
        self._wait, self._status = response.headers.get("Retry-After"), response.status_code


def failed_with(problem: Exception, wait: timedelta = timedelta()) -> SendingFailed:
    """What an error of the client's says: by status and Twilio's own code, never by the words."""
    if isinstance(problem, TwilioRestException | TwilioServiceException):
        status, code = problem.status, problem.code or 0
        return refused(judge_twilio(status, code), f"refused: {status} {code}", wait=wait)
    known = judge_call(problem) if isinstance(problem, requests.RequestException) else UNANSWERED
    return refused(known, type(problem).__name__)
