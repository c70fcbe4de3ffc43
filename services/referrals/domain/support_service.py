"""The directory: SEND support services, what they help with, and whether they take referrals."""

from dataclasses import dataclass, field
from typing import Any

from services.referrals.domain.errors import RuleBroken
from services.referrals.domain.values import Area, Intake, Phase


@dataclass
class Details:
    """What a service says of itself. `response_target_days` are working days."""

    name: str
    areas: list[Area]
    phases: list[Phase]
    age_from: int
    age_to: int
    criteria: str
    response_target_days: int
    intake: Intake
    intake_note: str | None
    capacity: int | None
    opening: str | None
    before_referral: str | None
    """Advice clinics and phone lines to try first."""

    def must_make_sense(self) -> None:
        """Raises RuleBroken."""
        if self.age_from > self.age_to:
            raise RuleBroken("ages", "The ages run from the younger to the older.",
                             field="/age_to")  # fmt: skip
        if self.intake is not Intake.OPEN and not self.intake_note:
            raise RuleBroken("no-note", "Say to what it is restricted, or why it is paused.",
                             field="/intake_note")  # fmt: skip


@dataclass
class SupportService:
    """One entry of the directory."""

    id: str
    details: Details
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    def change(self, details: Details) -> None:
        """Keep the entry right."""
        details.must_make_sense()
        self.details = details

    def must_take_referrals(self) -> None:
        """Raises RuleBroken while its intake is paused."""
        if self.details.intake is Intake.PAUSED:
            raise RuleBroken(
                "intake-paused",
                f"This service takes no referrals at the moment: {self.details.intake_note}",
                conflict=True,
            )
