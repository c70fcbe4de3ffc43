"""Telling a service's own system: signed, retried, replayed, never inside."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, Response, request
from standardwebhooks import Webhook as Official
from werkzeug.serving import make_server

from services.referrals.commands.webhooks import send_due
from services.referrals.providers.webhook_http import Caller, refused_address
from shared import clock
from tests.support.house import Person, Service, settle
from tests.support.story import School
from tests.support.world import add_service, submitted

Json = dict[str, Any]
INSIDE = Caller(private_too=True)


@dataclass
class Receiver:
    """A service's own system: what it got, and what it answers next."""

    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made, app = Receiver(), Flask("receiver")

    @app.post("/sen")
    def take() -> Response:
        made.got.append((dict(request.headers), request.get_data()))
        status, headers = made.answers.pop(0) if made.answers else (204, {})
        return Response(status=status, headers=headers)

    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}/sen"
    yield made
    server.shutdown()


@pytest.fixture
def service_id(referrals: Service) -> str:
    return add_service(referrals)


@pytest.fixture
def worker(referrals: Service, service_id: str) -> Iterator[Person]:
    referrals.app.extensions["sen.private_webhooks"] = True
    yield referrals.person("support_worker", services=[service_id])
    referrals.app.extensions["sen.private_webhooks"] = False


@pytest.fixture
def webhook(worker: Person, service_id: str, receiver: Receiver) -> Json:
    found: Json = worker.post(f"/support-services/{service_id}/webhooks", {"url": receiver.url})
    return found


def a_referral(plans: Service, referrals: Service, service_id: str) -> Json:
    school = School(plans)
    child_id = school.child()["id"]
    settle(plans, referrals)
    made = submitted(referrals, school.at(referrals), child_id, service_id)
    settle(referrals, plans)
    return made


def test_a_referral_reaches_the_services_own_system_signed(
    plans: Service, referrals: Service, worker: Person, webhook: Json, receiver: Receiver,
    service_id: str,
) -> None:  # fmt: skip
    made = a_referral(plans, referrals, service_id)
    assert send_due(referrals.store, INSIDE) >= 1
    (headers, body) = receiver.got[0]
    lower = {key.lower(): value for key, value in headers.items()}
    event = Official(webhook["secret"]).verify(body, lower)
    assert event["type"] == "referrals.ReferralSubmitted"
    assert event["subject"] == made["id"]
    # Where its content is read, with the service's own rights; nothing of it is here.
    assert event["data"]["address"].endswith(f"/referrals/{made['id']}")
    assert b"Is not understood" not in body
    assert worker.get(f"/referrals/{made['id']}")["request"]["reason"] == "Is not understood"
    (entry,) = worker.get(f"/webhooks/{webhook['id']}/deliveries")["items"]
    assert (entry["state"], entry["attempts"][0]["status"]) == ("delivered", 204)
    assert "secret" not in worker.get(f"/support-services/{service_id}/webhooks")["items"][0]


def test_a_failing_receiver_is_tried_again_with_the_same_id(
    plans: Service, referrals: Service, worker: Person, webhook: Json, receiver: Receiver,
    service_id: str,
) -> None:  # fmt: skip
    receiver.answers = [(500, {}), (503, {"Retry-After": "900"}), (302, {"Location": "/else"})]
    a_referral(plans, referrals, service_id)
    waited = []
    at = f"/webhooks/{webhook['id']}/deliveries"
    for hours in range(4):
        with clock.frozen(clock.now() + timedelta(hours=hours)):
            send_due(referrals.store, INSIDE)
            waited.append(worker.get(at)["items"][0]["next_try"])
    assert len(receiver.got) == 4 and len(set(waited[:3])) == 3
    assert len({dict(h)["Webhook-Id"] for h, _ in receiver.got}) == 1
    (entry,) = worker.get(at)["items"]
    assert [a["status"] for a in entry["attempts"]] == [500, 503, 302, 204]
    assert entry["state"] == "delivered"


def test_what_failed_for_good_is_replayed(
    plans: Service, referrals: Service, worker: Person, webhook: Json, receiver: Receiver,
    service_id: str,
) -> None:  # fmt: skip
    receiver.answers = [(500, {})] * 10
    a_referral(plans, referrals, service_id)
    began = clock.now()
    for days in range(10):
        with clock.frozen(began + timedelta(days=days)):
            send_due(referrals.store, INSIDE)
    at = f"/webhooks/{webhook['id']}"
    (entry,) = worker.get(f"{at}/deliveries?state=failed")["items"]
    since = (began - timedelta(hours=1)).isoformat()
    assert worker.post(f"{at}/replay", {"since": since}) == {"replayed": 1}
    send_due(referrals.store, INSIDE)
    assert worker.get(f"{at}/deliveries")["items"][0]["state"] == "delivered"
    worker.post(f"/deliveries/{entry['id']}/replay")
    send_due(referrals.store, INSIDE)
    assert len({dict(h)["Webhook-Id"] for h, _ in receiver.got}) == 1 and len(receiver.got) == 12
    worker.refused(422, "POST", f"{at}/replay", {"since": "yesterday"})


def test_a_new_secret_signs_from_now_on_and_a_quiet_webhook_is_not_called(
    plans: Service, referrals: Service, worker: Person, webhook: Json, receiver: Receiver,
    service_id: str,
) -> None:  # fmt: skip
    at = f"/webhooks/{webhook['id']}"
    turned = worker.post(f"{at}/secret", version=webhook["version"])
    assert turned["secret"] != webhook["secret"]
    a_referral(plans, referrals, service_id)
    send_due(referrals.store, INSIDE)
    headers, body = receiver.got[0]
    Official(turned["secret"]).verify(body, {k.lower(): v for k, v in headers.items()})
    quiet = {"url": receiver.url, "active": False}
    worker.put(at, quiet, version=turned["version"])
    a_referral(plans, referrals, service_id)
    send_due(referrals.store, INSIDE)
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    "url",
    ["http://93.184.215.14/sen", "https://127.0.0.1/sen", "https://10.1.2.3/sen",
     "https://[::1]/sen", "https://localhost/sen", "https://169.254.169.254/latest",
     "https://user:secret@93.184.215.14/", "https://no-such-host.invalid/", "https://1.2.3.4:x/"],
)  # fmt: skip
def test_an_address_inside_is_never_called(referrals: Service, service_id: str, url: str) -> None:
    assert refused_address(url)
    worker = referrals.person("support_worker", services=[service_id])
    problem = worker.refused(422, "POST", f"/support-services/{service_id}/webhooks", {"url": url})
    assert problem["errors"][0]["pointer"] == "/url"
