"""A provider that sends nothing: everything else is as it would be."""

import logging
from types import TracebackType
from typing import Self

from services.notifications.providers.provider import Email, TextMessage

log = logging.getLogger(__name__)


class DryRun:
    """Takes every message, and says in the log that it would have gone out."""

    name = "dry-run"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Nothing is open."""

    def send(self, message: Email | TextMessage, /) -> None:
        """Send nothing."""
        log.info("dry run: not sent", extra={"message_id": message.message_id})

    def took(self, _message: Email | TextMessage, /) -> bool:
        """Never."""
        return False
