"""Email and texts by GOV.UK Notify, with its official client.

The client is not thread-safe: each thread has its own.
"""

from collections.abc import Callable
from typing import Any

import jwt
import requests
from notifications_python_client.errors import APIError, HTTPError, TokenError
from notifications_python_client.notifications import NotificationsAPIClient

from services.notifications.domain.refusals import OURS, UNANSWERED, WRONG, judge_notify
from services.notifications.providers.address import NoAddress, on_the_wire
from services.notifications.providers.http import judge_call
from services.notifications.providers.provider import (
    Email,
    NothingToClose,
    SendingFailed,
    TextMessage,
    refused,
    retry_after,
)
from services.notifications.settings import NotifySettings

_TIMEOUT_SECONDS = 10
_FAILED = ("permanent-failure", "temporary-failure", "technical-failure")


class _Notify(NothingToClose):
    """What email and texts have in common.

    Our own reference is the message's id: where a try's answer was lost, Notify is asked by it.
    """

    kind = ""

    def __init__(self, settings: NotifySettings) -> None:
        self._settings = settings
        self._client: Any = None

    def took(self, message: Email | TextMessage, /) -> bool:
        """Whether Notify knows our reference. Raises SendingFailed."""
        found = self._call(lambda api: api.get_all_notifications(
            reference=message.message_id, template_type=self.kind
        ))  # fmt: skip
        try:
            return any(one["status"] not in _FAILED for one in found["notifications"])
        except (KeyError, TypeError) as problem:
            raise refused(UNANSWERED, "half an answer") from problem

    def _call(self, call: Callable[[Any], Any]) -> Any:
        try:
            return call(self._api())
        except (APIError, TokenError, jwt.PyJWTError) as problem:
            raise failed_with(problem) from problem

    def _api(self) -> Any:
        if self._client is None:
            try:
                self._client = NotificationsAPIClient(
                    self._settings.api_key, base_url=self._settings.url, timeout=_TIMEOUT_SECONDS
                )
            except AssertionError as problem:  # it looks at the key in that way
                raise refused(OURS, "no key") from problem
        return self._client


class NotifyProvider(_Notify):
    """Email, through one Notify template with the placeholders ((subject)) and ((body))."""

    name, kind = "notify", "email"

    def send(self, email: Email, /) -> None:
        """Hand one email over. Raises SendingFailed."""
        try:
            to = on_the_wire(email.to)
        except NoAddress as problem:
            raise refused(WRONG, str(problem)) from problem
        self._call(
            lambda api: api.send_email_notification(
                email_address=to,
                template_id=self._settings.email_template,
                personalisation={"subject": email.subject, "body": email.text},
                reference=email.message_id,
                one_click_unsubscribe_url=_https_only(email.headers.get("List-Unsubscribe")),
            ),
        )


class NotifyTexts(_Notify):
    """Texts, through one Notify template with the placeholder ((body))."""

    name, kind = "notify-sms", "sms"

    def send(self, text: TextMessage, /) -> None:
        """Hand one text over. Raises SendingFailed."""
        self._call(
            lambda api: api.send_sms_notification(
                phone_number=text.to,
                template_id=self._settings.sms_template,
                personalisation={"body": text.text},
                reference=text.message_id,
            ),
        )


def failed_with(problem: Exception) -> SendingFailed:
    """What an error of the client's says: by status and error class, never by the words."""
    if isinstance(problem, HTTPError):
        return _refusal(problem)
    if isinstance(problem, APIError):
        # It was taken, but how its answer went on was lost.
        return refused(UNANSWERED, "half an answer")
    return refused(OURS, f"key: {type(problem).__name__}")


def _refusal(problem: HTTPError) -> SendingFailed:
    if problem.response is None:
        cause = problem.__cause__
        known = judge_call(cause) if isinstance(cause, requests.RequestException) else UNANSWERED
        return refused(known, f"no answer: {type(cause).__name__}" if cause else "no answer")
    status, headers = problem.status_code, problem.response.headers
    errors = problem.message if isinstance(problem.message, list) else []
    said = [
        (str(one.get("error")), str(one.get("message", "")))
        for one in errors
        if isinstance(one, dict)
    ]
    kinds = ", ".join(sorted({kind for kind, _ in said}))
    return refused(
        judge_notify(status, said),
        f"refused: {status} {kinds}".strip()[:200],
        wait=retry_after(headers.get("Retry-After")),
    )


def _https_only(header: str | None) -> str | None:
    """The address of a List-Unsubscribe header, as Notify takes it."""
    address = (header or "").strip("<>")
    return address if address.startswith("https://") else None
