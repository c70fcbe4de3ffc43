"""The events that this service reacts to: the functions that tell somebody something, and the table
that names them. What waits for a person follows from the rows of `domain/due.py`."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any

from services.notifications.commands.tell import (
    Cause,
    tell_late,
    tell_person,
    tell_recipients,
    tell_sencos,
)
from services.notifications.domain.due import ROWS
from services.notifications.domain.message import About
from services.notifications.domain.values import Purpose
from services.notifications.domain.waiting import Heard
from services.notifications.store import NotificationsStore
from services.notifications.store.standing import HEARD_OF
from shared.events.envelope import Envelope
from shared.messaging.handling import Handler
from shared.store.projection import project


def on_child(store: NotificationsStore, event: Envelope) -> None:
    """Know who is told about a child, and for which purposes."""
    state = {key: event.data[key] for key in ("setting_id", "recipients", "told")}
    store.know_recipients(event.subject, event.sequence, state)
    tell_late(store, event.subject, state, event.time)


def on_parent_unlinked(store: NotificationsStore, event: Envelope) -> None:
    """From now on nothing is sent to them, whatever waits."""
    on_child(store, event)
    store.note_former(event.subject, event.data["person_id"])


def on_rights_passing(store: NotificationsStore, event: Envelope) -> None:
    """Rights are about to pass: parents and young person are told, each by a link of their own."""
    passes_on = event.data["passes_on"]
    _know_rights(store, event, passes_on)
    _tell_of_rights(
        store,
        event,
        Purpose.RIGHTS_PASSING,
        day=passes_on,
        outcome=event.data["young_person"],
        expires_on=passes_on,
    )


def on_rights_not_passing(store: NotificationsStore, event: Envelope) -> None:
    """The day that was said no longer holds: what speaks of it is not sent any more."""
    _know_rights(store, event, None)


def on_rights_passed(store: NotificationsStore, event: Envelope) -> None:
    """Rights have passed: both are told what applies now, and where it is chosen."""
    _know_rights(store, event, None)
    data = event.data
    _tell_of_rights(
        store, event, Purpose.RIGHTS_PASSED, day=data["passes_on"], outcome=data["basis"]
    )


def on_sharing_changed(store: NotificationsStore, event: Envelope) -> None:
    """What parents still get has changed: both are told."""
    _tell_of_rights(store, event, Purpose.SHARING_CHANGED, outcome=event.data["basis"])


def _know_rights(store: NotificationsStore, event: Envelope, passes_on: date | None) -> None:
    state = {
        "setting_id": event.data["setting_id"],
        "passes_on": passes_on.isoformat() if passes_on else None,
    }
    project(store.known_rights, event.data["child_id"], event.sequence, state)


def _tell_of_rights(
    store: NotificationsStore,
    event: Envelope,
    purpose: Purpose,
    *,
    day: date | None = None,
    outcome: str | None = None,
    expires_on: date | None = None,
) -> None:
    # The event says whom: parents who get nothing else any more among them.
    for person_id in event.data["people"]:
        tell_person(
            store,
            person_id,
            cause=_cause(event),
            setting_id=event.data["setting_id"],
            purpose=purpose,
            about=About(event.data["child_id"], "rights", event.data["child_id"], day, outcome),
            expires_on=expires_on,
        )


def on_review_dated(store: NotificationsStore, event: Envelope) -> None:
    """Know a review's date: reminders go out before it."""
    _know_review(store, event, open=True, due_on=event.data["due_on"].isoformat())


def on_review_not_coming(store: NotificationsStore, event: Envelope) -> None:
    """A review that was held or cancelled needs no reminder."""
    _know_review(store, event, open=False)


def on_support_started(store: NotificationsStore, event: Envelope) -> None:
    """The parents are formally told [CFA 2014 s.68; CoP 6.48]."""
    data = event.data
    # The event says whom: a parent's link may still be on its way here.
    for person_id in data["recipients"]:
        tell_person(
            store,
            person_id,
            cause=_cause(event),
            setting_id=data["setting_id"],
            purpose=Purpose.SUPPORT_STARTED,
            about=About(data["child_id"]),
        )


