"""What an event began has the event's day, however late it is heard of."""

from datetime import UTC, datetime, timedelta

from shared import clock, ids
from tests.support.house import Service, event

SUGGESTED = datetime(2030, 3, 4, 9, tzinfo=UTC)


def test_an_escalation_is_open_since_it_was_suggested(reviews: Service) -> None:
    setting, escalation = ids.new_id(), ids.new_id()
    data = {
        "child_id": ids.new_id(),
        "setting_id": setting,
        "plan_id": ids.new_id(),
        "escalation_id": escalation,
        "cycles": 2,
    }
    with clock.frozen(SUGGESTED):
        said = event("EscalationSuggested", data, subject=ids.new_id())
    with clock.frozen(SUGGESTED + timedelta(days=3)):
        reviews.handle(said)
        senco = reviews.person("senco", settings=[setting])
        assert senco.get(f"/escalations/{escalation}")["opened_on"] == "2030-03-04"
