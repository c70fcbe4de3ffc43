"""A council's term-end week, for locust: teachers check, SENCOs hold reviews, families read, support
services look at their queues. Its own process: locust changes sockets and threads for all of it.

python -m tests.load.term_end PLAN.json: reads the plan, prints what was measured as JSON.
"""

import gevent  # noqa: I001  (locust first: it makes sockets co-operative)
from locust import HttpUser, between, task
from locust.env import Environment

import json
import random
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

Json = dict[str, Any]
PLAN: Json = {}
REFUSED = Counter[str]()
"""By route, how often the rules said no."""


class Somebody(HttpUser):
    """Somebody at the front doors. Requests are told apart by their route, not by their ids."""

    abstract = True
    host = "http://127.0.0.1"
    wait_time = between(0.5, 1.5)
    role = ""

    def ask(self, method: str, service: str, route: str, body: Any = None, *,
            version: int | None = None, token: str | None = None, **names: str) -> Json | None:  # fmt: skip
        """One request. Answers what was answered, None where it is no yes."""
        headers = {"Authorization": f"Bearer {token or PLAN['tokens'][self.role]}"}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        with self.client.request(
            method, PLAN["urls"][service] + route.format(**names), json=body, headers=headers,
            name=f"{service} {route}", catch_response=True, timeout=30,
        ) as answer:  # fmt: skip
            if answer.status_code in (409, 412, 422):
                answer.success()  # somebody else was quicker: the rules say so
                REFUSED.update((f"{service} {route}", "Aggregated"))
                return None
            if answer.status_code >= 300:
                answer.failure(f"{answer.status_code}")
                return None
            found: Json = answer.json()
            return found

    def family(self) -> Json:
        """One of the families."""
        found: Json = random.choice(PLAN["families"])
        return found


def day_since(first: int) -> str:
    """One of the days that their plans are in force, so many days ago or more; 150 at most."""
    return days_ago(random.randrange(first, min(150, PLAN["since"])))


def days_ago(days: int) -> str:
    """That day, in ISO."""
    return (date.today() - timedelta(days=days)).isoformat()  # noqa: TID251


class Teacher(Somebody):
    """Reads a plan, records how it goes."""

    weight = 4
    role = "teacher"

    @task(3)
    def check(self) -> None:
        family = self.family()
        body = {"occurred_on": day_since(0), "deliveries": [],
                "outcomes": [{"outcome_id": one, "status": "on_track"}
                             for one in family["outcomes"]]}  # fmt: skip
        self.ask("POST", "plans", "/plans/{plan}/checks", body, plan=family["plan"])

    @task(2)
    def read(self) -> None:
        self.ask("GET", "plans", "/plans/{plan}", plan=self.family()["plan"])


class Senco(Somebody):
    """Looks at what is due, holds a review, decides, writes to the family by that."""

    weight = 3
    role = "senco"

    @task(3)
    def review(self) -> None:
        family = self.family()
        found = self.ask("GET", "reviews", "/plans/{plan}/reviews", plan=family["plan"])
        waiting = [r for r in (found or {}).get("items", ())
                   if r["held_on"] is None and r["state"] != "cancelled"]  # fmt: skip
        if not waiting:
            return
        review, day = waiting[0], day_since(1)
        held = self.ask(
            "POST", "reviews", "/reviews/{review}/hold", version=review["version"],
            body={"held_on": day, "participants": [{"role": "parent", "name": "A Parent"}]},
            review=review["id"],
        )  # fmt: skip
        done = held and self.ask(
            "POST", "reviews", "/reviews/{review}/complete", family["findings"],
            version=held["version"], review=review["id"],
        )  # fmt: skip
        if done:
            self.ask(
                "POST", "reviews", "/reviews/{review}/decide", version=done["version"],
                body={"decision": done["proposed_decision"], "decided_on": day},
                review=review["id"],
            )  # fmt: skip

    @task(2)
    def look(self) -> None:
        setting = PLAN["setting"]
        self.ask("GET", "reviews", "/settings/{setting}/reviews", setting=setting)
        self.ask("GET", "plans", "/settings/{setting}/children", setting=setting)
        self.ask("GET", "notifications", "/settings/{setting}/messages", setting=setting)

    @task(1)
    def contribute(self) -> None:
        family = self.family()
        self.ask("GET", "plans", "/children/{child}", child=family["child"])
        self.ask("GET", "plans", "/children/{child}/plans", child=family["child"])


class Worker(Somebody):
    """Looks at the queue of a support service."""

    weight = 1
    role = "support_worker"

    @task
    def queue(self) -> None:
        self.ask("GET", "referrals", "/support-services/{whose}/queue",
                 whose=PLAN["support_service"])  # fmt: skip


class Parent(Somebody):
    """Opens the plan by the link in an email."""

    weight = 3

    @task
    def read(self) -> None:
        link = random.choice(PLAN["links"])
        self.client.get(PLAN["urls"]["plans"] + link, name="plans /family/plans/{link}", timeout=30)


def main() -> None:
    """Run it for as long as the plan says."""
    PLAN.update(json.loads(Path(sys.argv[1]).read_text()))
    environment = Environment(user_classes=[Teacher, Senco, Worker, Parent])
    runner = environment.create_local_runner()
    runner.start(PLAN["users"], spawn_rate=PLAN["users"] / 5)
    gevent.sleep(5)
    environment.stats.reset_all()  # what came before everybody was there
    REFUSED.clear()
    gevent.sleep(PLAN["seconds"])
    stats = environment.stats
    rows = [
        {"name": entry.name, "method": entry.method, "count": entry.num_requests,
         "refused": REFUSED[entry.name], "failures": entry.num_failures,
         "p50": entry.get_response_time_percentile(0.5),
         "p99": entry.get_response_time_percentile(0.99)}
        for entry in [*stats.entries.values(), stats.total]
    ]  # fmt: skip
    errors = [f"{e.method} {e.name}: {e.error} ({e.occurrences})" for e in stats.errors.values()]
    errors += [f"in the load itself: {one['msg']}" for one in runner.exceptions.values()]
    runner.quit()
    print(json.dumps({"rows": rows, "errors": errors}))


if __name__ == "__main__":
    main()
