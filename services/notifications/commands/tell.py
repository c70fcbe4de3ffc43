"""Making messages: one for each event, person and purpose, whatever is redelivered."""

from datetime import date, timedelta

from services.notifications.domain.message import About, Message
from services.notifications.domain.reminder import DAYS_BEFORE, reminder_due
from services.notifications.domain.values import Purpose
from services.notifications.store import NotificationsStore
from shared import clock, ids


def tell_recipients(
    store: NotificationsStore,
    *,
    cause: str,
    setting_id: str,
    purpose: Purpose,
    about: About,
    expires_on: date | None = None,
) -> list[Message]:
    """Make a message for everybody who is told about the child. Raises NotYet."""
    assert about.child_id is not None
    return [
        tell_person(
            store,
            person_id,
            cause=cause,
            setting_id=setting_id,
            purpose=purpose,
            about=about,
            expires_on=expires_on,
        )
        for person_id in store.recipients_of(about.child_id)
    ]


def tell_person(
    store: NotificationsStore,
    person_id: str,
    *,
    cause: str,
    setting_id: str,
    purpose: Purpose,
    about: About,
    expires_on: date | None = None,
) -> Message:
    """Make a message for one person, unless the same cause made it before."""
    message_id = ids.derived_id("message", cause, person_id, purpose)
    known = store.messages.find(message_id)
    if known is not None:
        return known
    return store.messages.add(
        Message(
            id=message_id,
            person_id=person_id,
            child_id=about.child_id,
            setting_id=setting_id,
            purpose=purpose,
            about=about,
            created_on=clock.now(),
            next_try=clock.now(),
            expires_on=expires_on,
        )
    )


def release_reminders(store: NotificationsStore) -> int:
    """Remind families of the reviews that come. Answers how many reviews."""
    today = clock.today()
    released = 0
    for review in store.reviews_to_remind_of(today, today + timedelta(days=max(DAYS_BEFORE))):
        due_on = review["due_on"]
        reminded = review.get("reminded", ())
        told = [days for days in DAYS_BEFORE if f"{due_on}:{days}" in reminded]
        days = reminder_due(date.fromisoformat(due_on), today, told)
        if days is None:
            continue
        if not store.knows_child(review["child_id"]):
            continue
        tell_recipients(
            store,
            cause=f"reminder:{review['_id']}:{due_on}:{days}",
            setting_id=review["setting_id"],
            purpose=Purpose.REVIEW_COMING,
            about=About(review["child_id"], "plan", review["plan_id"], date.fromisoformat(due_on)),
            expires_on=date.fromisoformat(due_on),
        )
        store.note_reminder(review["_id"], due_on, days)
        released += 1
    return released
