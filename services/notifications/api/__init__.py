"""HTTP in, command or query, HTTP out."""

from services.notifications.store import NotificationsStore
from shared.web.app import current_store

store = current_store(NotificationsStore)
