"""What a support service does for a child once it has taken a referral."""

from datetime import date

from services.referrals.commands.change import change_referral
from services.referrals.commands.people import must_be_of_service
from services.referrals.domain.parts import Report, WorkSession
from services.referrals.domain.referral import Referral
from services.referrals.domain.values import CloseOutcome, WorkKind
from services.referrals.store import ReferralsStore
from shared import clock, ids
from shared.clock import LONDON
from shared.errors import Invalid
from shared.words import day_words


def put_on_waiting_list(store: ReferralsStore, referral_id: str, expected: int) -> Referral:
    """It waits its turn; what had a place before keeps it."""
    return change_referral(
        store, referral_id, "put_on_waiting_list", lambda r: r.wait(clock.today()),
        expected=expected,
    )  # fmt: skip


def allocate_referral(
    store: ReferralsStore, referral_id: str, to: str, expected: int, *, by: str
) -> Referral:
    """Give the work to somebody of the service. Raises RuleBroken."""
    must_be_of_service(store, referral_id, to, by)
    return change_referral(
        store, referral_id, "allocate_referral", lambda r: r.allocate(to), expected=expected
    )


def begin_work(store: ReferralsStore, referral_id: str, expected: int) -> Referral:
    """The work has begun."""
    return change_referral(
        store, referral_id, "begin_work", lambda r: _begin(r, clock.today()), expected=expected
    )


def record_work(
    store: ReferralsStore, referral_id: str, by: str, *, occurred_on: date, kind: WorkKind,
    minutes: int, text: str | None,
) -> Referral:  # fmt: skip
    """One piece of work; the first that took place is where the work begins."""
    if occurred_on > clock.today():
        raise Invalid("This day has not come yet.", code="in-future", field="/occurred_on")
    before = f"It had not reached the service by then: {day_words(occurred_on)}."
    session = WorkSession(ids.new_id(), by, clock.now(), occurred_on, kind, minutes, text)

    def act(referral: Referral) -> None:
        if referral.received_at and occurred_on < referral.received_at.astimezone(LONDON).date():
            raise Invalid(before, code="in-past", field="/occurred_on")
        referral.record_work(session)
        if referral.began_on is None and kind is not WorkKind.MISSED:
            _begin(referral, occurred_on)

    return change_referral(store, referral_id, "record_work", act)


def report_back(store: ReferralsStore, referral_id: str, by: str, text: str) -> Referral:
    """Report to the setting."""
    report = Report(ids.new_id(), by, clock.now(), text)
    return change_referral(store, referral_id, "report_back", lambda r: r.report_back(report))


def close_referral(
    store: ReferralsStore, referral_id: str, outcome: CloseOutcome, expected: int
) -> Referral:
    """The work is done."""
    return change_referral(
        store, referral_id, "close_referral", lambda r: r.close(outcome), expected=expected
    )


def _begin(referral: Referral, on: date) -> None:
    received = referral.received_at or clock.now()
    referral.begin_work(on, received.astimezone(LONDON).date())
