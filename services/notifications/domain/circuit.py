"""A provider that fails loses its turn by itself, and gets it back: a circuit breaker."""

from dataclasses import dataclass, field

_FAILURES_UNTIL_OPEN = 5
_FIRST_REST, _LONGEST_REST = 30.0, 600.0


@dataclass
class Circuit:
    """Closed while all is well. Opens after five failures in a row, rests for 30 s (twice as long
    each time it fails again, ten minutes at most), then lets one through to see.

    A message that is tried again and again counts once: what one message provokes opens nothing.
    Times are seconds of a clock that never goes back.
    """

    failures: int = 0
    rest: float = _FIRST_REST
    opens_again_at: float | None = None
    ours: bool = False
    """Whether it rests because of what is ours to mend: a key, a sender."""
    _met: list[str] = field(default_factory=list)

    def has_turn(self, now: float) -> bool:
        """Whether it may be tried."""
        return self.opens_again_at is None or now >= self.opens_again_at

    def succeeded(self) -> None:
        """All is well (again)."""
        self.failures, self.rest, self.opens_again_at = 0, _FIRST_REST, None
        self.ours, self._met = False, []

    def failed(
        self, now: float, wait: float = 0.0, *, by: str | None = None, ours: bool = False
    ) -> None:
        """It did not take what it was given, through no fault of the message's. `wait` is for
        how many seconds it asks to be left alone; `by` is the message."""
        self.ours = ours
        if by is None or by not in self._met:
            self.failures += 1
            self._met = [*self._met, by][-_FAILURES_UNTIL_OPEN:] if by else self._met
        if wait:
            self.opens_again_at = now + min(wait, _LONGEST_REST)
        elif self.opens_again_at is not None:  # the one that was let through to see
            self.rest = min(self.rest * 2, _LONGEST_REST)
            self.opens_again_at = now + self.rest
        elif self.failures >= _FAILURES_UNTIL_OPEN:
            self.opens_again_at = now + self.rest
