"""Every limit: what has ended makes room, and what protects people always has some."""

import ast
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import SERVICES
from services.plans.domain import rights_told
from services.plans.domain.assessment import Absence, Assessment, Contribution
from services.plans.domain.child import Child, Parent
from services.plans.domain.content import Content
from services.plans.domain.plan import Plan, PlanState, ReviewResult, Share
from services.plans.domain.setting import Setting, Staff
from services.plans.domain.sharing import Capacity, Decision, Sharing
from services.plans.domain.values import CeaseReason, SettingKind, Source, StaffRole
from services.referrals.domain.consent import Asking, Consent, ConsentAnswer
from services.referrals.domain.form import publish
from services.referrals.domain.parts import Attachment, Happened, Note
from services.referrals.domain.people import ServicePeople, ServicePerson
from services.referrals.domain.referral import Referral
from services.referrals.domain.support_session import (
    Booking,
    BookingStatus,
    SessionDetails,
    SessionKind,
    SupportSession,
)
from services.referrals.domain.values import ConsentStatus, WithdrawReason
from services.referrals.domain.webhook import RETRY_SECONDS, Attempt, Delivery
from services.reviews.domain.evening import EveningDetails, ParentsEvening
from services.reviews.domain.progress import CycleResult, Progress
from services.reviews.domain.review import Contribution as SaidForReview
from services.reviews.domain.review import Participant, PlanKnown, Review, ReviewState
from services.reviews.domain.values import Result, TookPart
from tests.support.limits import LIMITS

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
TODAY = NOW.date()


def refused(act: Callable[[], object]) -> bool:
    try:
        act()
    except Exception as problem:
        assert getattr(problem, "code", "") == "too-many", problem
        return True
    return False


def contributions_to_an_assessment(most: int) -> None:
    assessment = Assessment("a", "c", "s", "Concern", TODAY, NOW)
    said = Contribution("k", Source.STAFF, "staff", "me", TODAY, NOW, "Words", [])
    for _ in range(most):
        assessment.add_contribution(said)
    assert refused(lambda: assessment.add_contribution(said))
    assessment.record_absence(Absence(Source.PARENT, "Away", NOW))  # goes on to its end


def parents(most: int) -> None:
    child = Child("c", "s", "Robin", "V", date(2018, 3, 4))

    def link(person_id: str) -> None:
        child.link_parent(Parent(person_id, "mother", True, True, TODAY), TODAY)

    for _ in range(most * 15):  # far more than at a time, one after the other
        link("again")
        child.unlink_parent("again", "Court order", TODAY)
    for number in range(most):
        link(f"p{number}")
    assert refused(lambda: link("one more"))
    child.unlink_parent("p3", "Court order", TODAY)
    assert "p3" not in child.recipients
    link("one more")
    assert len([p for p in child.parents if p.ended_on is None]) == most


def former_parents(most: int) -> None:
    child = Child("c", "s", "Robin", "V", date(2018, 3, 4))
    for number in range(most + 5):
        child.link_parent(Parent(f"p{number}", "mother", True, True, TODAY), TODAY)
        child.unlink_parent(f"p{number}", "Moved", TODAY)
    assert child.parents[-1].person_id == f"p{most + 4}"
    assert len(child.parents) <= most + 1


def young_person() -> Child:
    mother = Parent("mother", "mother", True, True, TODAY)
    return Child("c", "s", "Robin", "V", date(2009, 3, 4), parents=[mother])


def what_parents_got(most: int) -> None:
    child = young_person()
    for number in range(most + 5):
        rights_told.choose(child, [list(Sharing)[number % 2]], child.id, TODAY)
    assert len(child.applied) == most
    assert child.applied[-1].purposes == [list(Sharing)[(most + 4) % 2]]


def what_was_recorded_of_capacity(most: int) -> None:
    child = young_person()
    for decision, times in ((Decision.PLAN, 1), (Decision.SHARING, most + 5)):
        for _ in range(times):
            recorded = Capacity(decision, False, "mother", "As assessed", "senco", TODAY)
            rights_told.record_capacity(child, recorded, TODAY)
    assert len(child.capacity) == most
    assert child.capacity[0].decision is Decision.PLAN  # what counts stays


def what_the_calendar_said(most: int) -> None:
    child = young_person()
    for number in range(most + 5):
        child.date_of_birth = date(2008 - number, 3, 4)
        rights_told.look(child, TODAY)
    assert len(child.spoken) == most
    raised = len(child.raised)
    assert not rights_told.look(child, TODAY) and len(child.raised) == raised


def plan(state: PlanState = PlanState.ACTIVE) -> Plan:
    return Plan("p", "c", "s", "school", 1, "me", NOW, Content(), state=state, active_from=TODAY)


