"""The worker of notifications: consumer, relay, the reminders' calendar, and the sender."""

import threading
from functools import partial
from typing import Any

from services.notifications.commands import send, tell
from services.notifications.commands.send import Outlets
from services.notifications.domain.errors import RuleBroken
from services.notifications.domain.values import Channel
from services.notifications.handlers import handlers
from services.notifications.providers.dry_run import DryRun
from services.notifications.providers.notify import NotifyProvider, NotifyTexts
from services.notifications.providers.provider import Email, Provider
from services.notifications.providers.several import Several
from services.notifications.providers.smtp import SmtpProvider
from services.notifications.rendering import LinkMaker
from services.notifications.settings import (
    EmailSettings,
    read_allowed,
    read_email_settings,
    read_sms_settings,
)
from services.notifications.store import NotificationsStore
from shared import logs, worker
from shared.identity.links import Links
from shared.sender import send_repeatedly
from shared.settings import read_settings
from shared.store.database import connect


def send_messages(store: NotificationsStore, outlets: Outlets, stopping: threading.Event) -> None:
    """Send what waits until told to stop."""
    send_repeatedly("send_messages", partial(send.send_waiting, store, outlets), stopping)


def build(store: NotificationsStore, outlets: Outlets) -> worker.ServiceWorker:
    """What this service's worker does."""
    return worker.ServiceWorker(
        repositories=store.repositories,
        handlers=handlers(store),
        rule_errors=(RuleBroken,),
        jobs={"release_reminders": partial(tell.release_reminders, store)},
        senders=[partial(send_messages, store, outlets)],
        prepare=store.ensure_indexes,
    )


def email_provider(settings: EmailSettings) -> Several[Email]:
    """Those that the settings name, in their order."""
    by_kind: dict[str, list[Provider[Email]]] = {
        "smtp": [SmtpProvider(server) for server in settings.smtp],
        "notify": [NotifyProvider(settings.notify)] if settings.notify else [],
        "dry-run": [DryRun()],
    }
    return Several([provider for kind in settings.order for provider in by_kind[kind]])


def main() -> None:
    """Run until told to stop."""
    config = read_settings("notifications")
    email, texts = read_email_settings(), read_sms_settings()
    logs.configure("notifications", config.log_level)
    store = NotificationsStore(connect(config.mongodb_url, config.mongodb_database))
    links = LinkMaker(Links(config.link_keys, config.link_days), config.public_urls)
    providers: dict[Channel, Several[Any]] = {Channel.EMAIL: email_provider(email)}
    if texts:
        providers[Channel.SMS] = Several([NotifyTexts(texts)])
    outlets = Outlets(
        providers, links, config.link_keys[0], config.link_days, allowed=read_allowed()
    )
    worker.run(config, store.database, build(store, outlets))


if __name__ == "__main__":
    main()
