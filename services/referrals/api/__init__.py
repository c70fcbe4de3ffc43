"""HTTP in, command or query, HTTP out."""

from services.referrals.store import ReferralsStore
from shared.web.app import current_store

store = current_store(ReferralsStore)
