"""What a support service decides of a referral: claim, ask, accept, decline, redirect."""

from dataclasses import replace

from services.referrals.commands.change import change_referral, note
from services.referrals.commands.elsewhere import must_be_others
from services.referrals.commands.people import meet, must_be_of_service, must_not_have_left
from services.referrals.commands.shown import shown_of
from services.referrals.commands.working_days import target_of
from services.referrals.domain.parts import Decision, Note, Origin, Question
from services.referrals.domain.referral import Referral
from services.referrals.domain.shown import SERVICE
from services.referrals.domain.support_service import SupportService
from services.referrals.domain.values import DeclineReason
from services.referrals.store import ReferralsStore
from shared import clock, ids


def acknowledge_referral(store: ReferralsStore, referral_id: str, expected: int) -> Referral:
    """The service has seen it."""
    return change_referral(
        store, referral_id, "acknowledge_referral", lambda r: r.acknowledge(), expected=expected
    )


def claim_referral(store: ReferralsStore, referral_id: str, by: str) -> Referral:
    """Take it for triage. Raises RuleBroken when somebody else holds it."""
    must_not_have_left(store, referral_id, by)
    claimed = change_referral(
        store, referral_id, "claim_referral", lambda r: r.claim(by, clock.now())
    )
    meet(store, claimed.support_service_id, by)
    return claimed


def release_referral(store: ReferralsStore, referral_id: str, by: str) -> Referral:
    """Put it back."""
    return change_referral(store, referral_id, "release_referral", lambda r: r.release(by))


def hand_over_referral(
    store: ReferralsStore, referral_id: str, to: str, expected: int, *, by: str
) -> Referral:
    """Somebody else of the service holds it from now on. Raises RuleBroken."""
    must_be_of_service(store, referral_id, to, by)
    return change_referral(
        store, referral_id, "hand_over_referral", lambda r: r.hand_over(to, clock.now()),
        expected=expected,
    )  # fmt: skip


def add_note(store: ReferralsStore, referral_id: str, by: str, text: str) -> Referral:
    """A note for the service's workers."""
    written = Note(ids.new_id(), by, clock.now(), text)
    return change_referral(store, referral_id, "add_note", lambda r: r.add_note(written))


def request_information(
    store: ReferralsStore, referral_id: str, by: str, question: str, expected: int
) -> Referral:
    """Ask the setting."""
    asked = Question(question, clock.now(), by)
    return change_referral(
        store, referral_id, "request_information", lambda r: r.request_information(asked),
        expected=expected,
    )  # fmt: skip


def accept_referral(
    store: ReferralsStore, referral_id: str, by: str, family_words: str, expected: int
) -> Referral:
    """Take the referral on."""
    decision = Decision(by, clock.today(), None, family_words, None)
    return change_referral(
        store, referral_id, "accept_referral", lambda r: r.accept(decision), expected=expected
    )


def decline_referral(
    store: ReferralsStore,
    referral_id: str,
    by: str,
    *,
    reason: DeclineReason,
    family_words: str,
    next_step: str,
    elsewhere: list[str],
    expected: int,
) -> Referral:
    """Do not take it, and say what the family can do next, and where else to go."""
    must_be_others(
        store, referral_id, [(to, f"/elsewhere/{number}") for number, to in enumerate(elsewhere)]
    )
    decision = Decision(by, clock.today(), reason, family_words, next_step, elsewhere)
    return change_referral(
        store, referral_id, "decline_referral", lambda r: r.decline(decision), expected=expected
    )


def redirect_referral(
    store: ReferralsStore, referral_id: str, by: str, *, to: str, family_words: str, expected: int
) -> Referral:
    """Another service fits better: a linked referral goes on there."""
    must_be_others(store, referral_id, [(to, "/support_service_id")])
    decision = Decision(by, clock.today(), None, family_words, None, [to])
    next_id = ids.derived_id("redirected", referral_id)
    return change_referral(
        store, referral_id, "redirect_referral", lambda r: r.redirect(decision, to, next_id),
        expected=expected,
    )  # fmt: skip


def carry_on_elsewhere(
    store: ReferralsStore, referral_id: str, next_id: str, to: str, *, passes_on: bool
) -> None:
    """Make the linked referral of a redirected one; it keeps the date first received.

    It is a draft for the setting and the family to look at, and goes into the other service's
    queue at once where they have agreed to that, have seen all of it, and nothing more is asked
    there.
    """
    if store.referrals.find(next_id) is not None:
        return
    before = store.referrals.get(referral_id)
    assert before.received_at is not None
    made = Referral(
        id=next_id, child_id=before.child_id, setting_id=before.setting_id,
        drafted_at=clock.now(), address=store.address_of(next_id),
        escalation_id=before.escalation_id,
        origin=Origin(before.id, before.received_at, before.been_with),
        attachments=before.attachments,
    )  # fmt: skip
    service = store.support_services.get(to)
    made.edit(before.request.for_service(to))
    first = store.open_referral(before.child_id, to) is None
    if passes_on and first and service.takes(made.request) and _covered(before, made, service):
        made.consent = replace(before.consent, shown=dict(shown_of(service, made)))
        made.submit(clock.now(), clock.today(), target_of(service))
    note(made, "carry_on_elsewhere")
    store.referrals.add(made)


def _covered(before: Referral, made: Referral, service: SupportService) -> bool:
    """Whether the family's agreement is to all that the other service would read: the service
    itself aside, since it may be passed on."""
    shown = {name: digest for name, digest in shown_of(service, made).items() if name != SERVICE}
    return before.consent.covers(shown, service.details.agreement_of)
