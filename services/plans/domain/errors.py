"""How a rule says no, and how it says everything that is wrong at once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    `field` points at it in the input (RFC 6901); `conflict` says that the state of things refuses,
    not the input.
    """

    code: str
    detail: str
    field: str | None = None
    conflict: bool = False


class RuleBroken(Exception):
    """A rule of the domain refuses, and says in `faults` everything that it found wrong.

    `code`, `field` and `conflict` are those of the first.
    """

    def __init__(
        self, code: str, detail: str, *, field: str | None = None, conflict: bool = False
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.field = field
        self.conflict = conflict
        self.faults: tuple[Fault, ...] = (Fault(code, detail, field, conflict),)

    @classmethod
    def with_all(cls, faults: Sequence[Fault]) -> "RuleBroken":
        """One refusal that says all of these; there is at least one."""
        first = faults[0]
        words = " ".join(dict.fromkeys(fault.detail for fault in faults))
        broken = cls(first.code, words, field=first.field, conflict=first.conflict)
        broken.faults = tuple(faults)
        return broken


class Faults:
    """Gathers what is wrong, so that people can put it right in one go."""

    def __init__(self) -> None:
        self._found: list[Fault] = []

    def add(
        self, code: str, detail: str, *, field: str | None = None, conflict: bool = False
    ) -> None:
        """Note one fault, and go on looking."""
        self._found.append(Fault(code, detail, field, conflict))

    @contextmanager
    def gathered(self, at: str = "") -> Iterator[None]:
        """Keep what a rule inside the block refuses, and go on looking after the block.

        `at` is where in the input that stands which the rule looks at.
        """
        try:
            yield
        except RuleBroken as broken:
            for fault in broken.faults:
                inside = at + fault.field if fault.field else fault.field
                found = replace(fault, field=inside)
                if found not in self._found:
                    self._found.append(found)

    def refuse(self) -> None:
        """Raises RuleBroken where anything was found."""
        if self._found:
            raise RuleBroken.with_all(self._found)


def together(*checks: Callable[[], object]) -> None:
    """Make each of these checks. Raises RuleBroken with everything that any of them refuses."""
    faults = Faults()
    for check in checks:
        with faults.gathered():
            check()
    faults.refuse()


def wrong_state(what: str, state: str, wanted: str) -> RuleBroken:
    """The refusal of a command that another state would allow."""
    return RuleBroken(
        "wrong-state", f"This {what} is {state}; only one that is {wanted} can do that.",
        conflict=True,
    )  # fmt: skip
