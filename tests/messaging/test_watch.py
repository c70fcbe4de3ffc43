"""The demo counts what flowed about its family, however early it came."""

import json
import time
from typing import Any

import pytest

from deploy.local.watch import Watch
from shared import ids
from shared.messaging.broker import Outgoing, Publisher
from tests.support.house import event

pytestmark = pytest.mark.xdist_group("broker")


def test_an_event_that_comes_before_the_answer_that_says_the_childs_id_is_seen(
    amqp_url: str,
) -> None:
    child, another = ids.new_id(), ids.new_id()

    def registered(subject: str) -> dict[str, Any]:
        data = {"child_id": subject, "setting_id": ids.new_id(), "recipients": []}
        return event("ChildRegistered", data, subject=subject)

    ours, others = registered(child), registered(another)
    lines: list[str] = []
    watch = Watch({}, amqp_url, {}, lines.append)
    with watch.tap, Publisher(amqp_url) as publisher:
        batch = [Outgoing(one["id"], json.dumps(one), one["type"]) for one in (others, ours)]
        assert set(publisher.publish(batch).confirmed) == {ours["id"], others["id"]}
        by = time.monotonic() + 120
        while len(watch.tap.events) < 2:
            assert time.monotonic() < by, "the tap heard nothing"
            time.sleep(0.02)
        watch.child_id = child
        watch.saw("plans.ChildRegistered")
    assert lines == [f"      event plans.ChildRegistered  {ours['id']}"]
