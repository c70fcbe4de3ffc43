"""When what happened to a sample child, counted in days back from the day of loading."""

from dataclasses import dataclass
from datetime import date, timedelta

from deploy.local.sample.calendar import school_day
from deploy.local.sample.council import SampleChild

TWICE_REVIEWED = ("suggested", "referred", "requested")
_ACTIVE_SINCE = {"active": 35, "reviewed": 150, "insufficient": 150, "ceased": 200}
_ONLY_REVIEW = {"reviewed": 40, "insufficient": 30, "ceased": 60}
_FIRST_OF_TWO, _SECOND_OF_TWO, _ACTIVE_BEFORE_TWO = 165, 45, 285


@dataclass(frozen=True)
class When:
    """The days of one child's story."""

    child: SampleChild
    anchor: date

    @property
    def active(self) -> int:
        """The plan came into force."""
        stage = self.child.stage
        if stage in TWICE_REVIEWED:
            return _ACTIVE_BEFORE_TWO
        if stage == "active" and self.child.number % 3 == 0:
            return 128 + self.child.days  # nobody held its first review
        return _ACTIVE_SINCE.get(stage, 0) + self.child.days

    @property
    def assessed(self) -> int:
        """The assessment was completed."""
        if self.child.stage in ("gathering", "no_support", "assessed"):
            return self.child.days
        return self.active + 10

    def review(self, number: int) -> int:
        """The first or second review was held."""
        if self.child.stage in TWICE_REVIEWED:
            return _FIRST_OF_TWO if number == 1 else _SECOND_OF_TWO
        return _ONLY_REVIEW[self.child.stage]

    def day(self, days_ago: int) -> str:
        """A school day so long ago; ahead where it is negative."""
        return school_day(self.anchor - timedelta(days=days_ago)).isoformat()
