"""What was overtaken before it went out is not sent: for every purpose there is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from services.notifications.commands.overtaken import OVERTAKEN, Never
from services.notifications.commands.send import send_waiting
from services.notifications.commands.tell import release_digests, release_reminders
from services.notifications.domain.values import Purpose
from services.notifications.providers.several import Several
from shared import clock, ids
from tests.support.family import Family
from tests.support.house import Service, event
from tests.support.kept import Kept
from tests.support.world import contact, outlets

NOW = datetime(2030, 3, 4, 9, tzinfo=UTC)
Json = dict[str, Any]
Said = tuple[str, str, int, Json]
"""Name, subject, sequence, data."""


@dataclass
class Scene:
    """A family, the things that events about it speak of, and a mailbox."""

    family: Family
    thing: str
    plan: str
    kept: Kept

    @property
    def about(self) -> Json:
        return {"child_id": self.family.child, "setting_id": self.family.setting}

    @property
    def referral(self) -> Json:
        return {
            **self.about, "support_service_id": self.plan, "status": "triage", "open": True,
            "consent": "given", "urgency": "routine", "submitted_on": "2030-02-01",
            "respond_by": None, "reason": None, "address": "/referrals",
        }  # fmt: skip

    @property
    def session(self) -> Json:
        booked = {"person_id": self.family.parent, "setting_id": self.family.setting}
        return {"support_service_id": self.plan, "held_on": "2030-03-20", "status": "announced",
                "booked": [booked]}  # fmt: skip

    @property
    def clock_of_council(self) -> Json:
        return {**self.about, "open": True, "status": "agreed_to_assess",
                "requested_on": "2030-01-01", "decide_by": "2030-03-10",
                "final_plan_by": "2030-06-01", "decided_on": None}  # fmt: skip

    @property
    def plan_state(self) -> Json:
        return {**self.about, "status": "ceased", "cycle": 1, "version_number": 1,
                "active_from": "2030-01-01", "ended_on": "2030-03-04", "outcomes": [],
                "provisions": []}  # fmt: skip

    def review(self, **more: Any) -> Json:
        return {**self.about, "plan_id": self.plan, **more}

    def copy(self) -> Json:
        return {**self.about, "plan_id": self.plan, "person_id": self.family.parent,
                "version_number": 1}  # fmt: skip

    def consent(self) -> Json:
        return {**self.about, "support_service_id": self.plan, "asked_on": "2030-03-04",
                "recipients": [self.family.parent]}  # fmt: skip


Say = Callable[[Scene], Said]


def _one(name: str, sequence: int, data: Callable[[Scene], Json], subject: str = "thing") -> Say:
    return lambda scene: (
        name,
        ids.new_id() if subject == "new" else getattr(scene, subject, None) or scene.family.child,
        sequence,
        data(scene),
    )


_COMPLETED = _one("ReviewCompleted", 3, lambda s: s.review(
    held_on="2030-03-01", cycle=1, ratings=[], result="on_track", proposed_decision="amend",
))  # fmt: skip
_BOOKED = _one("SessionBooked", 3, lambda s: s.session)
_MOVED = _one("SessionMoved", 4, lambda s: {**s.session, "held_on": "2030-03-21"})
_COPY = _one("PlanCopyIssued", 1, lambda s: s.copy(), subject="new")
_EVENING: dict[str, Callable[[Scene], Json]] = {
    "announced": lambda s: {"setting_id": s.family.setting, "held_on": "2030-03-20",
                            "children": [s.family.child]},
}  # fmt: skip
_INVITED = _one("ParentsEveningAnnounced", 1, _EVENING["announced"])
_REQUESTED = _one("NeedsAssessmentRequested", 3, lambda s: s.clock_of_council)
_RECEIVED = _one("NeedsAssessmentReceived", 4, lambda s: {
    **s.clock_of_council, "status": "needs_assessment_requested", "received_on": "2030-03-02"})  # fmt: skip
_AGREED = _one("NeedsAssessmentDecided", 4, lambda s: s.clock_of_council)


def _rights(scene: Scene, **more: Any) -> Json:
    return {**scene.about, "young_person": "told", "people": [scene.family.parent], **more}


_PASSING = _one("RightsPassing", 5, lambda s: _rights(
    s, passes_on="2030-06-28", notice="six_months"), subject="child")  # fmt: skip
_PASSED = _one("RightsPassed", 7, lambda s: _rights(
    s, passes_on="2030-03-01", basis="not_chosen_under_18"), subject="child")  # fmt: skip
_SHARING = _one("SharingChanged", 8, lambda s: {
    **s.about, "basis": "chosen", "people": [s.family.parent]}, subject="child")  # fmt: skip

# Purpose, what makes its message, what overtakes it.
SCENES: list[tuple[Purpose, Say, Say]] = [
    (Purpose.SUPPORT_STARTED,
     _one("SenSupportStarted", 2, lambda s: {**s.about, "assessment_id": None, "started_on":
          "2030-03-04", "recipients": [s.family.parent]}, subject="child"),
     _one("SenStatusChanged", 9, lambda s: {**s.about, "status": "N", "previous": "K",
          "changed_on": "2030-03-04"}, subject="child")),
    (Purpose.PLAN_READY, _COPY, _one("PlanCeased", 9, lambda s: s.plan_state, subject="plan")),
    (Purpose.PLAN_READY, _COPY, _one("PlanSuperseded", 9, lambda s: s.plan_state, subject="plan")),
    (Purpose.REVIEW_TO_DISCUSS, _COMPLETED,
     _one("ReviewDiscussed", 4, lambda s: s.review(discussed_on="2030-03-03"))),
    (Purpose.LET_US_TALK, _one("EscalationConfirmed", 2,
                               lambda s: {**s.about, "confirmed_on": "2030-03-04"}),
     _one("EscalationDismissed", 3, lambda s: {**s.about, "dismissed_on": "2030-03-04"})),
    (Purpose.REFERRAL_CONSENT, _one("ReferralConsentAsked", 2, lambda s: s.consent()),
     _one("ReferralConsentAnswered", 3, lambda s: {
         **s.about, "support_service_id": s.plan, "consent": "asked", "answered_on": "2030-03-04",
         "status": "withdrawn", "by": "setting"})),
    (Purpose.REFERRAL_CONSENT, _one("ReferralConsentAsked", 2, lambda s: s.consent()),
     _one("ReferralSubmitted", 4, lambda s: s.referral)),
    (Purpose.REFERRAL_OVERRIDDEN, _one("ReferralConsentOverridden", 4, lambda s: {
        **s.about, "support_service_id": s.plan, "overridden_on": "2030-03-04",
        "recipients": [s.family.parent]}),
     _one("ReferralWithdrawn", 6, lambda s: {**s.referral, "status": "withdrawn"})),
    (Purpose.REFERRAL_DECIDED, _one("ReferralAccepted", 5, lambda s: s.referral),
     _one("ReferralWithdrawn", 6, lambda s: {**s.referral, "status": "withdrawn"})),
    (Purpose.REFERRAL_PROGRESS, _one("ReferralWaiting", 6, lambda s: s.referral),
     _one("ReferralWithdrawn", 7, lambda s: {**s.referral, "status": "withdrawn"})),
    (Purpose.SESSION_BOOKED, _BOOKED, _one("SessionCancelled", 4, lambda s: s.session)),
    (Purpose.SESSION_BOOKED, _BOOKED, _one("SessionSeatGivenUp", 4, lambda s: s.session)),
    (Purpose.SESSION_BOOKED, _BOOKED, _MOVED),
    (Purpose.SESSION_MOVED, _MOVED, _one("SessionCancelled", 5, lambda s: s.session)),
    (Purpose.SESSION_MOVED, _MOVED, _one("SessionSeatGivenUp", 5, lambda s: s.session)),
    (Purpose.EVENING_SLOTS, _INVITED, _one("ParentsEveningCancelled", 2, _EVENING["announced"])),
    (Purpose.EVENING_SLOTS, _INVITED,
     _one("SlotBooked", 2, lambda s: {**s.about, "held_on": "2030-03-20"})),
    (Purpose.ASSESSMENT_REQUESTED, _REQUESTED, _AGREED),
    (Purpose.ASSESSMENT_DECIDED, _AGREED,
     _one("EhcPlanDecided", 5, lambda s: {**s.clock_of_council, "status": "plan_issued"})),
    (Purpose.RIGHTS_PASSING, _PASSING,
     _one("RightsPassingWithdrawn", 6, lambda s: {**s.about, "passes_on": "2030-06-28"},
          subject="child")),
]  # fmt: skip
AGAIN = [
    (Purpose.RIGHTS_PASSED, _PASSED),
    (Purpose.SHARING_CHANGED, _SHARING),
    (Purpose.PLAN_READY, _COPY),
    (Purpose.REFERRAL_CONSENT, _one("ReferralConsentAsked", 3, lambda s: s.consent())),
    (Purpose.REFERRAL_PROGRESS, _one("ReferralStillWaiting", 7, lambda s: s.referral)),
    (Purpose.SESSION_MOVED, _MOVED),
    (Purpose.ASSESSMENT_REQUESTED, _RECEIVED),
    (Purpose.ASSESSMENT_DECIDED, _one("NeedsAssessmentReceived", 4, lambda s: {
        **s.clock_of_council, "status": "agreed_to_assess", "received_on": "2030-03-02"})),
    (Purpose.LET_US_TALK, _one("EscalationConfirmed", 2,
                               lambda s: {**s.about, "confirmed_on": "2030-03-04"})),
]  # fmt: skip
ELSEWHERE = {Purpose.REVIEW_COMING, Purpose.SENCO_DIGEST, Purpose.RING_THEM}
"""Made by the calendar, or by a failure: below."""


@pytest.fixture
def scene(notifications: Service) -> Iterator[Scene]:
    for left in ("messages", "profiles"):  # by other tests: jobs look at every setting
        notifications.database[left].delete_many({})
    family = Family(notifications)
    with clock.frozen(NOW):
        family.link()
        family.add_contact()
    yield Scene(family, ids.new_id(), ids.new_id(), Kept("email"))
    notifications.database["known_reviews"].delete_many({})  # reminders look at every setting


def _say(scene: Scene, said: Say, at: datetime = NOW) -> None:
    name, subject, sequence, data = said(scene)
    with clock.frozen(at):
        made = event(name, data, subject=subject, sequence=sequence)
        (verdict,) = scene.family.service.handle(made)
    assert verdict.fate == "done", verdict


def _fates(scene: Scene, purpose: Purpose) -> dict[datetime, str]:
    """Send all; how the messages of that purpose ended, by when their causes came about."""
    with clock.frozen(NOW + timedelta(hours=2)):
        through = outlets(scene.family.service, email=Several([scene.kept]))
        while send_waiting(scene.family.service.store, through):
            pass
        found = scene.family.service.database["messages"].find({"purpose": purpose.value})
        return {
            one["caused_at"]: one["suppressed"] or one["state"]
            for one in found.sort("caused_at", 1)
        }


def _states(scene: Scene, purpose: Purpose) -> list[str]:
    return list(_fates(scene, purpose).values())


def test_every_purpose_says_what_overtakes_it_or_why_nothing_does() -> None:
    assert set(OVERTAKEN) == set(Purpose)
    checked = {name for name, check in OVERTAKEN.items() if not isinstance(check, Never)}
    assert checked == {one[0] for one in [*SCENES, *AGAIN]} | ELSEWHERE
    assert all(len(one.why) > 20 for one in OVERTAKEN.values() if isinstance(one, Never))


@pytest.mark.parametrize(("purpose", "says", "overtakes"), SCENES)
def test_what_still_holds_goes_out(
    scene: Scene, purpose: Purpose, says: Say, overtakes: Say
) -> None:
    _say(scene, says)
    assert _states(scene, purpose) == ["sent"]


@pytest.mark.parametrize("turned", [False, True], ids=["in order", "turned round"])
@pytest.mark.parametrize(("purpose", "says", "overtakes"), SCENES)
def test_what_was_overtaken_does_not(
    scene: Scene, purpose: Purpose, says: Say, overtakes: Say, turned: bool
) -> None:
    for number, one in enumerate((overtakes, says) if turned else (says, overtakes)):
        _say(scene, one, NOW + timedelta(seconds=number))
    fates = _fates(scene, purpose)
    assert fates[NOW + timedelta(seconds=1 if turned else 0)] == "stale", fates


@pytest.mark.parametrize(("purpose", "says"), AGAIN)
def test_what_is_said_again_is_said_once_as_it_stands(
    scene: Scene, purpose: Purpose, says: Say
) -> None:
    for number in range(3):
        _say(scene, says, NOW + timedelta(seconds=number))
    assert _states(scene, purpose) == ["stale", "stale", "sent"]


def test_the_date_that_the_councils_receipt_gives_is_said_instead_of_the_first(
    scene: Scene,
) -> None:
    """Two dates by which the council decides, said in one minute, contradict each other."""
    for number, one in enumerate((_REQUESTED, _RECEIVED)):
        _say(scene, one, NOW + timedelta(seconds=number))
    assert _states(scene, Purpose.ASSESSMENT_REQUESTED) == ["stale", "sent"]


@pytest.mark.parametrize(
    "purpose", [purpose for purpose, check in OVERTAKEN.items() if isinstance(check, Never)]
)
def test_what_nothing_overtakes_names_a_purpose_that_events_make(purpose: Purpose) -> None:
    assert purpose not in {one[0] for one in SCENES} and not purpose.for_staff


def test_a_reminder_of_a_review_that_was_moved_is_not_sent(scene: Scene) -> None:
    _say(scene, _one("ReviewScheduled", 1, lambda s: s.review(due_on="2030-03-10")))
    with clock.frozen(NOW):
        release_reminders(scene.family.service.store)
    for sequence, days in enumerate([("2030-03-12", "2030-03-10"), ("2030-03-14", "2030-03-12")]):
        moved = scene.review(due_on=days[0], previous_due_on=days[1])
        _say(scene, _one("ReviewMoved", sequence + 2, partial(_given, moved)))
    assert _states(scene, Purpose.REVIEW_COMING) == ["stale"]


def _given(data: Json, _scene: Scene) -> Json:
    return data


def _sencos(scene: Scene, *people: str, version: int) -> None:
    family = scene.family
    profile = {"name": "Thornbeck School", "phone": "01234 567 890", "sencos": list(people)}
    family.senco.put(f"/settings/{family.setting}/profile", profile, version=version)


def _senco(scene: Scene) -> str:
    family, person = scene.family, ids.new_id()
    body = contact(person, family.child, "senco@school.example")
    family.senco.post(f"/settings/{family.setting}/contacts", body)
    _sencos(scene, person, version=0)
    return person


_UNREACHED = _one("ManualContactNeeded", 3, lambda s: {
    **s.about, "person_id": s.family.parent, "purpose": "plan_ready"})  # fmt: skip


def test_a_list_is_sent_to_nobody_when_all_is_done_or_they_look_after_it_no_more(
    scene: Scene,
) -> None:
    for number, done in enumerate((True, False)):
        scene.family.service.database["messages"].delete_many({})
        scene.family.service.database["digests"].delete_many({})
        if number == 0:
            _senco(scene)
        suggested = _one("EscalationSuggested", 1, lambda s: {
            **s.review(), "escalation_id": s.thing, "cycles": 2}, subject="new")  # fmt: skip
        scene.thing = ids.new_id()
        _say(scene, suggested)
        with clock.frozen(NOW):
            assert release_digests(scene.family.service.store, 7) == 1
        if done:
            _say(scene, _one("EscalationDismissed", 2,
                             lambda s: {**s.about, "dismissed_on": "2030-03-04"}))  # fmt: skip
        else:
            _sencos(scene, version=1)
        assert _states(scene, Purpose.SENCO_DIGEST) == ["stale"]


def test_a_senco_is_not_asked_to_call_somebody_whom_another_has_called(scene: Scene) -> None:
    _senco(scene)
    _say(scene, _UNREACHED)
    with clock.frozen(NOW):
        (waits,) = [
            one
            for one in scene.family.senco.get(f"/settings/{scene.family.setting}/due")
            if one["kind"] == "not_reached"
        ]
        done = {"id": waits["id"], "mark": waits["mark"]}
        at = f"/settings/{scene.family.setting}/due/done"
        assert scene.family.senco.call("POST", at, done).status_code == 204
    assert _states(scene, Purpose.RING_THEM) == ["stale"]
