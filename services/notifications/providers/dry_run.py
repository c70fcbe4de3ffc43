"""A provider that sends nothing: everything else is as it would be."""

import logging

from services.notifications.providers.provider import Email, NothingToClose, TextMessage

log = logging.getLogger(__name__)


class DryRun(NothingToClose):
    """Takes every message, and says in the log that it would have gone out."""

    name = "dry-run"

    def send(self, message: Email | TextMessage, /) -> None:
        """Send nothing."""
        log.info("dry run: not sent", extra={"message_id": message.message_id})

    def took(self, _message: Email | TextMessage, /) -> bool:
        """Never."""
        return False
