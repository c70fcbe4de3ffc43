"""What changes in a queue, as it happens: looked for once a second, for as long as one follows."""

import time
from collections.abc import Iterator

from services.referrals.store import ReferralsStore
from shared.store.database import Document

_LOOK_SECONDS = 1.0


def changes_of_queue(store: ReferralsStore, service_id: str) -> Iterator[dict[str, str] | None]:
    """The id and the status of what was changed last, each time there is something; None where
    there is not. A referral that leaves the queue is a change too."""
    latest = _latest(store, service_id)
    while True:
        time.sleep(_LOOK_SECONDS)
        found = _latest(store, service_id)
        if found and found != latest:
            yield {"id": found["_id"], "status": found["status"]}
        else:
            yield None
        latest = found


def _latest(store: ReferralsStore, service_id: str) -> Document | None:
    return store.referrals.collection.find_one(
        {"request.support_service_id": service_id},
        {"status": 1, "changed_at": 1},
        sort=[("changed_at", -1)],
    )
