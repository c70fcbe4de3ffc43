"""Files beside aggregates, in GridFS: written first, then named by the aggregate that keeps them.

What no aggregate names is swept after a day; what one names is never missing.
"""

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cached_property
from typing import IO

from gridfs import GridFSBucket, NoFile
from gridfs.errors import FileExists
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from shared import clock
from shared.errors import Conflict, NotFound
from shared.store.database import Document, MongoDatabase

_CHUNK = 255 * 1024
_TRIES = 3
_SWEPT_AFTER = timedelta(days=1)


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

    def put(self, owner: str, content: IO[bytes]) -> str:
        """Keep `content` under an id of its owner and its own digest. Answers that id.

        The same file again is kept once.
        """
        digest = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
        file_id = f"{owner}/{digest}"
        for _ in range(_TRIES):
            # Its time counts anew where it is there, so that the sweep leaves it alone meanwhile.
            if self._listed.update_one(
                {"_id": file_id}, {"$set": {"metadata.at": clock.now()}}
            ).matched_count:
                break
            content.seek(0)
            try:
                self._bucket.upload_from_stream_with_id(
                    file_id, digest, content, metadata={"at": clock.now()}
                )
                break
            except (FileExists, DuplicateKeyError):
                # Pieces without an entry: of a process that died, or of one that is at it now.
                self._database["files.chunks"].delete_many({"files_id": file_id})
        else:
            raise Conflict("This file is being kept by somebody else just now.", code="busy")
        return file_id

    def doubt(self, file_id: str) -> None:
        """An aggregate is about to let go of it: the sweep looks again."""
        self._listed.update_one({"_id": file_id}, {"$set": {"metadata.kept": None}})

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
        """Delete what `named` says no aggregate names, once it is a day old. Answers how many."""
        count = 0
        old = {"metadata.at": {"$lt": clock.now() - _SWEPT_AFTER}, "metadata.kept": None}
        for found in self._listed.find(old).limit(500):
            file_id = str(found["_id"])
            if named(file_id):
                # An aggregate keeps it for good: it is not asked after again.
                self._listed.update_one({"_id": file_id}, {"$set": {"metadata.kept": True}})
            else:
                self._bucket.delete(file_id)
                count += 1
        return count
