"""A provider that fails loses its turn by itself, and gets it back: a circuit breaker."""

from dataclasses import dataclass

_FAILURES_UNTIL_OPEN = 5
_FIRST_REST, _LONGEST_REST = 30.0, 600.0


@dataclass
class Circuit:
    """Closed while all is well. Opens after five failures in a row, rests for 30 s (twice as long
    each time it fails again, ten minutes at most), then lets one through to see.

    Times are seconds of a clock that never goes back.
    """

    failures: int = 0
    rest: float = _FIRST_REST
    opens_again_at: float | None = None

    def has_turn(self, now: float) -> bool:
        """Whether it may be tried."""
        return self.opens_again_at is None or now >= self.opens_again_at

    def succeeded(self) -> None:
        """All is well (again)."""
        self.failures, self.rest, self.opens_again_at = 0, _FIRST_REST, None

    def failed(self, now: float, wait: float = 0.0) -> None:
        """It did not take what it was given, through no fault of the message's. `wait` is for
        how many seconds it asks to be left alone."""
        self.failures += 1
        if wait:
            self.opens_again_at = now + min(wait, _LONGEST_REST)
        elif self.opens_again_at is not None:  # the one that was let through to see
            self.rest = min(self.rest * 2, _LONGEST_REST)
            self.opens_again_at = now + self.rest
        elif self.failures >= _FAILURES_UNTIL_OPEN:
            self.opens_again_at = now + self.rest
