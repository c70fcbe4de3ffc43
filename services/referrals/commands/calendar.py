"""What the calendar raises: nobody waits unseen."""

from datetime import timedelta

from services.referrals.commands.change import change_referral
from services.referrals.domain.values import CLOCK_RUNS, ReferralStatus
from services.referrals.store import IN_QUEUE, ReferralsStore
from shared import clock
from shared.store.each import each

_AT_ONCE = 1000


def raise_overdue(store: ReferralsStore) -> int:
    """Say of each undecided referral whose response target has passed that it has."""
    today = clock.today()
    found = store.referrals.find_readable(
        {"status": {"$in": list(CLOCK_RUNS)}, "overdue_told": False,
         "respond_by": {"$lt": today.isoformat()}},
        sort=[("respond_by", 1)], limit=_AT_ONCE,
    )  # fmt: skip
    return each(
        "raise overdue referral",
        found,
        lambda referral: change_referral(
            store, referral.id, "raise_overdue", lambda r: r.raise_overdue(today)
        ),
    )


def tell_who_waits(store: ReferralsStore, every_days: int) -> int:
    """An update at least every so many days: it still waits."""
    today = clock.today()
    found = store.referrals.find_readable(
        {"told_on": {"$lte": (today - timedelta(days=every_days)).isoformat()},
         **IN_QUEUE, "$nor": [{"status": ReferralStatus.IN_PROGRESS}]},
        sort=[("told_on", 1)], limit=_AT_ONCE,
    )  # fmt: skip
    return each(
        "tell who waits",
        found,
        lambda referral: change_referral(
            store, referral.id, "tell_who_waits", lambda r: r.still_waiting(today, every_days)
        ),
    )
