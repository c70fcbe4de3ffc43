"""What the larger requests of a family's way say, in the words of one need."""

from datetime import date, datetime, time, timedelta

from deploy.local.client import Json
from deploy.local.sample.words import Need
from shared.bank_holidays import is_working_day
from shared.clock import LONDON


def parent(person_id: str, relationship: str) -> Json:
    """A parent who gets the written copy and the messages."""
    return {
        "person_id": person_id,
        "relationship": relationship,
        "parental_responsibility": True,
        "entitled": True,
    }


def contact(
    person_id: str, name: str, email: str, child: tuple[str, str], mobile: str | None = None,
    *, language: str = "en",
) -> Json:  # fmt: skip
    """How a person is reached about a child: its id and first name. Who has given a mobile wants
    texts before emails."""
    about = {"child_id": child[0], "first_name": child[1]}
    details: Json = {"name": name, "email": email, "children": [about], "language": language}
    if mobile:
        details.update(mobile=mobile, channels=["sms", "email"])
    return {"person_id": person_id, "details": details}


def read_by(person_id: str, name: str) -> str:
    """The language that somebody reads: some Polish or Urdu."""
    return {"0": "pl", "1": "ur"}.get(person_id[-1], "en") if len(name) % 2 else "en"


def needs_found(need: Need, completed_on: str, *, needed: bool = True) -> Json:
    """What an assessment comes to."""
    return {
        "sen_support": needed,
        "areas": [need.area] if needed else [],
        "primary_need": need.primary if needed else None,
        "presenting_needs": [need.presenting],
        "summary": need.presenting if needed else "Teaching in class meets this need.",
        "completed_on": completed_on,
    }


def plan_content(
    need: Need,
    ids: tuple[str, str, str],
    *,
    due_on: str,
    starts_on: str,
    involvement: Json,
    responsible_id: str | None = None,
) -> Json:
    """What a plan says. `ids` are those of its outcome, its goal and its provision."""
    outcome, goal, provision = ids
    return {
        "outcomes": [
            {
                "id": outcome,
                "area": need.area,
                "text": need.outcome,
                "measure": need.measure,
                "due_on": due_on,
                "goals": [
                    {
                        "id": goal,
                        "text": need.goal,
                        "measure": need.measure,
                        "baseline": need.baseline,
                        "target": need.target,
                        "due_on": due_on,
                    }
                ],
            }
        ],
        "provisions": [
            {
                "id": provision,
                "outcome_ids": [outcome],
                "what": need.provision,
                "who": need.who,
                "times_per_week": need.times,
                "minutes": need.minutes,
                "group_size": need.group,
                "starts_on": starts_on,
            }
        ],
        "strategies": list(need.strategies),
        "child_views": need.child,
        "parent_views": need.parent,
        "responsible_id": responsible_id,
        "involvement": involvement,
    }


def findings(plan: Json, need: Need, rating: str) -> Json:
    """What a review of that plan finds, where all its provision was delivered."""
    return {
        "ratings": [
            {"outcome_id": outcome["id"], "rating": rating, "evidence": need.evidence}
            for outcome in plan["content"]["outcomes"]
        ],
        "provisions": [
            {
                "provision_id": provision["id"],
                "delivered": "fully",
                "effectiveness": {"met": 2, "good_progress": 1}.get(rating, 0),
            }
            for provision in plan["content"]["provisions"]
        ],
        "help_given": "The provision in the plan, most weeks in full.",
        "support_still_needed": rating != "met",
    }


def referral_request(need: Need, service_id: str, urgent_because: str | None = None) -> Json:
    """What a setting asks of a support service."""
    return {
        "support_service_id": service_id,
        "reason": need.concern,
        "strategies_tried": "; ".join(need.strategies),
        "desired_outcome": need.outcome,
        "urgency": "urgent" if urgent_because else "routine",
        "urgency_reason": urgent_because,
    }


DECLINED: Json = {
    "reason": "insufficient_evidence",
    "family_words": "We need to see what has been tried over a longer time.",
    "next_step": "The consultation line is open on Tuesday mornings.",
}


def session(title: str, day: date) -> Json:
    """A support session in the afternoon of that day, or of the next working day."""
    while not is_working_day(day):
        day += timedelta(days=1)
    starts = datetime.combine(day, time(14), tzinfo=LONDON)
    return {
        "title": title, "kind": "training", "starts_at": starts.isoformat(),
        "ends_at": (starts + timedelta(hours=2)).isoformat(), "place": "The council's offices",
        "capacity": 20, "about": "For SENCOs and teachers. Bring a question of your own.",
    }  # fmt: skip
