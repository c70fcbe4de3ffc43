"""The statutory clocks of EHC needs assessments and plans, as data.

A row is here once what it counts from is recorded here. All count calendar days, weeks or months.
`SEND` are the Special Educational Needs and Disability Regulations 2014.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class CountsFrom(StrEnum):
    """The day from which a clock counts."""

    RECEIVED = "received_on"
    """The council received the request, or became responsible by hearing of the child [SEND
    r.5(1); CFA 2014 s.24]."""
    REFUSED = "refused_on"
    """The council's letter that says no: it will not assess, not issue a plan, or end one."""
    ISSUED = "issued_on"
    """The plan was issued."""


class Binds(StrEnum):
    """Who has to act in time."""

    COUNCIL = "council"
    FAMILY = "family"


class ClockException(StrEnum):
    """Why a date need not be kept [SEND r.5(4), r.10(4), r.13(3)]."""

    SETTING_CLOSED = "setting_closed"
    """Advice was asked of a setting that is closed for at least 4 weeks."""
    CIRCUMSTANCES = "personal_circumstances"
    """Exceptional personal circumstances of the child, parent or young person."""
    AWAY = "away"
    """The child, parent or young person is away from the area for at least 4 weeks."""


@dataclass(frozen=True)
class Clock:
    """One row: how long, from what, whom it binds, by which law, from when to when that is law."""

    name: str
    counts_from: CountsFrom
    binds: Binds
    law: str
    weeks: int = 0
    months: int = 0
    exceptions: tuple[ClockException, ...] = ()
    in_force_from: date = date(2014, 9, 1)
    in_force_until: date | None = None

    def ends(self, start: date) -> date:
        """The last day, counted from `start`; a month ends on its last day where it is shorter."""
        months = start.year * 12 + start.month - 1 + self.months
        year, month = divmod(months, 12)
        day = min(start.day, calendar.monthrange(year, month + 1)[1])
        return date(year, month + 1, day) + timedelta(weeks=self.weeks)

    def is_law_on(self, day: date) -> bool:
        """Whether this row holds for what began on that day."""
        return self.in_force_from <= day and (
            self.in_force_until is None or day <= self.in_force_until
        )


_ANY = tuple(ClockException)

CLOCKS = (
    Clock(
        "decide_to_assess",
        CountsFrom.RECEIVED,
        Binds.COUNCIL,
        "SEND r.4, r.5(1)",
        weeks=6,
        exceptions=_ANY,
    ),
    Clock(
        "say_no_plan", CountsFrom.RECEIVED, Binds.COUNCIL, "SEND r.10(1)", weeks=16, exceptions=_ANY
    ),
    Clock(
        "final_plan", CountsFrom.RECEIVED, Binds.COUNCIL, "SEND r.13(2)", weeks=20, exceptions=_ANY
    ),
    # One month from the mediation certificate where that is later.
    Clock(
        "appeal", CountsFrom.REFUSED, Binds.FAMILY, "Tribunal Procedure Rules 2008 r.20", months=2
    ),
    Clock("annual_review", CountsFrom.ISSUED, Binds.COUNCIL, "CFA 2014 s.44(1)", months=12),
)


@dataclass(frozen=True)
class ClockRuns:
    """A clock as it stands for one request."""

    name: str
    counts_from: CountsFrom
    since: date
    until: date
    binds: Binds
    law: str
    provisional: bool
    """Whether it counts from a day that stands in for the true one."""
    exception: ClockException | None


def clock(name: str, start: date) -> Clock:
    """The row of that name which is the law for what begins on `start`; where the law of that day
    is not here, the earliest."""
    rows = [row for row in CLOCKS if row.name == name]
    return next((row for row in rows if row.is_law_on(start)), rows[0])


def running(
    starts: Mapping[CountsFrom, date],
    exceptions: Mapping[str, ClockException],
    provisional: frozenset[CountsFrom],
) -> list[ClockRuns]:
    """Every clock that counts from a day which is known."""
    found = []
    for name in dict.fromkeys(row.name for row in CLOCKS):
        kinds = {row.counts_from for row in CLOCKS if row.name == name}
        for kind in kinds & set(starts):
            since = starts[kind]
            row = clock(name, since)
            found.append(
                ClockRuns(
                    name,
                    kind,
                    since,
                    row.ends(since),
                    row.binds,
                    row.law,
                    kind in provisional,
                    exceptions.get(name),
                )
            )
    return found
