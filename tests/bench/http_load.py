"""A load of HTTP requests over kept connections, cheap enough to share the machine with a server."""

import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    """One request, ready to be sent."""

    raw: bytes


def request(
    method: str, host: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Request:
    """Compose one."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return Request("\r\n".join([*lines, "", ""]).encode() + body)


@dataclass
class Result:
    """What came of a load: requests answered 2xx, seconds it took, each one's milliseconds."""

    done: int = 0
    seconds: float = 0.0
    milliseconds: list[float] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return self.done / self.seconds if self.seconds else 0.0


def run(port: int, make: Callable[[int], Request], count: int, *, connections: int = 8) -> Result:
    """Send `make(0)` … `make(count - 1)`, over so many connections at once. Raises on a refusal."""
    requests = [make(number) for number in range(count)]
    shares: Sequence[list[Request]] = [requests[n::connections] for n in range(connections)]
    result, lock = Result(), threading.Lock()

    def work(share: list[Request]) -> None:
        took, refused = _connection(port, share)
        with lock:
            result.done += len(took)
            result.milliseconds += took
            result.refused += refused

    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result.seconds = time.perf_counter() - began
    if result.refused:
        raise RuntimeError(f"{len(result.refused)} were refused: {result.refused[0][:600]!r}")
    return result


def _connection(port: int, requests: Sequence[Request]) -> tuple[list[float], list[bytes]]:
    took: list[float] = []
    refused: list[bytes] = []
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        buffer = b""
        for each in requests:
            began = time.perf_counter()
            connection.sendall(each.raw)
            status, body, buffer = _answer(connection, buffer)
            if status // 100 == 2:
                took.append((time.perf_counter() - began) * 1000)
            else:
                refused.append(body)
    return took, refused


def _answer(connection: socket.socket, buffer: bytes) -> tuple[int, bytes, bytes]:
    while (end := buffer.find(b"\r\n\r\n")) < 0:
        buffer += _piece(connection)
    head = buffer[:end].lower()
    length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    while len(buffer) < end + 4 + length:
        buffer += _piece(connection)
    body = buffer[end + 4 : end + 4 + length]
    return int(head[9:12]), body, buffer[end + 4 + length :]


def _piece(connection: socket.socket) -> bytes:
    piece = connection.recv(65_536)
    if not piece:
        raise ConnectionError("the server closed the connection")
    return piece
