"""How much goes out in a day at most: a guard against storms, and against bills."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.notifications.domain.values import Channel

_LONDON = ZoneInfo("Europe/London")
_MORNING = time(8)


@dataclass(frozen=True)
class Limits:
    """Messages of one setting to one person, and texts of one setting, in one day of London: what
    one setting sends takes nothing from another."""

    person: int = 20
    texts: int = 500

    def names(
        self, channel: Channel, setting_id: str, person_id: str
    ) -> list[tuple[str, int]]:  # fmt: skip
        """What a message counts towards: the name of a count, and its limit."""
        found = [(f"person:{setting_id}:{person_id}", self.person)]
        if channel is Channel.SMS:
            found.append((f"texts:{setting_id}", self.texts))
        return found


def next_morning(moment: datetime) -> datetime:
    """8 o'clock of the next day in London: when what was too much today goes out."""
    day = moment.astimezone(_LONDON).date() + timedelta(days=1)
    return datetime.combine(day, _MORNING, tzinfo=_LONDON).astimezone(moment.tzinfo)
