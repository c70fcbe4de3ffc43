"""The whole system on this machine: servers, four services, the desk; started and stopped."""

import json
import os
import secrets
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from deploy.local import issuer, mongod, notify, rabbitmq
from deploy.local.certificates import Certificates
from deploy.local.ports import free_port
from deploy.local.processes import Managed, NotStarted, fingerprint, kill_group, start, wait_until
from shared.messaging import credentials, keep
from shared.messaging.credentials import Credentials

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("plans", "reviews", "referrals", "notifications")
_USUAL = {"plans": 8001, "reviews": 8002, "referrals": 8003, "notifications": 8004, "desk": 8000,
          "smtp": 8025, "mongod": 27117, "rabbitmq": 5772,
          "rabbitmq-api": 15772}  # fmt: skip


def _silent(_line: str) -> None:
    """Says nothing."""


@dataclass
class Stack:
    """Everything that runs, and where it answers. `folder` holds data, logs and state."""

    folder: Path
    say: Callable[[str], None] = _silent
    usual_ports: bool = True
    settings: Mapping[str, str] = field(default_factory=dict)
    """`SEN_…` variables besides."""
    mongodb_url: str = field(default_factory=lambda: os.environ.get("MONGODB_URL", ""))
    amqp_url: str = field(default_factory=lambda: os.environ.get("AMQP_URL", ""))
    rabbitmq_api_url: str = field(default_factory=lambda: os.environ.get("RABBITMQ_API_URL", ""))
    urls: dict[str, str] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    running: dict[str, Managed] = field(default_factory=dict)
    database_prefix: str = "sen"
    mongod_cache_gb: float = 0.25
    traces: bool = False
    """Whether the desk collects traces."""
    certificates: Certificates | None = None
    """What our own servers show: they speak TLS then."""
    passwords: dict[str, str] = field(default_factory=dict)
    """Service -> its user's at our own MongoDB."""
    users: dict[str, Credentials] = field(default_factory=dict)
    """Service -> its user at our own RabbitMQ."""

    # --- all of it

    def start(self) -> None:
        """Start everything; what is ready is said. Raises NotStarted, having stopped the rest."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.end_leftovers()
        try:
            self._start_servers()
            self._choose_ports()
            self._start_desk()
            for service in SERVICES:
                self.start_api(service, wait=False)
                self.start_worker(service, wait=False)
            for service in SERVICES:
                self.wait_for(service)
        except BaseException:
            self.stop()
            raise
        self._keep_state()

    def stop(self) -> None:
        """Stop everything: services first, servers last."""
        services = [m for n, m in self.running.items() if n.startswith(SERVICES) or n == "desk"]
        for group in (services, *([m] for n, m in reversed(list(self.running.items()))
                                  if m not in services)):  # fmt: skip
            for managed in group:
                managed.ask()
            for managed in group:
                managed.reap()
        self.running.clear()
        (self.folder / "stack.json").unlink(missing_ok=True)
        (self.folder / "processes.json").unlink(missing_ok=True)

    def dead(self) -> list[Managed]:
        """What has ended by itself."""
        return [managed for managed in self.running.values() if not managed.alive()]

    # --- parts

    def start_mongod(self) -> None:
        """Start MongoDB."""
        folder, port = self.folder / "mongod", self.ports["mongod"]
        owner = self.mongod_owner()
        self._run(
            "mongod",
            mongod.start_mongod(folder, port, cache_gb=self.mongod_cache_gb, owner=owner),
        )
        self.mongodb_url = owner.signed_in(mongod.url(port))

    def mongod_owner(self) -> mongod.Owner:
        """Whose MongoDB it is, where it is ours."""
        self._secret("mongod.key")
        password = self._secret("mongod.password")
        return mongod.Owner(self.folder / "mongod.key", password, self.certificates)

    def start_rabbitmq(self) -> None:
        """Start RabbitMQ."""
        names, node = rabbitmq.start_rabbitmq(
            self.folder / "rabbitmq", self.ports["rabbitmq"], self.ports["rabbitmq-api"],
            self.certificates,
        )  # fmt: skip
        self._run("epmd", names)
        self._run("rabbitmq", node)

    def stop_one(self, name: str) -> None:
        """Stop one process, as an operator would."""
        self.running.pop(name).stop()
        if name == "rabbitmq":
            self.running.pop("epmd").stop()

    def kill_one(self, name: str) -> None:
        """`kill -9` one process with its children."""
        self.running.pop(name).kill()
        if name == "rabbitmq":
            self.running.pop("epmd").kill()

    def start_api(self, service: str, *, wait: bool = True) -> None:
        """Start one service's api."""
        bind = f"127.0.0.1:{self.ports[service]}"
        self._run(
            f"{service}-api",
            start(
                f"{service}-api",
                self.api_command(service),
                env={**self.api_environment(service), "SEN_BIND": bind},
                cwd=ROOT, log=self._log(f"{service}-api"),
            ),
        )  # fmt: skip
        if wait:
            self.wait_for(service)

    def start_worker(self, service: str, *, wait: bool = True) -> None:
        """Start one service's worker."""
        self._run(
            f"{service}-worker",
            start(
                f"{service}-worker", self.worker_command(service),
                env=self.worker_environment(service), cwd=ROOT,
                log=self._log(f"{service}-worker"),
            ),
        )  # fmt: skip
        if wait:
            self.wait_for(service)

    def wait_for(self, service: str) -> None:
        """Wait until a service's api and worker are ready."""
        for part, port in (("api", self.ports[service]), ("worker", self._probe(service))):
            managed = self.running[f"{service}-{part}"]
            url = f"http://127.0.0.1:{port}/readyz"
            wait_until(partial(_ready, url), managed, seconds=180)
        self.say(f"{service}: api and worker ready at {self.urls[service]}")

    def api_command(self, service: str) -> list[str]:
        """What runs a service's api."""
        return [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py",
                f"services.{service}.app:create_app()"]  # fmt: skip

    def worker_command(self, service: str) -> list[str]:
        """What runs a service's worker."""
        return [sys.executable, "-m", f"services.{service}.worker"]

    def worker_environment(self, service: str) -> dict[str, str]:
        """The settings of a service's worker."""
        return self.environment(service)

    def api_environment(self, service: str) -> dict[str, str]:
        """The settings of a service's api."""
        return self.environment(service)

    def environment(self, service: str) -> dict[str, str]:
        """The settings of one service, as environment variables."""
        public = {f"SEN_{name.upper()}_PUBLIC_URL": self.urls[name] for name in SERVICES}
        return {
            **{k: v for k, v in os.environ.items() if not k.startswith("SEN_")},
            **public,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "SEN_MONGODB_URL": self.mongodb_url_of(service),
            "SEN_MONGODB_DATABASE": f"{self.database_prefix}_{service}",
            "SEN_AMQP_URL": self.amqp_url_of(service),
            "SEN_TOKEN_ISSUER": issuer.ISSUER,
            "SEN_TOKEN_AUDIENCE": issuer.AUDIENCE,
            "SEN_JWKS_URL": f"{self.urls['desk']}/.well-known/jwks.json",
            "SEN_OIDC_METADATA_URL": f"{self.urls['desk']}/.well-known/openid-configuration",
            "SEN_LINK_KEYS": self._secret("link.key"),
            "SEN_WORKER_PORT": str(self._probe(service)),
            "SEN_JOBS_EVERY_SECONDS": "5",
            "SEN_SMTP_HOST": "127.0.0.1",
            "SEN_SMTP_PORT": str(self.ports["smtp"]),
            "SEN_SMTP_SECURITY": "none",
            "SEN_SMS_PROVIDERS": "notify",
            "SEN_NOTIFY_API_KEY": notify.API_KEY,
            "SEN_NOTIFY_SMS_TEMPLATE": notify.TEMPLATE,
            "SEN_NOTIFY_URL": self.urls["desk"],
            "SEN_LANGUAGES": "en,pl,ur",
            "SEN_GATHER_SECONDS": "2",
            # Webhooks may call this machine, since nothing else can be called from it.
            "SEN_PRIVATE_WEBHOOKS": "true",
            "SEN_SMTP_SENDER": "SEN Support <sen-support@council.example>",
            "SEN_TRACES_URL": f"{self.urls['desk']}/v1/traces" if self.traces else "",
            **self.settings,
        }

    def mongodb_url_of(self, service: str) -> str:
        """How a service reaches its database: as itself, where the server is ours."""
        if service not in self.passwords:
            return self.mongodb_url
        return mongod.signed_in(self.mongodb_url, service, self.passwords[service])

    def amqp_url_of(self, service: str, port: int = 0) -> str:
        """How a service reaches the broker (at another port of it): as itself, where it is ours."""
        if service not in self.users:
            return self.amqp_url
        made = self.users[service]
        at = port or self.ports["rabbitmq"]
        return rabbitmq.url(at, made.user, made.password, self.certificates)

    # --- inside

    def _start_servers(self) -> None:
        began = time.monotonic()
        if not self.mongodb_url:
            self.ports["mongod"] = free_port(_USUAL["mongod"] if self.usual_ports else 0)
            self.start_mongod()
            for service in SERVICES:
                self.passwords[service] = secrets.token_hex(32)
                mongod.let_in(
                    self.mongodb_url, service, self.passwords[service],
                    mongod.roles(f"{self.database_prefix}_{service}"),
                )  # fmt: skip
            self.say(f"mongod ready after {time.monotonic() - began:.1f} s")
        if not self.amqp_url:
            self.ports["rabbitmq"] = free_port(_USUAL["rabbitmq"] if self.usual_ports else 0)
            self.ports["rabbitmq-api"] = free_port(
                _USUAL["rabbitmq-api"] if self.usual_ports else 0
            )
            self.rabbitmq_api_url = rabbitmq.api_url(self.ports["rabbitmq-api"])
            self.start_rabbitmq()
            self.amqp_url = rabbitmq.url(self.ports["rabbitmq"], certificates=self.certificates)
            keep.set_policy(self.rabbitmq_api_url)
            self.users = {
                service: credentials.grant_service(self.rabbitmq_api_url, service)
                for service in SERVICES
            }
            self.say(f"RabbitMQ ready after {time.monotonic() - began:.1f} s")

    def _choose_ports(self) -> None:
        for name in (*SERVICES, "desk", "smtp"):
            self.ports[name] = free_port(_USUAL[name] if self.usual_ports else 0)
            self.urls[name] = f"http://127.0.0.1:{self.ports[name]}"
        for service in SERVICES:
            self.ports[f"{service}-probe"] = free_port()

    def _start_desk(self) -> None:
        managed = start(
            "desk",
            [sys.executable, "-m", "deploy.local.desk", str(self.folder), str(self.ports["desk"]),
             str(self.ports["smtp"])],
            env={**os.environ, "PYTHONPATH": str(ROOT),
                 "SEN_URLS": json.dumps({name: self.urls[name] for name in SERVICES})},
            cwd=ROOT, log=self._log("desk"), patience=5,
        )  # fmt: skip
        self._run("desk", managed)
        wait_until(lambda: _ready(f"{self.urls['desk']}/"), managed, seconds=180)

    def _probe(self, service: str) -> int:
        return self.ports[f"{service}-probe"]

    def _log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def _run(self, name: str, managed: Managed) -> None:
        self.running[name] = managed
        kept = {n: fingerprint(m.pid) for n, m in self.running.items() if m.alive()}
        (self.folder / "processes.json").write_text(json.dumps(kept))

    def _secret(self, name: str) -> str:
        """A secret that lasts as long as the folder."""
        path = self.folder / name
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(32))
        return path.read_text()

    def _keep_state(self) -> None:
        state = {"urls": self.urls, "mongodb_url": self.mongodb_url, "amqp_url": self.amqp_url,
                 "rabbitmq_api_url": self.rabbitmq_api_url,
                 "launcher": fingerprint(os.getpid())}  # fmt: skip
        path = self.folder / "stack.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(state, indent=1))

    def end_leftovers(self) -> None:
        """End what a killed launcher left behind: only what is surely ours."""
        path = self.folder / "processes.json"
        if not path.exists():
            return
        for name, mark in json.loads(path.read_text() or "{}").items():
            pid = int(mark.split(":")[0]) if mark else 0
            if pid and fingerprint(pid) == mark:
                self.say(f"ending {name}, left over from a launcher that was killed")
                kill_group(pid)
        path.unlink()


def read_state(folder: Path) -> dict[str, str] | None:
    """Where the running system answers, or None when none runs on that folder."""
    try:
        state = json.loads((folder / "stack.json").read_text())
    except (OSError, ValueError):
        return None
    launcher = state["launcher"]
    alive = launcher and fingerprint(int(launcher.split(":")[0])) == launcher
    return state if alive else None


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=3) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


__all__ = ["SERVICES", "NotStarted", "Stack", "read_state"]
