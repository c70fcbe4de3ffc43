"""Values with which templates are previewed."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.notifications.domain.due import Due, in_lines
from services.notifications.domain.values import Language, Purpose
from services.notifications.rendering.messages import Item
from services.notifications.rendering.templates import DIGEST, OWN, day_in_words

_SHORT = "https://notifications.example.org/l/abcdefghijkl"
_BY_PURPOSE: Mapping[Purpose, tuple[str, ...]] = {
    Purpose.EVENING_SLOTS: ("open", "cancelled"),
    Purpose.ASSESSMENT_DECIDED: ("agreed_to_assess", "refused"),
    Purpose.ASSESSMENT_REQUESTED: ("requested", "brought_to_attention"),
    Purpose.EHC_PLAN_DECIDED: (
        "plan_issued",
        "no_plan",
        "plan_ceasing",
        "plan_kept",
        "plan_ceased",
        "plan_transferred",
    ),
    Purpose.RIGHTS_PASSING: ("told", "represented"),
    Purpose.RIGHTS_PASSED: ("not_chosen_under_18", "not_chosen_adult", "chosen", "capacity"),
    Purpose.SHARING_CHANGED: ("chosen", "not_chosen_adult"),
}
OUTCOMES: Mapping[str, tuple[str, ...]] = {
    **{purpose.value: codes for purpose, codes in _BY_PURPOSE.items()},
    **{OWN[purpose]: codes for purpose, codes in _BY_PURPOSE.items() if purpose in OWN},
}
"""The decisions of which a template speaks, each in its own words."""


def sample_values(name: str, language: Language = Language.ENGLISH) -> dict[str, Any]:
    """For previews of an email."""
    found: dict[str, Any] = {
        "person": "Sam Example",
        "own": name in OWN.values(),
        "child": "Alex",
        "setting": "Example School",
        "phone": "01234 567 890",
        "day": day_in_words(date(2027, 3, 5), language),
        "link": "https://plans.example.org/family/plans/sample",
        "stop": "https://notifications.example.org/family/preferences/sample",
        "preferences": "https://notifications.example.org/family/preferences/sample",
        "lines": in_lines({Due.REVIEW_OVERDUE: 2, Due.REVIEW_COMING: 1}),
        "items": [Item("The first piece of news", _SHORT), Item("The second", None)],
    }
    if name in OUTCOMES:
        found["outcome"] = OUTCOMES[name][0]
    if name != DIGEST:
        del found["items"]
    return found


def sample_text_values(name: str, language: Language = Language.ENGLISH) -> dict[str, Any]:
    """For previews of a text: its links are short."""
    return {**sample_values(name, language), "link": _SHORT, "stop": _SHORT}
