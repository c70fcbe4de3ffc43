"""The connection to this service's own database, and the transaction in hand."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from pymongo import MongoClient, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import (
    AutoReconnect,
    ConnectionFailure,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
    WTimeoutError,
)
from pymongo.read_concern import ReadConcern

from shared.errors import Conflict

T = TypeVar("T")

Document = dict[str, Any]
MongoDatabase = Database[Document]

_TURNS = 50
DURABLE = WriteConcern(w="majority", j=True)
COMMITTED = ReadConcern("majority")

# The server's answers that mean "not now": shutting down, no primary, interrupted, out of tickets.
_AWAY_CODES = frozenset({6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436, 50})
# And that it does not let us in: no fault of what was asked, and mended by an operator.
_UNAUTHORIZED = 13
_REFUSED_CODES = frozenset({11, _UNAUTHORIZED, 18, 8000})

_session: ContextVar[ClientSession | None] = ContextVar("session", default=None)


def connect(url: str, name: str) -> MongoDatabase:
    """This service's database; every write is durable (majority, journalled) before it answers.

    Nothing is opened before first use. A client must be made after a fork, never before it.
    """
    client: MongoClient[Document] = MongoClient(
        url,
        tz_aware=True,
        serverSelectionTimeoutMS=2_000,
        connectTimeoutMS=2_000,
        socketTimeoutMS=20_000,
        waitQueueTimeoutMS=5_000,
        maxPoolSize=50,
        retryWrites=True,
        appname=name,
    )
    return client.get_database(name, write_concern=DURABLE, read_concern=COMMITTED)


def reach(database: MongoDatabase) -> None:
    """Read something, as a ping does not say whether we may. Raises PyMongoError."""
    database["leases"].find_one({}, {"_id": 1})


def session() -> ClientSession | None:
    """The session whose transaction is in hand, if any: every call to the store passes it."""
    return _session.get()


@contextmanager
def transaction(database: MongoDatabase) -> Iterator[ClientSession]:
    """One transaction; it is committed when the block ends, aborted when the block raises."""
    with (
        database.client.start_session() as started,
        started.start_transaction(
            read_concern=ReadConcern("snapshot"), write_concern=DURABLE, max_commit_time_ms=10_000
        ),
    ):
        token = _session.set(started)
        try:
            yield started
        finally:
            _session.reset(token)


def in_turn(database: MongoDatabase, work: Callable[[], T]) -> T:
    """Do `work` in one transaction; again, with what is there by then, when somebody else has
    written what it writes. For a rule over several documents, each of which it then touches.

    Raises what `work` raises, and Conflict when others are always quicker.
    """
    for _ in range(_TURNS):
        try:
            with transaction(database):
                return work()
        except PyMongoError as problem:
            if not is_transient(problem) or is_away(problem):
                raise
    raise Conflict("Too many are changing this at once. Try again.", code="busy")


def is_away(problem: BaseException) -> bool:
    """Whether `problem` says that the database cannot be reached, does not let us in, or cannot
    answer now."""
    if isinstance(
        problem,
        ServerSelectionTimeoutError
        | AutoReconnect
        | NetworkTimeout
        | ConnectionFailure
        | WaitQueueTimeoutError
        | WTimeoutError
        | ExecutionTimeout,
    ):
        return True
    return isinstance(problem, OperationFailure) and problem.code in _AWAY_CODES | _REFUSED_CODES


def is_forbidden(problem: PyMongoError) -> bool:
    """Whether it is another's to read."""
    return isinstance(problem, OperationFailure) and problem.code == _UNAUTHORIZED


def patiently(write: Callable[[], T], *, seconds: float) -> T:
    """Call `write` until the database takes it: for what has happened outside and must be noted.

    Raises what `write` raises, or its last failure once `seconds` have passed.
    """
    by = time.monotonic() + seconds
    while True:
        try:
            return write()
        except PyMongoError as problem:
            if not is_away(problem) or time.monotonic() > by:
                raise
            time.sleep(0.5)


def describe(problem: PyMongoError) -> str:
    """What went wrong, for a log: the kind and the server's code, never a value."""
    code = getattr(problem, "code", None)
    return f"{type(problem).__name__} {code}" if code else type(problem).__name__


def is_transient(problem: BaseException) -> bool:
    """Whether the whole transaction may simply be tried again."""
    return isinstance(problem, PyMongoError) and (
        problem.has_error_label("TransientTransactionError")
        or problem.has_error_label("UnknownTransactionCommitResult")
    )
