"""Telling a support service's own system by HTTP: one delivery for each event and webhook."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from services.referrals.domain.errors import RuleBroken
from services.referrals.domain.webhook import Attempt, Delivery, DeliveryState, Webhook
from services.referrals.providers.webhook_http import Caller, refused_address
from services.referrals.store import ReferralsStore
from shared import clock, context, ids
from shared.errors import Conflict
from shared.store.each import each, must_be_its_own, note_failed
from shared.store.repository import creation_id

_MOST = 5
_LEASE = timedelta(seconds=60)
_SECRET_BYTES = 32


@dataclass(frozen=True)
class ToSend:
    """An event as it came, for the service that it names."""

    event_id: str
    type: str
    support_service_id: str
    body: str


def add_webhook(store: ReferralsStore, service_id: str, url: str, *, private_too: bool) -> Webhook:
    """A service's own system is told from now on. Raises RuleBroken on an address that is not
    outside's, unless `private_too`.

    Each takes one of the service's places, so that however many are added at once, no more than
    those are there.
    """
    _must_be_outside(url, private_too)
    webhook_id, secret = creation_id(), _new_secret()
    for _ in range(_MOST):
        place = _free_place(store, service_id)
        if place is None and store.webhooks.find(webhook_id) is None:
            break
        try:
            return store.webhooks.add(Webhook(webhook_id, service_id, url, secret, place=place))
        except Conflict:  # somebody else took that place
            continue
    raise RuleBroken("too-many", f"At most {_MOST} for each service.", conflict=True)


def change_webhook(
    store: ReferralsStore, webhook_id: str, url: str, active: bool, expected: int, *,
    private_too: bool,
) -> Webhook:  # fmt: skip
    """Another address, or none for a while."""
    _must_be_outside(url, private_too)
    return store.webhooks.change(webhook_id, lambda w: w.change(url, active), expected=expected)


def turn_secret(store: ReferralsStore, webhook_id: str, expected: int) -> Webhook:
    """A new secret."""
    made = _new_secret()
    return store.webhooks.change(webhook_id, lambda w: w.turn_secret(made), expected=expected)


def make_deliveries(store: ReferralsStore, event: ToSend) -> None:
    """One delivery for each active webhook of the service; once for each event."""
    query = {"support_service_id": event.support_service_id, "active": True}
    for webhook in store.webhooks.find_many(query):
        delivery_id = ids.derived_id("delivery", event.event_id, webhook.id)
        if store.deliveries.find(delivery_id) is None:
            store.deliveries.add(
                Delivery(
                    id=delivery_id, webhook_id=webhook.id,
                    support_service_id=event.support_service_id, event_id=event.event_id,
                    type=event.type, body=event.body,
                    made_at=clock.now(), next_try=clock.now(),
                )
            )  # fmt: skip


def send_due(store: ReferralsStore, caller: Caller, *, at_once: int = 20) -> int:
    """The sender's: try what is due. Answers how many tries were made.

    Each is claimed before it is sent, by putting its next try off: a sender that dies leaves it
    to the next after that time. So it is sent at least once, always with the same id.
    """
    count = 0
    while count < at_once:
        claimed = _claim(store)
        if claimed is None:
            break
        # Claimed, and so behind the others: what is wrong with one holds up none.
        count += each("call webhook", [claimed], partial(_deliver, store, caller), name=str)
    return count


def _deliver(store: ReferralsStore, caller: Caller, delivery_id: str) -> bool:
    """One try. Answers whether one was made."""
    claimed = store.deliveries.get(delivery_id)
    webhook = store.webhooks.find(claimed.webhook_id)
    if webhook is None or not webhook.active:
        store.deliveries.collection.update_one(
            {"_id": claimed.id}, {"$set": {"state": DeliveryState.FAILED}}
        )
        return False
    cause = store.deliveries.causes([claimed.id])[claimed.id]
    with context.following("call webhook", cause, {"sen.delivery.id": claimed.id}):
        attempt, wait = _try(caller, webhook, claimed)
        took_place = partial(Delivery.took_place, attempt=attempt, asked_to_wait=wait)
        store.deliveries.change(claimed.id, took_place)
    return True


def _try(caller: Caller, webhook: Webhook, delivery: Delivery) -> tuple[Attempt, int | None]:
    """An error of ours in calling is a try that failed: the service sees it in its list."""
    try:
        return caller.post(webhook, delivery)
    except Exception as problem:
        must_be_its_own(problem)
        note_failed("call webhook", delivery.id, problem)
        return Attempt(clock.now(), None, type(problem).__name__, 0), None


def replay_delivery(store: ReferralsStore, delivery_id: str) -> Delivery:
    """Send one again, with its own id."""
    return store.deliveries.change(delivery_id, lambda d: d.replay(clock.now()))


def replay_since(store: ReferralsStore, webhook_id: str, since: datetime) -> int:
    """Send again what was made since then and is not on its way. Answers how many."""
    count = 0
    query = {"webhook_id": webhook_id, "made_at": {"$gte": since},
             "state": {"$ne": DeliveryState.WAITING}}  # fmt: skip
    for delivery in store.deliveries.find_many(query, limit=10_000):
        try:
            replay_delivery(store, delivery.id)
            count += 1
        except (RuleBroken, Conflict):  # somebody else replays it
            continue
    return count


def _claim(store: ReferralsStore) -> str | None:
    now = clock.now()
    found = store.deliveries.collection.find_one_and_update(
        {"state": DeliveryState.WAITING, "next_try": {"$lte": now}},
        {"$set": {"next_try": now + _LEASE}},
        sort=[("next_try", 1)],
        projection={"_id": 1},
    )
    return str(found["_id"]) if found else None


def _free_place(store: ReferralsStore, service_id: str) -> int | None:
    """A place that no webhook of the service has; those of before take up one each."""
    kept = store.webhooks.find_many({"support_service_id": service_id})
    taken = {webhook.place for webhook in kept}
    without = sum(webhook.place is None for webhook in kept)
    return next((n for n in range(_MOST - without) if n not in taken), None)


def _new_secret() -> str:
    return secrets.token_hex(_SECRET_BYTES)


def _must_be_outside(url: str, private_too: bool) -> None:
    if not private_too and (words := refused_address(url)):
        raise RuleBroken("address", words, field="/url")
