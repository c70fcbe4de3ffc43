"""What the calendar does once on a day, however often it looks."""

from collections.abc import Callable

from shared import clock
from shared.store.database import MongoDatabase


def once_a_day(database: MongoDatabase, name: str, job: Callable[[], int]) -> Callable[[], int]:
    """`job`, which is done again on the same day only when it did not come to its end."""

    def look() -> int:
        today = clock.today().isoformat()
        if database["days"].count_documents({"_id": name, "day": today}, limit=1):
            return 0
        done = job()
        database["days"].update_one({"_id": name}, {"$set": {"day": today}}, upsert=True)
        return done

    return look
