"""What changes in a queue, as it happens: looked for once a second, for as long as one follows."""

import time
from collections.abc import Iterator
from datetime import datetime

from services.referrals.store import ReferralsStore
from shared import clock
from shared.store.database import Document

_LOOK_SECONDS = 1.0


def changes_of_queue(
    store: ReferralsStore, service_id: str, since: datetime | None
) -> Iterator[dict[str, str] | None]:
    """What was changed last (`id`, `status`, `at`), each time that there is something newer than
    `since` (now, where it is None); None where there is not. What leaves the queue counts too."""
    return _follow(store, service_id, since or clock.now())


def _follow(
    store: ReferralsStore, service_id: str, since: datetime
) -> Iterator[dict[str, str] | None]:
    while True:
        found = _newer(store, service_id, since)
        if found is None:
            yield None
        else:
            since = found["changed_at"]
            yield {"id": found["_id"], "status": found["status"], "at": since.isoformat()}
        time.sleep(_LOOK_SECONDS)


def _newer(store: ReferralsStore, service_id: str, since: datetime) -> Document | None:
    return store.referrals.collection.find_one(
        {"request.support_service_id": service_id, "changed_at": {"$gt": since}},
        {"status": 1, "changed_at": 1},
        sort=[("changed_at", -1)],
    )
