"""Who may do what here: the table, and whose a thing is."""

from services.notifications.store import NotificationsStore
from shared.web.guard import PUBLIC, Rule, Subject, anyone, own_setting

OWN = {"senco": own_setting}


def rules(store: NotificationsStore) -> dict[str, Rule]:
    """Endpoint -> rule. An endpoint that is missing here stops the service from being built."""

    def setting(setting_id: str, **_: str) -> Subject:
        return Subject(f"setting/{setting_id}", setting_id=setting_id)

    def contact(contact_id: str, **_: str) -> Subject:
        found = store.contacts.get(contact_id)
        return Subject(f"contact/{found.id}", setting_id=found.setting_id, thing=found)

    def message(message_id: str, **_: str) -> Subject:
        found = store.messages.get(message_id)
        return Subject(
            f"message/{found.id}", setting_id=found.setting_id, child_id=found.child_id,
            thing=found,
        )  # fmt: skip

    return {
        "profiles.set_profile": Rule(OWN, setting, changes=True),
        "profiles.read_profile": Rule({"senco": own_setting, "teacher": own_setting}, setting),
        "contacts.add_contact": Rule(OWN, setting),
        "contacts.list_contacts": Rule(OWN, setting),
        "contacts.read_contact": Rule(OWN, contact),
        "contacts.change_contact": Rule(OWN, contact, changes=True),
        "messages.list_messages": Rule(OWN, setting),
        "messages.read_message": Rule(OWN, message),
        "messages.list_templates": Rule(
            {"senco": anyone, "teacher": anyone, "council_officer": anyone, "operator": anyone}
        ),
        "audit.read_audit": Rule(OWN, setting),
        "pages.read_preferences": PUBLIC,
        "pages.change_preferences": PUBLIC,
        "pages.follow_short_link": PUBLIC,
        "callbacks.notify": Rule(public=True, callback=True),
        "callbacks.notify_received": Rule(public=True, callback=True),
    }
