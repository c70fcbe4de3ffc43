"""HTTP in, command or query, HTTP out."""

from services.plans.store import PlansStore
from shared.web.app import current_store

store = current_store(PlansStore)
