"""The pages that families open by a signed link."""

from services.referrals.store import ReferralsStore
from shared.web.app import current_store

store = current_store(ReferralsStore)