def on_plan_copy_issued(store: NotificationsStore, event: Envelope) -> None:
    """Their written copy is ready: each is told of their own."""
    data = event.data
    tell_person(
        store,
        data["person_id"],
        cause=_cause(event),
        setting_id=data["setting_id"],
        purpose=Purpose.PLAN_READY,
        about=About(data["child_id"], "plan", data["plan_id"]),
    )


def on_plan_ceased(store: NotificationsStore, event: Envelope) -> None:
    """The plan has ended. A family whose child has died is not written to."""
    data = event.data
    if data["reason"] != "deceased":
        about = {"link": "plan", "subject_id": event.subject, "day": data["ended_on"]}
        _tell(store, event, Purpose.PLAN_ENDED, **about)


def on_review_completed(store: NotificationsStore, event: Envelope) -> None:
    """The family discusses the review once it has taken place [B]."""
    data = event.data
    _tell(store, event, Purpose.REVIEW_TO_DISCUSS, link="plan", subject_id=data["plan_id"],
          day=data["held_on"], thing_id=event.subject)  # fmt: skip


def on_escalation_confirmed(store: NotificationsStore, event: Envelope) -> None:
    """Let us talk: the SENCO has confirmed, no machine invites anybody."""
    _tell(store, event, Purpose.LET_US_TALK, thing_id=event.subject)


def on_assessment_requested(store: NotificationsStore, event: Envelope) -> None:
    """The council decides within six weeks whether to assess [CoP 9.41]; whom a nursery brought to
    its attention may ask for themselves [CoP 9.9]."""
    data = event.data
    _tell(store, event, Purpose.ASSESSMENT_REQUESTED, outcome=data["kind"] or "requested",
          day=data["decide_by"], thing_id=event.subject)  # fmt: skip


def on_assessment_received(store: NotificationsStore, event: Envelope) -> None:
    """The council's weeks count from when it had the request: another date than was told."""
    data = event.data
    if data["received_on"] == data["requested_on"]:
        return
    decided = data["status"] == "agreed_to_assess"
    (on_assessment_decided if decided else on_assessment_requested)(store, event)


def on_assessment_decided(store: NotificationsStore, event: Envelope) -> None:
    """What the council has decided; with a refusal, what can be done about it [CoP 9.45]."""
    data = event.data
    _tell(store, event, Purpose.ASSESSMENT_DECIDED, outcome=data["status"],
          day=data["final_plan_by"], thing_id=event.subject)  # fmt: skip


def on_ehc_plan_decided(store: NotificationsStore, event: Envelope) -> None:
    """Whether there is an EHC plan [CoP 9.59]."""
    _tell(store, event, Purpose.EHC_PLAN_DECIDED, outcome=event.data["status"])


def on_ehc_plan_ending(store: NotificationsStore, event: Envelope, outcome: str) -> None:
    """An EHC plan is to end, and what can be done about it until when; or it goes on; or it has
    ended [CFA 2014 s.45; CoP 9.205-9.210]. A family whose child has died is not written to."""
    data = event.data
    if data["reason"] != "deceased":
        day = data["not_before"] if outcome == "plan_ceasing" else data["ended_on"]
        if (outcome, data["reason"]) == ("plan_ceased", "transferred"):
            outcome = "plan_transferred"  # it goes on, with another council [CFA 2014 s.47]
        _tell(store, event, Purpose.EHC_PLAN_DECIDED, outcome=outcome, day=day)


def on_manual_contact_needed(store: NotificationsStore, event: Envelope) -> None:
    """The SENCO is told that a family has to be rung or written to."""
    data = event.data
    tell_sencos(
        store, data["setting_id"], cause=_cause(event), purpose=Purpose.RING_THEM,
        about=About(None, "person", f"{data['setting_id']}/{data['person_id']}"),
    )  # fmt: skip


