"""Making messages: one for each event, person and purpose, whatever is redelivered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter
from typing import Any

from services.notifications.domain.message import About, Message
from services.notifications.domain.reminder import DAYS_BEFORE, reminder_due
from services.notifications.domain.values import Purpose
from services.notifications.store import News, NotificationsStore
from shared import clock, ids
from shared.bank_holidays import is_working_day
from shared.events.told import told_for
from shared.store.database import Document
from shared.store.each import each


@dataclass(frozen=True)
class Cause:
    """What a message tells of: its id, the same each time, and when it came about."""

    id: str
    at: datetime


def tell_recipients(
    store: NotificationsStore,
    *,
    cause: Cause,
    setting_id: str,
    purpose: Purpose,
    about: About,
    expires_on: date | None = None,
    expires_at: datetime | None = None,
) -> list[Message]:
    """Make a message for everybody who is told about the child. Raises NotYet.

    From `expires_at` on, and after the day `expires_on`, what it speaks of is over and it is not
    sent. Who is told may be heard of later than what they are to be told: it is kept for them.
    """
    assert about.child_id is not None
    news = News(cause.id, cause.at, setting_id, purpose, about, expires_on, expires_at)
    store.keep_news(about.child_id, news)
    return [
        tell_person(
            store,
            person_id,
            cause=cause,
            setting_id=setting_id,
            purpose=purpose,
            about=about,
            expires_on=expires_on,
            expires_at=expires_at,
        )
        for person_id in store.recipients_of(about.child_id, purpose)
    ]


def tell_late(
    store: NotificationsStore, child_id: str, said: Mapping[str, Any], since: datetime
) -> None:
    """Who is told for what is `said` from `since` on, as is heard only now: make what they
    missed. What they had is not made again."""
    for news in store.news_after(child_id, since):
        for person_id in told_for(said, news.purpose):
            tell_person(
                store, person_id, cause=Cause(news.cause, news.at), setting_id=news.setting_id,
                purpose=news.purpose, about=news.about, expires_on=news.expires_on,
                expires_at=news.expires_at,
            )  # fmt: skip


def tell_person(
    store: NotificationsStore,
    person_id: str,
    *,
    cause: Cause,
    setting_id: str,
    purpose: Purpose,
    about: About,
    expires_on: date | None = None,
    expires_at: datetime | None = None,
) -> Message:
    """Make a message for one person, unless the same cause made it before."""
    message_id = ids.derived_id("message", cause.id, person_id, purpose)
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
            caused_at=cause.at,
            expires_on=expires_on,
            expires_at=expires_at,
        )
    )


def release_reminders(store: NotificationsStore) -> int:
    """Remind families of the reviews that come. Answers how many reviews."""
    today = clock.today()

    def remind(review: Document) -> bool:
        due_on = review["due_on"]
        reminded = review.get("reminded", ())
        told = [days for days in DAYS_BEFORE if f"{due_on}:{days}" in reminded]
        days = reminder_due(date.fromisoformat(due_on), today, told)
        if days is None or not store.knows_child(review["child_id"]):
            return False
        tell_recipients(
            store,
            cause=Cause(f"reminder:{review['_id']}:{due_on}:{days}", clock.now()),
            setting_id=review["setting_id"],
            purpose=Purpose.REVIEW_COMING,
            about=About(review["child_id"], "plan", review["plan_id"], date.fromisoformat(due_on)),
            expires_on=date.fromisoformat(due_on),
        )
        store.note_reminder(review["_id"], due_on, days)
        return True

    found = store.reviews_to_remind_of(today, DAYS_BEFORE)
    return each("release reminder", found, remind, name=itemgetter("_id"))


def tell_sencos(store: NotificationsStore, setting_id: str, *, cause: Cause, purpose: Purpose,
                about: About, expires_on: date | None = None) -> list[Message]:  # fmt: skip
    """Make a message for everybody who looks after a setting's SEN support."""
    return [
        tell_person(store, person_id, cause=cause, setting_id=setting_id, purpose=purpose,
                    about=about, expires_on=expires_on)
        for person_id in store.sencos_of(setting_id)
    ]  # fmt: skip


def release_digests(store: NotificationsStore, hour: int) -> int:
    """Tell SENCOs what is due, from `hour` o'clock in London on working days. Answers how many
    settings had anything.

    A day that was missed is not made up for: what waited then waits today.
    """
    today = clock.today()
    if clock.now().astimezone(clock.LONDON).hour < hour or not is_working_day(today):
        return 0

    def release(setting_id: str) -> bool:
        waits = bool(store.due.counts(setting_id, today))
        if waits:
            tell_sencos(
                store, setting_id,
                cause=Cause(f"digest:{setting_id}:{today}", clock.now()),
                purpose=Purpose.SENCO_DIGEST,
                about=About(None, "due", setting_id, today), expires_on=today,
            )  # fmt: skip
        store.note_digest_released(setting_id, today)
        return waits

    return each("release digest", store.settings_without_digest(today), release, name=str)
