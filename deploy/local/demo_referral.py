"""The part of the walk in which a support service is asked for help."""

from typing import Any, Protocol

import requests

from deploy.local.client import Caller
from deploy.local.sample import bodies
from deploy.local.sample.words import Need
from deploy.local.watch import Json, link_in


class Walk(Protocol):
    """What this part needs of the walk."""

    setting_id: str
    child_id: str
    service_id: str
    service_name: str
    need: Need
    senco: Caller
    worker: Caller

    def step(self, words: str) -> None: ...
    def say(self, line: str) -> None: ...
    def until(self, what: str, look: Any) -> Any: ...
    def told(self, subject: str, *, times: int = 1) -> list[Json]: ...
    def saw(self, kind: str) -> None: ...


def refer(walk: Walk, escalation: Json) -> None:
    """From the draft that the escalation suggested to a place on the service's waiting list."""
    walk.step(f"Referral: to {walk.service_name}")
    draft = walk.until(
        "a draft referral waits",
        lambda: walk.senco.items(
            "referrals", f"/settings/{walk.setting_id}/referrals", child_id=walk.child_id
        ),
    )[0]
    assert draft["escalation_id"] == escalation["id"]
    at = f"/referrals/{draft['id']}"
    _complete(walk, draft)
    _ask_the_family(walk, at)
    _decide(walk, at)


def _complete(walk: Walk, draft: Json) -> None:
    at = f"/children/{walk.child_id}"
    found = walk.senco.get("referrals", f"{at}/support-services")
    best = found["items"][0]
    walk.say(f"    who can help: {best['service']['details']['name']} ({best['reasons'][0]})")
    start = walk.senco.get("referrals", f"{at}/referral-start?support_service_id={walk.service_id}")
    assert start["request"]["child_name"] == "Robin Hollowmere", "nothing was filled in"
    walk.say(f"    filled in from what is recorded: {len(start['filled'])} answers")
    asked = {**bodies.referral_request(walk.need, walk.service_id), **start["request"]}
    # What the service's own form asks besides.
    asked["answers"] = {**asked.get("answers", {}), "hearing_test": "2026-05-12"}
    walk.senco.put("referrals", f"/referrals/{draft['id']}/request", asked,
                   version=draft["version"])  # fmt: skip


def _ask_the_family(walk: Walk, at: str) -> None:
    version = walk.senco.get("referrals", at)["version"]
    refused = walk.senco.call("POST", "referrals", f"{at}/submit", version=version)
    assert refused.status_code == 409, "a referral went out without consent"
    walk.say(f"    without consent: {refused.status_code} {refused.json()['detail']}")
    walk.senco.post("referrals", f"{at}/consent/ask", version=version)
    for mail in walk.told("may we ask for more help"):
        answer = requests.post(link_in(mail["text"]), data={"agree": "yes"}, timeout=10)
        assert "You have agreed" in answer.text, "the family could not answer"
    walk.say("    both parents have agreed by their links")


def _decide(walk: Walk, at: str) -> None:
    sent = walk.senco.change("referrals", f"{at}/submit", None)
    queue = walk.worker.items("referrals", f"/support-services/{walk.service_id}/queue")
    assert sent["id"] in [item["id"] for item in queue], "it is not in the service's queue"
    walk.say(f"    it is in the service's queue ({len(queue)} there)")
    held = walk.worker.post("referrals", f"{at}/claim")
    walk.worker.post(
        "referrals", f"{at}/accept",
        {"family_words": "We will see Robin at school within four weeks."},
        version=held["version"],
    )  # fmt: skip
    for mail in walk.told("an answer about help"):
        page = requests.get(link_in(mail["text"]), timeout=10)
        assert "within four weeks" in page.text, "the family's page does not say so"
    walk.say("    the family's page says what comes next")
    walk.worker.change("referrals", f"{at}/waiting-list", None)
    walk.told("where the request for help")
    standing = walk.senco.get("referrals", f"{at}/standing")
    walk.say(f"    {standing['words']} Place {standing['place']}.")
    walk.saw("referrals.ReferralWaiting")
