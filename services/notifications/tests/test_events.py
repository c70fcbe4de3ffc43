"""Every event that this service reads, by a sample made from its schema: what it says goes out, in
every language and on both channels."""

from typing import Any

import marshmallow
import pytest
from marshmallow import fields

from services.notifications.commands.send import send_waiting
from services.notifications.domain.values import Channel, Language, Purpose
from services.notifications.providers.provider import Email, TextMessage
from services.notifications.providers.several import Several
from shared import ids
from shared.events.registry import Kind, event_types
from tests.support.family import Family
from tests.support.house import Service, event
from tests.support.kept import Kept
from tests.support.world import outlets

# What tells somebody something, and what for; by event.
_TELLS = {
    "plans.RightsPassing": "rights_passing",
    "plans.RightsPassed": "rights_passed",
    "plans.SharingChanged": "sharing_changed",
    "plans.SenSupportStarted": Purpose.SUPPORT_STARTED,
    "plans.PlanCopyIssued": Purpose.PLAN_READY,
    "plans.PlanCeased": Purpose.PLAN_ENDED,
    "reviews.ReviewCompleted": Purpose.REVIEW_TO_DISCUSS,
    "reviews.EscalationConfirmed": Purpose.LET_US_TALK,
    "reviews.ParentsEveningAnnounced": Purpose.EVENING_SLOTS,
    "reviews.ParentsEveningCancelled": Purpose.EVENING_SLOTS,
    "reviews.NeedsAssessmentRequested": Purpose.ASSESSMENT_REQUESTED,
    "reviews.NeedsAssessmentDecided": Purpose.ASSESSMENT_DECIDED,
    "reviews.NeedsAssessmentReceived": Purpose.ASSESSMENT_REQUESTED,
    "reviews.EhcPlanDecided": Purpose.EHC_PLAN_DECIDED,
    "reviews.EhcPlanCeaseDecided": Purpose.EHC_PLAN_DECIDED,
    "reviews.EhcPlanKept": Purpose.EHC_PLAN_DECIDED,
    "reviews.EhcPlanCeased": Purpose.EHC_PLAN_DECIDED,
    "referrals.ReferralConsentAsked": Purpose.REFERRAL_CONSENT,
    "referrals.ReferralConsentOverridden": Purpose.REFERRAL_OVERRIDDEN,
    "referrals.ReferralWithdrawn": Purpose.REFERRAL_ENDED,
    "referrals.ReferralAccepted": Purpose.REFERRAL_DECIDED,
    "referrals.ReferralDeclined": Purpose.REFERRAL_DECIDED,
    "referrals.ReferralRedirected": Purpose.REFERRAL_DECIDED,
    "referrals.ReferralWaiting": Purpose.REFERRAL_PROGRESS,
    "referrals.ReferralAllocated": Purpose.REFERRAL_PROGRESS,
    "referrals.ReferralClosed": Purpose.REFERRAL_PROGRESS,
    "referrals.ReferralStillWaiting": Purpose.REFERRAL_PROGRESS,
    "referrals.SessionBooked": Purpose.SESSION_BOOKED,
    "referrals.SessionMoved": Purpose.SESSION_MOVED,
    "referrals.SessionCancelled": Purpose.SESSION_CANCELLED,
    "notifications.ManualContactNeeded": Purpose.RING_THEM,
}  # fmt: skip


def _sample(schema: marshmallow.Schema, family: Family) -> dict[str, Any]:
    """Data that the schema lets pass, of this family."""
    known = {"child_id": family.child, "setting_id": family.setting, "person_id": family.parent,
             "recipients": [family.parent], "people": [family.parent], "children": [family.child],
             "address": "/referrals/1", "requested_on": "2099-03-04"}  # fmt: skip
    return {
        name: known.get(name, _value(one, family)) for name, one in schema.fields.items()
    }  # fmt: skip


def _value(one: Any, family: Family) -> Any:
    if isinstance(one, fields.List):
        inner = one.inner
        return [_sample(inner.schema, family)] if isinstance(inner, fields.Nested) else []
    if isinstance(one, fields.AwareDateTime):
        return "2099-03-05T17:00:00+00:00"
    if isinstance(one, fields.Date):
        return "2099-03-05"
    if isinstance(one, fields.Boolean):
        return True
    if isinstance(one, fields.Integer):
        return 1
    return ids.new_id() if "_id" in one.name else "refused"


def test_every_event_that_is_reacted_to_tells_somebody_or_keeps_something() -> None:
    read = {row.type: row.readers["notifications"] for row in event_types().values()
            if "notifications" in row.readers}  # fmt: skip
    assert {name for name, kind in read.items() if kind is Kind.REACTION} == set(_TELLS)


@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("name", sorted(_TELLS))
def test_what_an_event_says_goes_out_whole(
    notifications: Service, name: str, language: Language, channel: Channel
) -> None:
    notifications.store.messages.collection.update_many({}, {"$set": {"state": "suppressed"}})
    family = Family(notifications)
    family.link()
    family.add_contact(mobile="07700 900171", channels=[channel], language=language)
    family.senco.put(f"/settings/{family.setting}/profile",
                     {"name": "Thornbeck", "phone": "01234 567 890", "sencos": [family.parent]},
                     version=0)  # fmt: skip
    row = event_types()[name]
    data = _sample(row.schema(), family)
    family.service.handle(event(row.name, data, subject=ids.new_id()))
    (message,) = family.messages()
    assert message["purpose"] == _TELLS[name]
    mail, texts = Kept("mail"), Kept("texts")
    send_waiting(notifications.store, outlets(
        notifications, email=Several([mail]), sms=Several([texts])))  # fmt: skip
    (message,) = family.messages()
    assert (message["state"], message["channel"]) == ("sent", channel), message
    (said,) = mail.got + texts.got
    assert isinstance(said, Email if channel is Channel.EMAIL else TextMessage)
    assert "{{" not in said.text and "None" not in said.text
    if "/family/" in said.text:
        assert "http" in said.text


_SAYS_WHY = sorted(
    name
    for name, row in event_types().items()
    if name in _TELLS and row.service != "referrals" and "reason" in row.schema().fields
)
"""What ends, for a reason: a referral's is its service's, which no death is."""


@pytest.mark.parametrize("name", _SAYS_WHY)
def test_a_family_whose_child_has_died_is_not_written_to(notifications: Service, name: str) -> None:
    family = Family(notifications)
    family.link()
    family.add_contact()
    row = event_types()[name]
    data = {**_sample(row.schema(), family), "reason": "deceased"}
    family.service.handle(event(row.name, data, subject=ids.new_id()))
    assert family.messages() == []


def test_plans_and_ehc_plans_say_why_they_end() -> None:
    assert {"plans.PlanCeased", "reviews.EhcPlanCeased"} <= set(_SAYS_WHY)


def test_a_plan_that_another_council_keeps_has_not_ended(notifications: Service) -> None:
    """CFA 2014 s.47: the old council's duties pass, the plan goes on."""
    family = Family(notifications)
    family.link()
    family.add_contact()
    row = event_types()["reviews.EhcPlanCeased"]
    for reason in ("transferred", "left_england"):
        data = {**_sample(row.schema(), family), "reason": reason}
        family.service.handle(event(row.name, data, subject=ids.new_id()))
    kept = notifications.store.messages.collection.find({"setting_id": family.setting})
    assert {one["about"]["outcome"] for one in kept} == {"plan_transferred", "plan_ceased"}
