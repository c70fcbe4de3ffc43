"""HTTP in, command or query, HTTP out."""

from services.reviews.store import ReviewsStore
from shared.web.app import current_store

store = current_store(ReviewsStore)
