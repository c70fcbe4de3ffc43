"""How stored documents of this service have changed their shape."""

from shared.store.changes import StoredChange

CHANGES = [
    StoredChange(
        1, "A contact says which of its channels fail, none included", "contacts",
        old={"failing": {"$exists": False}}, convert=lambda _: {"$set": {"failing": []}},
    ),
]  # fmt: skip
