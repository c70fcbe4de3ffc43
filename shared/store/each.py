"""Going through many: what fails with one stops no other.

What is the database's fault is nobody's: then the whole work ends, and is taken up again.
"""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from prometheus_client import Counter

from shared.store.database import is_away, is_transient

log = logging.getLogger(__name__)

FAILED = Counter(
    "sen_items_failed_total", "Things that failed by themselves and were passed over", ["work"]
)

T = TypeVar("T")


def each(
    work: str,
    things: Iterable[T],
    do: Callable[[T], object],
    *,
    name: Callable[[T], object] = lambda thing: getattr(thing, "id", None),
) -> int:
    """Do something for each. One for which it fails is counted, logged by its `name` (an id, never
    a person's), and passed over; `do` answers False for one that needed nothing.

    Answers for how many it was done. Raises what says that the database is away.
    """
    done = 0
    for thing in things:
        try:
            done += do(thing) is not False
        except Exception as problem:
            must_be_its_own(problem)
            note_failed(work, name(thing), problem)
    return done


def must_be_its_own(problem: Exception) -> None:
    """Raises `problem` again where it is the database's, and so no single thing's."""
    if is_away(problem) or is_transient(problem):
        raise problem


def note_failed(work: str, name: object, problem: BaseException) -> None:
    """Count and log one thing that failed: the class of its error, never its words."""
    FAILED.labels(work).inc()
    why = type(problem).__name__
    about = {"work": work, "of": name, "why": why}
    log.error("one failed", extra=about, exc_info=without_words(problem))


def without_words(problem: BaseException) -> BaseException:
    """The class of an error, with where it came from, for a log: its words may hold what somebody
    has typed."""
    return RuntimeError(type(problem).__name__).with_traceback(problem.__traceback__)
