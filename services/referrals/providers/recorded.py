"""What is recorded of a child elsewhere, read from its owner's API with the reader's own token."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests

from services.referrals.domain.form import Source
from shared.web.owners import read_from


@dataclass
class Recorded:
    """What was found: texts by source, and what could not be asked, in words."""

    texts: dict[Source, str] = field(default_factory=dict)
    plan_id: str | None = None
    child_name: str | None = None
    child_born: str | None = None
    setting_name: str | None = None
    problem: str | None = None


def read_recorded(plans_url: str, authorization: str, child_id: str) -> Recorded:
    """The latest plan and assessment of a child, as texts that a referral can be filled with.

    Never raises: where plans is away, or the reader may not, that is said in `problem`.
    """
    found = Recorded()
    try:
        child = read_from(plans_url, authorization, f"/children/{child_id}")
        setting = read_from(plans_url, authorization, f"/settings/{child['setting_id']}")
        plans = _items(plans_url, authorization, f"/children/{child_id}/plans")
        assessments = _items(plans_url, authorization, f"/children/{child_id}/assessments")
    except (requests.RequestException, ValueError, KeyError) as failure:
        status = getattr(getattr(failure, "response", None), "status_code", None)
        found.problem = (
            "You may not read this child's plan." if status in (401, 403, 404)
            else "What is recorded in plans cannot be read just now."
        )  # fmt: skip
        return found
    found.child_name = _full_name(child)
    found.child_born, found.setting_name = child["date_of_birth"], setting["name"]
    _from_assessments(found, assessments)
    _from_plans(found, plans)
    return found


def _full_name(child: dict[str, Any]) -> str:
    """Some people have one name only."""
    return " ".join(filter(None, (child["first_name"], child["last_name"])))


def _items(url: str, authorization: str, path: str) -> list[dict[str, Any]]:
    return list(read_from(url, authorization, f"{path}?limit=100")["items"])


def _from_assessments(found: Recorded, assessments: list[dict[str, Any]]) -> None:
    done = [a for a in assessments if a.get("needs")]
    if done:
        latest = max(done, key=lambda a: str(a["needs"].get("completed_on")))
        if summary := latest["needs"].get("summary"):
            found.texts[Source.NEEDS] = summary


def _from_plans(found: Recorded, plans: list[dict[str, Any]]) -> None:
    usable = [p for p in plans if p.get("state") in ("active", "agreed", "draft")] or plans
    if not usable:
        return
    # The one in force; of several the newest (ids sort by time).
    plan = max(usable, key=lambda p: (p.get("state") == "active", p["id"]))
    found.plan_id = plan["id"]
    content = plan.get("content") or {}
    texts = {
        Source.STRATEGIES: "\n".join(content.get("strategies") or ()),
        Source.PROVISIONS: "\n".join(map(_provision, content.get("provisions") or ())),
        Source.OUTCOMES: "\n".join(o["text"] for o in content.get("outcomes") or ()),
        Source.CHILD_VIEWS: content.get("child_views"),
        Source.PARENT_VIEWS: content.get("parent_views"),
        Source.CYCLES: str(plan["cycle"]) if plan.get("cycle") else None,
    }
    found.texts.update({source: text for source, text in texts.items() if text})


def _provision(said: dict[str, Any]) -> str:
    often = f"{said['times_per_week']} times a week, {said['minutes']} minutes"
    return f"{said['what']} ({said['who']}, {often})"


def people_of(plans_url: str, authorization: str, child_id: str) -> dict[str, str]:
    """Who may decide for a child, by id: parents and carers by what they are to it, since their
    names are no part of its record; the child's own name. What could not be read is left out: a
    page shows what it has."""
    try:
        child = read_from(plans_url, authorization, f"/children/{child_id}")
        found = {one["person_id"]: str(one["relationship"]) for one in child["parents"]}
        return {child["id"]: _full_name(child)} | {
            person: f"{said[:1].upper()}{said[1:]}" for person, said in found.items()
        }
    except (requests.RequestException, ValueError, KeyError):
        return {}


def children_of(
    plans_url: str, authorization: str, setting_id: str
) -> tuple[dict[str, str], str | None]:
    """The names of a setting's children by id, and in words what could not be read.

    Never raises: a page shows what it has.
    """
    names: dict[str, str] = {}
    cursor = ""
    try:
        while True:
            found = read_from(
                plans_url, authorization, f"/settings/{setting_id}/children?limit=200{cursor}"
            )
            for child in found["items"]:
                names[child["id"]] = _full_name(child)
            if not found["next_cursor"]:
                return names, None
            cursor = f"&cursor={quote(found['next_cursor'])}"
    except (requests.RequestException, ValueError, KeyError):
        return names, "The children's names cannot be read just now."
