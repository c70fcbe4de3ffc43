"""Messages handed to a local provider, beside a plain loop over the same client; and how soon."""

import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from notifications_python_client.notifications import NotificationsAPIClient

from deploy.local.notify import API_KEY, TEMPLATE
from deploy.local.ports import answers, free_port
from deploy.local.processes import start, wait_until
from deploy.local.stack import ROOT
from services.notifications.commands.send import send_waiting
from services.notifications.domain.limits import Limits
from services.notifications.providers.notify import NotifyProvider
from services.notifications.settings import NotifySettings
from shared import clock, ids
from shared.messaging.handling import Fate
from tests.bench.ground import Ground
from tests.support.family import Family
from tests.support.house import Service, event
from tests.support.world import outlets

MILLISECONDS, AT_ONCE = 50, 8
THREADS = (1, 2, 4, 8)
_FAMILIES = 50
_NO_LIMIT = Limits(10**9, 10**9)


@dataclass(frozen=True)
class Figures:
    """Messages a second: ours, and a plain loop's."""

    ours: float
    loop: float


@contextmanager
def provider(ground: Ground, milliseconds: int, at_once: int) -> Iterator[str]:
    """A provider in a process of its own. Gives its address."""
    port = free_port()
    managed = start(
        "slow-notify",
        [sys.executable, "-m", "tests.bench.slow_notify", str(port), str(milliseconds),
         str(at_once)],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT, log=ground.folder / "notify.log",
    )  # fmt: skip
    try:
        wait_until(partial(answers, port), managed, seconds=30)
        yield f"http://127.0.0.1:{port}"
    finally:
        managed.kill()


def measure(
    ground: Ground, *, each: int, rounds: int, milliseconds: int = MILLISECONDS,
    threads: tuple[int, ...] = THREADS,
) -> dict[int, Figures]:  # fmt: skip
    """By the number of threads; each thread hands over `each` messages a round."""
    notifications = ground.service("notifications")
    families = [_family(notifications, number) for number in range(_FAMILIES)]
    found = {}
    with provider(ground, milliseconds, AT_ONCE) as url:
        for number in threads:
            ours, loop = [], []
            for _ in range(rounds):
                loop.append(_loop(url, number, each))
                ours.append(_ours(notifications, families, url, number, each))
            found[number] = Figures(statistics.median(ours), statistics.median(loop))
    notifications.close()
    return found


def quick_share(ground: Ground, *, seconds: float, per_second: int) -> tuple[float, int]:
    """Events that come at a steady rate while four threads send: how much of it was handed over
    within ten seconds of its event, and how many messages there were."""
    notifications = ground.service("notifications")
    families = [_family(notifications, number) for number in range(_FAMILIES)]
    stopping = threading.Event()
    with provider(ground, MILLISECONDS, AT_ONCE) as url:
        threads = [
            threading.Thread(target=_send_until, args=(notifications, url, stopping))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        due = time.monotonic()
        for number in range(int(seconds * per_second)):
            due += 1 / per_second
            time.sleep(max(0.0, due - time.monotonic()))
            said = _copy(families[number % _FAMILIES])
            while (
                notifications.handle(said)[0].fate is not Fate.DONE
            ):  # as the ladder would have it
                time.sleep(0.1)
        by = time.monotonic() + 60
        while sum(notifications.store.messages_by_state().values()) and time.monotonic() < by:
            time.sleep(0.2)
        stopping.set()
        for thread in threads:
            thread.join()
    (day,) = notifications.store.volumes.days(clock.today())
    notifications.close()
    return day.quick / day.measured, day.handed_over


def _family(notifications: Service, number: int) -> Family:
    family = Family(notifications)
    family.link()
    family.add_contact(f"parent-{number}@families.example")
    return family


def _copy(family: Family) -> dict[str, object]:
    data = {"child_id": family.child, "setting_id": family.setting, "plan_id": ids.new_id(),
            "person_id": family.parent, "version_number": 1}  # fmt: skip
    return event("PlanCopyIssued", data, subject=ids.new_id())


def _loop(url: str, threads: int, each: int) -> float:
    def act() -> None:
        client = NotificationsAPIClient(API_KEY, base_url=url, timeout=10)
        for _ in range(each):
            client.send_email_notification(
                email_address="parent@families.example", template_id=TEMPLATE,
                personalisation={"subject": "Your copy", "body": "Words " * 80},
                reference=ids.new_id(),
            )  # fmt: skip

    return threads * each / _together([act] * threads)


def _ours(
    notifications: Service, families: list[Family], url: str, threads: int, each: int
) -> float:
    for at in range(0, threads * each, 50):
        made = [_copy(families[n % _FAMILIES]) for n in range(at, min(at + 50, threads * each))]
        notifications.handle(*made)

    def act() -> None:
        through = outlets(notifications, email=NotifyProvider(
            NotifySettings(API_KEY, TEMPLATE, "", url)), limits=_NO_LIMIT)  # fmt: skip
        while send_waiting(notifications.store, through):
            pass

    return threads * each / _together([act] * threads)


def _send_until(notifications: Service, url: str, stopping: threading.Event) -> None:
    through = outlets(notifications, email=NotifyProvider(
        NotifySettings(API_KEY, TEMPLATE, "", url)), limits=_NO_LIMIT)  # fmt: skip
    while not stopping.is_set():
        if not send_waiting(notifications.store, through):
            stopping.wait(0.5)


def _together(acts: list[Callable[[], None]]) -> float:
    threads = [threading.Thread(target=act) for act in acts]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began
