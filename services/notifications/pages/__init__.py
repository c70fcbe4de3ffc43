"""The pages that families open by a signed link."""

from services.notifications.store import NotificationsStore
from shared.web.app import current_store

store = current_store(NotificationsStore)