def on_evening_announced(store: NotificationsStore, event: Envelope) -> None:
    """The families of those who are invited choose a time, each child by a link of its own."""
    _tell_evening(store, event)
    project(store.known_evenings, event.subject, event.sequence, {"open": True})


def on_evening_cancelled(store: NotificationsStore, event: Envelope) -> None:
    """What invites to it is not sent any more, and who was invited is told."""
    project(store.known_evenings, event.subject, event.sequence, {"open": False})
    _tell_evening(store, event, outcome="cancelled")


def _tell_evening(store: NotificationsStore, event: Envelope, outcome: str | None = None) -> None:
    held_on = event.data["held_on"]
    # Who is invited can choose a time until the last talk begins; that it is cancelled is news
    # until it would have been over.
    ends = event.data["bookable_until" if outcome is None else "ends_at"]
    for child_id in event.data["children"]:
        tell_recipients(
            store, cause=Cause(f"{event.id}/{child_id}", event.time),
            setting_id=event.data["setting_id"], purpose=Purpose.EVENING_SLOTS,
            about=About(child_id, "evening", f"{event.subject}/{child_id}", held_on, outcome),
            expires_on=held_on, expires_at=ends,
        )  # fmt: skip


def on_referral_decided(store: NotificationsStore, event: Envelope) -> None:
    """The family is told of the decision when the setting is."""
    _tell(store, event, Purpose.REFERRAL_DECIDED, link="referral", subject_id=event.subject)


def on_referral_progressed(store: NotificationsStore, event: Envelope) -> None:
    """The family hears where the referral stands."""
    _tell(store, event, Purpose.REFERRAL_PROGRESS, link="referral", subject_id=event.subject)


def on_referral_withdrawn(store: NotificationsStore, event: Envelope) -> None:
    """Everybody who is told about the child hears that it has ended, whoever ended it."""
    _tell(store, event, Purpose.REFERRAL_ENDED, link="referral", subject_id=event.subject)


def on_consent_overridden(store: NotificationsStore, event: Envelope) -> None:
    """Those whose agreement was asked for hear that it goes ahead without."""
    _tell_deciders(store, event, Purpose.REFERRAL_OVERRIDDEN)


def on_consent_asked(store: NotificationsStore, event: Envelope) -> None:
    """Each of those who are asked answers by a link of their own."""
    _tell_deciders(store, event, Purpose.REFERRAL_CONSENT)


def _tell_deciders(store: NotificationsStore, event: Envelope, purpose: Purpose) -> None:
    data = event.data
    for person_id in data["recipients"]:
        tell_person(
            store,
            person_id,
            cause=_cause(event),
            setting_id=data["setting_id"],
            purpose=purpose,
            about=About(data["child_id"], "consent", event.subject),
        )


def on_session(store: NotificationsStore, event: Envelope, purpose: Purpose) -> None:
    """Who has a seat in a support session hears of it."""
    data = event.data
    # Once it has begun a seat is news to nobody; that it is cancelled is, until it is over.
    ends = data["ends_at" if purpose is Purpose.SESSION_CANCELLED else "starts_at"]
    for booked in data["booked"]:
        tell_person(
            store,
            booked["person_id"],
            cause=_cause(event),
            setting_id=booked["setting_id"],
            purpose=purpose,
            about=About(None, "session", event.subject, data["held_on"]),
            expires_on=data["held_on"],
            expires_at=ends,
        )


def _cause(event: Envelope) -> Cause:
    return Cause(event.id, event.time)


def _tell(store: NotificationsStore, event: Envelope, purpose: Purpose, **about: Any) -> None:
    tell_recipients(
        store,
        cause=_cause(event),
        setting_id=event.data["setting_id"],
        purpose=purpose,
        about=About(event.data["child_id"], **about),
    )


