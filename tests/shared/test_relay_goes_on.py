"""One entry of an outbox that cannot be read stops no other."""

from shared import clock, ids
from shared.messaging.broker import Outcome, Outgoing
from shared.messaging.relay import Relay
from shared.store import outbox
from shared.store.database import Document
from shared.store.each import FAILED
from tests.support.house import Service
from tests.support.story import School


class Confirms:
    """A broker that takes everything."""

    def __init__(self) -> None:
        self.got: list[Outgoing] = []

    def publish(self, outgoing: list[Outgoing]) -> Outcome:
        self.got += outgoing
        return Outcome({one.id for one in outgoing}, set(), set())


def test_an_entry_that_the_relay_cannot_read_stops_no_other(plans: Service) -> None:
    """An event that only a newer release knows, and an audit entry without its words."""
    name = f"relayed_{ids.new_id()[-6:]}"
    kept = plans.database[name]
    real = _with_an_event(plans)
    event = next(one for one in real["outbox"] if one["kind"] == "event")
    audit = next(one for one in real["outbox"] if one["kind"] == "audit")
    made = []
    for like in (
        {**event, "type": "plans.NotYetInvented"},
        event,
        event,
        {**audit, "entry": 7},
        audit,
        audit,
    ):
        entry = {**like, "_id": ids.new_id(), "next": clock.now(), "tries": 0}
        made.append({"_id": ids.new_id(), "version": 1, "outbox": [entry]})
    outbox.ensure_index(kept)
    kept.insert_many(made)
    relay, counted = Relay(plans.database, [name], "amqp://"), FAILED.labels("relay event")
    before = counted._value.get()
    relay._publisher = broker = Confirms()  # type: ignore[assignment]
    assert relay.round() == 4 and relay.round() == 0
    left = [one["_id"] for one in kept.find({"outbox.0": {"$exists": True}}).sort("_id", 1)]
    assert left == [made[0]["_id"], made[3]["_id"]]
    assert len(broker.got) == 2 and counted._value.get() > before
    kept.drop()


def _with_an_event(plans: Service) -> Document:
    School(plans).child()
    found = plans.database["children"].find_one({"outbox.kind": "event"})
    assert found
    return found
