"""The api of notifications: settings -> store -> routes, in one visible place."""

from flask import Flask

from services.notifications import access
from services.notifications.api import callbacks, contacts, messages, operations, profiles
from services.notifications.domain.errors import RuleBroken
from services.notifications.pages import news, people, sending
from services.notifications.settings import (
    read_callback_tokens,
    read_sending_settings,
    read_twilio_tokens,
)
from services.notifications.store import NotificationsStore
from services.notifications.store.changes import CHANGES
from shared import logs
from shared.settings import Settings, read_settings
from shared.store.database import connect
from shared.web import audit
from shared.web.app import ServiceWeb, create_service_app

TITLE = "SEN Support: notifications"
DESCRIPTION = "Contacts, preferences, and the messages that tell families what happens."


def create_app(given: Settings | None = None) -> Flask:
    """The Flask app; reads the environment unless settings are given."""
    config = given or read_settings("notifications")
    logs.configure("notifications", config.log_level)
    store = NotificationsStore(connect(config.mongodb_url, config.mongodb_database))
    blueprints = [profiles.blueprint, contacts.blueprint, messages.blueprint, callbacks.blueprint,
                  operations.blueprint, news.blueprint, people.blueprint,
                  sending.blueprint,
                  audit.build(store.database)]  # fmt: skip
    app = create_service_app(
        ServiceWeb(
            "notifications", TITLE, DESCRIPTION, blueprints, access.rules(store), (RuleBroken,),
            CHANGES,
        ),
        config, store.database, store,
    )  # fmt: skip
    app.extensions["sen.notify_tokens"] = read_callback_tokens()
    app.extensions["sen.twilio_tokens"] = read_twilio_tokens()
    app.extensions["sen.languages"] = read_sending_settings().languages
    return app