def shares(most: int) -> None:
    shared = plan()
    staff = {f"t{number}" for number in range(most)}

    def share(person_id: str) -> None:
        shared.share(Share(person_id, StaffRole.TEACHER, TODAY), staff)

    for person_id in sorted(staff):
        share(person_id)
    assert refused(lambda: share("one more"))
    staff.remove("t3")  # has left the setting
    share("one more")
    assert {"t3", "one more"} & {known.person_id for known in shared.shares} == {"one more"}
    shared.cease(CeaseReason.LEFT_SETTING, TODAY)


def results_of_reviews(most: int) -> None:
    kept = plan()
    for number in range(most + 5):
        kept.keep_result(ReviewResult(f"r{number}", number, TODAY, {}, "met", "amend"))
    assert kept.results[-1].review_id == f"r{most + 4}"


def versions_of_a_plan(most: int) -> None:
    full = plan()
    full.content.must_be_ready = lambda: None  # type: ignore[method-assign]
    full.version_number = most
    assert refused(lambda: full.amend(full.content))
    full.cease(CeaseReason.NO_LONGER_NEEDED, TODAY)  # and a new plan goes on


def staff(most: int) -> None:
    setting = Setting("s", "s", "Thornbeck", SettingKind.SCHOOL)
    for number in range(most):
        setting.add_staff(Staff(f"t{number}", "A Name", StaffRole.TEACHER))
    assert refused(lambda: setting.add_staff(Staff("more", "A Name", StaffRole.TEACHER)))
    setting.add_staff(Staff("t3", "Another Name", StaffRole.SENCO))
    setting.remove_staff("t4")
    setting.add_staff(Staff("more", "A Name", StaffRole.TEACHER))


def people_of_a_service(most: int) -> None:
    people = ServicePeople("s")
    for turn in range(3):  # everybody leaves, and others come
        people.keep([ServicePerson(f"p{turn}-{n}", "A Name") for n in range(most)])
    assert len(people.here) == most
    people.keep([])
    people.meet("new", "A Name")
    assert [one.person_id for one in people.here] == ["new"]


def versions_of_a_form(most: int) -> None:
    forms: list[Any] = []
    for _ in range(most + 5):
        forms = publish(forms, [])
    assert [form.version for form in forms] == list(range(6, most + 6))


def lines_of_history(most: int) -> None:
    referral = Referral("r", "c", "s", NOW)
    for number in range(most + 5):
        referral.happened(Happened(NOW, "me", "senco", f"did{number}"), TODAY)
    assert referral.history[-1].what == f"did{most + 4}"


def answers_to_earlier_versions(most: int) -> None:
    consent = Consent()
    for number in range(most + 5):
        asking = Asking(["parent"], shown={"reason": str(number)})
        consent = consent.answer(ConsentAnswer("parent", True, TODAY), asking)
    assert len(consent.earlier) == most and consent.status is ConsentStatus.GIVEN


def notes(most: int) -> None:
    referral = Referral("r", "c", "s", NOW)
    for _ in range(most):
        referral.add_note(Note("n", "me", NOW, "Words"))
    assert refused(lambda: referral.add_note(Note("n", "me", NOW, "Words")))
    referral.withdraw(WithdrawReason.CONSENT, TODAY)


def attachments(most: int) -> None:
    referral = Referral("r", "c", "s", NOW)

    def file(number: int) -> Attachment:
        return Attachment(f"f{number}", "a.pdf", "application/pdf", 1, f"f{number}", "me", NOW)

    for number in range(most):
        referral.attach(file(number))
    assert refused(lambda: referral.attach(file(most)))
    referral.detach("f3", by_service=False)
    referral.attach(file(most))
    referral.withdraw(WithdrawReason.CONSENT, TODAY)


def session(capacity: int) -> SupportSession:
    starts = NOW + timedelta(days=9)
    details = SessionDetails(
        "T", SessionKind.TRAINING, starts, starts + timedelta(hours=1), "Hall", None, capacity
    )
    return SupportSession("x", "s", details)


def bookings(most: int) -> None:
    booked = session(most + 1)
    booked.bookings = [Booking(f"b{n}", f"p{n}", "s", NOW) for n in range(most)]
    assert refused(lambda: booked.book(Booking("more", "more", "s", NOW), NOW))
    booked.give_up("b3", NOW)
    assert booked.book(Booking("more", "more", "s", NOW), NOW).status is BookingStatus.BOOKED
    booked.bookings = [
        Booking(f"b{n}", "again", "s", NOW, BookingStatus.CANCELLED) for n in range(most)
    ]
    booked.book(Booking("more", "again", "s", NOW), NOW)


