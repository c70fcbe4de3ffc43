"""The parent's or young person's agreement to a referral [CoP 9.33 by analogy; UK GDPR]."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from services.referrals.domain.errors import Faults
from services.referrals.domain.values import ConsentStatus

_HOLDS_DAYS = 365
"""[ours] How long an agreement holds unless it says otherwise."""


@dataclass
class ConsentAnswer:
    """What one of those who were asked said."""

    person_id: str
    agrees: bool
    on: date
    may_pass_on: bool = False


@dataclass
class Consent:
    """Who agreed, how and when; or did not; or why it was overridden, and by whom."""

    status: ConsentStatus = ConsentStatus.NONE
    by: str | None = None
    how: str | None = None
    on: date | None = None
    reason: str | None = None
    recorded_by: str | None = None
    may_pass_on: bool = False
    """Whether the service may send it on to another that fits better."""
    expires_on: date | None = None
    asked_on: date | None = None
    answers: list[ConsentAnswer] = field(default_factory=list)

    def must_make_sense(self) -> None:
        """What a person records by hand. Raises RuleBroken with everything that is wrong."""
        faults = Faults()
        if self.status is ConsentStatus.OVERRIDDEN and not self.reason:
            faults.add("no-reason", "Overriding consent has a named reason.", field="/reason")
        if self.on and self.expires_on and self.expires_on <= self.on:
            faults.add("dates", "It ends after it begins.", field="/expires_on")
        faults.refuse()

    def recorded(self, given: "Consent") -> "Consent":
        """What a person recorded by hand, with what the family said by itself kept beside it."""
        given.must_make_sense()
        given.asked_on, given.answers = self.asked_on, self.answers
        if given.status.allows and given.expires_on is None and given.on:
            given.expires_on = given.on + timedelta(days=_HOLDS_DAYS)
        return given

    def ask(self, on: date) -> "Consent":
        """The family is asked by a signed link."""
        return Consent(ConsentStatus.ASKED, asked_on=on)

    def answer(self, said: ConsentAnswer) -> "Consent":
        """With what one of them said through their link.

        Who disagrees with another makes it disputed, for a person to decide, until the referral
        has gone out: from then on any of them can end it.
        """
        answers = [a for a in self.answers if a.person_id != said.person_id] + [said]
        verdicts = {a.agrees for a in answers}
        if self.status is ConsentStatus.OVERRIDDEN:
            return replace(self, answers=answers)
        status = ConsentStatus.GIVEN if said.agrees else ConsentStatus.REFUSED
        if verdicts == {True, False}:
            status = ConsentStatus.DISPUTED
        elif not said.agrees and self.status.allows:
            status = ConsentStatus.WITHDRAWN
        return Consent(
            status=status, by=said.person_id, how="signed link", on=said.on,
            may_pass_on=status is ConsentStatus.GIVEN and all(a.may_pass_on for a in answers),
            expires_on=said.on + timedelta(days=_HOLDS_DAYS) if said.agrees else None,
            asked_on=self.asked_on, answers=answers,
        )  # fmt: skip

    def lapse(self) -> "Consent":
        """The same, run out: it has to be given anew."""
        return replace(self, status=ConsentStatus.EXPIRED, answers=[])

    def expired(self, today: date) -> bool:
        """Whether an agreement has run out."""
        return self.status.allows and self.expires_on is not None and self.expires_on < today
