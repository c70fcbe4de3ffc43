"""The api of reviews: settings -> store -> routes, in one visible place."""

from flask import Flask

from services.reviews import access
from services.reviews.api import calendars, escalations, evenings, reviews
from services.reviews.domain.errors import RuleBroken
from services.reviews.pages import family
from services.reviews.store import ReviewsStore
from shared import logs
from shared.settings import Settings, read_settings
from shared.store.database import connect
from shared.web import audit
from shared.web.app import ServiceWeb, create_service_app

TITLE = "SEN Support: reviews"
DESCRIPTION = "The review schedule, reviews, and the escalation to an EHC needs assessment."


def create_app(given: Settings | None = None) -> Flask:
    """The Flask app; reads the environment unless settings are given."""
    config = given or read_settings("reviews")
    logs.configure("reviews", config.log_level)
    store = ReviewsStore(connect(config.mongodb_url, config.mongodb_database))
    blueprints = [calendars.blueprint, reviews.blueprint, escalations.blueprint,
                  evenings.blueprint, family.blueprint, audit.build(store.database)]  # fmt: skip
    return create_service_app(
        ServiceWeb("reviews", TITLE, DESCRIPTION, blueprints, access.rules(store), (RuleBroken,)),
        config, store.database, store,
    )  # fmt: skip
