"""The whole system with everything between its parts in the test's hand."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import requests

from deploy.local import mongod, rabbitmq
from deploy.local.ports import free_port
from deploy.local.processes import start
from deploy.local.stack import ROOT, SERVICES, Stack
from tests.faults.proxy import Proxy

SENDERS = 4
"""Threads that send in each worker: each may die between handing over and noting."""

PATIENCE_SECONDS = 600.0
"""For what a test waits for: far longer than it takes, so that a busy machine fails nothing."""

_ASKED_AGAIN = 4

SECOND = "plans-worker-2"
"""Plans has two workers, so that there is somebody to take the relay's lease."""


@dataclass
class FaultyStack(Stack):
    """Workers reach the broker through proxies and may be told to go wrong."""

    usual_ports: bool = False
    proxies: dict[str, Proxy] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    """Worker -> what goes wrong in it from its next start on (`SEN_FAULT`)."""
    clocks: dict[str, int] = field(default_factory=dict)
    """Process -> by how many seconds its clock is off from its next start on."""
    kills_of_senders: int = 0
    members: list[int] = field(default_factory=list)
    """Ports of the replica set, where there is more than one member."""
    replicas: int = 1
    nodes: int = 1
    """Of the broker: where there are several, everybody comes by one door, as by a Service."""
    node_ports: list[int] = field(default_factory=list)
    names_port: int = 0
    door: Proxy | None = None

    def start(self) -> None:
        super().start()
        self.ports["plans-probe-2"] = free_port()
        self.start_second()

    def stop(self) -> None:
        super().stop()
        for proxy in (*self.proxies.values(), *([self.door] if self.door else [])):
            proxy.close()

    def worker_command(self, service: str) -> list[str]:
        return [sys.executable, "-m", "tests.faults.worker", service]

    def api_command(self, service: str) -> list[str]:
        command = super().api_command(service)
        if self.wrong.get(f"{service}-api") == "newer:":
            return [*command[:-1], f"tests.faults.newer:{service}_app()"]
        return command

    def worker_environment(self, service: str) -> dict[str, str]:
        if service not in self.proxies:
            self.proxies[service] = Proxy(self.ports["rabbitmq"])
        name = f"{service}-worker"
        return {
            **self.environment(service),
            "SEN_AMQP_URL": self.amqp_url_of(service, self.proxies[service].port),
            "SEN_FAULT": self.wrong.get(name, ""),
            "SEN_SENDERS": str(SENDERS),
            "SEN_PERSON_DAILY_MESSAGES": "1000",  # a run is a year to its few families
            "SEN_CLOCK_OFFSET_SECONDS": str(self.clocks.get(name, 0)),
        }

    def api_environment(self, service: str) -> dict[str, str]:
        offset = self.clocks.get(f"{service}-api", 0)
        return {**self.environment(service), "SEN_CLOCK_OFFSET_SECONDS": str(offset)}

    def start_second(self) -> None:
        """Start the second worker of plans."""
        self._run(
            SECOND,
            start(
                SECOND, self.worker_command("plans"),
                env={**self.worker_environment("plans"), "SEN_FAULT": self.wrong.get(SECOND, ""),
                     "SEN_WORKER_PORT": str(self.ports["plans-probe-2"])},
                cwd=ROOT, log=self._log(SECOND),
            ),
        )  # fmt: skip

    def start_process(self, name: str) -> None:
        """Start an api or a worker by its name."""
        if name == SECOND:
            self.start_second()
        elif name.endswith("-api"):
            self.start_api(name.removesuffix("-api"), wait=False)
        else:
            self.start_worker(name.removesuffix("-worker"), wait=False)

    def kill_process(self, name: str) -> None:
        """`kill -9` an api or a worker by its name."""
        if name == "notifications-worker":
            self.kills_of_senders += 1
        self.kill_one(name)

    @property
    def processes(self) -> list[str]:
        """The apis and workers."""
        return [*(f"{s}-{kind}" for s in SERVICES for kind in ("api", "worker")), SECOND]

    def revive(self) -> list[str]:
        """Start again what has ended by itself. Answers what had."""
        ended = [name for name in self.processes if not self.running[name].alive()]
        for name in ended:
            if name == "notifications-worker":
                self.kills_of_senders += 1
            self.running.pop(name).kill()
            self.start_process(name)
        return ended

    def unready(self) -> dict[str, str]:
        """The processes that do not say that they are ready, and what they say."""
        late = {}
        for name in self.processes:
            service = name.split("-")[0]
            port = self.ports[
                "plans-probe-2" if name == SECOND
                else service if name.endswith("-api") else f"{service}-probe"
            ]  # fmt: skip
            try:
                answer = requests.get(f"http://127.0.0.1:{port}/readyz", timeout=3)
                if answer.status_code != 200:
                    late[name] = answer.text.strip()
            except requests.RequestException as problem:
                late[name] = type(problem).__name__
        return late

    def recovery(self, patience: float) -> tuple[float, dict[str, str]]:
        """How many seconds it takes until everything is ready, and what was ready last, with what
        it had said. Raises TimeoutError."""
        began = time.monotonic()
        last: dict[str, str] = {}
        while late := self.unready():
            self.revive()
            if time.monotonic() - began > patience:
                raise TimeoutError(f"after {patience:.0f} s these are not ready: {late}")
            last = late
            time.sleep(0.2)
        return time.monotonic() - began, last

    def depths(self) -> dict[str, int]:
        """How many messages each queue holds, those that a reader has in hand included."""
        said = self.ctl("--silent", "list_queues", "name", "messages")
        lines = [line.split("\t") for line in said.splitlines() if "\t" in line]
        return {name: int(count) for name, count in lines if count.isdigit()}

    def ctl(self, *arguments: str) -> str:
        """What `rabbitmqctl` says of the broker. One that hangs is asked again: on a busy machine
        it happened once in five runs that it came to nothing within a minute.

        Raises subprocess.TimeoutExpired, or CalledProcessError.
        """
        for _ in range(_ASKED_AGAIN):
            with contextlib.suppress(subprocess.TimeoutExpired):
                return rabbitmq.ctl(self.folder / self.broker[0], *arguments)
        return rabbitmq.ctl(self.folder / self.broker[0], *arguments)

    # --- three of each, for the long form

    @property
    def broker(self) -> list[str]:
        """The processes of the broker that live."""
        return [n for n, m in self.running.items() if n.startswith("rabbitmq") and m.alive()]

    def start_rabbitmq(self) -> None:
        if self.nodes == 1:
            super().start_rabbitmq()
            return
        if not self.node_ports:
            names, self.names_port = rabbitmq.start_names(self.folder / "epmd")
            self._run("epmd", names)
            self.node_ports = [free_port() for _ in range(self.nodes)]
            self.door = Proxy(*self.node_ports)
            self.ports["rabbitmq"] = self.door.port
        for number, port in enumerate(self.node_ports):
            name = f"rabbitmq-{number}"
            if name not in self.running:
                self._run(
                    name,
                    rabbitmq.start_node(
                        self.folder / name, port, self.names_port, name=name,
                        api_port=0 if number else self.ports["rabbitmq-api"],
                        joins="rabbitmq-0" if number else "",
                    ),
                )  # fmt: skip

    def start_mongod(self) -> None:
        if self.replicas == 1:
            super().start_mongod()
            return
        if not self.members:
            self.members = [free_port() for _ in range(self.replicas)]
        for number in range(self.replicas):
            if f"mongod-{number}" not in self.running:
                self.start_member(number)
        owner = self.mongod_owner()
        mongod.form_set(self.members, owner)
        self.mongodb_url = owner.signed_in(mongod.set_url(self.members))

    def start_member(self, number: int) -> None:
        """Start one member of the replica set again."""
        self._run(
            f"mongod-{number}",
            mongod.start_member(
                self.folder / f"mongod-{number}", self.members[number], owner=self.mongod_owner()
            ),
        )


def only(names: Sequence[str], end: str) -> list[str]:
    """Those names that end so."""
    return [name for name in names if name.endswith(end)]
