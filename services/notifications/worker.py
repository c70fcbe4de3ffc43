"""The worker of notifications: consumer, relay, the calendar, the senders, the bounces."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from services.notifications.commands import send, tell
from services.notifications.commands.bounces import read_bounces
from services.notifications.commands.outlets import Outlets
from services.notifications.domain.circuit import Circuit
from services.notifications.domain.errors import RuleBroken
from services.notifications.domain.limits import Limits
from services.notifications.domain.values import Channel
from services.notifications.handlers import handlers
from services.notifications.providers.dry_run import DryRun
from services.notifications.providers.mailbox import Mailbox
from services.notifications.providers.notify import NotifyProvider, NotifyTexts
from services.notifications.providers.provider import Email, Provider, TextMessage
from services.notifications.providers.several import Several
from services.notifications.providers.smtp import SmtpProvider
from services.notifications.providers.twilio import TwilioTexts
from services.notifications.rendering.links import LinkMaker
from services.notifications.settings import (
    EmailSettings,
    SmsSettings,
    read_email_settings,
    read_mailbox_settings,
    read_own_providers,
    read_sending_settings,
    read_sms_settings,
)
from services.notifications.store import NotificationsStore
from services.notifications.store.changes import CHANGES
from shared import logs, worker
from shared.gauges import Measure
from shared.identity.links import Links
from shared.sender import send_repeatedly
from shared.settings import Settings, read_settings
from shared.store.database import connect


def send_messages(store: NotificationsStore, outlets: Outlets, stopping: threading.Event) -> None:
    """Send what waits until told to stop."""
    send_repeatedly("send_messages", partial(send.send_waiting, store, outlets), stopping)


@dataclass(frozen=True)
class Line:
    """How a setting, or everybody who has no own, sends; with what all threads know of its
    providers."""

    email: EmailSettings | None
    sms: SmsSettings | None
    circuits: dict[str, Circuit] = field(default_factory=dict)

    def providers(self) -> dict[Channel, Several[Any]]:
        """Providers for one thread."""
        found: dict[Channel, Several[Any]] = {}
        if self.email:
            found[Channel.EMAIL] = email_provider(self.email, self.circuits)
        if self.sms and self.sms.order:
            found[Channel.SMS] = sms_provider(self.sms, self.circuits)
        return found


def email_provider(
    settings: EmailSettings, circuits: dict[str, Circuit] | None = None
) -> Several[Email]:
    """Those that the settings name, in their order."""
    by_kind: dict[str, list[Provider[Email]]] = {
        "smtp": [SmtpProvider(server) for server in settings.smtp],
        "notify": [NotifyProvider(settings.notify)] if settings.notify else [],
        "dry-run": [DryRun()],
    }
    return Several([one for kind in settings.order for one in by_kind[kind]], circuits=circuits)


def sms_provider(
    settings: SmsSettings, circuits: dict[str, Circuit] | None = None
) -> Several[TextMessage]:
    """Those that the settings name, in their order."""
    by_kind: dict[str, list[Provider[TextMessage]]] = {
        "notify": [NotifyTexts(settings.notify)] if settings.notify else [],
        "twilio": [TwilioTexts(settings.twilio)] if settings.twilio else [],
        "dry-run": [DryRun()],
    }
    return Several([one for kind in settings.order for one in by_kind[kind]], circuits=circuits)


def read_lines(callbacks: str) -> tuple[Line, Mapping[str, Line]]:
    """How everybody sends, and the settings that send in their own name. Raises EnvError."""
    own = {}
    for setting_id, env in read_own_providers().items():
        email = read_email_settings(env) if env.str("EMAIL_PROVIDERS", "") else None
        own[setting_id] = Line(email, read_sms_settings(env, callbacks))
    return Line(read_email_settings(), read_sms_settings(callbacks=callbacks)), own


def read_outlets(config: Settings) -> list[Outlets]:
    """Outlets for each sender of this worker. Raises EnvError."""
    sending = read_sending_settings()
    common, own = read_lines(config.public_urls["notifications"])
    links = LinkMaker(Links(config.link_keys, config.link_days), config.public_urls)
    return [
        Outlets(
            common.providers(), links, config.link_keys[0], config.link_days,
            own={setting_id: line.providers() for setting_id, line in own.items()},
            allowed=sending.allowed, gather_for=sending.gather_for,
            limits=Limits(sending.person_daily, sending.texts_daily),
            pence_per_part=sending.pence_per_part, languages=sending.languages,
        )
        for _ in range(sending.senders)
    ]  # fmt: skip


def build(
    store: NotificationsStore, outlets: list[Outlets], *, digest_hour: int = 7,
    mailbox: Mailbox | None = None,
) -> worker.ServiceWorker:  # fmt: skip
    """What this service's worker does."""
    jobs = {
        "release_reminders": partial(tell.release_reminders, store),
        "release_digests": partial(tell.release_digests, store, digest_hour),
    }
    if mailbox:
        jobs["read_bounces"] = partial(read_bounces, store, mailbox)
    return worker.ServiceWorker(
        repositories=store.repositories,
        handlers=handlers(store),
        rule_errors=(RuleBroken,),
        jobs=jobs,
        measures=[
            Measure(
                "sen_messages_waiting",
                "Messages on their way, by state",
                "state",
                store.messages_by_state,
            )
        ],
        senders=[partial(send_messages, store, each) for each in outlets],
        restored=store.doubt_what_waits,
        changes=CHANGES,
        prepare=store.ensure_indexes,
    )


def main() -> None:
    """Run until told to stop."""
    config = read_settings("notifications")
    outlets, bounces = read_outlets(config), read_mailbox_settings()
    logs.configure("notifications", config.log_level)
    store = NotificationsStore(connect(config.mongodb_url, config.mongodb_database))
    service = build(
        store, outlets, digest_hour=read_sending_settings().digest_hour,
        mailbox=Mailbox(bounces) if bounces else None,
    )  # fmt: skip
    worker.run(config, store.database, service)


if __name__ == "__main__":
    main()
