"""The api of notifications: settings -> store -> routes, in one visible place."""

from flask import Flask

from services.notifications import access
from services.notifications.api import callbacks, contacts, messages, profiles
from services.notifications.domain.errors import RuleBroken
from services.notifications.pages import preferences
from services.notifications.settings import read_callback_token
from services.notifications.store import NotificationsStore
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
                  preferences.blueprint,
                  audit.build(store.database)]  # fmt: skip
    app = create_service_app(
        ServiceWeb(
            "notifications", TITLE, DESCRIPTION, blueprints, access.rules(store), (RuleBroken,)
        ),
        config, store.database, store,
    )  # fmt: skip
    app.extensions["sen.notify_callback_token"] = read_callback_token()
    return app
