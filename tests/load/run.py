"""`make load`: a council's term-end week in a minute, against a system of its own.

Prints what held: requests a second, p50 and p99 by route, errors (there are to be none), and how long
the backlog took to drain.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from prometheus_client.parser import text_string_to_metric_families
from pymongo import MongoClient

from deploy.local import client
from deploy.local.client import Caller
from deploy.local.issuer import Issuer
from deploy.local.stack import ROOT, SERVICES, Stack
from shared import ids
from shared.identity.links import Link, Links
from shared.messaging import queues, topology
from tests.load.grow import grow
from tests.load.used import watched
from tests.support.house import days_ago
from tests.support.story import NEEDS, content, contribution, findings, parent
from tests.support.world import CONSENT, DETAILS, REQUEST

Json = dict[str, Any]


class Council:
    """Prepares the families, and knows who may do what."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._issuer = Issuer(stack.folder / "issuer")
        officer = self._caller("council_officer")
        made = officer.post("plans", "/settings", {"name": "A School", "kind": "school"})
        self.setting: str = made["id"]
        self.service: str = officer.post("referrals", "/support-services", DETAILS)["id"]
        self.senco_id, self.teacher_id = ids.new_id(), ids.new_id()
        self.senco = self._caller("senco", self.senco_id)
        for person, role in ((self.senco_id, "senco"), (self.teacher_id, "teacher")):
            self.senco.put("plans", f"/settings/{self.setting}/staff/{person}",
                           {"name": "Somebody", "role": role})  # fmt: skip

    def _caller(self, role: str, subject: str | None = None) -> Caller:
        settings = [self.setting] if hasattr(self, "setting") else []
        return client.caller(self._stack.urls, self._issuer, role, subject or ids.new_id(),
                             settings=settings)  # fmt: skip

    def token(self, role: str, subject: str) -> str:
        """A token that lasts for the run."""
        return self._issuer.token(
            role, subject=subject, settings=[self.setting], services=[self.service]
        )

    def family(self, since: int) -> tuple[Json, str]:
        """A child with a plan in force since so many days that is shared with the teacher, and a
        referral. Answers what the load needs to know, and the parent's link."""
        senco, person, began = self.senco, parent(), days_ago(since)
        child = senco.post(
            "plans", f"/settings/{self.setting}/children",
            {"first_name": "Robin", "last_name": "Vennacombe", "date_of_birth": "2018-03-04"},
        )  # fmt: skip
        at = f"/children/{child['id']}"
        senco.post("plans", f"{at}/parents", person)
        about = {"child_id": child["id"], "first_name": "Robin"}
        details = {"name": "Wren", "email": f"{person['person_id']}@families.example",
                   "children": [about]}  # fmt: skip
        senco.post("notifications", f"/settings/{self.setting}/contacts",
                   {"person_id": person["person_id"], "details": details})  # fmt: skip
        assessment = senco.post("plans", f"{at}/assessments",
                                {"concern": "No progress", "started_on": days_ago(300)})  # fmt: skip
        path = f"/assessments/{assessment['id']}"
        for source in ("parent", "child", "staff"):
            senco.post("plans", f"{path}/contributions", contribution(source))
        senco.change("plans", f"{path}/complete", NEEDS)
        _until(lambda: senco.get("plans", at)["sen_status"] == "K")
        plan = senco.post("plans", f"{at}/plans", {"content": content()})
        path = f"/plans/{plan['id']}"
        senco.change("plans", f"{path}/agree", {"agreed_on": began})
        senco.change("plans", f"{path}/activate", {"active_from": began})
        senco.post("plans", f"{path}/shares", {"person_id": self.teacher_id})
        asked = {**REQUEST, "support_service_id": self.service}
        referral = senco.post("referrals", f"{at}/referrals", asked)
        senco.change("referrals", f"/referrals/{referral['id']}/consent", CONSENT)
        senco.change("referrals", f"/referrals/{referral['id']}/submit")
        key = (self._stack.folder / "link.key").read_text()
        link = Links((key,), 90).sign(Link("plan", plan["id"], person["person_id"]))
        outcomes = [one["id"] for one in plan["content"]["outcomes"]]
        known = {"child": child["id"], "plan": plan["id"], "outcomes": outcomes,
                 "findings": findings(plan, "good_progress")}  # fmt: skip
        return known, f"/family/plans/{link}"


