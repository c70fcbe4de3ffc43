"""The api of referrals: settings -> store -> routes, in one visible place."""

from flask import Flask

from services.referrals import access
from services.referrals.api import (
    attachments,
    directory,
    people,
    queue,
    referrals,
    sessions,
    triage,
    webhooks,
    work,
)
from services.referrals.domain.errors import RuleBroken
from services.referrals.pages import dashboard, drafts, family, referral, staff
from services.referrals.pages import directory as directory_pages
from services.referrals.pages import people as people_pages
from services.referrals.pages import queue as queue_pages
from services.referrals.pages import sessions as session_pages
from services.referrals.settings import read_referral_settings
from services.referrals.store import ReferralsStore
from shared import logs
from shared.settings import Settings, read_settings
from shared.store.database import connect
from shared.web import audit
from shared.web.app import ServiceWeb, create_service_app

TITLE = "SEN Support: referrals"
DESCRIPTION = "SEND support services, referrals to them, their queues, and support sessions."


def create_app(given: Settings | None = None) -> Flask:
    """The Flask app; reads the environment unless settings are given."""
    config = given or read_settings("referrals")
    logs.configure("referrals", config.log_level)
    database = connect(config.mongodb_url, config.mongodb_database)
    store = ReferralsStore(database, config.public_urls["referrals"])
    blueprints = [directory.blueprint, referrals.blueprint, attachments.blueprint, queue.blueprint,
                  people.blueprint, people_pages.blueprint,
                  triage.blueprint, work.blueprint, sessions.blueprint, webhooks.blueprint,
                  family.blueprint, staff.blueprint, queue_pages.blueprint, referral.blueprint,
                  drafts.blueprint, directory_pages.blueprint, session_pages.blueprint,
                  dashboard.blueprint, audit.build(store.database)]  # fmt: skip
    app = create_service_app(
        ServiceWeb("referrals", TITLE, DESCRIPTION, blueprints, access.rules(store), (RuleBroken,)),
        config, store.database, store,
    )  # fmt: skip
    app.extensions["sen.private_webhooks"] = read_referral_settings().private_webhooks
    return app