def _know_review(store: NotificationsStore, event: Envelope, **state: Any) -> None:
    known = {key: event.data[key] for key in ("setting_id", "child_id", "plan_id")}
    project(store.known_reviews, event.subject, event.sequence, {**known, **state})


def _heard(event: Envelope) -> Heard:
    return Heard(event.type, event.subject, event.sequence, event.time, event.data)


_TELLING: Mapping[str, Callable[..., None]] = {
    "plans.ChildRegistered": on_child,
    "plans.ParentLinked": on_child,
    "plans.ParentUnlinked": on_parent_unlinked,
    "plans.RecipientsChanged": on_child,
    "plans.RightsPassing": on_rights_passing,
    "plans.RightsPassingWithdrawn": on_rights_not_passing,
    "plans.RightsPassed": on_rights_passed,
    "plans.SharingChanged": on_sharing_changed,
    "plans.SenSupportStarted": on_support_started,
    "plans.PlanCopyIssued": on_plan_copy_issued,
    "plans.PlanCeased": on_plan_ceased,
    "reviews.ReviewScheduled": on_review_dated,
    "reviews.ReviewMoved": on_review_dated,
    "reviews.ReviewHeld": on_review_not_coming,
    "reviews.ReviewCancelled": on_review_not_coming,
    "reviews.ReviewCompleted": on_review_completed,
    "reviews.EscalationConfirmed": on_escalation_confirmed,
    "reviews.ParentsEveningAnnounced": on_evening_announced,
    "reviews.ParentsEveningCancelled": on_evening_cancelled,
    "reviews.NeedsAssessmentRequested": on_assessment_requested,
    "reviews.NeedsAssessmentDecided": on_assessment_decided,
    "reviews.NeedsAssessmentReceived": on_assessment_received,
    "reviews.EhcPlanDecided": on_ehc_plan_decided,
    "reviews.EhcPlanCeaseDecided": partial(on_ehc_plan_ending, outcome="plan_ceasing"),
    "reviews.EhcPlanKept": partial(on_ehc_plan_ending, outcome="plan_kept"),
    "reviews.EhcPlanCeased": partial(on_ehc_plan_ending, outcome="plan_ceased"),
    "referrals.ReferralAccepted": on_referral_decided,
    "referrals.ReferralDeclined": on_referral_decided,
    "referrals.ReferralRedirected": on_referral_decided,
    "referrals.ReferralConsentAsked": on_consent_asked,
    "referrals.ReferralConsentOverridden": on_consent_overridden,
    "referrals.ReferralWithdrawn": on_referral_withdrawn,
    "referrals.ReferralWaiting": on_referral_progressed,
    "referrals.ReferralAllocated": on_referral_progressed,
    "referrals.ReferralClosed": on_referral_progressed,
    "referrals.ReferralStillWaiting": on_referral_progressed,
    "notifications.ManualContactNeeded": on_manual_contact_needed,
    "referrals.SessionBooked": partial(on_session, purpose=Purpose.SESSION_BOOKED),
    "referrals.SessionMoved": partial(on_session, purpose=Purpose.SESSION_MOVED),
    "referrals.SessionCancelled": partial(on_session, purpose=Purpose.SESSION_CANCELLED),
}
"""Event type -> the projection or message that it makes, beside what waits."""


def handlers(store: NotificationsStore) -> Mapping[str, Handler]:
    """Event type -> what is done with it."""
    marked = (row for row in ROWS.values() if row.marked)
    waiting = frozenset[str]().union(*(row.events for row in marked))

    def handle(event: Envelope) -> None:
        if event.type in waiting:
            store.due.note(_heard(event))
        if event.type in HEARD_OF:
            store.standing.note(_heard(event))
        if event.type in _TELLING:
            _TELLING[event.type](store, event)

    return dict.fromkeys(waiting | HEARD_OF | _TELLING.keys(), handle)