def run(
    stack: Stack, *, families: int, users: int, seconds: int, since: int, plans: int,
    history: int, say: Callable[[str], None],
) -> int:  # fmt: skip
    """Prepare, load, look; with `plans`, once more among so many. Answers how many things were
    wrong."""
    council = Council(stack)
    known, links = zip(*(council.family(since) for _ in range(families)), strict=True)
    plan: Json = {
        "urls": stack.urls, "setting": council.setting, "support_service": council.service,
        "families": known, "links": links, "users": users,
        "since": since, "tokens": {"senco": council.token("senco", council.senco_id),
                   "teacher": council.token("teacher", council.teacher_id),
                   "support_worker": council.token("support_worker", ids.new_id())},
    }  # fmt: skip
    first = history if plans else seconds
    say(f"{families} families with plans in force; {users} people for {first} s")
    wrong = week(stack, plan, first)
    print("\n".join(stored(stack, families)))
    if not plans:
        return wrong
    say(f"Every document again, until there are {plans} plans")
    for service in SERVICES:
        stack.stop_one(f"{service}-worker")
    with MongoClient[Json](stack.mongodb_url) as mongo:
        databases = [f"{stack.database_prefix}_{service}" for service in SERVICES]
        there_are = grow(mongo, databases, plans=plans, families=families,
                         setting=council.setting, copies_at_one=4, say=say)  # fmt: skip
    print("\n".join(stored(stack, there_are)))
    for service in SERVICES:
        stack.start_worker(service)
    say("The calendar looks at all of it")
    print("\n".join(looks(stack)))
    say(f"The same families, among {there_are} plans; {users} people for {seconds} s")
    return wrong + week(stack, plan, seconds)


def week(stack: Stack, plan: Json, seconds: int) -> int:
    """Load it, and print what held. Answers how many things were wrong."""
    path = stack.folder / "load.json"
    path.write_text(json.dumps({**plan, "seconds": seconds}))
    with watched(stack) as used:
        done = subprocess.run(
            [sys.executable, "-m", "tests.load.term_end", str(path)], cwd=ROOT, text=True,
            capture_output=True, check=False,
        )  # fmt: skip
    if done.returncode:
        print(done.stderr[-2000:])
        return 1
    found = json.loads(done.stdout.splitlines()[-1])
    began = time.monotonic()
    left = drain(stack, 300)
    print("\n".join(table(found["rows"], seconds)))
    for error in found["errors"]:
        print(f"  error: {error}")
    dead = sum(state.messages for state in queues.states(stack.amqp_url, topology.services())
               if state.name.endswith(".dead"))  # fmt: skip
    print(f"Backlog: {left or 'gone'} {time.monotonic() - began:.0f} s after the last "
          f"request; dead letters: {dead}")  # fmt: skip
    print("\n".join(used.lines()))
    return len(found["errors"]) + dead + len(left)


def stored(stack: Stack, plans: int) -> list[str]:
    """What the databases hold, and what it takes: for planning how much disk is needed."""
    lines = [f"{f'Stored for {plans} plans':<24}{'documents':>12}{'held':>11}{'on disk':>11}"
             f"{'indexes':>11}{'a plan':>11}"]  # fmt: skip
    with MongoClient[Json](stack.mongodb_url) as mongo:
        for service in SERVICES:
            said = mongo[f"{stack.database_prefix}_{service}"].command("dbStats", scale=1000)
            whole = (said["dataSize"] + said["indexSize"]) / plans
            lines.append(
                f"  {service:<22}{said['objects']:>12}{said['dataSize'] / 1000:>8.1f} MB"
                f"{said['storageSize'] / 1000:>8.1f} MB{said['indexSize'] / 1000:>8.1f} MB"
                f"{whole:>8.1f} kB"
            )
    return lines


