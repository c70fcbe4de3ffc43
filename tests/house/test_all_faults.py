"""Whoever is refused is told everything that is wrong at once, not one thing at a time."""

import ast
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import pytest

from deploy.local.stack import SERVICES
from services.notifications.domain import errors as notifications_errors
from services.notifications.domain.contact import Contact, Wishes
from services.notifications.domain.contact import Details as ContactDetails
from services.notifications.domain.quiet import QuietHours
from services.notifications.domain.values import Language
from services.plans.domain import errors as plans_errors
from services.plans.domain.assessment import Assessment, Needs
from services.plans.domain.check import Check, Delivery, OutcomeCheck
from services.plans.domain.content import Content, Outcome, Provision
from services.plans.domain.plan import Plan
from services.plans.domain.values import Area, CheckStatus
from services.referrals.domain import errors as referrals_errors
from services.referrals.domain.consent import Consent
from services.referrals.domain.form import Form, FormQuestion, QuestionKind
from services.referrals.domain.parts import Request
from services.referrals.domain.people import ServicePeople, ServicePerson
from services.referrals.domain.referral import Referral
from services.referrals.domain.support_service import Details as ServiceDetails
from services.referrals.domain.support_session import (
    SessionDetails,
    SessionKind,
    SupportSession,
)
from services.referrals.domain.values import ConsentStatus, Intake
from services.reviews.domain import errors as reviews_errors
from services.reviews.domain.calendar import Calendar, Closure, Policy, Term
from services.reviews.domain.council import Origin
from services.reviews.domain.council import Request as CouncilRequest
from services.reviews.domain.escalation import Escalation, EscalationState
from services.reviews.domain.evening import EveningDetails, ParentsEvening, SlotBooking
from services.reviews.domain.review import (
    Findings,
    OutcomeRating,
    PlanKnown,
    ProvisionRating,
    Review,
    ReviewState,
    Taken,
)
from services.reviews.domain.values import Decision, Delivered, Rating

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
TODAY = NOW.date()
REFUSALS = (
    plans_errors.RuleBroken,
    reviews_errors.RuleBroken,
    referrals_errors.RuleBroken,
    notifications_errors.RuleBroken,
)

AREA = Area.COGNITION


def content() -> Content:
    """Two outcomes without anything, and a provision that serves neither and ends too early."""
    outcomes = [Outcome(f"o{n}", AREA, "To add", None, None) for n in range(2)]
    early = date(2026, 1, 1)
    astray = Provision("p", ["o9"], "Help", "Teacher", 1, 30, 1, TODAY, early)
    return Content(outcomes, [astray])


def plan() -> Plan:
    made = Plan("p", "c", "s", "school", 1, "me", NOW, content())
    made.state, made.active_from = type(made.state).ACTIVE, date(2026, 1, 1)
    return made


def complete_assessment() -> None:
    needs = Needs(True, [], None, [], "Summary", date(2025, 1, 1))
    Assessment("a", "c", "s", "Concern", TODAY, NOW).complete(needs)


def record_check() -> None:
    Check.record(
        plan(),
        id="k",
        occurred_on=date(2025, 1, 1),
        recorded_at=NOW,
        by="me",
        outcomes=[
            OutcomeCheck("o9", CheckStatus.ON_TRACK),
            OutcomeCheck("o8", CheckStatus.ON_TRACK),
        ],
        deliveries=[Delivery("p9", 1, 1)],
        note=None,
        today=TODAY,
    )


def set_calendar() -> None:
    autumn = Term("Autumn", date(2026, 9, 1), date(2026, 8, 1))
    spring = Term("Spring", date(2026, 9, 2), date(2026, 9, 1))
    closed = Closure(date(2026, 10, 2), date(2026, 10, 1))
    calendar = Calendar("s", "s")
    calendar.set([autumn, spring], [closed], Policy())


def held() -> Review:
    return Review("r", "p", "c", "s", TODAY, ReviewState.HELD, cycle=1, held_on=TODAY)


def complete_review() -> None:
    rated = OutcomeRating("o9", Rating.MET, "Seen")
    seen = ProvisionRating("p9", Delivered.FULLY, 1, None)
    known = PlanKnown(1, date(2026, 1, 1), ["o1"], {"p1": ["o1"]})
    held().complete(Findings([rated], [seen], "Help", True), known, 1)


def decide_review() -> None:
    review = held()
    review.state, review.proposed_decision = ReviewState.COMPLETED, Decision.AMEND
    review.decide(Taken(Decision.CEASE, None, date(2025, 1, 1), "me"))


