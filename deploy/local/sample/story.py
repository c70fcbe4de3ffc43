"""One child's way through the graduated approach, told to the APIs as its people would."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from deploy.local.client import Caller, Json, eventually
from deploy.local.sample import bodies
from deploy.local.sample.council import SampleChild, person_id
from deploy.local.sample.when import TWICE_REVIEWED, When

_WITHOUT_PLAN = ("registered", "gathering", "no_support", "assessed")
_PLANNING = ("draft", "agreed")


@dataclass
class Story:
    """Tells it, each request with a key of its own: told twice, it is the same story."""

    child: SampleChild
    anchor: date
    setting_id: str
    services: Mapping[str, str]
    senco: Caller
    teacher: Caller
    worker: Callable[[str], Caller]
    council: Caller

    def tell(self) -> str:
        """All of it, up to the child's stage. Answers the child's id."""
        child_id = self._register()
        if self.child.stage == "registered":
            return child_id
        self._assess(child_id)
        if self.child.stage in _WITHOUT_PLAN:
            return child_id
        plan = self._plan(child_id)
        if self.child.stage in (*_PLANNING, "active"):
            return child_id
        self._review(child_id, plan)
        return child_id

    # --- the parts

    def _register(self) -> str:
        child = self.child
        found = self._post(
            "plans",
            f"/settings/{self.setting_id}/children",
            "child",
            {
                "first_name": child.first_name,
                "last_name": child.last_name,
                "date_of_birth": child.date_of_birth.isoformat(),
            },
        )
        child_id: str = found["id"]
        for parent in child.parents:
            linked = bodies.parent(parent.id, parent.relationship)
            self._post("plans", f"/children/{child_id}/parents", f"parent/{parent.id}", linked)
            self._contact(child_id, parent.id, parent.name, parent.email, parent.mobile)
        if child.setting.kind == "further_education":
            # Over compulsory school age the right over messages is the young person's own.
            email = f"{child.first_name}.{child.last_name}.{child.key}@students.example".lower()
            self._contact(child_id, child_id, f"{child.first_name} {child.last_name}", email)
        return child_id

    def _contact(
        self, child_id: str, person: str, name: str, email: str, mobile: str | None = None
    ) -> None:
        about, language = (child_id, self.child.first_name), bodies.read_by(person, name)
        self._post(
            "notifications",
            f"/settings/{self.setting_id}/contacts",
            f"contact/{person}",
            bodies.contact(person, name, email, about, mobile, language=language),
        )

    def _assess(self, child_id: str) -> None:
        need, start = self.child.need, self._when.assessed + 25
        assessment = self._post(
            "plans",
            f"/children/{child_id}/assessments",
            "assessment",
            {"concern": need.concern, "started_on": self._day(start)},
        )
        path = f"/assessments/{assessment['id']}"
        # Those still being gathered stand at different points.
        heard = self.child.number % 3 if self.child.stage == "gathering" else 3
        said = (
            ("parent", "parent", need.parent),
            ("child", "child or young person", need.child),
            ("staff", "class teacher", need.staff),
        )
        for source, role, text in said[:heard]:
            self._post(
                "plans",
                f"{path}/contributions",
                f"contribution/{source}",
                {
                    "source": source,
                    "author_role": role,
                    "text": text,
                    "areas": [need.area],
                    "occurred_on": self._day(start - 7),
                },
                by=self.teacher if source == "staff" else None,
            )
        if self.child.stage == "gathering":
            return
        needed = self.child.stage != "no_support"
        self._change(
            "plans",
            f"{path}/complete",
            "complete",
            bodies.needs_found(need, self._day(self._when.assessed), needed=needed),
        )
        if needed:
            eventually(
                f"SEN support starts for {child_id}",
                lambda: self.senco.get("plans", f"/children/{child_id}")["sen_status"] != "N",
            )

    def _plan(self, child_id: str) -> Json:
        stage = self.child.stage
        content = self._content()
        plan: Json = self._post(
            "plans", f"/children/{child_id}/plans", "plan", {"content": content}, by=self.teacher
        )
        path = f"/plans/{plan['id']}"
        if stage == "draft":
            return plan
        plan = self._change(
            "plans", f"{path}/agree", "agree", {"agreed_on": self._day(self._when.active + 3)}
        )
        if stage == "agreed":
            return plan
        plan = self._change(
            "plans",
            f"{path}/activate",
            "activate",
            {"active_from": self._day(self._when.active)},
        )
        for number, (staff, _) in enumerate(self.child.setting.teachers[:2]):
            plan = self._post("plans", f"{path}/shares", f"share/{number}", {"person_id": staff})
        self._check(plan)
        return plan

    def _check(self, plan: Json) -> None:
        """A check about every three weeks; somebody forgets them in every seventh plan."""
        since = self._when.active
        last = 5 if self.child.number % 7 else 60
        statuses = ("on_track", "some_concern", "on_track", "off_track")
        for number, days in enumerate(range(since - 14, last, -21)):
            worse = self._fails() and number % 2
            self._post(
                "plans",
                f"/plans/{plan['id']}/checks",
                f"check/{number}",
                {
                    "occurred_on": self._day(days),
                    "outcomes": [
                        {
                            "outcome_id": outcome["id"],
                            "status": "off_track" if worse else statuses[number % 4],
                        }
                        for outcome in plan["content"]["outcomes"]
                    ],
                    "deliveries": [
                        {"provision_id": provision["id"], "planned": 9, "delivered": 9 - number % 3}
                        for provision in plan["content"]["provisions"]
                    ],
                },
                by=self.teacher,
            )

    def _review(self, child_id: str, plan: Json) -> None:
        stage = self.child.stage
        if stage not in TWICE_REVIEWED:
            rating = {
                "reviewed": "good_progress",
                "insufficient": "some_progress",
                "ceased": "met",
            }[stage]
            self._one_review(plan, 1, rating)
            return
        self._one_review(plan, 1, "some_progress")
        plan = eventually(
            "the plan's next cycle",
            lambda: _if(self.senco.get("plans", f"/plans/{plan['id']}"), "cycle", 2),
        )
        content = self._content()
        content["strategies"].append("Every success is written into a book")
        content["provisions"][0]["times_per_week"] += 1
        self._change(
            "plans",
            f"/plans/{plan['id']}/amend",
            "amend",
            {"why": "Adjusted after the first review", "content": content},
        )
        self._one_review(plan, 2, "no_progress")
        escalation = eventually(
            f"more support is suggested for {child_id}",
            lambda: self.senco.known_items("reviews", f"/children/{child_id}/escalations"),
        )[0]
        if stage != "suggested":
            self._escalate(child_id, escalation)

    def _one_review(self, plan: Json, number: int, rating: str) -> None:
        days_ago = self._when.review(number)
        path = f"/plans/{plan['id']}/reviews"
        # The first review that is still to be held; told again, the one that was held then.
        review = eventually(
            "the plan's reviews are arranged",
            lambda: _nth_review(self.senco.known_items("reviews", path), number),
        )
        at = f"/reviews/{review['id']}"
        review = self._change(
            "reviews",
            f"{at}/hold",
            f"hold/{number}",
            {
                "held_on": self._day(days_ago),
                "participants": [
                    {"role": "parent", "name": self.child.parents[0].name},
                    {"role": "staff", "name": self.child.setting.senco_name},
                ],
            },
        )
        review = self._change(
            "reviews",
            f"{at}/complete",
            f"complete-review/{number}",
            bodies.findings(plan, self.child.need, rating),
        )
        # Some wait for their decision, and some for the talk with the family.
        if self.child.number % 4 or (number == 1 and self.child.stage != "reviewed"):
            review = self._change(
                "reviews",
                f"{at}/decide",
                f"decide/{number}",
                {"decision": review["proposed_decision"], "decided_on": self._day(days_ago - 1)},
            )
        if self.child.number % 3:
            self._change(
                "reviews",
                f"{at}/discussion",
                f"discuss/{number}",
                {"how": "parents_evening", "discussed_on": self._day(days_ago - 5)},
            )

    def _escalate(self, child_id: str, escalation: Json) -> None:
        at = f"/escalations/{escalation['id']}"
        escalation = self._change("reviews", f"{at}/confirm", "confirm")
        wants = "needs_assessment" if self.child.stage == "requested" else "more_support"
        escalation = self._change(
            "reviews",
            f"{at}/discussion",
            "talk",
            {
                "outcome": wants,
                "discussed_on": self._day(1),
                "notes": "The family wants to try more help first.",
            },
        )
        if self.child.stage == "requested":
            escalation = self._change(
                "reviews",
                f"{at}/needs-assessment",
                "request",
                {"by": "setting" if self.child.number else "parent", "requested_on": self._day(1)},
            )
            if self.child.number:
                self._change(
                    "reviews",
                    f"{at}/needs-assessment-decision",
                    "council",
                    {"agreed": True},
                    by=self.council,
                )
            return
        self._refer(child_id)

    def _refer(self, child_id: str) -> None:
        need = self.child.need
        draft = eventually(
            "a draft referral waits",
            lambda: self.senco.items(
                "referrals", f"/settings/{self.setting_id}/referrals", child_id=child_id
            ),
        )[0]
        at = f"/referrals/{draft['id']}"
        urgent = self.child.number == 1
        service = "Educational Psychology Service"
        draft = self._change(
            "referrals",
            f"{at}/request",
            "request-text",
            bodies.referral_request(
                need, self.services[service], "Out of lessons most days." if urgent else None
            ),
            method="PUT",
        )
        draft = self._change(
            "referrals",
            f"{at}/consent",
            "consent",
            {
                "status": "given",
                "by": self.child.parents[0].name,
                "how": "signed form",
                "on": self._day(1),
            },
        )
        self._change("referrals", f"{at}/submit", "submit")
        self._triage(at, self.worker(service))

    def _triage(self, at: str, worker: Caller) -> None:
        """The first waits unseen; the others are claimed, asked about, accepted, declined."""
        number = self.child.number
        if number == 0:
            return
        self._post("referrals", f"{at}/claim", "claim", None, by=worker)
        if number == 1:
            return
        if number == 2:
            question = {"question": "Please send the reading ages of the last three terms."}
            self._change("referrals", f"{at}/questions", "ask", question, by=worker)
        elif number == 3:
            words = {"family_words": "We will meet you and your child in the next weeks."}
            self._change("referrals", f"{at}/accept", "accept", words, by=worker)
        else:
            self._change("referrals", f"{at}/decline", "decline", bodies.DECLINED, by=worker)

    def _content(self) -> Json:
        key, since = self.child.key, self._when.active
        return bodies.plan_content(
            self.child.need,
            (
                person_id("content", key, "outcome"),
                person_id("content", key, "goal"),
                person_id("content", key, "provision"),
            ),
            due_on=self._day(-120),
            starts_on=self._day(since),
            responsible_id=self.child.setting.teachers[0][0],
            involvement={
                "who": self.child.parents[0].name,
                "how": "met at the setting",
                "on": self._day(since + 5),
            },
        )

    def _fails(self) -> bool:
        return self.child.stage in ("insufficient", *TWICE_REVIEWED)

    @cached_property
    def _when(self) -> When:
        return When(self.child, self.anchor)

    def _day(self, days_ago: int) -> str:
        return self._when.day(days_ago)

    def _post(
        self, service: str, path: str, step: str, body: Any, *, by: Caller | None = None
    ) -> Any:
        return (by or self.senco).post(service, path, body, key=self._key(step))

    def _change(
        self,
        service: str,
        path: str,
        step: str,
        body: Any = None,
        *,
        by: Caller | None = None,
        method: str = "POST",
    ) -> Any:
        """Change what `path` names but for its last word, at whatever version it is by now."""
        who = by or self.senco
        return who.change(service, path, body, method=method, key=self._key(step))

    def _key(self, step: str) -> str:
        return f"sample/{self.child.key}/{step}"


def _nth_review(reviews: list[Json], number: int) -> Json | None:
    held = sorted((r for r in reviews if r["held_on"]), key=lambda r: str(r["held_on"]))
    if len(held) >= number:
        return held[number - 1]
    waiting = [r for r in reviews if r["state"] in ("scheduled", "due", "overdue")]
    return waiting[0] if waiting else None


def _if(found: Json, name: str, least: int) -> Json | None:
    return found if found[name] >= least else None
