"""Files beside aggregates, in GridFS: written first, then named by the aggregate that keeps them.

What no aggregate names is swept: after a day, or minutes after an aggregate has let go of it.
What was put for a change that is then refused is taken back at once. What one names is never
missing.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cached_property
from operator import itemgetter
from typing import IO

from gridfs import GridFSBucket, NoFile
from gridfs.errors import FileExists
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from shared import clock, ids
from shared.errors import Conflict, NotFound
from shared.store.database import Document, MongoDatabase
from shared.store.each import each

_CHUNK = 255 * 1024
_TRIES = 3
_SWEPT_AFTER = timedelta(days=1)
_LET_GO_AFTER = timedelta(minutes=10)
"""Longer than any request takes that may be about to name it again."""
_GOING_FOR = timedelta(minutes=1)
_WAIT_SECONDS = 0.2


class Files:
    """The files of one service."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    @cached_property
    def _bucket(self) -> GridFSBucket:
        return GridFSBucket(self._database, "files", chunk_size_bytes=_CHUNK)

    @property
    def _listed(self) -> Collection[Document]:
        return self._database["files.files"]

    def ensure_index(self) -> None:
        """By what the sweep asks for."""
        self._listed.create_index([("metadata.kept", 1), ("metadata.at", 1)])

    def name_of(self, owner: str, content: IO[bytes]) -> str:
        """The id under which `content` is, or would be, kept: its owner's and its own digest."""
        content.seek(0)
        digest = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
        return f"{owner}/{digest}"

    def put(self, owner: str, content: IO[bytes], mark: str | None = None) -> str:
        """Keep `content` under its name, and answer that. The same file again is kept once. By
        `mark` it can be taken back. Raises Conflict while somebody else keeps it, or takes it
        away."""
        file_id, mark = self.name_of(owner, content), mark or ids.new_id()
        metadata = {"at": clock.now(), "mark": mark}
        for _ in range(_TRIES):
            # Its time counts anew where it is there, so that the sweep leaves it alone meanwhile.
            found = self._listed.find_one_and_update(
                {"_id": file_id, "metadata.going": None},
                {"$set": {f"metadata.{name}": value for name, value in metadata.items()},
                 "$unset": {"metadata.let_go": ""}},
            )  # fmt: skip
            if found:
                return file_id
            if self._listed.find_one({"_id": file_id}, {"_id": 1}):
                time.sleep(_WAIT_SECONDS)  # it is being taken away this moment
                continue
            content.seek(0)
            try:
                self._bucket.upload_from_stream_with_id(
                    file_id,
                    file_id.rpartition("/")[2],
                    content,
                    metadata={**metadata, "made": mark},
                )
                return file_id
            except (FileExists, DuplicateKeyError):
                # Pieces without an entry: of a process that died, or of one that is at it now.
                self._database["files.chunks"].delete_many({"files_id": file_id})
        raise Conflict("This file is being kept by somebody else just now.", code="busy")

    def take_back(self, file_id: str, mark: str) -> None:
        """What it was put for was refused: it goes at once, where it was not there before and
        nobody else has put it since."""
        self._delete(file_id, {"metadata.made": mark, "metadata.mark": mark})

    def doubt(self, file_id: str) -> None:
        """An aggregate is about to let go of it: the sweep looks again, in minutes."""
        self._listed.update_one(
            {"_id": file_id},
            {"$set": {"metadata.kept": None, "metadata.let_go": True, "metadata.at": clock.now()}},
        )

    def read(self, file_id: str) -> Iterator[bytes]:
        """Its content, piece by piece. Raises NotFound."""
        try:
            stream = self._bucket.open_download_stream(file_id)
        except NoFile:
            raise NotFound("There is no such file.") from None

        def pieces() -> Iterator[bytes]:
            with stream:
                yield from stream

        return pieces()

    def sweep(self, named: Callable[[str], bool]) -> int:
        """Delete what `named` says no aggregate names, once it is old enough. Answers how many."""
        now = clock.now()
        old = {"metadata.kept": None, "$or": [
            {"metadata.at": {"$lt": now - _SWEPT_AFTER}},
            {"metadata.let_go": True, "metadata.at": {"$lt": now - _LET_GO_AFTER}},
            {"metadata.going": {"$lt": now - _GOING_FOR}},  # who was at it has died
        ]}  # fmt: skip

        def look(found: Document) -> bool:
            file_id = str(found["_id"])
            if found["metadata"].get("going"):
                self._delete(file_id, {"metadata.going": found["metadata"]["going"]})
                return True
            if named(file_id):
                # An aggregate keeps it for good: it is not asked after again.
                self._listed.update_one({"_id": file_id}, {"$set": {"metadata.kept": True}})
                return False
            return bool(self._delete(file_id, {"metadata.at": found["metadata"]["at"]}))

        return each("sweep file", self._listed.find(old).limit(500), look, name=itemgetter("_id"))

    def _delete(self, file_id: str, if_still: Document) -> bool:
        """Take a file away, unless it was put again meanwhile. Its pieces go first and its entry
        last: while that is there, marked, nobody begins to keep it anew."""
        going = {"$set": {"metadata.going": clock.now()}}
        if not self._listed.update_one({"_id": file_id, **if_still}, going).matched_count:
            return False
        self._database["files.chunks"].delete_many({"files_id": file_id})
        self._listed.delete_one({"_id": file_id})
        return True
