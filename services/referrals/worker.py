"""The worker of referrals: consumer, relay, and what the calendar raises."""

from functools import partial

from services.referrals.commands import triage
from services.referrals.domain.errors import RuleBroken
from services.referrals.handlers import handlers
from services.referrals.store import ReferralsStore
from shared import logs, worker
from shared.settings import read_settings
from shared.store.database import connect


def build(store: ReferralsStore) -> worker.ServiceWorker:
    """What this service's worker does."""
    return worker.ServiceWorker(
        repositories=store.repositories,
        handlers=handlers(store),
        rule_errors=(RuleBroken,),
        jobs={
            "raise_overdue": partial(triage.raise_overdue, store),
        },
    )


def main() -> None:
    """Run until told to stop."""
    config = read_settings("referrals")
    logs.configure("referrals", config.log_level)
    store = ReferralsStore(connect(config.mongodb_url, config.mongodb_database))
    worker.run(config, store.database, build(store))


if __name__ == "__main__":
    main()