def refuse_needs_assessment() -> None:
    asked = Escalation("e", "c", "s", Origin.PARENT, TODAY, state=EscalationState.REQUESTED)
    asked.request = CouncilRequest(Origin.PARENT, TODAY)
    asked.decide_needs_assessment(False, None, date(2025, 1, 1))


def evening(begins: time = time(17), ends: time = time(17, 5)) -> ParentsEvening:
    details = EveningDetails(date(2026, 1, 1), begins, ends, 10, "Hall")
    return ParentsEvening("v", "s", details, ["c1", "c2", "c3"])


def book_slot() -> None:
    early = datetime(2025, 12, 1, tzinfo=UTC)
    evening(ends=time(18)).book(SlotBooking("c9", time(3), "me"), [], early)


def form(name: str) -> Form:
    choice = FormQuestion(name, "Which?", QuestionKind.CHOICE, required=True)
    number = FormQuestion("how_many", "How many?", QuestionKind.NUMBER, required=True)
    return Form(1, [choice, number])


def details() -> ServiceDetails:
    return ServiceDetails("A", [], [], 9, 3, "C", 5, Intake.PAUSED, None, None, None, None)


def support_session() -> SessionDetails:
    return SessionDetails("T", SessionKind.TRAINING, NOW, NOW, None, None, 5)


def attend() -> None:
    session = SupportSession("x", "s", support_session())
    session.attend({"b1": True, "b2": True}, NOW)


def wish() -> None:
    reached = ContactDetails("A", None, None, Language.ENGLISH, [], [])
    quiet = QuietHours(time(22), time(22))
    Contact("c", "p", "s", reached).wish(Wishes([], Language.ENGLISH, quiet))


def consent() -> Consent:
    return Consent(ConsentStatus.OVERRIDDEN, on=TODAY, expires_on=date(2025, 1, 1))


CASES: dict[str, tuple[Callable[[], object], set[str]]] = {
    "plans/domain/content.py:must_hold_together": (
        lambda: content().must_hold_together(),
        {"/provisions/0/outcome_ids", "/provisions/0/ends_on"},
    ),
    "plans/domain/content.py:must_be_ready": (
        lambda: content().must_be_ready(),
        {"/provisions/0/outcome_ids", "/provisions/0/ends_on", "/involvement"}
        | {
            f"/outcomes/{n}{part}"
            for n in range(2)
            for part in ("", "/measure", "/due_on", "/goals")
        },
    ),
    "plans/domain/assessment.py:complete": (
        complete_assessment,
        {"", "/areas", "/primary_need", "/completed_on"},
    ),
    "plans/domain/check.py:record": (
        record_check,
        {
            "/occurred_on",
            "/outcomes/0/outcome_id",
            "/outcomes/1/outcome_id",
            "/deliveries/0/provision_id",
        },
    ),
    "reviews/domain/calendar.py:set": (
        set_calendar,
        {"/terms/0/ends_on", "/terms/1/ends_on", "/closures/0/ends_on"},
    ),
    "reviews/domain/review.py:complete": (complete_review, {"/ratings", "/provisions"}),
    "reviews/domain/review.py:decide": (decide_review, {"/reason", "/decided_on"}),
    "reviews/domain/escalation.py:_decide": (
        refuse_needs_assessment,
        {"/reason", "/decided_on"},
    ),
    "reviews/domain/evening.py:must_make_sense": (
        lambda: evening().details.must_make_sense(TODAY),
        {"/held_on", "/ends"},
    ),
    "reviews/domain/evening.py:announce": (
        lambda: evening(ends=time(17, 20)).announce(TODAY),
        {"/held_on", "/ends"},
    ),
    "reviews/domain/evening.py:book": (book_slot, {"/child_id", "/slot"}),
    "referrals/domain/form.py:must_make_sense": (
        lambda: form("No name").must_make_sense(),
        {"/questions/0/name", "/questions/0/options"},
    ),
    "referrals/domain/form.py:check": (
        lambda: form("which").check({"strange": 1, "how_many": "x"}, whole=True),
        {"/answers/strange", "/answers/how_many", "/answers/which"},
    ),
    "referrals/domain/parts.py:must_be_complete": (
        lambda: Request().must_be_complete(),
        {"/support_service_id", "/reason", "/strategies_tried", "/desired_outcome"},
    ),
    "referrals/domain/referral.py:submit": (
        lambda: Referral("r", "c", "s", NOW).submit(NOW, TODAY, TODAY),
        {"", "/support_service_id", "/reason", "/strategies_tried", "/desired_outcome"},
    ),
    "referrals/domain/consent.py:must_be_timely": (
        lambda: consent().must_be_timely(date(2025, 6, 1), date(2099, 1, 1)),
        {"/on", "/expires_on"},
    ),
    "referrals/domain/consent.py:must_make_sense": (
        lambda: consent().must_make_sense(),
        {"/reason", "/expires_on"},
    ),
    "referrals/domain/support_service.py:must_make_sense": (
        lambda: details().must_make_sense(),
        {"/age_to", "/intake_note"},
    ),
    "referrals/domain/support_session.py:must_make_sense": (
        lambda: support_session().must_make_sense(NOW - timedelta(days=1)),
        {"/ends_at", "/place"},
    ),
    "referrals/domain/people.py:keep": (
        lambda: ServicePeople("s").keep([ServicePerson("a", name) for name in "ABC"]),
        {"/people/1/person_id", "/people/2/person_id"},
    ),
    "referrals/domain/support_session.py:attend": (
        attend,
        {"/attendance/0/booking_id", "/attendance/1/booking_id"},
    ),
    "notifications/domain/contact.py:wish": (
        wish,
        {"/details/quiet_hours/ends", "/channels"},
    ),
}
"""Every rule that looks for more than one fault -> something with several, and all that is said."""

