"""The peers, each in the environment `.venv-peers`: confirmed publishing, and documents written."""

import json
import os
import statistics
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from deploy.local.processes import start
from deploy.local.stack import ROOT
from tests.bench.ground import Ground, client
from tests.bench.messages import events

FOLDER = Path(__file__).parent / "peers"
BIN = ROOT / ".venv-peers" / "bin"
WORKERS: Mapping[str, list[str]] = {
    "celery": [str(BIN / "celery"), "-A", "celery_peer", "worker", "--concurrency", "2",
               "--without-gossip", "--without-mingle", "--without-heartbeat"],
    "dramatiq": [str(BIN / "dramatiq"), "dramatiq_peer"],
    "faststream": [str(BIN / "faststream"), "run", "faststream_peer:app"],
}  # fmt: skip


def measure(ground: Ground, *, count: int, rounds: int) -> dict[str, tuple[float, float]]:
    """For each peer: messages published and confirmed a second, documents written a second."""
    body = json.dumps(events(1)[0])
    env = {**os.environ, "PEER_AMQP_URL": ground.amqp_url.rstrip("/") + "/",
           "PEER_MONGODB_URL": ground.mongodb_url, "PYTHONPATH": str(FOLDER)}  # fmt: skip
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in WORKERS}
    for _ in range(rounds):
        for name in WORKERS:
            found[name].append(_one(ground, name, env, body, count))
    return {
        name: (statistics.median(r[0] for r in rates), statistics.median(r[1] for r in rates))
        for name, rates in found.items()
    }


def _one(
    ground: Ground, name: str, env: Mapping[str, str], body: str, count: int
) -> tuple[float, float]:
    done = subprocess.run(
        [str(BIN / "python"), f"{name}_peer.py", "publish", str(count), body], cwd=FOLDER,
        env=dict(env), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr[-800:]}")
    published = float(done.stdout.strip().splitlines()[-1])
    with client(ground.mongodb_url) as mongo:
        collection = mongo["peer"][name]
        collection.drop()
        worker = start(name, WORKERS[name], env=env, cwd=FOLDER, log=ground.folder / f"{name}.log")
        try:
            # Its starting up is not counted: from the first tenth to the last.
            first = _wait(collection, count // 10)
            written = (count - count // 10) / (_wait(collection, count) - first)
        finally:
            worker.kill()
    return published, written


def _wait(collection: object, count: int) -> float:
    by = time.perf_counter() + 60
    while collection.estimated_document_count() < count:  # type: ignore[attr-defined]
        if time.perf_counter() > by:
            raise TimeoutError("the peer did not write its documents")
        time.sleep(0.01)
    return time.perf_counter()
