"""The pages that families open by a signed link."""

from services.plans.store import PlansStore
from shared.web.app import current_store

store = current_store(PlansStore)
