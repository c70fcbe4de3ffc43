"""Files beside a referral: kept by their real content, handed out once a scanner has seen them."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from services.referrals.commands.change import change_referral
from services.referrals.domain.errors import RuleBroken
from services.referrals.domain.parts import Attachment, Scan
from services.referrals.domain.referral import Referral
from services.referrals.providers.content import media_type_of
from services.referrals.providers.scanner import Scanner, ScannerAway
from services.referrals.store import ReferralsStore
from shared import clock
from shared.errors import Invalid, NotFound
from shared.web.fields import clean_name


def attach_upload(store: ReferralsStore, referral_id: str, by: str, file: Any) -> Referral:
    """Keep a file that was sent (`stream`, `filename`). Raises Invalid on an empty one."""
    size = file.stream.seek(0, 2)
    if not size:
        raise Invalid("This file is empty.", field="/file")
    name = clean_name(PurePosixPath((file.filename or "").replace("\\", "/")).name)
    return attach(store, referral_id, by, name=name or "file", content=file.stream, size=size)


def attach(
    store: ReferralsStore, referral_id: str, by: str, *, name: str, content: BinaryIO, size: int
) -> Referral:
    """Keep a file. Raises RuleBroken when its content is none of the kinds that are taken.

    The same file again is kept once. The file is written first, then the referral that names it.
    """
    media_type = media_type_of(content)
    if media_type is None:
        raise RuleBroken("kind", "PDF, images and office documents can be attached: this is "
                         "something else, whatever its name.", field="/file")  # fmt: skip
    content.seek(0)
    file_id = store.files.put(f"referral/{referral_id}", content)
    made = Attachment(file_id.rpartition("/")[2], name, media_type, size, file_id, by, clock.now())
    return change_referral(store, referral_id, "attach", lambda r: r.attach(made))


def detach(store: ReferralsStore, referral_id: str, attachment_id: str, expected: int) -> Referral:
    """Take a file away from a draft."""
    referral = store.referrals.get(referral_id)
    store.files.doubt(attachment_of(referral, attachment_id).file_id)
    return change_referral(
        store, referral_id, "detach", lambda r: r.detach(attachment_id), expected=expected
    )


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
    away, and what waits then waits on."""
    count = 0
    for referral in store.referrals.find_many({"attachments.scan": Scan.WAITING}, limit=20):
        for kept in referral.attachments:
            if kept.scan is not Scan.WAITING:
                continue
            try:
                found = scanner.scan(store.files.read(kept.file_id))
            except ScannerAway:
                return count
            _note_scan(store, referral.id, kept.id, found)
            count += 1
    return count


def _note_scan(store: ReferralsStore, referral_id: str, attachment_id: str, found: Scan) -> None:
    """The referral's version stays: nobody's open form grows old because a scanner has spoken.

    Should a change of the files meanwhile write over it, the file waits again and is scanned anew.
    """
    store.referrals.collection.update_one(
        {"_id": referral_id, "attachments.id": attachment_id},
        {"$set": {"attachments.$.scan": found, "attachments.$.scanned_at": clock.now()}},
    )


def sweep_files(store: ReferralsStore) -> int:
    """The calendar's: files that no referral names. Answers how many went."""

    def named(file_id: str) -> bool:
        query = {"attachments.file_id": file_id}
        return store.referrals.collection.find_one(query, {"_id": 1}) is not None

    return store.files.sweep(named)
