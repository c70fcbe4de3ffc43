"""What a run of faults was given to find, and what its checker found."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Poison:
    """A message that cannot be handled, where it was put, and what is to become of it."""

    service: str
    id: str
    reason: str
    """How its reason begins; empty where it waits for a newer worker."""


@dataclass
class Found:
    """What the checker counted, and what is wrong."""

    wrong: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        said = ", ".join(f"{count} {name}" for name, count in sorted(self.counts.items()))
        return "\n".join([said, *self.wrong[:60]])
