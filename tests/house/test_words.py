"""`shared/` knows mechanics, never meaning: no word of the field in it, but in `shared/events/`."""

import re
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"

# Whose a record is, is what the guard and the audit trail are about (docs/decisions/0008).
OWNERSHIP = {"child_id", "setting_id", "support_services"}
# The four services themselves, whose names settings and topology need.
SERVICES = {"plans", "reviews", "referrals", "notifications"}
# The standard's own words, and OpenTelemetry's.
W3C = {"traceparent", "parentbased"}
WORDS = (
    "school", "nurser", "college", "pupil", "student", "child", "parent", "famil", "senco",
    "teacher", "council", "plan", "review", "referral", "provision", "assess",
    "escalat", "support_service", "support service", "young_person",
)  # fmt: skip
_TOKEN = re.compile(r"[a-z_]+")


def school_words(text: str) -> set[str]:
    """The words of the field that a text uses."""
    said = set(_TOKEN.findall(text.lower())) - OWNERSHIP - SERVICES - W3C
    found = {word for word in said if word.startswith(WORDS)}
    return found | ({"support service"} if "support service" in text.lower() else set())


@pytest.mark.parametrize(
    "path",
    sorted(
        p for p in SHARED.rglob("*") if p.suffix in (".py", ".html") and "events" not in p.parts
    ),
    ids=lambda path: str(path.relative_to(SHARED)),
)
def test_no_school_word_outside_the_events(path: Path) -> None:
    assert school_words(path.read_text()) == set()


def test_a_school_word_would_be_found() -> None:
    assert school_words("def of_child(child_id): 'The Council plans'") == {"council"}
    assert school_words("raise PlanEnded; provision_ids, our support services") == {
        "planended", "provision_ids", "support service",
    }  # fmt: skip
