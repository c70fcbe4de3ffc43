"""Files beside a referral: kept by their real content, handed out once a scanner has seen them."""

import logging
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, BinaryIO

from services.referrals.commands.change import change_referral
from services.referrals.domain.errors import RuleBroken
from services.referrals.domain.parts import Attachment, Scan
from services.referrals.domain.referral import Referral
from services.referrals.providers.content import media_type_of
from services.referrals.providers.scanner import Scanner, ScannerAway
from services.referrals.store import ReferralsStore
from shared import clock, context, ids
from shared.errors import Invalid, NotFound, SenError
from shared.file_names import shown_name
from shared.store.each import FAILED, must_be_its_own, note_failed

log = logging.getLogger(__name__)

_SCANNED_AT_ONCE = 100
_AWAY_AFTER = 3
_TRIED_AGAIN = timedelta(minutes=30)


def attach_upload(store: ReferralsStore, referral_id: str, by: str, file: Any) -> Referral:
    """Keep a file that was sent (`stream`, `filename`). Raises Invalid on an empty one."""
    size = file.stream.seek(0, 2)
    if not size:
        raise Invalid("This file is empty.", field="/file")
    name = shown_name(file.filename)
    return attach(store, referral_id, by, name=name, content=file.stream, size=size)


def attach(
    store: ReferralsStore, referral_id: str, by: str, *, name: str, content: BinaryIO, size: int
) -> Referral:
    """Keep a file. Raises RuleBroken when its content is none of the kinds that are taken, when
    the referral takes no more of them, or takes none as it stands.

    The same file again is kept once. The file is written first, then the referral that names it:
    so all that can be known is asked before, and what is refused all the same is taken back.
    """
    if store.referrals.answered(referral_id):  # the same request once more
        return store.referrals.get(referral_id)
    media_type = media_type_of(content)
    if media_type is None:
        raise RuleBroken("kind", "Choose a PDF, an image or an office document without macros. "
                         "This file is something else, whatever its name says.",
                         field="/file")  # fmt: skip
    owner = f"referral/{referral_id}"
    file_id = store.files.name_of(owner, content)
    made = Attachment(
        file_id.rpartition("/")[2], name, media_type, size, file_id, by, clock.now(),
        by_service=_by_service(),
    )  # fmt: skip
    store.referrals.get(referral_id).must_take(made)
    mark = ids.new_id()
    store.files.put(owner, content, mark)
    try:
        return change_referral(store, referral_id, "attach", lambda r: r.attach(made))
    except (RuleBroken, SenError):
        store.files.take_back(file_id, mark)
        raise


def detach(store: ReferralsStore, referral_id: str, attachment_id: str, expected: int) -> Referral:
    """Take a file away: any from a draft, and one's own from what has gone out. Its content goes
    within minutes, unless another referral still names it."""
    kept = attachment_of(store.referrals.get(referral_id), attachment_id)
    referral = change_referral(
        store, referral_id, "detach",
        lambda r: r.detach(attachment_id, by_service=_by_service()), expected=expected,
    )  # fmt: skip
    store.files.doubt(kept.file_id)
    return referral


def _by_service() -> bool:
    """Whether it is the service that is at work, not the setting."""
    roles = context.current().actor_role.split(",")
    return "support_worker" in roles and "senco" not in roles


def attachment_of(referral: Referral, attachment_id: str) -> Attachment:
    """Raises NotFound."""
    for kept in referral.attachments:
        if kept.id == attachment_id:
            return kept
    raise NotFound("There is no such file.")


def read_attachment(store: ReferralsStore, kept: Attachment) -> Iterator[bytes]:
    """Its content. Raises RuleBroken while no scanner has passed it."""
    if kept.scan is Scan.WAITING:
        raise RuleBroken("not-scanned", "This file waits to be scanned. Try again in a minute.",
                         conflict=True)  # fmt: skip
    if kept.scan is Scan.INFECTED:
        raise RuleBroken("infected", "The scanner found something harmful in this file.",
                         conflict=True)  # fmt: skip
    if kept.scan is Scan.UNSCANNABLE:
        raise RuleBroken("unscannable", "This file could not be scanned, so it is not opened.",
                         conflict=True)  # fmt: skip
    return store.files.read(kept.file_id)


def scan_waiting(store: ReferralsStore, scanner: Scanner) -> int:
    """The sender's: have what waits scanned. Answers how many files; none while the scanner is
    away, and what waits then waits on.

    A file over which the scanner hangs up, while it takes others, comes behind them.
    """
    waiting = _to_scan(store)
    scanned, hung_up = 0, list[str]()
    for file_id in waiting:
        try:
            _note_scan(store, file_id, scanner.scan(store.files.read(file_id)))
            scanned += 1
        except ScannerAway:
            hung_up.append(file_id)
            if len(hung_up) >= _AWAY_AFTER and not scanned:
                break
        except Exception as problem:  # it cannot be read, say
            must_be_its_own(problem)
            note_failed("scan file", file_id, problem)
            _scan_later(store, [file_id])
    if scanned and hung_up:
        log.error("the scanner hangs up over files", extra={"files": hung_up})
        FAILED.labels("scan file").inc(len(hung_up))
        _scan_later(store, hung_up)
    return scanned


def _to_scan(store: ReferralsStore) -> list[str]:
    """The files that wait, in an order of chance: none is always the first that is tried."""
    now = clock.now()
    due = {"scan": Scan.WAITING, "scan_after": {"$not": {"$gt": now}}}
    query = {"attachments.scan": Scan.WAITING, "attachments": {"$elemMatch": due}}
    found = store.referrals.find_readable(query, limit=_SCANNED_AT_ONCE)
    waiting = {
        kept.file_id: None
        for referral in found
        for kept in referral.attachments
        if kept.scan is Scan.WAITING and (kept.scan_after is None or kept.scan_after <= now)
    }
    return random.sample(list(waiting), len(waiting))


def _scan_later(store: ReferralsStore, file_ids: list[str]) -> None:
    store.referrals.collection.update_many(
        {"attachments.file_id": {"$in": file_ids}},
        {"$set": {"attachments.$[one].scan_after": clock.now() + _TRIED_AGAIN}},
        array_filters=[{"one.file_id": {"$in": file_ids}}],
    )


def _note_scan(store: ReferralsStore, file_id: str, found: Scan) -> None:
    """The referral's version stays: nobody's open form grows old because a scanner has spoken.

    Should a change of the files meanwhile write over it, the file waits again and is scanned anew.
    What was passed on to another service names the same file. Of what is harmful nothing is kept
    but that it was: nobody is ever handed it.
    """
    store.referrals.collection.update_many(
        {"attachments.file_id": file_id},
        {"$set": {"attachments.$[one].scan": found, "attachments.$[one].scanned_at": clock.now()}},
        array_filters=[{"one.file_id": file_id}],
    )
    if found is Scan.INFECTED:
        store.files.doubt(file_id)


def sweep_files(store: ReferralsStore) -> int:
    """The calendar's: files that no referral names. Answers how many went."""

    def named(file_id: str) -> bool:
        harmless = {"$elemMatch": {"file_id": file_id, "scan": {"$ne": Scan.INFECTED}}}
        query = {"attachments.file_id": file_id, "attachments": harmless}
        return store.referrals.collection.find_one(query, {"_id": 1}) is not None

    return store.files.sweep(named)
