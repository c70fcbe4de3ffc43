"""Email and texts by GOV.UK Notify, with its official client.

The client is not thread-safe: each thread has its own.
"""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from notifications_python_client.errors import HTTP503Error, HTTPError, InvalidResponse
from notifications_python_client.notifications import NotificationsAPIClient

from services.notifications.domain.values import Failure
from services.notifications.providers.provider import Email, SendingFailed, TextMessage
from services.notifications.settings import NotifySettings

_TIMEOUT_SECONDS = 10
_FAILED = ("permanent-failure", "temporary-failure", "technical-failure")


class _Notify:
    """What email and texts have in common.

    Our own reference is the message's id. Where a try's answer was lost, Notify is asked by it
    before anything is sent again.
    """

    kind = ""

    def __init__(self, settings: NotifySettings) -> None:
        self._settings = settings
        self._client: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Its connections are kept for the next time."""

    def _hand_over(self, reference: str, again: bool, post: Callable[[Any], object]) -> None:
        try:
            if not again or not self._taken_before(reference):
                post(self._api())
        except HTTPError as problem:
            raise SendingFailed(*_class_of(problem)) from problem
        except InvalidResponse as problem:
            # It was taken, but how its answer went on was lost.
            raise SendingFailed(Failure.AMBIGUOUS, "half an answer") from problem

    def _taken_before(self, reference: str) -> bool:
        found = self._api().get_all_notifications(reference=reference, template_type=self.kind)
        return any(one["status"] not in _FAILED for one in found["notifications"])

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
        self._hand_over(
            email.message_id,
            email.again,
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
        self._hand_over(
            text.message_id,
            text.again,
            lambda api: api.send_sms_notification(
                phone_number=text.to,
                template_id=self._settings.sms_template,
                personalisation={"body": text.text},
                reference=text.message_id,
            ),
        )


def _class_of(problem: HTTPError) -> tuple[Failure, str]:
    """By status and error class, never by the words."""
    status = problem.status_code
    if isinstance(problem, HTTP503Error) and problem.response is None:
        # No answer came: whether it was taken is not known.
        return Failure.AMBIGUOUS, "no answer"
    said = problem.message if isinstance(problem.message, list) else []
    kinds = {str(one.get("error")) for one in said if isinstance(one, dict)}
    if status == 400 and "ValidationError" in kinds:
        return Failure.PERMANENT, "refused: 400 ValidationError"
    if status in (400, 401, 403, 404):
        # A key, a template, a trial: ours to mend, and then it can go out.
        return Failure.MISCONFIGURED, f"refused: {status} {', '.join(sorted(kinds))}"[:200]
    return Failure.RETRYABLE, f"refused: {status}"


def _https_only(header: str | None) -> str | None:
    """The address of a List-Unsubscribe header, as Notify takes it."""
    address = (header or "").strip("<>")
    return address if address.startswith("https://") else None
