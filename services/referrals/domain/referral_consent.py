"""The agreement to a referral: asked for, answered, recorded by hand, set aside, run out."""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any

from services.referrals.domain import events
from services.referrals.domain.consent import Asking, Consent, ConsentAnswer
from services.referrals.domain.errors import RuleBroken
from services.referrals.domain.parts import Happened
from services.referrals.domain.referral_record import ReferralRecord
from services.referrals.domain.shown import Version, material
from services.referrals.domain.values import (
    OPEN_WITH_SERVICE,
    ConsentNeeds,
    ConsentStatus,
    ReferralStatus,
    WithdrawReason,
)

_FAMILY, _SETTING, _CALENDAR = "family", "setting", "calendar"


class ReferralWithConsent(ReferralRecord):
    """What may happen to the agreement, and what follows for the referral."""

    # Of one command only: it is not stored.
    _answers_gone = False

    def ask_consent(self, on: date, asking: Asking) -> None:
        """Ask the parents, or the young person, by a signed link each: those who have not agreed
        to this version yet."""
        self._must_be(ReferralStatus.DRAFT, *OPEN_WITH_SERVICE)
        service_id = self._service_asked()
        if not asking.people:
            raise RuleBroken("nobody", "Nobody is recorded who could be asked.", conflict=True)
        if self.consent.of_version(asking.shown).status.allows:
            raise RuleBroken("given", "The family has already agreed.", conflict=True)
        self.consent = self.consent.ask(on, asking)
        self.raised.append(
            events.ReferralConsentAsked(
                self.child_id, self.setting_id, service_id, on, self.consent.silent
            )
        )

    def record_consent(self, consent: Consent, asking: Asking | None = None) -> None:
        """Record who agreed, how and when; or refused; or why it was overridden, and by whom."""
        self._must_be(ReferralStatus.DRAFT, *OPEN_WITH_SERVICE)
        assert consent.on is not None, "a record says on which day"
        self._take_consent(self.consent.recorded(consent, asking or Asking()), consent.on, _SETTING)
        if consent.status is ConsentStatus.OVERRIDDEN and not consent.not_told_because:
            self._tell_of_override(consent.on)

    def answer_consent(self, said: ConsentAnswer, asking: Asking | None = None) -> None:
        """What one of the family said through their link."""
        self._must_be(ReferralStatus.DRAFT, *OPEN_WITH_SERVICE)
        self._take_consent(self.consent.answer(said, asking or Asking()), said.on, _FAMILY)

    def expire_consent(self, today: date) -> bool:
        """An agreement has run out: the service reads no more about the child until it is given
        anew. Answers whether it has."""
        if not self.consent.expired(today):
            return False
        self._take_consent(self.consent.lapse(), today, _CALENDAR)
        return True

    def follow_deciders(self, asking: Asking, on: date) -> bool:
        """Others decide for the child from now on: rights have passed to the young person, a
        parent's have ended, or another parent has joined. Answers whether anything changed.

        What is still open is theirs alone to answer: a draft, and what is with the service while
        no agreement holds. It is asked anew where nobody is left of those who were asked, and
        where everybody has to agree and somebody has joined. What has gone out under an agreement
        goes on; so does what goes ahead without one, for nobody is asked about that.
        """
        if not self._follows(asking):
            return False
        before = self.consent
        left = before.of_people(asking.people)
        joined = left.asked and set(asking.people) - set(left.asked)
        if not left.asked:
            left = Consent(earlier=[*before.earlier, *before.answers])
        elif joined:
            left.status = ConsentStatus.ASKED
        self.consent = left
        if asking.people and (joined or not left.asked):
            self.ask_consent(on, asking)
        elif self.support_service_id:
            self._say_answered(on, _CALENDAR)
        if self.is_open and self.consent.status.allows:
            self._tell(events.ReferralConsentChanged)
        return True

    def _follows(self, asking: Asking) -> bool:
        """Whether it is open to somebody who decides no more, or not yet to all who have to."""
        kept = self.consent
        open_to_them = self.status is ReferralStatus.DRAFT or (
            self.is_open and not kept.status.allows
        )
        if not kept.asked or not open_to_them or kept.status is ConsentStatus.OVERRIDDEN:
            return False
        all_the_same = kept.needs is ConsentNeeds.ONE or set(asking.people) <= set(kept.asked)
        return not (set(kept.asked) <= set(asking.people) and all_the_same)

    def must_be_agreed(self, on: date, shown: Version) -> None:
        """Raises RuleBroken while the family has not agreed to what would be sent."""
        if not self.consent.status.allows or self.consent.expired(on):
            changed = (
                "What you asked them about has changed since. " if self.consent.changed else ""
            )
            raise RuleBroken(
                "no-consent",
                "You cannot send this referral yet. "
                f"{changed}The parent or young person has to agree first.",
                conflict=True,
            )
        if not self.consent.of_version(shown).status.allows:
            raise RuleBroken(
                "no-consent",
                "You cannot send this referral yet. The service asks its questions in other words "
                "than when the family agreed: ask them again.",
                conflict=True,
            )

    def ends_by(self, agrees: bool) -> bool:
        """Whether that answer, given by one of the family, would end what is with the service."""
        overridden = self.consent.status is ConsentStatus.OVERRIDDEN
        return self.is_open and not agrees and not overridden

    @property
    def at_stake(self) -> str:
        """A mark of what would be lost by ending it: who confirms says which they were told of."""
        lost = (self.support_service_id, self.status, self.waiting_since, self.allocated_to)
        return hashlib.sha256(repr(lost).encode()).hexdigest()[:16]

    def _material(self) -> Any:
        return material(self.request, self.attachments)

    def _ask_again_unless(self, before: Any) -> None:
        """Answers are to what was asked: when that is changed, they count for nothing."""
        if self.status is ReferralStatus.DRAFT and self._material() != before:
            self._now(self.consent.set_aside())

    def _now(self, consent: Consent) -> None:
        if consent.status is not self.consent.status:
            self._answers_gone = True
        self.consent = consent

    def happened(self, line: Happened, on: date) -> None:
        """As the record's; and that earlier answers count for nothing, where they do not."""
        super().happened(line, on)
        if self._answers_gone and self.support_service_id:
            self._say_answered(on, _SETTING)
        self._answers_gone = False

    def _take_consent(self, consent: Consent, on: date, by: str) -> None:
        before, self.consent = self.consent.status, consent
        if by == _FAMILY or before is not ConsentStatus.NONE:
            self._say_answered(on, by)
        if self.status not in OPEN_WITH_SERVICE or consent.status is before:
            return
        if consent.status.ends:
            self.withdraw(WithdrawReason.CONSENT, on)
        else:
            self._tell(events.ReferralConsentChanged)

    def _service_asked(self) -> str:
        if not self.support_service_id:
            raise RuleBroken(
                "incomplete",
                "Say first which service it is for.",
                field="/support_service_id",
                conflict=True,
            )
        return self.support_service_id

    def _say_answered(self, on: date, by: str) -> None:
        self.raised.append(
            events.ReferralConsentAnswered(
                self.child_id,
                self.setting_id,
                self._service_asked(),
                self.consent.status,
                on,
                self.status,
                by,
            )
        )

    def _tell_of_override(self, on: date) -> None:
        people: Sequence[str] = self.consent.asked
        if people:
            self.raised.append(
                events.ReferralConsentOverridden(
                    self.child_id, self.setting_id, self._service_asked(), on, list(people)
                )
            )

    def withdraw(self, because: WithdrawReason, on: date) -> None:
        """Take it back; reports that were given stay."""
        self._must_be(ReferralStatus.DRAFT, *OPEN_WITH_SERVICE)
        drafted = self.status is ReferralStatus.DRAFT
        self.status, self.withdrawn_because = ReferralStatus.WITHDRAWN, because
        if not drafted:
            self._tell(events.ReferralWithdrawn)
        elif self.consent.status is not ConsentStatus.NONE and self.support_service_id:
            self._say_answered(on, _SETTING)  # what waited for an answer waits no more
