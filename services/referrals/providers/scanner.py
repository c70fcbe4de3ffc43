"""What looks for harmful content in files: nothing, or a ClamAV daemon."""

import contextlib
import logging
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from services.referrals.domain.parts import Scan

log = logging.getLogger(__name__)

_CHUNK = 64 * 1024
_SECONDS = 60.0


class ScannerAway(Exception):
    """It cannot say at the moment: what waits is scanned later."""


class Scanner(Protocol):
    """Says of a file whether it is clean."""

    def scan(self, content: Iterator[bytes]) -> Scan:
        """Clean, infected, or not to be scanned at all. Raises ScannerAway."""
        ...


class NoScanner:
    """Where an operator has none: every file passes, having been told apart by its content."""

    def scan(self, content: Iterator[bytes]) -> Scan:
        """Clean."""
        return Scan.CLEAN


@dataclass(frozen=True)
class ClamAv:
    """clamd over TCP, by its INSTREAM command (clamd(8)): the file is streamed to it in pieces,
    each with its length in four bytes before it."""

    host: str
    port: int

    def scan(self, content: Iterator[bytes]) -> Scan:
        """What clamd says of it. Raises ScannerAway."""
        try:
            with socket.create_connection((self.host, self.port), timeout=_SECONDS) as connection:
                # Of a file that is too big it says so and hangs up, while we still send.
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    _give(connection, content)
                said = _answer(connection)
        except OSError as problem:
            raise ScannerAway(type(problem).__name__) from problem
        if said == "stream: OK":
            return Scan.CLEAN
        if said.endswith(" FOUND"):
            return Scan.INFECTED
        if not said:
            raise ScannerAway("it hung up")
        log.error("the scanner refuses a file", extra={"said": said[:100]})
        return Scan.UNSCANNABLE


def _give(connection: socket.socket, content: Iterator[bytes]) -> None:
    connection.sendall(b"zINSTREAM\0")
    for piece in content:
        for start in range(0, len(piece), _CHUNK):
            part = piece[start : start + _CHUNK]
            connection.sendall(struct.pack("!I", len(part)) + part)
    connection.sendall(struct.pack("!I", 0))


def _answer(connection: socket.socket) -> str:
    received = b""
    while b"\0" not in received and len(received) < 4096:
        piece = connection.recv(4096)
        if not piece:
            break
        received += piece
    return received.partition(b"\0")[0].decode("utf-8", "replace").strip()
