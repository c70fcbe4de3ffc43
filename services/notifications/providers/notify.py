"""Email and texts by GOV.UK Notify, with its official client.

The client is not thread-safe: each thread has its own.
"""

from collections.abc import Callable
from typing import Any

from notifications_python_client.errors import HTTP503Error, HTTPError, InvalidResponse
from notifications_python_client.notifications import NotificationsAPIClient

from services.notifications.domain.values import Failure
from services.notifications.providers.provider import (
    Email,
    NothingToClose,
    SendingFailed,
    TextMessage,
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
        return any(one["status"] not in _FAILED for one in found["notifications"])

    def _call(self, call: Callable[[Any], Any]) -> Any:
        try:
            return call(self._api())
        except HTTPError as problem:
            raise _failure(problem) from problem
        except InvalidResponse as problem:
            # It was taken, but how its answer went on was lost.
            raise SendingFailed(Failure.AMBIGUOUS, "half an answer") from problem

    def _api(self) -> Any:
        if self._client is None:
            self._client = NotificationsAPIClient(
                self._settings.api_key, base_url=self._settings.url, timeout=_TIMEOUT_SECONDS
            )
        return self._client


class NotifyProvider(_Notify):
    """Email, through one Notify template with the placeholders ((subject)) and ((body))."""

    name, kind = "notify", "email"

    def send(self, email: Email, /) -> None:
        """Hand one email over. Raises SendingFailed."""
        self._call(
            lambda api: api.send_email_notification(
                email_address=email.to,
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


def _failure(problem: HTTPError) -> SendingFailed:
    """By status and error class, never by the words."""
    status = problem.status_code
    if isinstance(problem, HTTP503Error) and problem.response is None:
        # No answer came: whether it was taken is not known.
        return SendingFailed(Failure.AMBIGUOUS, "no answer")
    said = problem.message if isinstance(problem.message, list) else []
    kinds = {str(one.get("error")) for one in said if isinstance(one, dict)}
    if status == 400 and "ValidationError" in kinds:
        return SendingFailed(Failure.PERMANENT, "refused: 400 ValidationError")
    if status in (400, 401, 403, 404):
        # A key, a template, a trial: ours to mend, and then it can go out.
        reason = f"refused: {status} {', '.join(sorted(kinds))}"[:200]
        return SendingFailed(Failure.MISCONFIGURED, reason)
    headers = problem.response.headers if problem.response is not None else {}
    return SendingFailed(
        Failure.RETRYABLE, f"refused: {status}", wait=retry_after(headers.get("Retry-After"))
    )


def _https_only(header: str | None) -> str | None:
    """The address of a List-Unsubscribe header, as Notify takes it."""
    address = (header or "").strip("<>")
    return address if address.startswith("https://") else None
