"""HTTP in, command or query, HTTP out."""

from typing import cast

from flask import current_app
from werkzeug.local import LocalProxy

from services.reviews.store import ReviewsStore

store = cast(ReviewsStore, LocalProxy(lambda: current_app.extensions["sen.store"]))
"""The store of the app in hand."""
