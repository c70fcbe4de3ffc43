"""Makes a small council's databases those of many: every document again, under other ids."""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bson import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient, WriteConcern
from pymongo.database import Database

_ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_RAW: CodecOptions[Any] = CodecOptions(document_class=RawBSONDocument)
_OURS = frozenset({"leases", "stored_changes", "page_sessions", "volumes", "health", "digests",
                   "support_services"})  # fmt: skip
"""What does not grow with the plans."""

Source = dict[tuple[str, str], list[bytes]]


def grow(
    mongo: MongoClient[Any], databases: Sequence[str], *, plans: int, families: int, setting: str,
    copies_at_one: int, say: Callable[[str], None],
) -> int:  # fmt: skip
    """Copy what is there until there are about `plans` plans. Answers how many there are.

    Each copy has new ids for everything in it; so many copies share a setting. The words stay the
    same, so compression flatters: look at what is held, not at what it takes on disk.
    """
    source = _read(mongo, databases)
    whole = setting.encode()
    copies = plans // families - 1
    for number in range(1, copies + 1):
        known = {whole: _other(whole, f"setting {number // copies_at_one}")}

        def other(
            found: re.Match[bytes], known: dict[bytes, bytes] = known, at: str = f"copy {number}"
        ) -> bytes:
            old = found.group()
            if old not in known:
                known[old] = _other(old, at)
            return known[old]

        for (database, name), documents in source.items():
            made = [_ID.sub(other, one) for one in documents]
            _insert(
                mongo[database],
                name,
                made,
                "" if number % copies_at_one == 0 else known[whole].decode(),
            )
        if number % 100 == 0:
            say(f"  {(number + 1) * families} plans")
    return (copies + 1) * families


def _read(mongo: MongoClient[Any], databases: Sequence[str]) -> Source:
    found: Source = {}
    for database in databases:
        for name in mongo[database].list_collection_names():
            if name in _OURS or name.startswith("system."):
                continue
            raw = mongo[database].get_collection(name, codec_options=_RAW)
            documents = [one for one in raw.find() if _ID.fullmatch(str(one["_id"]).encode())]
            if documents:
                found[(database, name)] = [one.raw for one in documents]
    return found


def _insert(database: Database[Any], name: str, documents: Iterable[bytes], but: str) -> None:
    collection = database.get_collection(name, codec_options=_RAW, write_concern=WriteConcern(w=1))
    batch = [RawBSONDocument(one, _RAW) for one in documents]
    if some := [one for one in batch if one["_id"] != but]:
        collection.insert_many(some, ordered=False)


def _other(old: bytes, at: str) -> bytes:
    """Another id of the same kind and time: its last 12 digits are drawn from the copy's number."""
    digest = hashlib.blake2b(old + at.encode(), digest_size=6).hexdigest()
    return old[:24] + digest.encode()
