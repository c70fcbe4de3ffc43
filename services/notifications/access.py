"""Who may do what here: the table, and whose a thing is."""

from services.notifications.store import NotificationsStore, contact_id
from shared.errors import NotFound
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

    def person(setting_id: str, person_id: str, **_: str) -> Subject:
        found = store.contacts.find(contact_id(setting_id, person_id))
        if found is None and not store.was_told(setting_id, person_id):
            raise NotFound("There is no such person at this setting.")
        return Subject(f"person/{person_id}", setting_id=setting_id, thing=found)

    return {
        "profiles.set_profile": Rule(OWN, setting, changes=True),
        "profiles.read_profile": Rule({"senco": own_setting, "teacher": own_setting}, setting),
        "contacts.add_contact": Rule(OWN, setting),
        "contacts.list_contacts": Rule(OWN, setting),
        "contacts.read_contact": Rule(OWN, contact),
        "contacts.change_contact": Rule(OWN, contact, changes=True),
        "contacts.list_replies": Rule(OWN, contact),
        "contacts.read_reply": Rule(OWN, contact),
        "contacts.name_child": Rule(OWN, contact, changes=True),
        "messages.list_messages": Rule(OWN, setting),
        "messages.read_message": Rule(OWN, message),
        "messages.list_templates": Rule(
            {"senco": anyone, "teacher": anyone, "council_officer": anyone, "operator": anyone}
        ),
        "operations.read_sending": Rule({"operator": anyone}),
        "operations.list_due": Rule(OWN, setting),
        "operations.end_due": Rule(OWN, setting),
        "audit.read_audit": Rule(OWN, setting),
        "pages.read_preferences": PUBLIC,
        "pages.change_preferences": PUBLIC,
        "pages.follow_short_link": PUBLIC,
        "callbacks.notify": Rule(public=True, callback=True),
        "callbacks.notify_received": Rule(public=True, callback=True),
        "callbacks.twilio": Rule(public=True, callback=True, form=True),
        "callbacks.twilio_received": Rule(public=True, callback=True, form=True),
        "pages.read_news": PUBLIC,
        "people_pages.home": Rule({"senco": anyone, "operator": anyone}, page=True),
        "people_pages.list_people": Rule(OWN, setting, page=True),
        "people_pages.show_person": Rule(OWN, person, page=True),
        "people_pages.read_reply": Rule(OWN, person, page=True),
        "people_pages.take_name": Rule(OWN, person, page=True),
        "people_pages.show_due": Rule(OWN, setting, page=True),
        "people_pages.end_due": Rule(OWN, setting, page=True),
        "sending_pages.show_sending": Rule({"operator": anyone}, page=True),
    }
