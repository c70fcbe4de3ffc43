"""The load: families that walk, by many threads at once, through the APIs of all four services."""

import random
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import requests

from deploy.local import client
from deploy.local.client import Caller, Refused
from deploy.local.issuer import Issuer
from shared import ids
from tests.faults.ledger import Answer, Json, Ledger
from tests.support.house import days_ago
from tests.support.story import NEEDS, content, contribution, findings, parent
from tests.support.world import CONSENT, DETAILS, REQUEST

_GIVES_UP = 0.08
"""The share of callers who do not ask again when no answer comes."""
_PATIENCE_SECONDS = 120.0


@dataclass
class Family:
    """What one thread knows of a family."""

    child: str
    parent: str
    contact: str | None = None
    plan: Json | None = None
    referred: bool = False
    checks: int = 0


@dataclass
class Load:
    """Families and their people. `checks` sets how often plans are checked (events by the cheap)."""

    urls: Mapping[str, str]
    issuer: Issuer
    ledger: Ledger
    seed: int
    threads: int = 3
    families: int = 40
    stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def prepare(self) -> None:
        """A school and a support service."""
        council = client.caller(self.urls, self.issuer, "council_officer", ids.new_id())
        setting = council.post("plans", "/settings", {"name": "A School", "kind": "school"})
        self.setting: str = setting["id"]
        self.service: str = council.post("referrals", "/support-services", DETAILS)["id"]

    def start(self) -> None:
        """Begin."""
        for number in range(self.threads):
            walker = Walker(self, random.Random(self.seed * 100 + number))
            self._threads.append(threading.Thread(target=walker.run, name=f"load-{number}"))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End; what was begun is ended first."""
        self.stopping.set()
        for thread in self._threads:
            thread.join()

    def person(self, role: str) -> Caller:
        """Somebody who may."""
        return client.caller(
            self.urls, self.issuer, role, ids.new_id(), settings=[self.setting],
            services=[self.service],
        )  # fmt: skip


class Walker:
    """One thread of the load."""

    def __init__(self, load: Load, chance: random.Random) -> None:
        self._load = load
        self._chance = chance
        self._senco = load.person("senco")
        self._teacher = load.person("teacher")
        self._worker = load.person("support_worker")
        self._families: list[Family] = []
        self._most = max(1, load.families // load.threads)

    def run(self) -> None:
        """Walk until the load is stopped."""
        deeds: list[tuple[float, Callable[[Family], None]]] = [
            (0.86, self._check), (0.91, self._contribute), (0.94, self._review),
            (0.97, self._refer), (1.0, self._change_contact),
        ]  # fmt: skip
        while not self._load.stopping.is_set():
            lot = self._chance.random()
            if not self._families or (lot < 0.05 and len(self._families) < self._most):
                self._begin()
                continue
            family = self._chance.choice(self._families)
            lot = self._chance.random()
            deed = next(act for share, act in deeds if lot <= share)
            # What is not known yet, or not answered, is left; the next deed comes.
            with suppress(Refused, requests.RequestException, TimeoutError):
                deed(family)

    # --- the deeds

    def _begin(self) -> None:
        load, senco = self._load, self._senco
        person = parent()
        child = self._do(
            "child", senco, "POST", "plans", f"/settings/{load.setting}/children",
            {"first_name": "Robin", "last_name": "Vennacombe", "date_of_birth": "2018-03-04"},
        )  # fmt: skip
        if child is None:
            return
        family = Family(child["id"], person["person_id"])
        at = f"/children/{child['id']}"
        linked = self._do("parent", senco, "POST", "plans", f"{at}/parents", person)
        details = {"name": "Wren", "email": f"{person['person_id']}@families.example",
                   "children": [{"child_id": child["id"], "first_name": "Robin"}]}  # fmt: skip
        made = self._do(
            "contact", senco, "POST", "notifications", f"/settings/{load.setting}/contacts",
            {"person_id": person["person_id"], "details": details},
        )  # fmt: skip
        family.contact = made["id"] if made else None
        assessment = linked and self._do(
            "assessment", senco, "POST", "plans", f"{at}/assessments",
            {"concern": "No progress", "started_on": days_ago(300)},
        )  # fmt: skip
        if not assessment:
            return
        path = f"/assessments/{assessment['id']}"
        for source in ("parent", "child", "staff"):
            mark = ids.new_id()
            said = {**contribution(source), "text": f"What I see: {mark}"}
            if not self._do("contribution", self._teacher, "POST", "plans",
                            f"{path}/contributions", said, mark=mark):  # fmt: skip
                return
        if self._do("assessed", senco, "POST", "plans", f"{path}/complete", NEEDS, at=path):
            with suppress(TimeoutError):
                self._begin_plan(family)

    def _begin_plan(self, family: Family) -> None:
        senco, at = self._senco, f"/children/{family.child}"
        client.eventually(
            "SEN support starts", lambda: self._read("plans", at)["sen_status"] == "K",
            seconds=_PATIENCE_SECONDS,
        )  # fmt: skip
        plan = self._do("plan", senco, "POST", "plans", f"{at}/plans", {"content": content()})
        if plan is None:
            return
        path = f"/plans/{plan['id']}"
        agreed = {"agreed_on": days_ago(200)}
        since = {"active_from": days_ago(200)}
        if self._do("agreed", senco, "POST", "plans", f"{path}/agree", agreed, at=path) and (
            self._do("active", senco, "POST", "plans", f"{path}/activate", since, at=path)
        ):
            family.plan = plan
            self._families.append(family)

    def _check(self, family: Family) -> None:
        assert family.plan
        family.checks += 1
        # Every check on another day: the plan remembers the latest.
        body = {
            "occurred_on": days_ago(self._chance.randrange(0, 199)),
            "outcomes": [{"outcome_id": o["id"], "status": "on_track"}
                         for o in family.plan["content"]["outcomes"]],
            "deliveries": [],
        }  # fmt: skip
        self._do("check", self._senco, "POST", "plans", f"/plans/{family.plan['id']}/checks", body)

    def _contribute(self, family: Family) -> None:
        review = self._next_review(family)
        if review and len(review["contributions"]) < 50:
            mark = ids.new_id()
            self._do(
                "said", self._teacher, "POST", "reviews",
                f"/reviews/{review['id']}/contributions",
                {"role": "staff", "text": f"What I see: {mark}"}, mark=mark,
            )  # fmt: skip

    def _review(self, family: Family) -> None:
        assert family.plan
        review = self._next_review(family)
        if review is None:
            return
        at, day = f"/reviews/{review['id']}", days_ago(self._chance.randrange(1, 190))
        held = {"held_on": day, "participants": [{"role": "parent", "name": "A Parent"}]}
        if not self._do("held", self._senco, "POST", "reviews", f"{at}/hold", held, at=at):
            return
        done = self._do("completed", self._senco, "POST", "reviews", f"{at}/complete",
                        findings(family.plan, "good_progress"), at=at)  # fmt: skip
        if done:
            decision = {"decision": done["proposed_decision"], "decided_on": day}
            self._do("decided", self._senco, "POST", "reviews", f"{at}/decide", decision, at=at)

    def _refer(self, family: Family) -> None:
        if family.referred:
            return
        family.referred = True
        asked = {**REQUEST, "support_service_id": self._load.service}
        made = self._do("referral", self._senco, "POST", "referrals",
                        f"/children/{family.child}/referrals", asked)  # fmt: skip
        if made is None:
            family.referred = False
            return
        at = f"/referrals/{made['id']}"
        yes = {"family_words": "We will see you."}
        for kind, who, action, body in (
            ("consent", self._senco, "consent", CONSENT),
            ("submitted", self._senco, "submit", None),
            ("claimed", self._worker, "claim", None),
            ("accepted", self._worker, "accept", yes),
        ):
            if not self._do(kind, who, "POST", "referrals", f"{at}/{action}", body, at=at):
                return

    def _change_contact(self, family: Family) -> None:
        if family.contact:
            at = f"/contacts/{family.contact}"
            details = self._read("notifications", at)["details"]
            self._do("renamed", self._senco, "PUT", "notifications", at,
                     {**details, "name": f"Wren {ids.new_id()}"}, at=at)  # fmt: skip

    # --- one command

    def _do(
        self, kind: str, who: Caller, method: str, service: str, path: str, body: Any, *,
        at: str | None = None, mark: str | None = None,
    ) -> Json | None:  # fmt: skip
        """One command under one key, asked again while no answer comes to stay.

        `at` names what it changes, at the version that it has by then. Answers what was answered
        when it was a yes.
        """
        key, ledger = ids.new_id(), self._load.ledger
        gives_up = self._chance.random() < _GIVES_UP
        by = time.monotonic() + _PATIENCE_SECONDS
        status, said, thing = 0, "unknown", None
        while time.monotonic() < by:
            ledger.note_try()
            try:
                version = self._version(who, service, at) if at else None
                answer = who.call(method, service, path, body, version=version, key=key)
            except requests.RequestException:
                status = 0
            except Refused as refused:
                status = refused.status
            else:
                status = answer.status_code
                if status < 300:
                    found: Json = answer.json()
                    ledger.note(Answer(kind, "yes", status, found["id"], mark))
                    return found
                thing = answer.text[:300]
            if status >= 500 and status != 503:
                ledger.note_broken(f"{method} {path}: {status} {thing}")
            if status == 412 or (status == 404 and at is None and kind == "referral"):
                time.sleep(0.05)  # changed meanwhile, or not known there yet
            elif 400 <= status < 500:
                said = "no"
                break
            elif gives_up:
                break
            else:
                time.sleep(0.2)
        ledger.note(Answer(kind, said, status, thing, mark))
        return None

    def _version(self, who: Caller, service: str, at: str) -> int:
        found: int = who.get(service, at)["version"]
        return found

    def _read(self, service: str, path: str) -> Json:
        """Read, for as long as it takes. Raises TimeoutError, or Refused with a 4xx."""
        by = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                found: Json = self._senco.get(service, path)
                return found
            except Refused as refused:
                if refused.status < 500:
                    raise
            except requests.RequestException:
                pass
            if time.monotonic() > by:
                raise TimeoutError(path)
            time.sleep(0.2)

    def _next_review(self, family: Family) -> Json | None:
        assert family.plan
        found = self._senco.items("reviews", f"/plans/{family.plan['id']}/reviews")
        waiting = [r for r in found if r["held_on"] is None and r["state"] != "cancelled"]
        return waiting[0] if waiting else None
