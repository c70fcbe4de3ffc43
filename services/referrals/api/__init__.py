"""HTTP in, command or query, HTTP out."""

from typing import cast

from flask import current_app
from werkzeug.local import LocalProxy

from services.referrals.store import ReferralsStore

store = cast(ReferralsStore, LocalProxy(lambda: current_app.extensions["sen.store"]))
"""The store of the app in hand."""
