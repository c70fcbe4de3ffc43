"""One message's own trouble: an error of ours in deciding what it says, in saying it, or in a
provider's code. It ends there, for that message alone, and the SENCO is told.

What was decided from is stored, so the same would come out again: nothing is tried for hours. The
next channel has its turn, for its words and its provider are others.
"""

import logging

from prometheus_client import Counter

from services.notifications.domain.errors import RuleBroken
from services.notifications.domain.message import Message
from services.notifications.domain.values import Channel
from services.notifications.providers.several import Broken
from services.notifications.store import NotificationsStore, last_resort
from shared import clock
from shared.errors import NotFound, Stale
from shared.store.each import each, must_be_its_own, without_words

log = logging.getLogger(__name__)

FAILED = Counter("sen_message_attempts_failed_total", "Attempts", ["failure"])
TECHNICAL = "technical"


def break_down(
    store: NotificationsStore,
    message: Message,
    problem: Exception,
    channel: Channel | None = None,
    other: Channel | None = None,
) -> None:
    """Note that it could not be sent, through no fault of its address or of its provider's.

    Raises what says that the database is away.
    """
    must_be_its_own(problem)
    if _was_overtaken(problem):
        log.info("message dealt with by somebody else", extra={"message_id": message.id})
        return
    provider = problem.provider if isinstance(problem, Broken) else None
    cause = problem.__cause__ if isinstance(problem, Broken) else problem
    # The class alone: an error's words may hold what somebody has typed.
    reason = f"a fault in this system ({type(cause).__name__})"
    if message.parts and provider is None:
        _part_company(store, message, reason)
        return
    FAILED.labels(TECHNICAL).inc()
    log.error(
        "message broke down",
        extra={"message_id": message.id, "why": reason},
        exc_info=without_words(cause or problem),
    )
    try:
        store.messages.change(
            message.id,
            lambda m: m.break_down(reason, clock.now(), channel, other, provider=provider),
        )
    except Exception as again:
        must_be_its_own(again)
        if not _was_overtaken(again):
            log.error("message cannot be changed", extra={"message_id": message.id})
            last_resort.note_failed(store, message.id)


def _part_company(store: NotificationsStore, message: Message, reason: str) -> None:
    """What several messages say together fails by one of them: each has its own turn now."""
    log.warning("messages part company", extra={"message_id": message.id, "why": reason})
    now = clock.now()
    each(
        "part company",
        [part.message_id for part in message.parts],
        lambda part_id: store.messages.change(part_id, lambda m: m.go_alone(reason, now)),
        name=str,
    )
    store.messages.change(message.id, lambda m: m.part_company(reason, now))


def _was_overtaken(problem: Exception) -> bool:
    moved = isinstance(problem, RuleBroken) and problem.conflict
    return moved or isinstance(problem, Stale | NotFound)
