"""What the AsyncAPI document says of messages is what a service's own system gets."""

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from docs import asyncapi
from tests.support.house import Service, settle
from tests.support.story import School
from tests.support.world import add_service, submitted


def _payload(name: str) -> Draft202012Validator:
    schema = asyncapi.document()["components"]["messages"][name]["payload"]
    return Draft202012Validator(schema, format_checker=FormatChecker())


def test_real_events_are_what_the_document_says(plans: Service, referrals: Service) -> None:
    school, service_id = School(plans), add_service(referrals)
    child_id = school.child()["id"]
    settle(plans, referrals)
    senco = school.at(referrals)
    sent = submitted(referrals, senco, child_id, service_id)
    at = f"/referrals/{sent['id']}"
    worker = referrals.person("support_worker", services=[service_id])
    now = worker.post(f"{at}/accept", {"family_words": "Yes"}, version=sent["version"])
    now = worker.post(f"{at}/waiting-list", version=now["version"])
    now = worker.post(f"{at}/allocate", {"to": worker.id}, version=now["version"])
    now = worker.post(f"{at}/begin", version=now["version"])
    worker.post(f"{at}/close", {"outcome": "goals_met"}, version=now["version"])
    events = [e for e in settle(referrals, plans) if e["subject"] == sent["id"]]
    assert len(events) == 6
    for event in events:
        validator = _payload(event["type"].rpartition(".")[2])
        assert list(validator.iter_errors(event)) == []
        broken = {**event, "data": {**event["data"], "support_service_id": "Robin"}}
        assert list(validator.iter_errors(broken))


@pytest.mark.parametrize("channel", ["queue", "webhook"])
def test_both_ways_carry_the_same_messages(channel: str) -> None:
    document = asyncapi.document()
    named = {ref["$ref"] for ref in document["channels"][channel]["messages"].values()}
    assert named == {f"#/components/messages/{name}" for name in document["components"]["messages"]}
