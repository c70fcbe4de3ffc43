"""The plan templates of the three phases: data with versions, not code."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """One part of a template: which field of the plan it shows, under which heading."""

    field: str
    heading: str
    help: str


@dataclass(frozen=True)
class Template:
    """One version of a template."""

    name: str
    version: int
    title: str
    sections: tuple[Section, ...]


def _sections(child: str, setting: str) -> tuple[Section, ...]:
    return (
        Section("child_views", f"What {child} thinks", "Hopes, what helps, what does not"),
        Section("parent_views", "What parents or carers think", "In their own words"),
        Section("outcomes", "Outcomes and goals", f"What {child} wants to achieve, in steps"),
        Section("provisions", f"What {setting} will do", "What, who, how often, how long"),
        Section("strategies", "What helps every day", "Strategies for whoever works with them"),
        Section("involvement", "How this was agreed", "Who took part, how and when"),
    )


TEMPLATES = {
    (made.name, made.version): made
    for made in (
        Template("school", 1, "SEN support plan", _sections("the pupil", "the school")),
        Template("eyfs", 1, "SEN support plan (early years)",
                 _sections("the child", "the nursery")),
        Template("further_education", 1, "Learning support plan",
                 _sections("the student", "the college")),
    )
}  # fmt: skip


def newest_version(name: str) -> int:
    """The newest version of a template."""
    return max(version for known, version in TEMPLATES if known == name)
