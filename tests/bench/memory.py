"""Resident memory of each process after a run, and after ten times the run."""

import time
from pathlib import Path

import psutil

from deploy.local import client
from deploy.local.issuer import Issuer
from deploy.local.stack import SERVICES, Stack
from shared import ids
from tests.bench.http_load import request, run


def measure(stack: Stack, *, count: int) -> dict[str, tuple[float, float]]:
    """For each api and worker: megabytes after `count` commands, and after ten times as many."""
    issuer = Issuer(Path(stack.folder) / "issuer")
    council = client.caller(stack.urls, issuer, "council_officer", "c")
    setting = council.post("plans", "/settings", {"name": "A School", "kind": "school"})["id"]
    senco = client.caller(stack.urls, issuer, "senco", ids.new_id(), settings=[setting])
    body = b'{"first_name": "Robin", "last_name": "Vennacombe", "date_of_birth": "2018-03-04"}'
    path = f"/settings/{setting}/children"
    headers = {"Authorization": f"Bearer {senco.token}"}

    def work(requests: int) -> dict[str, float]:
        run(
            stack.ports["plans"], lambda _n: request("POST", "bench", path, body, headers), requests
        )
        for service in SERVICES[1:]:  # reads warm the other apis
            run(
                stack.ports[service],
                lambda _n: request("GET", "bench", f"/settings/{setting}/audit", b"", headers),
                requests // 10,
            )
        time.sleep(5)  # the workers come to rest
        return {
            name: _resident(stack.running[name].pid)
            for name in (f"{s}-{kind}" for s in SERVICES for kind in ("api", "worker"))
        }

    work(count)  # what is loaded once is loaded
    once, tenfold = work(count), work(count * 10)
    return {name: (once[name], tenfold[name]) for name in once}


def _resident(pid: int) -> float:
    process = psutil.Process(pid)
    return sum(p.memory_info().rss for p in [process, *process.children(recursive=True)]) / 1e6
