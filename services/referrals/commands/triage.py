"""What a support service does with a referral: claim, ask, decide, work, report, close."""

from services.referrals.domain.referral import (
    OPEN_WITH_SERVICE,
    Decision,
    Note,
    Question,
    Referral,
    Report,
)
from services.referrals.domain.values import CloseOutcome, DeclineReason
from services.referrals.store import ReferralsStore
from shared import clock, ids


def acknowledge_referral(store: ReferralsStore, referral_id: str, expected: int) -> Referral:
    """The service has seen it."""
    return store.referrals.change(referral_id, lambda r: r.acknowledge(), expected=expected)


def claim_referral(store: ReferralsStore, referral_id: str, by: str) -> Referral:
    """Take it for triage. Raises RuleBroken when somebody else holds it."""
    return store.referrals.change(referral_id, lambda r: r.claim(by, clock.now()))


def release_referral(store: ReferralsStore, referral_id: str, by: str) -> Referral:
    """Put it back."""
    return store.referrals.change(referral_id, lambda r: r.release(by))


def add_note(store: ReferralsStore, referral_id: str, by: str, text: str) -> Referral:
    """A note for the service's workers."""
    note = Note(ids.new_id(), by, clock.now(), text)
    return store.referrals.change(referral_id, lambda r: r.add_note(note))


def request_information(
    store: ReferralsStore, referral_id: str, by: str, question: str, expected: int
) -> Referral:
    """Ask the setting."""
    asked = Question(question, clock.now(), by)
    return store.referrals.change(
        referral_id, lambda r: r.request_information(asked), expected=expected
    )


def accept_referral(
    store: ReferralsStore, referral_id: str, by: str, family_words: str, expected: int
) -> Referral:
    """Take the referral on."""
    decision = Decision(by, clock.today(), None, family_words, None)
    return store.referrals.change(referral_id, lambda r: r.accept(decision), expected=expected)


def decline_referral(
    store: ReferralsStore,
    referral_id: str,
    by: str,
    *,
    reason: DeclineReason,
    family_words: str,
    next_step: str,
    expected: int,
) -> Referral:
    """Do not take it, and say what the family can do next."""
    decision = Decision(by, clock.today(), reason, family_words, next_step)
    return store.referrals.change(referral_id, lambda r: r.decline(decision), expected=expected)


def allocate_referral(store: ReferralsStore, referral_id: str, to: str, expected: int) -> Referral:
    """Give the work to somebody."""
    return store.referrals.change(referral_id, lambda r: r.allocate(to), expected=expected)


def begin_work(store: ReferralsStore, referral_id: str, expected: int) -> Referral:
    """The work has begun."""
    return store.referrals.change(referral_id, lambda r: r.begin_work(), expected=expected)


def report_back(store: ReferralsStore, referral_id: str, by: str, text: str) -> Referral:
    """Report to the setting."""
    report = Report(ids.new_id(), by, clock.now(), text)
    return store.referrals.change(referral_id, lambda r: r.report_back(report))


def close_referral(
    store: ReferralsStore, referral_id: str, outcome: CloseOutcome, expected: int
) -> Referral:
    """The work is done."""
    return store.referrals.change(referral_id, lambda r: r.close(outcome), expected=expected)


def raise_overdue(store: ReferralsStore) -> int:
    """Say of each undecided referral whose response target has passed that it has."""
    today = clock.today()
    found = store.referrals.find_many(
        {"status": {"$in": list(OPEN_WITH_SERVICE[:3])}, "overdue_told": False,
         "respond_by": {"$lt": today.isoformat()}}
    )  # fmt: skip
    for referral in found:
        store.referrals.change(referral.id, lambda r: r.raise_overdue(today))
    return len(found)
