"""The parent's or young person's agreement to a referral [CoP 9.33 by analogy; UK GDPR].

Whose answers are needed, the answers themselves, what follows from them. An answer is to one
version of the request (domain/shown.py): what is changed afterwards is asked about anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial

from services.referrals.domain.errors import Faults, RuleBroken, together
from services.referrals.domain.shown import Version
from services.referrals.domain.values import ConsentNeeds, ConsentStatus

_HOLDS_DAYS = 365
"""[ours] How long an agreement holds unless it says otherwise, and at most."""
_EARLIER_MOST = 50
LINK = "signed link"


@dataclass
class ConsentAnswer:
    """What one of those who were asked said: by their link, or as somebody recorded it for them.
    `person_id` is None where a record names nobody who is known here; `by` is the name it gives."""

    person_id: str | None
    agrees: bool
    on: date
    may_pass_on: bool = False
    by: str | None = None
    how: str = LINK
    recorded_by: str | None = None

    @property
    def whose(self) -> str:
        """Two answers of one person have this in common: the later one counts."""
        return self.person_id or (self.by or "").strip().casefold()


@dataclass
class Asking:
    """Who decides for this child today, whose agreement the service needs, what they are shown."""

    people: list[str] = field(default_factory=list)
    needs: ConsentNeeds = ConsentNeeds.ONE
    shown: Version = field(default_factory=dict)


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
    person_id: str | None = None
    """In a record by hand: whose answer it is."""
    not_told_because: str | None = None
    """Why the family is not told of an overriding: that would put the child at risk."""
    asked: list[str] = field(default_factory=list)
    """Whose answers count; empty in what was stored before that was kept."""
    needs: ConsentNeeds = ConsentNeeds.ONE
    shown: dict[str, str] = field(default_factory=dict)
    """The version that was asked about and answered; empty in what was stored before versions:
    that keeps what it allows."""
    changed: bool = False
    """That what they had answered to was changed since, and their answers count no more."""
    earlier: list[ConsentAnswer] = field(default_factory=list)
    """The answers to earlier versions: on record, and no more than that."""
    earlier_shown: dict[str, str] = field(default_factory=dict)

    def must_make_sense(self) -> None:
        """What a person records by hand. Raises RuleBroken with everything that is wrong."""
        faults = Faults()
        if self.status is ConsentStatus.OVERRIDDEN and not self.reason:
            faults.add(
                "no-reason",
                "Enter why you are sending this without the family's agreement.",
                field="/reason",
            )
        if self.not_told_because and self.status is not ConsentStatus.OVERRIDDEN:
            faults.add(
                "not-overridden",
                "Only when you are sending this without the family's agreement.",
                field="/not_told_because",
            )
        if self.on and self.expires_on and self.expires_on <= self.on:
            faults.add(
                "dates", "The end date must be after the date of the agreement.",
                field="/expires_on",
            )  # fmt: skip
        if self.on and self.expires_on and self.expires_on > _a_year_after(self.on):
            last = f"{_a_year_after(self.on):%-d %B %Y}"
            faults.add(
                "dates",
                f"An agreement lasts a year at most: the end date must be on or before {last}.",
                field="/expires_on",
            )
        faults.refuse()

    def must_be_timely(self, today: date, born: date | None) -> None:
        """That its days can be. Raises RuleBroken."""
        assert self.on is not None
        faults = Faults()
        if self.on > today:
            faults.add("in-future", "The date must be today or in the past.", field="/on")
        if born and self.on < born:
            faults.add("before-birth", "The date must be after the child was born.", field="/on")
        elif today > _a_year_after(self.on):
            faults.add(
                "long-past",
                "The date must be in the last year: an agreement lasts a year at most.",
                field="/on",
            )
        if self.expires_on and self.expires_on < today:
            faults.add("dates", "The end date must be today or later.", field="/expires_on")
        faults.refuse()

    # --- whose answers

    @property
    def needed(self) -> int:
        """How many have to agree."""
        return len(self.asked) if self.needs is ConsentNeeds.ALL else min(1, len(self.asked))

    @property
    def answered(self) -> int:
        """How many of those who were asked have answered."""
        return len({a.person_id for a in self.answers} & set(self.asked))

    @property
    def silent(self) -> list[str]:
        """Those who were asked and have not agreed: whom asking again would reach."""
        agreed = {a.person_id for a in self.answers if a.agrees}
        return [person for person in self.asked if person not in agreed]

    def said_by(self, person_id: str) -> ConsentAnswer | None:
        """One's own answer to what is asked now."""
        return next((a for a in self.answers if a.person_id == person_id), None)

    # --- what changes it

    def ask(self, on: date, asking: Asking) -> "Consent":
        """The family is asked by a signed link; what they have answered to this version stays."""
        kept = self.of_version(asking.shown)
        said = kept._said()
        answers = [a for a in said if a.person_id is None or a.person_id in asking.people]
        made = Consent(
            earlier=kept.earlier,
            earlier_shown=kept.earlier_shown,
            answers=answers,
            asked_on=on,
            asked=list(asking.people),
            needs=asking.needs,
            shown=dict(asking.shown),
        )
        made._count(held=False)
        return made

    def recorded(self, given: "Consent", asking: Asking) -> "Consent":
        """What a person recorded by hand, with what the family said by itself kept beside it.

        Raises RuleBroken: against a "no" nobody records "given".
        """
        given.must_make_sense()
        kept = self.of_version(asking.shown)
        made = replace(
            given,
            asked_on=kept.asked_on,
            answers=kept._said(),
            asked=list(kept.asked or asking.people),
            needs=kept.needs if kept.asked else asking.needs,
            shown=dict(asking.shown),
            earlier=kept.earlier,
            earlier_shown=kept.earlier_shown,
        )
        if given.status is not ConsentStatus.OVERRIDDEN:
            answer = made._as_answer(kept)
            if answer.agrees:
                together(
                    partial(made._must_not_speak_over, answer),
                    partial(made._must_say_whose, answer),
                )
            made.answers = [a for a in made.answers if a.whose != answer.whose] + [answer]
            held = kept.status is ConsentStatus.GIVEN
            made.status = made._recorded_status(given.status, answer, held=held)
            overridden = kept.status is ConsentStatus.OVERRIDDEN
            if overridden and answer.agrees and not made.status.allows:
                return replace(kept, answers=made.answers)  # others have not agreed: it stands
            agreed = [a.may_pass_on for a in made.answers if a.agrees]
            made.may_pass_on = made.status is ConsentStatus.GIVEN and all(agreed)
        if made.status.allows and made.expires_on is None and made.on:
            made.expires_on = made.on + timedelta(days=_HOLDS_DAYS)
        return made

    def answer(self, said: ConsentAnswer, asking: Asking) -> "Consent":
        """With what one of them said through their link.

        Who disagrees with another makes it disputed, for a person to decide, until the referral
        has gone out: from then on any of them can end it.
        """
        kept = self.of_version(asking.shown)
        answers = [a for a in kept._said() if a.whose != said.whose] + [said]
        if kept.status is ConsentStatus.OVERRIDDEN:
            return replace(kept, answers=answers)
        asked = list(kept.asked or asking.people)
        if said.person_id and said.person_id not in asked:
            asked.append(said.person_id)
        made = Consent(
            by=said.person_id,
            how=said.how,
            on=said.on,
            asked_on=kept.asked_on,
            answers=answers,
            asked=asked,
            needs=kept.needs if kept.asked else asking.needs,
            shown=dict(asking.shown),
            earlier=kept.earlier,
            earlier_shown=kept.earlier_shown,
        )
        made._count(held=kept.status.allows)
        return made

    def of_version(self, shown: Version) -> "Consent":
        """The same, if it is about what is shown now; with its answers set aside, if it is not."""
        return self.set_aside() if self.shown and shown and self.shown != shown else self

    def set_aside(self) -> "Consent":
        """What it was about has changed: earlier answers count for nothing. Who was asked and has
        not answered yet is simply shown the new version."""
        if self.status is ConsentStatus.NONE or (
            self.status is ConsentStatus.ASKED and not self.answers
        ):
            return self
        return Consent(
            changed=True,
            earlier=[*self.earlier, *self._said()][-_EARLIER_MOST:],
            earlier_shown=self.shown,
        )

    def of_people(self, deciders: Sequence[str]) -> "Consent":
        """The same, with the answers of those alone who still decide."""
        asked = [person for person in self.asked if person in deciders]
        answers = [a for a in self.answers if a.person_id is None or a.person_id in deciders]
        made = replace(self, asked=asked, answers=answers)
        if answers != self.answers or self.status is ConsentStatus.ASKED:
            made._count(held=False)
        return made

    def lapse(self) -> "Consent":
        """The same, run out: it has to be given anew. What was said stays on record, for who has
        said no is not spoken over later either."""
        earlier = [*self.earlier, *self._said()][-_EARLIER_MOST:]
        return replace(
            self, status=ConsentStatus.EXPIRED, answers=[], earlier=earlier, earlier_shown={}
        )

    def expired(self, today: date) -> bool:
        """Whether an agreement has run out."""
        return self.status.allows and self.expires_on is not None and self.expires_on < today

    def covers(self, shown: Version, needs: ConsentNeeds) -> bool:
        """Whether another service may be sent this on the strength of it: all of it was shown to
        those who agreed, and that service needs nobody's agreement besides."""
        held = all(self.shown.get(name) == digest for name, digest in shown.items())
        agreed = {a.person_id for a in self.answers if a.agrees}
        everybody = needs is ConsentNeeds.ONE or set(self.asked) <= agreed
        return (held or not self.shown) and everybody

    # --- what follows

    def _said(self) -> list[ConsentAnswer]:
        """The answers; with the "no" of a record that was stored before records were answers."""
        if self.status.ends and self.on and not any(not a.agrees for a in self.answers):
            no = ConsentAnswer(None, False, self.on, by=self.by, how=self.how or "",
                               recorded_by=self.recorded_by)  # fmt: skip
            return [*self.answers, no]
        return self.answers

    def _as_answer(self, kept: "Consent") -> ConsentAnswer:
        """Whose word it is: of the one person who decides, where there is only one and they have
        not said no themselves."""
        person = self.person_id
        if person is None and len(self.asked) == 1:
            said = kept.said_by(self.asked[0])
            agrees = self.status is ConsentStatus.GIVEN
            person = self.asked[0] if not agrees or said is None or said.agrees else None
        assert self.on is not None
        return ConsentAnswer(person, self.status is ConsentStatus.GIVEN, self.on, self.may_pass_on,
                             self.by, self.how or "", self.recorded_by)  # fmt: skip

    def _must_not_speak_over(self, answer: ConsentAnswer) -> None:
        """A record that names nobody is nobody's change of mind."""
        latest = {a.whose: a for a in (*self.earlier, *self.answers) if a.whose != answer.whose}
        if answer.person_id is None and any(not a.agrees for a in latest.values()):
            raise RuleBroken(
                "said-no",
                "Someone who was asked has said no. This can only go ahead without their "
                "agreement, and for a reason that you record. If they have changed their mind, say "
                "whose answer this is, or ask them to answer by their link.",
                field="/status",
                conflict=True,
            )

    def _must_say_whose(self, answer: ConsentAnswer) -> None:
        everybody = self.needs is ConsentNeeds.ALL and len(self.asked) > 1
        if answer.person_id is None and everybody:
            raise RuleBroken(
                "whose",
                "This service needs everyone's agreement: say whose answer this is.",
                field="/person_id",
            )

    def _recorded_status(
        self, posted: ConsentStatus, answer: ConsentAnswer, *, held: bool
    ) -> ConsentStatus:
        """Of a record by hand: as it says, unless others who are known have said otherwise."""
        if answer.agrees:
            return self._counted(held=held)
        others = [a for a in self.answers if a.agrees and a.person_id]
        return ConsentStatus.DISPUTED if others else posted

    def _count(self, *, held: bool) -> None:
        """Take down what the answers come to: an agreement with its end and how far it goes."""
        self.status = self._counted(held=held)
        agreed = [a for a in self.answers if a.agrees]
        if self.status is ConsentStatus.GIVEN and agreed:
            days = [a.on for a in agreed]
            began = min(days) if self.needs is ConsentNeeds.ALL else max(days)
            self.expires_on = began + timedelta(days=_HOLDS_DAYS)
            self.may_pass_on = all(a.may_pass_on for a in agreed)

    def _counted(self, *, held: bool) -> ConsentStatus:
        """What the answers come to; `held` says that an agreement stood before the last one."""
        agreed = {a.person_id for a in self.answers if a.agrees}
        against = any(not a.agrees for a in self.answers)
        if agreed and against:
            return ConsentStatus.DISPUTED
        if against:
            return ConsentStatus.WITHDRAWN if held else ConsentStatus.REFUSED
        everybody = self.needs is ConsentNeeds.ONE or set(self.asked) <= agreed
        return ConsentStatus.GIVEN if held or (agreed and everybody) else ConsentStatus.ASKED


def _a_year_after(day: date) -> date:
    """365 days on, or the same day of the next year where a leap day lies between."""
    last = day.replace(year=day.year + 1, day=28) if (day.month, day.day) == (2, 29) else (
        day.replace(year=day.year + 1)
    )  # fmt: skip
    return max(last, day + timedelta(days=_HOLDS_DAYS))
