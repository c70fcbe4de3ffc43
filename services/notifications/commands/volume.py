"""How sending goes: volumes, failures, speed, cost, providers."""

from datetime import timedelta
from typing import Any

from services.notifications.store import NotificationsStore
from shared import clock


def sending_since(store: NotificationsStore, days: int) -> dict[str, Any]:
    """The last so many days, today among them."""
    since = clock.today() - timedelta(days=days - 1)
    found = store.volumes.days(since)
    measured = sum(volume.measured for volume in found)
    quick = sum(volume.quick for volume in found)
    return {
        "days": found,
        "providers": store.volumes.health(),
        "waiting": store.messages_by_state(),
        "quick_share": quick / measured if measured else None,
        "replies": store.replies.counts(since),
    }
