"""A family's way in small steps, for tests that need to stand somewhere on it."""

from typing import Any

from shared import ids
from tests.support.house import Person, Service, days_ago, settle

Json = dict[str, Any]


class School:
    """A setting with a SENCO and a teacher, at the plans service."""

    def __init__(self, plans: Service, kind: str = "school") -> None:
        self.plans = plans
        council = plans.person("council_officer")
        self.id: str = council.post("/settings", {"name": "A School", "kind": kind})["id"]
        self.senco = plans.person("senco", settings=[self.id])
        self.teacher = plans.person("teacher", settings=[self.id])
        for person, role in ((self.senco, "senco"), (self.teacher, "teacher")):
            self.senco.put(
                f"/settings/{self.id}/staff/{person.id}", {"name": "Somebody", "role": role}
            )

    def at(self, service: Service, role: str = "senco") -> Person:
        """The same SENCO, or teacher, at another service's door."""
        who = self.senco if role == "senco" else self.teacher
        return service.person(role, subject=who.id, settings=[self.id])

    def child(self, born: str = "2018-03-04", *, parents: int = 1) -> Json:
        child = self.senco.post(
            f"/settings/{self.id}/children",
            {"first_name": "Robin", "last_name": "Vennacombe", "date_of_birth": born},
        )
        for _ in range(parents):
            child = self.senco.post(f"/children/{child['id']}/parents", parent())
        return child

    def assessed(self, child: Json, *others: Service) -> Json:
        """An assessment that finds SEN support to be needed; its events are carried."""
        at = f"/children/{child['id']}/assessments"
        assessment = self.senco.post(at, {"concern": "No progress", "started_on": days_ago(300)})
        at = f"/assessments/{assessment['id']}"
        for source in ("parent", "child", "staff"):
            assessment = self.senco.post(f"{at}/contributions", contribution(source))
        assessment = self.senco.post(f"{at}/complete", NEEDS, version=assessment["version"])
        settle(self.plans, *others)
        return assessment

    def draft(self, child: Json) -> Json:
        made = self.senco.post(f"/children/{child['id']}/plans", {"content": content()})
        return made

    def active(self, child: Json, *others: Service, since: int = 200) -> Json:
        """A plan in force since so many days; its events are carried."""
        self.assessed(child, *others)
        plan = self.draft(child)
        at = f"/plans/{plan['id']}"
        plan = self.senco.post(
            f"{at}/agree", {"agreed_on": days_ago(since)}, version=plan["version"]
        )
        plan = self.senco.post(
            f"{at}/activate", {"active_from": days_ago(since)}, version=plan["version"]
        )
        settle(self.plans, *others)
        return plan


def parent(entitled: bool = True) -> Json:
    return {
        "person_id": ids.new_id(), "relationship": "mother", "parental_responsibility": True,
        "entitled": entitled,
    }  # fmt: skip


def contribution(source: str) -> Json:
    return {
        "source": source, "author_role": source, "occurred_on": days_ago(299), "text": "What I see",
        "areas": ["cognition_and_learning"],
    }  # fmt: skip


NEEDS: Json = {
    "sen_support": True, "areas": ["cognition_and_learning"], "primary_need": "MLD",
    "summary": "Needs more time", "completed_on": days_ago(290),
}  # fmt: skip


def content() -> Json:
    """A plan that can be agreed."""
    outcome = ids.new_id()
    return {
        "outcomes": [
            {"id": outcome, "area": "cognition_and_learning", "text": "To add within 20",
             "measure": "8 of 10", "due_on": "2099-03-01",
             "goals": [{"id": ids.new_id(), "text": "within 10", "measure": "8 of 10",
                        "baseline": "3", "target": "8", "due_on": "2099-02-01"}]}
        ],
        "provisions": [
            {"id": ids.new_id(), "outcome_ids": [outcome], "what": "Pre-teaching",
             "who": "Teacher", "times_per_week": 2, "minutes": 30, "group_size": 3,
             "starts_on": days_ago(200)}
        ],
        "strategies": ["Apparatus"], "child_views": "With cubes", "parent_views": "With things",
        "involvement": {"who": "Mother", "how": "met", "on": days_ago(201)},
    }  # fmt: skip


def findings(plan: Json, rating: str = "some_progress", delivered: str = "fully") -> Json:
    """What a review of that plan finds."""
    said = plan["content"]
    return {
        "ratings": [{"outcome_id": o["id"], "rating": rating, "evidence": "A test"}
                    for o in said["outcomes"]],
        "provisions": [{"provision_id": p["id"], "delivered": delivered, "effectiveness": 0}
                       for p in said["provisions"]],
        "help_given": "As planned",
    }  # fmt: skip


def review_once(
    reviews: Service, school: School, plan: Json, *others: Service, rating: str = "some_progress",
    delivered: str = "fully", held: int = 30, decide: bool = True,
) -> Json:  # fmt: skip
    """Hold, complete and decide the plan's next review; its events are carried."""
    senco = school.at(reviews)
    waiting = [
        r for r in senco.get(f"/plans/{plan['id']}/reviews")["items"] if r["held_on"] is None
    ]
    at = f"/reviews/{waiting[0]['id']}"
    review = senco.post(
        f"{at}/hold",
        {"held_on": days_ago(held), "participants": [{"role": "parent", "name": "A Parent"}]},
        version=waiting[0]["version"],
    )
    review = senco.post(f"{at}/complete", findings(plan, rating, delivered),
                        version=review["version"])  # fmt: skip
    if decide:
        review = senco.post(
            f"{at}/decide",
            {"decision": review["proposed_decision"], "decided_on": days_ago(held)},
            version=review["version"],
        )
    settle(reviews, school.plans, *others)
    return review
