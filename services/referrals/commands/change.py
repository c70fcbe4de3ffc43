"""How every command changes a referral: with a line in its history."""

from collections.abc import Callable

from services.referrals.domain.parts import Happened
from services.referrals.domain.referral import Referral
from services.referrals.store import ReferralsStore
from shared import clock, context


def change_referral(
    store: ReferralsStore,
    referral_id: str,
    what: str,
    act: Callable[[Referral], object],
    *,
    expected: int | None = None,
) -> Referral:
    """Let `act` change the referral, and note in its history what was done, by whom, when."""

    def noted(referral: Referral) -> None:
        act(referral)
        note(referral, what)

    return store.referrals.change(referral_id, noted, expected=expected)


def note(referral: Referral, what: str) -> None:
    """A line in its history, by whoever is at work."""
    work = context.current()
    referral.happened(Happened(clock.now(), work.actor_id, work.actor_role, what), clock.today())
