"""The api of plans: settings -> store -> routes, in one visible place."""

from flask import Flask

from services.plans import access
from services.plans.api import assessments, checks, children, plans, rights, settings
from services.plans.domain.errors import RuleBroken
from services.plans.pages import rights_page
from services.plans.store import PlansStore
from shared import logs
from shared.settings import Settings, read_settings
from shared.store.database import connect
from shared.web import audit
from shared.web.app import ServiceWeb, create_service_app

TITLE = "SEN Support: plans"
DESCRIPTION = "Children, assessments and SEN support plans: assess, plan, do."


def create_app(given: Settings | None = None) -> Flask:
    """The Flask app; reads the environment unless settings are given."""
    config = given or read_settings("plans")
    logs.configure("plans", config.log_level)
    store = PlansStore(connect(config.mongodb_url, config.mongodb_database))
    blueprints = [
        settings.blueprint,
        children.blueprint,
        rights.blueprint,
        assessments.blueprint,
        plans.blueprint,
        checks.blueprint,
        audit.build(store.database),
        rights_page.blueprint,
    ]
    return create_service_app(
        ServiceWeb("plans", TITLE, DESCRIPTION, blueprints, access.rules(store), (RuleBroken,)),
        config, store.database, store,
    )  # fmt: skip
