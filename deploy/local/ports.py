"""Free ports on 127.0.0.1."""

import random
import socket

# Below those that the kernel gives to connections that go out: one of them might take the port
# before its server has come so far as to listen (RabbitMQ takes seconds).
_FIRST, _LAST = 10_240, 32_767
_TRIES = 200


def free_port(wanted: int = 0) -> int:
    """`wanted` when it is free, else any free port. Raises OSError."""
    drawn = random.SystemRandom()
    for port in (wanted, *(drawn.randint(_FIRST, _LAST) for _ in range(_TRIES))):
        if not port:
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no free port on 127.0.0.1")


def answers(port: int) -> bool:
    """Whether something listens there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
