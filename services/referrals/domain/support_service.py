"""The directory: SEND support services, what they help with, and whether they take referrals."""

from dataclasses import dataclass, field, replace
from typing import Any

from services.referrals.domain.errors import Faults, RuleBroken
from services.referrals.domain.form import Form, FormQuestion, publish
from services.referrals.domain.parts import Request
from services.referrals.domain.values import Area, ConsentNeeds, Intake, Phase, PrimaryNeed


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
    primary_needs: list[PrimaryNeed] = field(default_factory=list)
    """What it knows best; empty where it helps with any."""
    helps_with: str | None = None
    contact: str | None = None
    """How families and settings reach it."""
    consent_from: ConsentNeeds | None = ConsentNeeds.ONE
    """Whose agreement a referral to it needs; None only while it is being said, by somebody who
    knows nothing of it: then it stays as it was."""

    @property
    def agreement_of(self) -> ConsentNeeds:
        """Whose agreement a referral to it needs."""
        return self.consent_from or ConsentNeeds.ONE

    def after(self, before: "Details | None") -> "Details":
        """The same, with what was not said as it was: a system that does not know yet that a
        service can need everybody's agreement takes nothing away from the family."""
        kept = before.agreement_of if before else ConsentNeeds.ONE
        return replace(self, consent_from=self.consent_from or kept)

    def must_make_sense(self) -> None:
        """Raises RuleBroken with everything that does not."""
        faults = Faults()
        if self.age_from > self.age_to:
            faults.add("ages", "The ages run from the younger to the older.", field="/age_to")
        if self.intake is not Intake.OPEN and not self.intake_note:
            faults.add(
                "no-note",
                "Say to what it is restricted, or why it is paused.",
                field="/intake_note",
            )
        faults.refuse()


@dataclass
class SupportService:
    """One entry of the directory, with the versions of its referral form."""

    id: str
    details: Details
    forms: list[Form] = field(default_factory=list)
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    @property
    def form(self) -> Form:
        """The form in use; an empty one where it asks nothing of its own."""
        return self.forms[-1] if self.forms else Form(0, [])

    def change(self, details: Details) -> None:
        """Keep the entry right."""
        details.must_make_sense()
        self.details = details.after(self.details)

    def publish_form(self, questions: list[FormQuestion]) -> None:
        """Ask something else from now on; what was asked before stays on record."""
        self.forms = publish(self.forms, questions)

    def must_take_referrals(self) -> None:
        """Raises RuleBroken while its intake is paused."""
        if self.details.intake is Intake.PAUSED:
            raise RuleBroken(
                "intake-paused",
                f"This service takes no referrals at the moment: {self.details.intake_note}",
                conflict=True,
            )

    def takes(self, request: Request) -> bool:
        """Whether a referral like that can reach it as it is."""
        try:
            self.must_take_referrals()
            self.form.check(request.answers, whole=True)
        except RuleBroken:
            return False
        return True
