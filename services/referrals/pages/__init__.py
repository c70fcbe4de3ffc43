"""The pages: those that families open by a signed link, and those of people who sign in."""

from services.referrals.store import ReferralsStore
from shared.web.app import current_store

store = current_store(ReferralsStore)
