"""The rules of referrals."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.referrals.commands.refer import add_working_days, working_days
from services.referrals.domain.errors import RuleBroken
from services.referrals.domain.referral import Consent, Referral, ReferralStatus, Request
from services.referrals.domain.values import ConsentStatus

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def _draft(**request: Any) -> Referral:
    made = Referral(id="r", child_id="c", setting_id="s", drafted_at=NOW)
    asked: dict[str, Any] = {
        "support_service_id": "service", "reason": "why", "strategies_tried": "what",
        "desired_outcome": "this", **request,
    }  # fmt: skip
    made.edit(Request(**asked))
    return made


def test_nothing_goes_out_without_consent() -> None:
    referral = _draft()
    with pytest.raises(RuleBroken) as refused:
        referral.submit(NOW, NOW.date(), NOW.date())
    assert refused.value.code == "no-consent"
    referral.record_consent(Consent(ConsentStatus.GIVEN, "Mother", "form", NOW.date()))
    referral.submit(NOW, NOW.date(), NOW.date())
    assert referral.status is ReferralStatus.SUBMITTED


@pytest.mark.parametrize(
    "missing", ["support_service_id", "reason", "strategies_tried", "desired_outcome"]
)
def test_a_referral_is_complete_before_it_goes(missing: str) -> None:
    referral = _draft(**{missing: ""})
    referral.record_consent(Consent(ConsentStatus.GIVEN, "Mother", "form", NOW.date()))
    with pytest.raises(RuleBroken) as refused:
        referral.submit(NOW, NOW.date(), NOW.date())
    assert refused.value.field == f"/{missing}"


def test_two_workers_never_both_hold_one_and_withdrawn_consent_ends_it() -> None:
    referral = _draft()
    referral.record_consent(Consent(ConsentStatus.GIVEN, "Mother", "form", NOW.date()))
    referral.submit(NOW, NOW.date(), NOW.date())
    referral.claim("one", NOW)
    with pytest.raises(RuleBroken):
        referral.claim("two", NOW)
    referral.record_consent(Consent(ConsentStatus.WITHDRAWN, "Mother", "phone", NOW.date()))
    assert referral.status is ReferralStatus.WITHDRAWN


def test_targets_are_working_days() -> None:
    assert add_working_days(date(2026, 12, 23), 2) == date(2026, 12, 29)  # over Christmas
    assert working_days(date(2026, 12, 23), date(2026, 12, 29)) == 2
