"""Who may do what here: the table, and whose a thing is."""

from functools import partial

from services.reviews.store import ReviewsStore
from shared.errors import NotFound, NotYet
from shared.web.guard import PUBLIC, Opened, Rule, Subject, anyone, own_setting, when_opened

OWN = {"senco": own_setting}
STAFF = {"senco": own_setting, "teacher": own_setting}
READ = {**STAFF, "council_officer": when_opened}
COUNCIL = {"council_officer": when_opened}


def rules(store: ReviewsStore) -> dict[str, Rule]:
    """Endpoint -> rule. An endpoint that is missing here stops the service from being built."""

    def setting(setting_id: str, **_: str) -> Subject:
        return Subject(f"setting/{setting_id}", setting_id=setting_id)

    def opened(child_id: str) -> Opened:
        return Opened(now=store.open_to_council(child_id))

    def child(child_id: str, **_: str) -> Subject:
        return Subject(
            f"child/{child_id}", setting_id=store.setting_of_child(child_id), child_id=child_id,
            opened=partial(opened, child_id),
        )  # fmt: skip

    def plan(plan_id: str, **_: str) -> Subject:
        try:
            found = store.known_plan(plan_id)
        except NotYet as problem:
            raise NotFound("There is no such plan.") from problem
        return Subject(
            f"plan/{plan_id}", setting_id=found["setting_id"], child_id=found["child_id"],
            opened=partial(opened, found["child_id"]), thing=found,
        )  # fmt: skip

    def review(review_id: str, **_: str) -> Subject:
        found = store.reviews.get(review_id)
        return Subject(
            f"review/{found.id}", setting_id=found.setting_id, child_id=found.child_id,
            opened=partial(opened, found.child_id), thing=found,
        )  # fmt: skip

    def escalation(escalation_id: str, **_: str) -> Subject:
        found = store.escalations.get(escalation_id)
        return Subject(
            f"escalation/{found.id}", setting_id=found.setting_id, child_id=found.child_id,
            opened=lambda: Opened(now=found.with_council), thing=found,
        )  # fmt: skip

    def evening(evening_id: str) -> Subject:
        found = store.evenings.get(evening_id)
        return Subject(f"parents' evening/{found.id}", setting_id=found.setting_id, thing=found)

    return {
        "calendars.set_calendar": Rule(OWN, setting, changes=True),
        "calendars.read_calendar": Rule(STAFF, setting),
        "reviews.list_setting_reviews": Rule(STAFF, setting),
        "reviews.schedule_review": Rule(OWN, plan),
        "reviews.list_reviews": Rule(READ, plan),
        "reviews.read_review": Rule(READ, review),
        "reviews.move_review": Rule(OWN, review, changes=True),
        "reviews.contribute": Rule(STAFF, review),
        "reviews.hold_review": Rule(OWN, review, changes=True),
        "reviews.complete_review": Rule(OWN, review, changes=True),
        "reviews.decide_review": Rule(OWN, review, changes=True),
        "reviews.record_discussion": Rule(OWN, review, changes=True),
        "escalations.list_setting_escalations": Rule(OWN, setting),
        "escalations.list_requests": Rule({"council_officer": anyone}),
        "escalations.open_escalation": Rule(OWN, child),
        "escalations.list_escalations": Rule({**OWN, **COUNCIL}, child),
        "escalations.read_escalation": Rule({**OWN, **COUNCIL}, escalation),
        "escalations.confirm_escalation": Rule(OWN, escalation, changes=True),
        "escalations.dismiss_escalation": Rule(OWN, escalation, changes=True),
        "escalations.record_escalation_discussion": Rule(OWN, escalation, changes=True),
        "escalations.request_needs_assessment": Rule(OWN, escalation, changes=True),
        "escalations.decide_needs_assessment": Rule(COUNCIL, escalation, changes=True),
        "escalations.decide_ehc_plan": Rule(COUNCIL, escalation, changes=True),
        "escalations.record_receipt": Rule(COUNCIL, escalation, changes=True),
        "escalations.excuse_clock": Rule(COUNCIL, escalation, changes=True),
        "escalations.list_ehc_plans": Rule({"council_officer": anyone}),
        "escalations.decide_to_cease": Rule(COUNCIL, escalation, changes=True),
        "escalations.end_ehc_plan": Rule(COUNCIL, escalation, changes=True),
        "evenings.announce_evening": Rule(OWN, setting),
        "evenings.list_evenings": Rule(STAFF, setting),
        "evenings.read_evening": Rule(STAFF, evening),
        "evenings.book_slot": Rule(OWN, evening),
        "evenings.cancel_evening": Rule(OWN, evening, changes=True),
        "pages.choose_slot": PUBLIC,
        "audit.read_audit": Rule(OWN, setting),
    }
