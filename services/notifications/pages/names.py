"""A child's name beside what its record says: two services keep it, and plans owns it."""

from dataclasses import dataclass

from flask import current_app

from services.notifications.domain.contact import Contact
from services.notifications.domain.due import Due
from services.notifications.pages import store
from services.notifications.providers.children import RecordedName, read_name
from shared import clock
from shared.web.guard import authorization


@dataclass(frozen=True)
class NameBeside:
    """How messages to a person call a child, and how its record does, where that could be read.

    `waits` where it was corrected since somebody last looked.
    """

    child_id: str
    here: str
    recorded: RecordedName | None
    waits: bool

    @property
    def differs(self) -> bool:
        """Whether the two are known to differ."""
        return self.recorded is not None and self.recorded.called != self.here


def names_beside(contact: Contact | None, child_id: str | None = None) -> list[NameBeside]:
    """The names of the children whom a contact names, or of one of them: those that differ from
    the record, and those that were corrected since somebody looked."""
    if contact is None:
        return []
    waiting = {
        one.child_id
        for one in store.due.things(contact.setting_id, clock.today())
        if one.kind is Due.NAME_CHANGED and one.person_id == contact.person_id
    }
    named = {one.child_id: one.first_name for one in contact.details.children}
    if contact.person_id in waiting:
        named.setdefault(contact.person_id, contact.details.name)
    plans_url = str(current_app.extensions["sen.settings"].service_urls["plans"])
    found = [
        NameBeside(one, here, read_name(plans_url, authorization(), one), one in waiting)
        for one, here in named.items()
        if child_id in (None, one)
    ]
    return [one for one in found if child_id or one.differs or one.waits]