ONE_AT_MOST = {
    "reviews/commands/schedule.py:_must_be_open": "the same field",
    "referrals/commands/refer.py:_must_fit_service": "the same field",
    "referrals/commands/work.py:record_work": "the same field",
    "reviews/domain/council.py:receive": "the same field",
}
"""Where no two refusals can be true at once, and why."""


def functions(*rooms: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every function of those rooms, as `service/room/file.py:name`."""
    for service in SERVICES:
        for room in rooms:
            for path in sorted((ROOT / "services" / service / room).glob("*.py")):
                for node in ast.walk(ast.parse(path.read_text())):
                    if isinstance(node, ast.FunctionDef):
                        where = path.relative_to(ROOT / "services").as_posix()
                        yield f"{where}:{node.name}", node


def calls(node: ast.AST, *names: str) -> list[ast.Call]:
    return [
        inner
        for inner in ast.walk(node)
        if isinstance(inner, ast.Call)
        and isinstance(inner.func, ast.Name)
        and inner.func.id in names
    ]


def refusals(node: ast.AST) -> list[ast.Raise]:
    """Where an input is refused by name."""
    found = [inner for inner in ast.walk(node) if isinstance(inner, ast.Raise)]
    return [
        inner
        for inner in found
        if any(
            word.arg == "field"
            for call in calls(inner, "RuleBroken", "Invalid")
            for word in call.keywords
        )
    ]


def looks_for_several() -> list[str]:
    return [
        name
        for name, node in functions("domain")
        if calls(node, "Faults") and not name.endswith("errors.py:together")
    ]


def test_no_rule_stops_at_the_first_of_several_faults() -> None:
    stopping = [
        name
        for name, node in functions("domain", "commands")
        if len(refusals(node)) > 1
        or any(refusals(loop) for loop in ast.walk(node) if isinstance(loop, ast.For))
    ]
    assert set(stopping) - set(ONE_AT_MOST) == set()
    assert set(stopping) >= set(ONE_AT_MOST), "what stops no more need not be excused"


def test_every_rule_that_looks_for_several_faults_has_its_case() -> None:
    assert sorted(looks_for_several()) == sorted(CASES)


@pytest.mark.parametrize("name", sorted(CASES))
def test_everything_that_is_wrong_is_said_at_once(name: str) -> None:
    act, pointers = CASES[name]
    with pytest.raises(REFUSALS) as refused:
        act()
    faults = refused.value.faults
    assert {fault.field or "" for fault in faults} == pointers
    assert len(faults) > 1 and len(set(faults)) == len(faults)
    assert all(fault.detail in str(refused.value) for fault in faults)
    first = faults[0]
    said = (refused.value.code, refused.value.field, refused.value.conflict)
    assert said == (first.code, first.field, first.conflict)


def test_all_services_refuse_in_the_same_way() -> None:
    texts = {(ROOT / f"services/{s}/domain/errors.py").read_text() for s in SERVICES}
    assert len(texts) == 1


def test_checks_made_together_say_everything() -> None:
    def refuse(field: str) -> None:
        raise plans_errors.RuleBroken("wrong", f"Wrong {field}.", field=field)

    with pytest.raises(plans_errors.RuleBroken) as refused:
        plans_errors.together(partial(refuse, "/a"), lambda: None, partial(refuse, "/b"))
    assert [fault.field for fault in refused.value.faults] == ["/a", "/b"]
