"""The pages that families open by a signed link."""

from services.reviews.store import ReviewsStore
from shared.web.app import current_store

store = current_store(ReviewsStore)
