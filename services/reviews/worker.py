"""The worker of reviews: consumer, relay, and what the calendar raises."""

from functools import partial

from services.reviews.commands import schedule
from services.reviews.domain.errors import RuleBroken
from services.reviews.domain.review import ReviewState
from services.reviews.handlers import handlers
from services.reviews.store import ReviewsStore
from shared import logs, worker
from shared.gauges import Measure, counted
from shared.settings import read_settings
from shared.store.database import connect


def build(store: ReviewsStore) -> worker.ServiceWorker:
    """What this service's worker does."""
    return worker.ServiceWorker(
        repositories=store.repositories,
        handlers=handlers(store),
        rule_errors=(RuleBroken,),
        jobs={
            "let_fall_due": partial(schedule.let_fall_due, store),
            "raise_overdue_discussions": partial(schedule.raise_overdue_discussions, store),
        },
        measures=[
            Measure(
                "sen_reviews",
                "Reviews that are still to be held or decided, by state",
                "state",
                counted(
                    store.reviews.collection,
                    "state",
                    [ReviewState.SCHEDULED, ReviewState.DUE, ReviewState.OVERDUE, ReviewState.HELD],
                ),
            )
        ],
    )


def main() -> None:
    """Run until told to stop."""
    config = read_settings("reviews")
    logs.configure("reviews", config.log_level)
    store = ReviewsStore(connect(config.mongodb_url, config.mongodb_database))
    worker.run(config, store.database, build(store))


if __name__ == "__main__":
    main()
