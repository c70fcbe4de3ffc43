"""The next version of this system, as far as a rolling upgrade can tell: an event with a field more, a
stored shape with a field more, and another that says the same elsewhere. A process that loads it is of version N + 1.
"""

from dataclasses import dataclass, replace
from typing import Any

from marshmallow import Schema

from services.plans import handlers as plans_handlers
from services.plans import store as plans_store
from services.plans import worker as plans_worker
from services.plans.domain.plan import Plan
from services.plans.store import PlansStore
from shared.events import envelope, registry
from shared.events.envelope import Envelope
from shared.events.fields import number
from shared.store import repository
from shared.store.changes import StoredChange
from shared.store.database import Document

CHECK = "plans.CheckRecorded"
WEEKS = 3
"""What the next version says in the new field of each event."""


@dataclass
class NewerPlan(Plan):
    """A plan that also counts the weeks that its checks speak of."""

    weeks_seen: int = 0


def become_newer() -> None:
    """Make this process the next version."""
    _newer_event()
    _newer_plan()
    _newer_shape()


def _newer_event() -> None:
    types: Any = registry.event_types()
    row = types[CHECK]
    schema: type[Schema] = type("CheckRecorded2", (row.schema,), {"weeks": number()})
    types[CHECK] = replace(
        row, schema=schema, version=2, upcasters={1: lambda data: {"weeks": 0, **data}}
    )
    registry._by_name.cache_clear()
    whole = envelope.wrap

    def wrap(name: str, data: dict[str, Any], **more: Any) -> Any:
        return whole(name, {**data, "weeks": WEEKS} if name == "CheckRecorded" else data, **more)

    envelope.wrap = wrap
    from shared.store import outbox

    outbox.wrap = wrap


def _newer_plan() -> None:
    made = PlansStore.__init__

    def init(self: PlansStore, *arguments: Any, **named: Any) -> None:
        made(self, *arguments, **named)
        self.plans.kind = NewerPlan

    plans_store.PlansStore.__init__ = init  # type: ignore[method-assign]
    whole = plans_handlers.on_check_recorded

    def on_check_recorded(store: PlansStore, event: Envelope) -> None:
        whole(store, event)
        # The database's own count, in the same transaction.
        from shared.store.database import session

        store.plans.collection.update_one(
            {"_id": event.data["plan_id"]}, {"$inc": {"weeks_seen": event.data["weeks"]}},
            session=session(),
        )  # fmt: skip

    plans_handlers.on_check_recorded = on_check_recorded


# Where a plan stands is said in one place. This version writes both, and reads the old ones.
STANDING = StoredChange(
    1, "a plan says in one place where it stands", "plans",
    old={"$expr": {"$or": [{"$ne": ["$standing.state", "$state"]},
                           {"$ne": ["$standing.cycle", "$cycle"]}]}},
    convert=lambda plan: {"$set": {"standing": {key: plan[key] for key in ("state", "cycle")}}},
)  # fmt: skip


def _newer_shape() -> None:
    whole = repository.to_document

    def to_document(thing: Any) -> Document:
        document = whole(thing)
        if isinstance(thing, Plan):
            document["standing"] = {key: document[key] for key in ("state", "cycle")}
        return document

    repository.to_document = to_document
    built = plans_worker.build
    plans_worker.build = lambda store: replace(built(store), changes=[STANDING])


def plans_app() -> Any:
    """The api of plans, of the next version."""
    become_newer()
    from services.plans.app import create_app

    return create_app()
