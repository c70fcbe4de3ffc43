"""Writing databases to a folder as they were at one moment, and reading them back.

A collection is a file of BSON documents one after the other, as mongodump writes it.
"""

import hashlib
import json
import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.errors import CollectionInvalid

from shared import clock
from shared.backup.hold import Waiting
from shared.store.database import DURABLE, MongoDatabase

_RAW = CodecOptions(document_class=RawBSONDocument)
_BATCH = 1_000
_LEFT_OUT = ("leases",)
MARK = "restored"


class BadBackup(Exception):
    """The folder does not hold what its manifest says, or the databases are not empty."""


def write(
    folder: Path, databases: Mapping[str, MongoDatabase], waiting: Sequence[Waiting]
) -> dict[str, Any]:
    """Write everything as it is at one moment. Answers the manifest.

    The databases are on one cluster: that moment is the same for all. It has to be done within the
    time for which the cluster keeps what was (minSnapshotHistoryWindowInSeconds, 300 by default).
    Raises FileExistsError.
    """
    os.makedirs(folder)
    client = next(iter(databases.values())).client
    manifest: dict[str, Any] = {"at": clock.now().isoformat(), "databases": {}}
    with client.start_session(snapshot=True) as session:
        for service, database in sorted(databases.items()):
            written = {}
            same = client.get_database(database.name)  # a session is one client's
            for name in sorted(same.list_collection_names()):
                if name in _LEFT_OUT or name.startswith("system."):
                    continue
                collection: Any = same.get_collection(name, codec_options=_RAW)
                digest, count = hashlib.sha256(), 0
                with (folder / f"{service}.{name}.bson").open("wb") as file:
                    for document in collection.find({}, session=session, batch_size=_BATCH):
                        file.write(document.raw)
                        digest.update(document.raw)
                        count += 1
                written[name] = {"documents": count, "sha256": digest.hexdigest()}
            manifest["databases"][service] = written
    manifest["messages"] = keep_messages(folder / "messages.json", waiting)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))  # the last: it is whole
    return manifest


def keep_messages(path: Path, waiting: Sequence[Waiting]) -> str:
    """Write what rests in the broker. Answers its digest."""
    messages = json.dumps([asdict(one) for one in waiting], default=str)
    path.write_text(messages)
    return hashlib.sha256(messages.encode()).hexdigest()


def read(
    folder: Path, databases: Mapping[str, MongoDatabase], *, replace: bool
) -> list[Waiting]:  # fmt: skip
    """Put everything back. Answers what rested in the broker. Raises BadBackup, having changed
    nothing.

    With `replace` what is in the databases is dropped first; without, they must be empty.
    """
    manifest = _checked(folder)
    if set(manifest["databases"]) != set(databases):
        raise BadBackup(f"this is a backup of {sorted(manifest['databases'])}")
    for service, database in databases.items():
        if not replace and database.list_collection_names():
            raise BadBackup(
                f"the database of {service} is not empty (--replace drops what is there)"
            )
    for service, database in databases.items():
        _drop(database)
        for name, said in manifest["databases"][service].items():
            _load(folder / f"{service}.{name}.bson", database, name, said["documents"])
        database[MARK].insert_one({"_id": MARK, "at": clock.now(), "from": manifest["at"]})
    found = json.loads((folder / "messages.json").read_text())
    return [Waiting(**one) for one in found]


def _drop(database: MongoDatabase) -> None:
    """Collection by collection: who may read and write a database may not drop it as a whole."""
    for name in database.list_collection_names():
        if not name.startswith("system."):
            database.drop_collection(name)


def _load(path: Path, database: MongoDatabase, name: str, count: int) -> None:
    try:
        database.create_collection(name)
    except CollectionInvalid:
        pass
    collection = database.get_collection(name, codec_options=_RAW, write_concern=DURABLE)
    batch: list[RawBSONDocument] = []
    for raw in _documents(path):
        batch.append(RawBSONDocument(raw))
        if len(batch) == _BATCH:
            collection.insert_many(batch, ordered=False)
            batch = []
    if batch:
        collection.insert_many(batch, ordered=False)
    there = database[name].count_documents({})
    if there != count:
        raise BadBackup(f"{name}: {there} documents are there, {count} should be")


def _documents(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while head := file.read(4):
            (length,) = struct.unpack("<i", head)
            yield head + file.read(length - 4)


def _checked(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
        messages = (folder / "messages.json").read_bytes()
        if hashlib.sha256(messages).hexdigest() != manifest["messages"]:
            raise BadBackup("messages.json is not what was written")
        for service, written in manifest["databases"].items():
            for name, said in written.items():
                path = folder / f"{service}.{name}.bson"
                with path.open("rb") as file:
                    if hashlib.file_digest(file, "sha256").hexdigest() != said["sha256"]:
                        raise BadBackup(f"{path.name} is not what was written")
    except (OSError, ValueError, KeyError) as problem:
        raise BadBackup(f"this is no whole backup: {problem}") from problem
    return manifest
