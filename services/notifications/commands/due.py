"""What waits for a person, and only they can say that it is done."""

from services.notifications.domain.errors import RuleBroken
from services.notifications.domain.waiting import just_after
from services.notifications.store import NotificationsStore
from shared.store import audit


def say_done(store: NotificationsStore, setting_id: str, thing_id: str, mark: str, by: str) -> None:
    """It waits no more, as far as this person has seen of it: `mark` is what they were shown.

    Said twice it is done once; what began anew meanwhile goes on waiting. Raises RuleBroken.
    """
    thing = store.due.find(setting_id, thing_id)
    if thing is None:  # done, or never there
        return
    if not thing.done_by_hand:
        said = "This ends by itself once it has been done where it belongs."
        raise RuleBroken("ends-itself", said, conflict=True)
    if mark > thing.mark:
        raise RuleBroken("mark", "Give the mark that the list gave.", field="/mark")
    audit.note(
        store.database,
        about=f"due/{thing.id}",
        child_id=thing.child_id,
        setting_id=setting_id,
        access="write",
    )
    store.due.end_by_hand(thing, just_after(mark), by)
