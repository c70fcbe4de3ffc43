"""Email that came back: each report is a receipt like any other."""

import logging
from functools import partial

from prometheus_client import Counter

from services.notifications.commands.receive import receive_receipt
from services.notifications.domain.values import Channel
from services.notifications.providers.mailbox import Bounce, Mailbox, MailboxAway
from services.notifications.store import NotificationsStore
from shared.errors import NotFound
from shared.store.each import each

log = logging.getLogger(__name__)

READ = Counter("sen_bounce_mails_read_total", "Emails in the bounce mailbox", ["what"])


def read_bounces(store: NotificationsStore, mailbox: Mailbox) -> int:
    """Note what came back. Answers how many emails were read.

    Who reports knows the id, which only the recipient and the mail servers between have seen.
    """
    read: list[bool] = []

    def note(bounces: list[Bounce]) -> None:
        read.append(bool(bounces))
        _note(store, bounces)

    try:
        each("bounce mail", mailbox.read(), note)
    except MailboxAway as problem:
        log.warning("the bounce mailbox is away", extra={"why": str(problem)})
    return len(read)


def _note(store: NotificationsStore, bounces: list[Bounce]) -> None:
    READ.labels("report" if bounces else "other").inc()
    each("bounce", bounces, partial(_receive, store), name=lambda one: one.message_id)


def _receive(store: NotificationsStore, bounce: Bounce) -> None:
    try:
        receive_receipt(
            store,
            bounce.message_id,
            Channel.EMAIL,
            delivered=False,
            reason=f"bounce: {bounce.status}"[:40],
            wrong=bounce.wrong,
            ours=bounce.ours,
        )
    except NotFound:
        log.info("a bounce of no message of ours")