def bookings_that_are_over(most: int) -> None:
    booked = session(5)
    booked.bookings = [
        Booking(f"b{n}", "again", "s", NOW, BookingStatus.CANCELLED) for n in range(most + 5)
    ]
    booked.book(Booking("more", "again", "s", NOW), NOW)
    assert [kept.id for kept in booked.bookings] == [f"b{n}" for n in range(5, most + 5)] + ["more"]


def tries_of_a_delivery(most: int) -> None:
    delivery = Delivery("d", "w", "s", "e", "t", "{}", NOW, NOW)
    for number in range(most + 5):
        if delivery.tries == len(RETRY_SECONDS):
            delivery.replay(NOW)
        delivery.took_place(Attempt(NOW, 500 + number, None, 1))
    assert delivery.attempts[-1].status == 500 + most + 4 and len(delivery.attempts) == most


def invited_to_an_evening(most: int) -> None:
    details = EveningDetails(
        TODAY + timedelta(days=9), datetime.min.time(), NOW.time(), 5, "Hall", 50
    )
    evening = ParentsEvening("v", "s", details, [f"c{n}" for n in range(most)])
    evening.announce(TODAY)
    evening.cancel(NOW)


def results_of_cycles(most: int) -> None:
    progress = Progress("c", "s")
    for number in range(most + 5):
        held = date(2020, 1, 1) + timedelta(days=number)
        progress.record(CycleResult(f"r{number}", "p", number, held, Result.MET), 2, "e")
    assert progress.results[-1].review_id == f"r{most + 4}"


def contributions_to_a_review(most: int) -> None:
    review = Review("r", "p", "c", "s", TODAY, ReviewState.DUE)
    said = SaidForReview("k", TookPart.STAFF, "me", TODAY, NOW, "Words")
    for _ in range(most):
        review.contribute(said)
    assert refused(lambda: review.contribute(said))
    review.hold(TODAY, [Participant(TookPart.STAFF, "A")], PlanKnown(1, TODAY, [], {}))


CASES: dict[str, Callable[[int], None] | str] = {
    "plans/domain/assessment.py:_CONTRIBUTIONS_MOST": contributions_to_an_assessment,
    "plans/domain/child.py:_PARENTS_MOST": parents,
    "plans/domain/child.py:_FORMER_MOST": former_parents,
    "plans/domain/child.py:_APPLIED_MOST": what_parents_got,
    "plans/domain/rights_told.py:_CAPACITY_MOST": what_was_recorded_of_capacity,
    "plans/domain/rights_told.py:_SPOKEN_MOST": what_the_calendar_said,
    "plans/domain/plan.py:_SHARES_MOST": shares,
    "plans/domain/plan.py:_RESULTS_MOST": results_of_reviews,
    "plans/domain/plan.py:_VERSIONS_MOST": versions_of_a_plan,
    "plans/domain/setting.py:_STAFF_MOST": staff,
    "referrals/domain/consent.py:_EARLIER_MOST": answers_to_earlier_versions,
    "referrals/domain/form.py:_VERSIONS_MOST": versions_of_a_form,
    "referrals/domain/people.py:PEOPLE_MOST": people_of_a_service,
    "referrals/domain/referral.py:_KEPT_MOST": notes,
    "referrals/domain/referral.py:_ATTACHMENTS_MOST": attachments,
    "referrals/domain/referral_record.py:KEPT_MOST": lines_of_history,
    "referrals/domain/support_session.py:_BOOKINGS_MOST": bookings,
    "referrals/domain/support_session.py:_OVER_MOST": bookings_that_are_over,
    "referrals/domain/webhook.py:_LOG_MOST": tries_of_a_delivery,
    "reviews/domain/evening.py:INVITED_MOST": invited_to_an_evening,
    "reviews/domain/progress.py:_RESULTS_MOST": results_of_cycles,
    "reviews/domain/review.py:_CONTRIBUTIONS_MOST": contributions_to_a_review,
    "referrals/commands/webhooks.py:_MOST": "test_however_many_webhooks_are_added_at_once",
}
"""Every limit -> a scene that reaches it."""


def test_every_limit_has_its_scene() -> None:
    assert sorted(LIMITS) == sorted(CASES)


@pytest.mark.parametrize("name", [name for name, scene in CASES.items() if callable(scene)])
def test_what_has_ended_makes_room_and_what_protects_has_some(name: str) -> None:
    scene = CASES[name]
    assert callable(scene)
    scene(LIMITS[name])


def test_nothing_is_counted_and_then_inserted() -> None:
    """Between a count and an insertion somebody else inserts: a limit stands in one document, or in
    a unique index."""
    counting = []
    for service in SERVICES:
        for path in sorted((ROOT / "services" / service / "commands").glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Attribute) and node.attr == "count_documents":
                    counting.append(path.name)
    assert counting == []
