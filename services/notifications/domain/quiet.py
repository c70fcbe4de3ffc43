"""Quiet hours: the part of the day in London in which somebody does not want to be told."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.notifications.domain.errors import RuleBroken

_LONDON = ZoneInfo("Europe/London")


@dataclass
class QuietHours:
    """From one time of day to another, over midnight where it begins later than it ends."""

    begins: time
    ends: time

    def must_make_sense(self) -> None:
        """Raises RuleBroken."""
        if self.begins == self.ends:
            raise RuleBroken("quiet", "Quiet hours end at another time than they begin.",
                             field="/details/quiet_hours/ends")  # fmt: skip

    def over_at(self, moment: datetime) -> datetime:
        """When the quiet hours that hold `moment` (aware) are over; `moment` itself outside them.

        Times are wall-clock times: on the night of a clock change they last an hour more or less.
        """
        here = moment.astimezone(_LONDON).date()
        for day in (here - timedelta(days=1), here):
            begins = _at(day, self.begins)
            last = day + timedelta(days=1) if self.ends < self.begins else day
            ends = _at(last, self.ends)
            if begins <= moment < ends:
                return ends
        return moment


def _at(day: date, when: time) -> datetime:
    """That time of that day in London as a moment: the first of two, the next after none."""
    return datetime.combine(day, when, tzinfo=_LONDON).astimezone(UTC)
