"""Projections: what one service keeps of another's aggregates, fed by events."""

from pymongo.collection import Collection

from shared.store.database import Document, session


def project(collection: Collection[Document], key: str, sequence: int, state: Document) -> bool:
    """Set `state` under `key` unless a later event of the same aggregate was applied before.

    `sequence` is the event's number within its aggregate. Answers whether it was applied.
    """
    held = collection.find_one({"_id": key}, {"sequence": 1}, session=session())
    if held is not None and held["sequence"] >= sequence:
        return False
    collection.update_one(
        {"_id": key}, {"$set": {**state, "sequence": sequence}}, upsert=True, session=session()
    )
    return True
