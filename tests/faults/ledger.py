"""What the APIs answered: the only thing the load remembers, and what the checker compares with."""

import threading
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """One command. `said` is "yes" for 2xx, "no" for 4xx, "unknown" when no answer came to stay.

    `thing` is the id of what it made or changed; `mark` is in its text, and in nobody else's.
    """

    kind: str
    said: str
    status: int
    thing: str | None = None
    mark: str | None = None


@dataclass
class Ledger:
    """Every command of a run. Safe for many threads."""

    answers: list[Answer] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """Answers that no input may get: 5xx other than 503."""
    tries: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, answer: Answer) -> None:
        """Keep one."""
        with self._lock:
            self.answers.append(answer)

    def note_try(self) -> None:
        """Count a request."""
        with self._lock:
            self.tries += 1

    def note_broken(self, what: str) -> None:
        """Keep an answer that is a bug."""
        with self._lock:
            self.broken.append(what)

    def of(self, kind: str, said: str = "yes") -> list[Answer]:
        """The commands of one kind with that answer."""
        return [a for a in self.answers if a.kind == kind and a.said == said]
