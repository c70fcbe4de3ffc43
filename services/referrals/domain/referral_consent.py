"""The agreement to a referral: asked for, answered, recorded by hand, run out."""

from datetime import date

from services.referrals.domain import events
from services.referrals.domain.consent import Consent, ConsentAnswer
from services.referrals.domain.errors import RuleBroken
from services.referrals.domain.referral_record import ReferralRecord
from services.referrals.domain.values import (
    OPEN_WITH_SERVICE,
    ConsentStatus,
    ReferralStatus,
    WithdrawReason,
)

_FAMILY, _SETTING, _CALENDAR = "family", "setting", "calendar"


class ReferralWithConsent(ReferralRecord):
    """What may happen to the agreement, and what follows for the referral."""

    def ask_consent(self, on: date, asked: list[str]) -> None:
        """Ask the parents, or the young person, by a signed link each."""
        self._must_be(ReferralStatus.DRAFT, *OPEN_WITH_SERVICE)
        if not self.support_service_id:
            raise RuleBroken("incomplete", "Say first which service it is for.",
                             field="/support_service_id", conflict=True)  # fmt: skip
        if not asked:
            raise RuleBroken("nobody", "Nobody is recorded who could be asked.", conflict=True)
        if self.consent.status.allows:
            raise RuleBroken("given", "They have agreed already.", conflict=True)
        self.consent = self.consent.ask(on)
        self.raised.append(
            events.ReferralConsentAsked(
                self.child_id, self.setting_id, self.support_service_id, on, asked
            )
        )

    def record_consent(self, consent: Consent) -> None:
        """Record who agreed, how and when; or refused; or why it was overridden, and by whom."""
        self._must_be(ReferralStatus.DRAFT, *OPEN_WITH_SERVICE)
        assert consent.on is not None, "a record says on which day"
        self._take_consent(self.consent.recorded(consent), consent.on, _SETTING)

    def answer_consent(self, said: ConsentAnswer) -> None:
        """What one of the family said through their link."""
        self._must_be(ReferralStatus.DRAFT, *OPEN_WITH_SERVICE)
        self._take_consent(self.consent.answer(said), said.on, _FAMILY)

    def expire_consent(self, today: date) -> bool:
        """An agreement has run out: the service reads no more about the child until it is given
        anew. Answers whether it has."""
        if not self.consent.expired(today):
            return False
        self._take_consent(self.consent.lapse(), today, _CALENDAR)
        return True

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

    def _say_answered(self, on: date, by: str) -> None:
        if self.support_service_id is None:
            raise RuleBroken("incomplete", "Say first which service it is for.",
                             field="/support_service_id", conflict=True)  # fmt: skip
        self.raised.append(
            events.ReferralConsentAnswered(
                self.child_id,
                self.setting_id,
                self.support_service_id,
                self.consent.status,
                on,
                self.status,
                by,
            )
        )

    def withdraw(self, because: WithdrawReason, on: date) -> None:
        """Take it back; reports that were given stay."""
        self._must_be(ReferralStatus.DRAFT, *OPEN_WITH_SERVICE)
        drafted = self.status is ReferralStatus.DRAFT
        self.status, self.withdrawn_because = ReferralStatus.WITHDRAWN, because
        if not drafted:
            self._tell(events.ReferralWithdrawn)
        elif self.consent.status is not ConsentStatus.NONE:
            self._say_answered(on, _SETTING)  # what waited for an answer waits no more
