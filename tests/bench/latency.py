"""From a command's 2xx to its effect committed in another service, in the whole running system."""

import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path

from deploy.local import client
from deploy.local.client import Caller
from deploy.local.issuer import Issuer
from deploy.local.stack import Stack
from shared import ids
from tests.bench.ground import client as mongo_client


def measure(
    stack: Stack, *, seconds: float, per_second: float, quiet: list[float]
) -> dict[str, float]:
    """Milliseconds: at a steady rate, and for the first event after each quiet time."""
    council = client.caller(
        stack.urls, Issuer(Path(stack.folder) / "issuer"), "council_officer", "c"
    )
    setting = council.post("plans", "/settings", {"name": "A School", "kind": "school"})["id"]
    with Effects(stack) as effects:
        busy = _steady(stack, setting, effects, seconds, per_second)
        idle = [_after(stack, setting, effects, pause) for pause in quiet]
    busy.sort()
    return {
        "busy p50": statistics.median(busy),
        "busy p99": busy[int(len(busy) * 0.99)],
        "idle p50": statistics.median(idle) if idle else float("nan"),
    }


class Effects:
    """When each child became known in reviews, seen through a change stream (which adds its own
    delay: what is measured is no less than what it is)."""

    def __init__(self, stack: Stack) -> None:
        self._mongo = mongo_client(stack.mongodb_url)
        self._collection = self._mongo[f"{stack.database_prefix}_reviews"]["known_children"]
        self._seen: dict[str, float] = {}
        self._arrived = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Effects":
        self._thread.start()
        time.sleep(1)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._mongo.close()

    def when(self, child_id: str) -> float:
        """The moment (perf_counter) at which the effect was seen. Raises TimeoutError."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: child_id in self._seen, timeout=20):
                raise TimeoutError("the effect did not come")
            return self._seen[child_id]

    def _watch(self) -> None:
        with self._collection.watch(
            [{"$match": {"operationType": "insert"}}, {"$project": {"documentKey": 1}}],
            max_await_time_ms=200,
        ) as stream:
            while not self._stopping.is_set():
                change = stream.try_next()
                if change is not None:
                    with self._arrived:
                        self._seen[change["documentKey"]["_id"]] = time.perf_counter()
                        self._arrived.notify_all()


def _caller(stack: Stack, setting: str) -> Caller:
    issuer = Issuer(Path(stack.folder) / "issuer")
    return client.caller(stack.urls, issuer, "senco", ids.new_id(), settings=[setting])


def _register(who: Caller, setting: str) -> tuple[str, float]:
    child = who.post(
        "plans", f"/settings/{setting}/children",
        {"first_name": "Robin", "last_name": "Vennacombe", "date_of_birth": "2018-03-04"},
    )  # fmt: skip
    return child["id"], time.perf_counter()


def _steady(
    stack: Stack, setting: str, effects: Effects, seconds: float, per_second: float
) -> list[float]:
    threads_count = 4
    found: list[float] = []
    answered: list[tuple[str, float]] = []
    began = time.perf_counter()

    def work(number: int) -> None:
        who = _caller(stack, setting)
        turn = number
        while (at := began + turn / per_second) < began + seconds:
            time.sleep(max(0.0, at - time.perf_counter()))
            answered.append(_register(who, setting))
            turn += threads_count

    _all(work, threads_count)
    for child_id, at in answered:
        found.append((effects.when(child_id) - at) * 1000)
    return found


def _after(stack: Stack, setting: str, effects: Effects, pause: float) -> float:
    who = _caller(stack, setting)
    who.get("plans", f"/settings/{setting}")  # its own connection is not what is measured
    time.sleep(pause)
    child_id, at = _register(who, setting)
    return (effects.when(child_id) - at) * 1000


def _all(work: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
