"""The directory of SEND support services."""

from services.referrals.domain.support_service import Details, SupportService
from services.referrals.store import ReferralsStore
from shared.store.repository import creation_id


def add_support_service(store: ReferralsStore, details: Details) -> SupportService:
    """A service joins the directory."""
    details.must_make_sense()
    return store.support_services.add(SupportService(id=creation_id(), details=details))


def change_support_service(
    store: ReferralsStore, support_service_id: str, details: Details, expected: int
) -> SupportService:
    """Keep an entry right."""
    return store.support_services.change(
        support_service_id, lambda service: service.change(details), expected=expected
    )
