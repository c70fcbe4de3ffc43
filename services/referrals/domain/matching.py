"""Who can help with this? Services ranked for a child's needs, each with its reasons."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.referrals.domain.support_service import Details, SupportService
from services.referrals.domain.values import Area, Intake, Phase, PrimaryNeed


@dataclass
class Needs:
    """What is known of who needs help. What is not known rules nothing out. `age` in years."""

    areas: list[Area] = field(default_factory=list)
    primary_need: PrimaryNeed | None = None
    phase: Phase | None = None
    age: int | None = None


@dataclass
class Match:
    """A service, how well it fits, and why: `reasons` speak for it, `obstacles` against."""

    service: SupportService
    score: int
    reasons: list[str]
    obstacles: list[str]
    median_wait_days: int | None = None


def rank(
    services: Iterable[SupportService],
    needs: Needs,
    waits: dict[str, int | None],
    asked: Mapping[str, str] | None = None,
) -> list[Match]:
    """The services that help with any of the needs: those without an obstacle first, then the
    best fit, then the shortest wait; at the end those that have been asked for this child.
    `waits` are median days by service id; `asked` is, by service id, what came of it."""
    asked = asked or {}
    found = []
    for service in services:
        score, reasons = _reasons(service.details, needs)
        if score or not (needs.areas or needs.primary_need):
            said = [asked[service.id]] if service.id in asked else []
            obstacles = said + _obstacles(service.details, needs)
            found.append(Match(service, score, reasons, obstacles, waits.get(service.id)))
    unknown = 10_000
    return sorted(
        found,
        key=lambda m: (
            m.service.id in asked, bool(m.obstacles), -m.score,
            unknown if m.median_wait_days is None else m.median_wait_days,
            m.service.details.name, m.service.id,
        ),
    )  # fmt: skip


def _reasons(details: Details, needs: Needs) -> tuple[int, list[str]]:
    score, reasons = 0, []
    if needs.primary_need and needs.primary_need in details.primary_needs:
        score += 4
        reasons.append(f"Knows this type of need best: {needs.primary_need.words.lower()}.")
    for area in needs.areas:
        if area in details.areas:
            score += 3
            reasons.append(f"Helps with {area.words}.")
    if score and needs.phase in details.phases:
        score += 1
        reasons.append("Works with settings like this one.")
    return score, reasons


def _obstacles(details: Details, needs: Needs) -> list[str]:
    found = []
    if needs.phase and needs.phase not in details.phases:
        found.append("Does not work with settings like this one.")
    if needs.age is not None and not details.age_from <= needs.age <= details.age_to:
        found.append(f"Is for ages {details.age_from} to {details.age_to}.")
    if details.intake is Intake.PAUSED:
        found.append(f"Takes no referrals at the moment: {details.intake_note}")
    if details.intake is Intake.RESTRICTED:
        found.append(f"Takes some referrals only: {details.intake_note}")
    return found
