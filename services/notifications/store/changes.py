"""How stored documents of this service have changed their shape."""

from services.notifications.domain.contact import Failing
from services.notifications.domain.telephone import NO_TEXTS, takes_texts
from services.notifications.domain.values import Channel
from shared import clock
from shared.store.changes import StoredChange
from shared.store.codec import plain as to_plain
from shared.store.database import Document


def _check_mobile(contact: Document) -> Document:
    """A number that cannot take texts is on the setting's list before anything is sent there."""
    fresh: Document = {"$set": {"mobile_checked": True}}
    noted = any(one["channel"] == Channel.SMS for one in contact.get("failing", ()))
    if not noted and not takes_texts(contact["details"]["mobile"]):
        failing = to_plain(Failing(Channel.SMS, clock.now(), NO_TEXTS))
        fresh["$push"] = {"failing": failing}
    return fresh


CHANGES = [
    StoredChange(
        1, "A contact says which of its channels fail, none included", "contacts",
        old={"failing": {"$exists": False}}, convert=lambda _: {"$set": {"failing": []}},
    ),
    StoredChange(
        2, "A mobile number that cannot take texts is known as such", "contacts",
        old={"details.mobile": {"$type": "string"}, "mobile_checked": {"$exists": False}},
        convert=_check_mobile,
    ),
]  # fmt: skip
