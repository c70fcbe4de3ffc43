"""`make demo`: one family walks through all four services, by HTTP alone.

Ends with 0 only when every step, event and message was really there.
"""

import re
import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests

from deploy.local import client
from deploy.local.client import Json, Refused
from deploy.local.demo_referral import refer
from deploy.local.issuer import Issuer
from deploy.local.processes import NotStarted
from deploy.local.sample import bodies
from deploy.local.sample.council import person_id, settings
from deploy.local.sample.load import ensure_loaded
from deploy.local.sample.words import NEEDS
from deploy.local.stack import Stack, read_state
from deploy.local.up import FOLDER, Stopped, stop_on_signals
from deploy.local.watch import EXPECTED, Watch, link_in
from shared import clock, ids


class Demo(Watch):
    """The walk. `urls` says where everything answers, `known` are the sample's ids."""

    def __init__(
        self,
        urls: Mapping[str, str],
        amqp_url: str,
        issuer: Issuer,
        known: Mapping[str, str],
        say: Callable[[str], None] = print,
    ) -> None:
        emails = (f"parent-{n}.{ids.new_id()[-8:]}@families.example" for n in (1, 2))
        super().__init__(urls, amqp_url, {ids.new_id(): email for email in emails}, say)
        self.setting_id = known["school"]
        self.service_name = "Speech and Language Therapy"
        self.service_id = known[self.service_name]
        place = next(place for place in settings() if place.key == "school")
        teacher_id = place.teachers[0][0]
        one = [self.setting_id]
        self.senco = client.caller(urls, issuer, "senco", place.senco, settings=one)
        self.teacher = client.caller(urls, issuer, "teacher", teacher_id, settings=one)
        self.worker = client.caller(
            urls,
            issuer,
            "support_worker",
            person_id("worker", self.service_name),
            services=[self.service_id],
        )
        self.need = NEEDS[0]

    def run(self) -> int:
        """Walk. Answers the exit status."""
        began = time.monotonic()
        with self.tap:
            try:
                self.register()
                self.assess()
                plan = self.plan()
                self.do(plan)
                self.review(plan, 1, 80, "some_progress")
                plan = self.adjust(plan)
                escalation = self.review_again(plan)
                self.escalate(escalation)
                refer(self, escalation)
                self.look_back(plan)
            except (Refused, TimeoutError, AssertionError, requests.RequestException) as problem:
                self.say(f"\nNOT DONE: {type(problem).__name__}: {problem}")
                return 1
            missing = [kind for kind in EXPECTED if kind not in self.types()]
            if missing:
                self.say(f"\nNOT DONE: these events did not come: {', '.join(missing)}")
                return 1
            self.say(
                f"\nDone in {time.monotonic() - began:.0f} s: {len(self.events())} events of "
                f"{len(set(self.types()))} types, {sum(self.mails.values())} emails."
            )
            if self.repeated:
                self.say(f"{len(self.repeated)} came again under one Message-ID.")
        return 0

    # --- the steps

    def register(self) -> None:
        self.step("A child is registered, both parents are linked")
        child = self.senco.post(
            "plans",
            f"/settings/{self.setting_id}/children",
            {"first_name": "Robin", "last_name": "Hollowmere", "date_of_birth": "2019-05-04"},
            key=ids.new_id(),
        )
        self.child_id = child["id"]
        for number, (person, email) in enumerate(self.people.items()):
            self.senco.post(
                "plans",
                f"/children/{self.child_id}/parents",
                bodies.parent(person, ("mother", "father")[number]),
            )
            name = ("Wren Hollowmere", "Leo Hollowmere")[number]
            self.senco.post(
                "notifications",
                f"/settings/{self.setting_id}/contacts",
                bodies.contact(person, name, email, (self.child_id, "Robin")),
            )
        self.saw("plans.ParentLinked")

    def assess(self) -> None:
        self.step("Assess: Robin does not make the expected progress")
        need = self.need
        assessment = self.senco.post(
            "plans",
            f"/children/{self.child_id}/assessments",
            {"concern": need.concern, "started_on": self._day(215)},
        )
        at = f"/assessments/{assessment['id']}"
        for source, text, by in (
            ("parent", need.parent, self.senco),
            ("child", need.child, self.senco),
            ("staff", need.staff, self.teacher),
        ):
            assessment = by.post(
                "plans",
                f"{at}/contributions",
                {
                    "source": source,
                    "author_role": source,
                    "text": text,
                    "areas": [need.area],
                    "occurred_on": self._day(210),
                },
            )
        self.senco.post(
            "plans",
            f"{at}/complete",
            bodies.needs_found(need, self._day(205)),
            version=assessment["version"],
        )
        self.until(
            "SEN support starts",
            lambda: self.senco.get("plans", f"/children/{self.child_id}")["sen_status"] == "K",
        )
        self.told("has started")

    def plan(self) -> Json:
        self.step("Plan: the teacher drafts it, the family agrees, it is put in force and shared")
        plan = self.teacher.post(
            "plans", f"/children/{self.child_id}/plans", {"content": self._content()}
        )
        at = f"/plans/{plan['id']}"
        plan = self.senco.post(
            "plans", f"{at}/agree", {"agreed_on": self._day(201)}, version=plan["version"]
        )
        plan = self.senco.post(
            "plans", f"{at}/activate", {"active_from": self._day(200)}, version=plan["version"]
        )
        plan = self.senco.post("plans", f"{at}/shares", {"person_id": self.teacher.id})
        reviews = self._reviews(plan)
        self.say("    reviews: " + ", ".join(review["due_on"] for review in reviews))
        for mail in self.told("your copy of Robin"):
            self._open_copy(mail["text"])
        return plan

    def do(self, plan: Json) -> None:
        self.step("Do: the teacher checks that the plan is working")
        for days, status in ((180, "on_track"), (160, "some_concern")):
            self.teacher.post(
                "plans",
                f"/plans/{plan['id']}/checks",
                {
                    "occurred_on": self._day(days),
                    "outcomes": [
                        {"outcome_id": o["id"], "status": status}
                        for o in plan["content"]["outcomes"]
                    ],
                    "deliveries": [],
                },
            )
        self.saw("plans.CheckRecorded")

    def review(self, plan: Json, number: int, days_ago: int, rating: str) -> None:
        self.step(f"Review {number}: {rating.replace('_', ' ')}")
        review = next(r for r in self._reviews(plan) if r["held_on"] is None)
        at = f"/reviews/{review['id']}"
        review = self._change(
            "reviews",
            at,
            "hold",
            {
                "held_on": self._day(days_ago),
                "participants": [{"role": "parent", "name": "Wren Hollowmere"}],
            },
        )
        review = self._change("reviews", at, "complete", bodies.findings(plan, self.need, rating))
        proposed = review["proposed_decision"]
        self.say(f"    proposed: {proposed}; the SENCO decides so")
        assert proposed == "adjust", proposed
        self._change(
            "reviews", at, "decide", {"decision": proposed, "decided_on": self._day(days_ago - 1)}
        )
        self.told("review has taken place", times=number)
        self._change(
            "reviews",
            at,
            "discussion",
            {"how": "parents_evening", "discussed_on": self._day(days_ago - 3)},
        )
        self.until(
            "the plan keeps the review's result",
            lambda: len(self.senco.get("plans", f"/plans/{plan['id']}")["results"]) == number,
        )

    def adjust(self, plan: Json) -> Json:
        self.step("Adjust: the plan is changed, a new cycle begins, a new copy goes out")
        self.until(
            "the next cycle", lambda: self.senco.get("plans", f"/plans/{plan['id']}")["cycle"] == 2
        )
        content = plan["content"]
        content["provisions"][0]["times_per_week"] += 1
        plan = self._change(
            "plans",
            f"/plans/{plan['id']}",
            "amend",
            {"why": "Adjusted after the first review", "content": content},
        )
        self.told("your copy of Robin", times=2)
        return plan

    def review_again(self, plan: Json) -> Json:
        self.review(plan, 2, 20, "no_progress")
        self.say("    twice without enough progress:")
        found = self.until(
            "more support is suggested",
            lambda: self.senco.known_items("reviews", f"/children/{self.child_id}/escalations"),
        )
        self.saw("reviews.EscalationSuggested")
        assert not self.mail("let us talk"), "a machine told the family first"
        self.say("    the family has not been told: that is for the SENCO")
        return found[0]

    def escalate(self, escalation: Json) -> None:
        self.step("Escalation: the SENCO confirms, the family is invited, they talk")
        at = f"/escalations/{escalation['id']}"
        self._change("reviews", at, "confirm")
        self.told("let us talk")
        self._change("reviews", at, "discussion", {"outcome": "more_support"})

    def look_back(self, plan: Json) -> None:
        self.step("Everything is recorded")
        found = self.senco.get("plans", f"/plans/{plan['id']}")
        for result in found["results"]:
            self.say(f"    cycle {result['cycle']}: {result['result']}, {result['decision']}")
        self.say(f"    versions of the plan: {[v['number'] for v in found['versions']]}")
        trail = self.senco.items(
            "plans", f"/settings/{self.setting_id}/audit", child_id=self.child_id
        )
        self.say(f"    audit trail of plans: {len(trail)} entries about Robin's record")
        self.saw("referrals.ReferralAccepted")

    # --- small things

    def _content(self) -> Json:
        return bodies.plan_content(
            self.need,
            (ids.new_id(), ids.new_id(), ids.new_id()),
            due_on=(clock.today() + timedelta(days=120)).isoformat(),
            starts_on=self._day(200),
            involvement={
                "who": "Both parents and Robin",
                "how": "met at school",
                "on": self._day(202),
            },
        )

    def _open_copy(self, text: str) -> None:
        link = link_in(text)
        page = requests.get(link, timeout=10)
        assert page.ok and "Robin" in page.text, "the link does not open the plan"
        found = re.search(r'href="([^"]+\.pdf)"', page.text)
        assert found, "there is no PDF"
        pdf = requests.get(urljoin(link, found[1]), timeout=10)
        assert pdf.content.startswith(b"%PDF"), "the copy is no PDF"
        self.say(f"    the link opens the plan and its PDF ({len(pdf.content) // 1000} kB)")

    def _reviews(self, plan: Json) -> list[Json]:
        return self.until(
            "reviews are arranged",
            lambda: (
                [
                    r
                    for r in self.senco.known_items("reviews", f"/plans/{plan['id']}/reviews")
                    if r["state"] != "cancelled"
                ]
                or None
            ),
        )

    def _change(self, service: str, at: str, action: str, body: Any = None) -> Any:
        """Do something to what `at` names, at the version that it has now."""
        return self.senco.change(service, f"{at}/{action}", body)

    def _day(self, days_ago: int) -> str:
        return (clock.today() - timedelta(days=days_ago)).isoformat()


def walk(folder: Path, urls: Mapping[str, str], amqp_url: str) -> int:
    """Walk through the system that answers there."""
    known = ensure_loaded(urls, folder)
    return Demo(urls, amqp_url, Issuer(folder / "issuer"), known, _say).run()


def main() -> int:
    """Walk through the running system; one is started, and stopped again, when none runs."""
    state: Any = read_state(FOLDER)
    if state:
        return walk(FOLDER, state["urls"], state["amqp_url"])
    stop_on_signals()
    stack = Stack(FOLDER, say=lambda line: _say(f"  {line}"))
    _say("Starting SEN Support for the demo")
    try:
        stack.start()
        return walk(FOLDER, stack.urls, stack.amqp_url)
    except NotStarted as problem:
        _say(str(problem))
        return 1
    except Stopped:
        return 1
    finally:
        stack.stop()


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
