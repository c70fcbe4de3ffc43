"""The worker of plans: consumer, relay, calendar jobs, and the issuing of written copies."""

import logging
import threading
from functools import partial

from services.plans.commands import copies, do, people, rights
from services.plans.domain.errors import RuleBroken
from services.plans.domain.plan import PlanState
from services.plans.handlers import handlers
from services.plans.store import PlansStore
from shared import logs, worker
from shared.gauges import Measure, counted
from shared.sender import send_repeatedly
from shared.settings import read_settings
from shared.store.daily import once_a_day
from shared.store.database import connect

log = logging.getLogger(__name__)


def issue_copies(store: PlansStore, stopping: threading.Event) -> None:
    """Render and issue owed copies until told to stop."""
    send_repeatedly("issue_copies", partial(copies.issue_owed_copies, store), stopping)


def build(store: PlansStore) -> worker.ServiceWorker:
    """What this service's worker does."""
    return worker.ServiceWorker(
        repositories=store.repositories,
        handlers=handlers(store),
        rule_errors=(RuleBroken,),
        jobs={
            "look_at_rights": once_a_day(
                store.database, "look_at_rights", partial(rights.look_at_rights, store)
            ),
            "describe_settings": partial(people.describe_settings, store),
            "raise_overdue_checks": partial(do.raise_overdue_checks, store),
            "sweep_versions": store.sweep_versions,
        },
        senders=[partial(issue_copies, store)],
        measures=[
            Measure(
                "sen_plans",
                "Plans, by state",
                "state",
                counted(store.plans.collection, "state", [PlanState.ACTIVE]),
            )
        ],
        prepare=store.ensure_indexes,
    )


def main() -> None:
    """Run until told to stop."""
    config = read_settings("plans")
    logs.configure("plans", config.log_level)
    store = PlansStore(connect(config.mongodb_url, config.mongodb_database))
    worker.run(config, store.database, build(store))


if __name__ == "__main__":
    main()
