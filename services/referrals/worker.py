"""The worker of referrals: consumer, relay, the calendar, the scanner, the webhooks."""

from datetime import timedelta
from functools import partial

from services.referrals.commands import attach, calendar, consent, waiting, webhooks
from services.referrals.domain.errors import RuleBroken
from services.referrals.domain.values import OPEN_WITH_SERVICE
from services.referrals.handlers import handlers
from services.referrals.providers.webhook_http import Caller
from services.referrals.settings import ReferralSettings, read_referral_settings
from services.referrals.store import ReferralsStore
from shared import logs, worker
from shared.gauges import Measure, counted
from shared.sender import send_repeatedly
from shared.settings import read_settings
from shared.store.database import connect

_FIGURES_EVERY = timedelta(minutes=10)


def build(store: ReferralsStore, settings: ReferralSettings) -> worker.ServiceWorker:
    """What this service's worker does."""
    caller = Caller(settings.private_webhooks)
    return worker.ServiceWorker(
        repositories=store.repositories,
        handlers=handlers(store),
        rule_errors=(RuleBroken,),
        jobs={
            "raise_overdue": partial(calendar.raise_overdue, store),
            "tell_who_waits": partial(calendar.tell_who_waits, store, settings.update_every_days),
            "expire_consents": partial(consent.expire_consents, store),
            "publish_waiting_times": partial(
                waiting.publish_waiting_times, store, _FIGURES_EVERY
            ),
            "sweep_files": partial(attach.sweep_files, store),
        },
        senders=[
            partial(send_repeatedly, "scan_files",
                    partial(attach.scan_waiting, store, settings.scanner())),
            partial(send_repeatedly, "send_webhooks", partial(webhooks.send_due, store, caller)),
        ],
        measures=[Measure(
            "sen_referrals", "Referrals that lie with a service, by status", "status",
            counted(store.referrals.collection, "status", sorted(OPEN_WITH_SERVICE)),
        )],
        prepare=store.ensure_indexes,
    )  # fmt: skip


def main() -> None:
    """Run until told to stop."""
    config = read_settings("referrals")
    own = read_referral_settings()
    logs.configure("referrals", config.log_level)
    database = connect(config.mongodb_url, config.mongodb_database)
    store = ReferralsStore(database, config.public_urls["referrals"])
    worker.run(config, store.database, build(store, own))


if __name__ == "__main__":
    main()
