"""All rows of the registry together."""

from shared.events import notifications, plans, referrals, reviews
from shared.events.registry import EventType

CATALOGUE: dict[str, EventType] = {
    row.type: row for module in (plans, reviews, referrals, notifications) for row in module.ROWS
}
