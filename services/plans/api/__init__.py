"""HTTP in, command or query, HTTP out."""

from typing import cast

from flask import current_app
from werkzeug.local import LocalProxy

from services.plans.store import PlansStore

store = cast(PlansStore, LocalProxy(lambda: current_app.extensions["sen.store"]))
"""The store of the app in hand."""
