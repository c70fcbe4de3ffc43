"""Who may do what here: the table, and whose a thing is."""

from services.referrals.domain.referral import OPEN_WITH_SERVICE, ReferralStatus
from services.referrals.store import ReferralsStore
from shared.web.guard import PUBLIC, Opened, Rule, Subject, anyone, own_service, own_setting

OWN = {"senco": own_setting}
WORKER = {"support_worker": own_service}
KEEPER = {"council_officer": anyone}
ANY_STAFF = {
    "senco": anyone, "teacher": anyone, "support_worker": anyone, "council_officer": anyone,
}  # fmt: skip
_SEEN_BY_SERVICE = (*OPEN_WITH_SERVICE, ReferralStatus.CLOSED, ReferralStatus.DECLINED)


def rules(store: ReferralsStore) -> dict[str, Rule]:
    """Endpoint -> rule. An endpoint that is missing here stops the service from being built."""

    def setting(setting_id: str, **_: str) -> Subject:
        return Subject(f"setting/{setting_id}", setting_id=setting_id)

    def child(child_id: str, **_: str) -> Subject:
        return Subject(
            f"child/{child_id}", setting_id=store.setting_of_child(child_id), child_id=child_id
        )

    def lies_with(service_id: str | None) -> Opened:
        return Opened(services=frozenset({service_id} if service_id else ()))

    def entry(support_service_id: str, **_: str) -> Subject:
        found = store.support_services.get(support_service_id)
        return Subject(
            f"support_service/{found.id}", opened=lambda: lies_with(found.id), thing=found
        )

    def referral(referral_id: str, **_: str) -> Subject:
        found = store.referrals.get(referral_id)
        # A draft is the setting's alone, and what was withdrawn is so again.
        with_service = found.support_service_id if found.status in _SEEN_BY_SERVICE else None
        return Subject(
            f"referral/{found.id}", setting_id=found.setting_id, child_id=found.child_id,
            opened=lambda: lies_with(with_service), thing=found,
        )  # fmt: skip

    return {
        "directory.add_support_service": Rule(KEEPER),
        "directory.list_support_services": Rule(ANY_STAFF),
        "directory.read_support_service": Rule(ANY_STAFF, entry),
        "directory.change_support_service": Rule(KEEPER, entry, changes=True),
        "referrals.draft_referral": Rule(OWN, child),
        "referrals.list_setting_referrals": Rule(OWN, setting),
        "referrals.read_referral": Rule({**OWN, **WORKER}, referral),
        "referrals.edit_referral": Rule(OWN, referral, changes=True),
        "referrals.record_consent": Rule(OWN, referral, changes=True),
        "referrals.submit_referral": Rule(OWN, referral, changes=True),
        "referrals.supply_information": Rule(OWN, referral, changes=True),
        "referrals.withdraw_referral": Rule(OWN, referral, changes=True),
        "triage.read_queue": Rule(WORKER, entry),
        "triage.read_notes": Rule(WORKER, referral),
        "triage.acknowledge_referral": Rule(WORKER, referral, changes=True),
        "triage.claim_referral": Rule(WORKER, referral),
        "triage.release_referral": Rule(WORKER, referral),
        "triage.add_note": Rule(WORKER, referral),
        "triage.request_information": Rule(WORKER, referral, changes=True),
        "triage.accept_referral": Rule(WORKER, referral, changes=True),
        "triage.decline_referral": Rule(WORKER, referral, changes=True),
        "triage.allocate_referral": Rule(WORKER, referral, changes=True),
        "triage.begin_work": Rule(WORKER, referral, changes=True),
        "triage.report_back": Rule(WORKER, referral),
        "triage.close_referral": Rule(WORKER, referral, changes=True),
        "audit.read_audit": Rule(OWN, setting),
        "pages.family_referral": PUBLIC,
    }