def looks(stack: Stack) -> list[str]:
    """How long a look of the calendar takes, once what there was to do is done (first there is a
    year of it at once)."""
    by = time.monotonic() + 1800
    before = _looked(stack)
    while True:
        time.sleep(20)
        after = _looked(stack)
        taken = {
            at: ((after[at][0] - before[at][0]) / ((after[at][1] - before[at][1]) or 1))
            for at in after if at in before
        }  # fmt: skip
        if sum(taken.values()) < 3 or time.monotonic() > by:
            return [f"  {at:<44}{each * 1000:>8.0f} ms" for at, each in sorted(taken.items())]
        before = after


def _looked(stack: Stack) -> dict[str, tuple[float, float]]:
    """By service and job: seconds that its looks took so far, and how many there were."""
    found: dict[str, tuple[float, float]] = {}
    for service in SERVICES:
        url = f"http://127.0.0.1:{stack.ports[f'{service}-probe']}/metrics"
        for family in text_string_to_metric_families(requests.get(url, timeout=10).text):
            if family.name == "sen_job_seconds":
                told = {(one.labels["job"], one.name): one.value for one in family.samples}
                for job, name in told:
                    if name == "sen_job_seconds_sum":
                        found[f"{service} {job}"] = (
                            told[job, name], told[job, "sen_job_seconds_count"],
                        )  # fmt: skip
    return found


def drain(stack: Stack, seconds: float) -> dict[str, int]:
    """Wait until nothing is on its way. Answers what still was when time was up."""
    by = time.monotonic() + seconds
    with MongoClient[Json](stack.mongodb_url) as mongo:
        while True:
            left = {s.name: s.messages for s in queues.states(stack.amqp_url, SERVICES)
                    if s.messages and not s.name.endswith(".dead")}  # fmt: skip
            for service in SERVICES:
                database = mongo[f"{stack.database_prefix}_{service}"]
                for name in database.list_collection_names():
                    waiting = database[name].count_documents({"outbox.0": {"$exists": True}})
                    if waiting:
                        left[f"outbox of {service}.{name}"] = waiting
            if not left or time.monotonic() > by:
                return left
            time.sleep(0.5)


def table(rows: list[Json], seconds: int) -> list[str]:
    """By route, the busiest first. Refused: by the rules, as somebody else was quicker."""
    lines = [f"{'':<56}{'/s':>8}{'p50 ms':>9}{'p99 ms':>9}{'refused':>9}{'errors':>8}"]
    for row in sorted(rows, key=lambda r: (r["name"] != "Aggregated", -r["count"])):
        lines.append(
            f"{row['method'] or '':<5}{row['name']:<51}{row['count'] / seconds:>8.1f}"
            f"{row['p50']:>9.0f}{row['p99']:>9.0f}{row['refused']:>9}{row['failures']:>8}"
        )
    return lines


def _until(true: Callable[[], bool]) -> None:
    by = time.monotonic() + 60
    while not true():
        if time.monotonic() > by:
            raise TimeoutError
        time.sleep(0.05)


def main() -> int:
    """Run. Answers the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--families", type=int, default=60)
    parser.add_argument("--users", type=int, default=120)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--since", type=int, default=200, metavar="DAYS",
                        help="days their plans are in force, 2 at least: with 6 nothing is due")  # fmt: skip
    parser.add_argument("--plans", type=int, default=0, help="once more among so many plans")
    parser.add_argument("--history", type=int, default=10,
                        help="seconds of load that each of these plans has behind it")  # fmt: skip
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sen-load-") as folder:
        stack = Stack(Path(folder), say=lambda line: print(f"  {line}", flush=True),
                      usual_ports=False, mongodb_url="", amqp_url="",
                      mongod_cache_gb=4 if options.plans else 0.25)  # fmt: skip
        stack.start()
        try:
            wrong = run(stack, families=options.families, users=options.users,
                        seconds=options.seconds, since=options.since, plans=options.plans,
                        history=options.history, say=lambda line: print(line, flush=True))  # fmt: skip
        finally:
            stack.stop()
    print("It held." if not wrong else f"{wrong} things were wrong.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
