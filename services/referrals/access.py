"""Who may do what here: the table, and whose a thing is."""

from services.referrals.domain.values import OPEN_WITH_SERVICE, ReferralStatus
from services.referrals.store import ReferralsStore
from shared.web.guard import (
    PUBLIC,
    Caller,
    Opened,
    Rule,
    Subject,
    anyone,
    own_service,
    own_setting,
)

OWN = {"senco": own_setting}
WORKER = {"support_worker": own_service}
KEEPER = {"council_officer": anyone}
KEPT_BY = {"council_officer": anyone, "support_worker": own_service}
ANY_STAFF = {
    "senco": anyone, "teacher": anyone, "support_worker": anyone, "council_officer": anyone,
}  # fmt: skip
_SEEN_BY_SERVICE = (*OPEN_WITH_SERVICE, ReferralStatus.CLOSED, ReferralStatus.DECLINED,
                    ReferralStatus.REDIRECTED)  # fmt: skip


def with_a_setting(caller: Caller, _subject: Subject) -> bool:
    """Whoever stands for a setting: a booking says whose it is."""
    return bool(caller.settings)


def own_booking(caller: Caller, subject: Subject) -> bool:
    """It was booked by the caller."""
    return caller.id in subject.readers


BOOKER = {"senco": with_a_setting, "teacher": with_a_setting}
BOOKED = {"senco": own_booking, "teacher": own_booking}


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

    def session(session_id: str, **_: str) -> Subject:
        found = store.support_sessions.get(session_id)
        return Subject(
            f"session/{found.id}", opened=lambda: lies_with(found.support_service_id), thing=found
        )

    def booking(session_id: str, booking_id: str) -> Subject:
        found = store.support_sessions.get(session_id)
        people = {kept.person_id for kept in found.bookings if kept.id == booking_id}
        return Subject(
            f"session/{found.id}", readers=frozenset(people),
            opened=lambda: lies_with(found.support_service_id if people else None), thing=found,
        )  # fmt: skip

    def webhook(webhook_id: str, **_: str) -> Subject:
        found = store.webhooks.get(webhook_id)
        return Subject(
            f"webhook/{found.id}", opened=lambda: lies_with(found.support_service_id), thing=found
        )

    def delivery(delivery_id: str) -> Subject:
        found = store.deliveries.get(delivery_id)
        return Subject(
            f"delivery/{found.id}", opened=lambda: lies_with(found.support_service_id), thing=found
        )

    seen = Rule({**OWN, **WORKER}, referral)
    by_setting = Rule(OWN, referral, changes=True)
    by_service = Rule(WORKER, referral, changes=True)
    added_by_service = Rule(WORKER, referral)
    of_queue = Rule(WORKER, entry)
    pages = {
        "home.home": Rule(ANY_STAFF, page=True),
        "queue_pages.show_queue": Rule(WORKER, entry, page=True),
        "queue_pages.act_on_queue": Rule(WORKER, entry, page=True),
        "queue_pages.follow_queue": Rule(WORKER, entry, page=True),
        "referral_pages.show_referral": Rule({**OWN, **WORKER}, referral, page=True),
        "referral_pages.act_on_referral": Rule({**OWN, **WORKER}, referral, page=True),
        "referral_pages.attach_file": Rule({**OWN, **WORKER}, referral, page=True, files=True),
        "referral_pages.fetch_file": Rule({**OWN, **WORKER}, referral, page=True),
        "referral_pages.detach_file": Rule({**OWN, **WORKER}, referral, page=True),
        "draft_pages.list_referrals": Rule(OWN, setting, page=True),
        "draft_pages.choose_child": Rule(OWN, setting, page=True),
        "draft_pages.begin_referral": Rule(OWN, child, page=True),
        "draft_pages.edit_draft": Rule(OWN, referral, page=True),
        "directory_pages.show_directory": Rule(ANY_STAFF, page=True),
        "directory_pages.show_entry": Rule(ANY_STAFF, entry, page=True),
        "directory_pages.add_entry": Rule(KEEPER, page=True),
        "directory_pages.edit_entry": Rule(KEEPER, entry, page=True),
        "people_pages.keep_people": Rule(KEPT_BY, entry, page=True),
        "session_pages.list_sessions": Rule(ANY_STAFF, page=True),
        "session_pages.show_session": Rule(ANY_STAFF, session, page=True),
        "session_pages.fetch_calendar": Rule(ANY_STAFF, session, page=True),
        "session_pages.book": Rule(BOOKER, session, page=True),
        "session_pages.give_up": Rule({**BOOKED, **WORKER}, booking, page=True),
        "session_pages.say": Rule(BOOKED, booking, page=True),
        "session_pages.announce": Rule(WORKER, entry, page=True),
        "session_pages.edit_session": Rule(WORKER, session, page=True),
        "session_pages.cancel": Rule(WORKER, session, page=True),
        "session_pages.attend": Rule(WORKER, session, page=True),
        "dashboard_pages.show_service": Rule({**WORKER, **KEEPER}, entry, page=True),
        "dashboard_pages.show_council": Rule(KEEPER, page=True),
    }
    return {
        **pages,
        "directory.add_support_service": Rule(KEEPER),
        "directory.list_support_services": Rule(ANY_STAFF),
        "directory.match_support_services": Rule(ANY_STAFF),
        "directory.match_for_child": Rule(OWN, child),
        "directory.read_support_service": Rule(ANY_STAFF, entry),
        "directory.read_waiting_times": Rule(ANY_STAFF, entry),
        "directory.change_support_service": Rule(KEEPER, entry, changes=True),
        "people.read_people": Rule(KEPT_BY, entry),
        "people.keep_people": Rule(KEPT_BY, entry, changes=True),
        "directory.publish_form": Rule(KEPT_BY, entry, changes=True),
        "directory.read_forms": Rule(ANY_STAFF, entry),
        "referrals.fill_referral": Rule(OWN, child),
        "referrals.draft_referral": Rule(OWN, child),
        "referrals.list_setting_referrals": Rule(OWN, setting),
        "referrals.read_referral": seen,
        "referrals.read_standing": seen,
        "referrals.edit_referral": by_setting,
        "referrals.ask_consent": by_setting,
        "referrals.record_consent": by_setting,
        "referrals.submit_referral": by_setting,
        "referrals.supply_information": by_setting,
        "referrals.withdraw_referral": by_setting,
        "attachments.attach": Rule({**OWN, **WORKER}, referral, files=True),
        "attachments.read_attachment": seen,
        "attachments.detach": Rule({**OWN, **WORKER}, referral, changes=True),
        "queue.read_queue": of_queue,
        "queue.look_at_queue": of_queue,
        "queue.act_on_many": of_queue,
        "queue.read_ageing": Rule({**WORKER, **KEEPER}, entry),
        "queue.read_all_ageing": Rule(KEEPER),
        "queue.follow_queue": of_queue,
        "triage.read_notes": added_by_service,
        "triage.acknowledge_referral": by_service,
        "triage.claim_referral": added_by_service,
        "triage.release_referral": added_by_service,
        "triage.hand_over_referral": by_service,
        "triage.add_note": added_by_service,
        "triage.request_information": by_service,
        "triage.accept_referral": by_service,
        "triage.decline_referral": by_service,
        "triage.redirect_referral": by_service,
        "work.put_on_waiting_list": by_service,
        "work.allocate_referral": by_service,
        "work.begin_work": by_service,
        "work.record_work": added_by_service,
        "work.report_back": added_by_service,
        "work.close_referral": by_service,
        "sessions.announce_session": of_queue,
        "sessions.list_sessions": Rule(ANY_STAFF),
        "sessions.read_session": Rule(ANY_STAFF, session),
        "sessions.read_bookings": Rule(WORKER, session),
        "sessions.read_calendar": Rule(ANY_STAFF, session),
        "sessions.change_session": Rule(WORKER, session, changes=True),
        "sessions.cancel_session": Rule(WORKER, session, changes=True),
        "sessions.record_attendance": Rule(WORKER, session, changes=True),
        "sessions.book_session": Rule(BOOKER, session),
        "sessions.list_my_bookings": Rule(BOOKER),
        "sessions.give_up_booking": Rule({**BOOKED, **WORKER}, booking),
        "sessions.give_feedback": Rule(BOOKED, booking),
        "webhooks.add_webhook": of_queue,
        "webhooks.list_webhooks": of_queue,
        "webhooks.change_webhook": Rule(WORKER, webhook, changes=True),
        "webhooks.turn_secret": Rule(WORKER, webhook, changes=True),
        "webhooks.list_deliveries": Rule(WORKER, webhook),
        "webhooks.replay_since": Rule(WORKER, webhook),
        "webhooks.replay_delivery": Rule(WORKER, delivery),
        "audit.read_audit": Rule(OWN, setting),
        "pages.family_referral": PUBLIC,
        "pages.answer_consent": PUBLIC,
    }
