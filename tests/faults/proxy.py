"""A TCP proxy whose network can be made bad: cut, half-open, deaf or slow."""

import contextlib
import random
import socket
import threading
import time
from enum import StrEnum

_CHUNK = 65_536
_SLOW_SECONDS = 0.15


class Network(StrEnum):
    """What the network between the two sides does."""

    GOOD = "good"
    CUT = "cut"
    """Connections are broken off, new ones are refused."""
    HANGING = "hanging"
    """Half-open: nothing goes through in either direction, and nobody is told."""
    DEAF = "deaf"
    """What the server answers does not arrive: a confirm that never comes."""
    SLOW = "slow"
    """Every piece is delayed."""


class Proxy:
    """Forwards a port of its own to one of `targets` on this machine, to the next where one does
    not answer. Bytes held back come late, not never."""

    def __init__(self, *targets: int) -> None:
        self._targets = list(targets)
        self._changed = threading.Condition()
        self._network = Network.GOOD
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def be(self, network: Network) -> None:
        """Let the network be like this from now on."""
        with self._changed:
            self._network = network
            self._changed.notify_all()
        if network is Network.CUT:
            self._break_off()

    def close(self) -> None:
        """Stop."""
        self._closed = True
        self.be(Network.CUT)
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        if self._network is Network.CUT or not self._wait(Network.HANGING):
            client.close()
            return
        server = self._connect()
        if server is None:
            client.close()
            return
        server.settimeout(None)
        self._pairs.append((client, server))
        for come, go, held in ((client, server, (Network.HANGING,)),
                               (server, client, (Network.HANGING, Network.DEAF))):  # fmt: skip
            threading.Thread(target=self._pump, args=(come, go, held), daemon=True).start()

    def _connect(self) -> socket.socket | None:
        for target in random.sample(self._targets, len(self._targets)):
            with contextlib.suppress(OSError):
                return socket.create_connection(("127.0.0.1", target), timeout=5)
        return None

    def _pump(self, come: socket.socket, go: socket.socket, held: tuple[Network, ...]) -> None:
        with contextlib.suppress(OSError):
            while piece := come.recv(_CHUNK):
                if self._network is Network.SLOW:
                    time.sleep(_SLOW_SECONDS)
                if not self._wait(*held):
                    break
                go.sendall(piece)
        for end in (come, go):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _wait(self, *held: Network) -> bool:
        """Wait while the network is like one of these. Answers whether it still stands."""
        with self._changed:
            self._changed.wait_for(lambda: self._network not in held or self._closed)
        return not self._closed

    def _break_off(self) -> None:
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
