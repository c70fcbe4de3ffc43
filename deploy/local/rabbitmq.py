"""A real RabbitMQ as a private node in a folder of its own, for any user, root or not."""

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

from deploy.local.certificates import Certificates
from deploy.local.ports import answers, free_port
from deploy.local.processes import Managed, start, wait_until

# Debian's own, or with BROKER=4 a later Debian's, which rabbitmq_4.sh has unpacked beside it.
_LATER = Path(__file__).resolve().parents[2] / ".local" / "rabbitmq-4" / "root"
_ROOT = _LATER if os.environ.get("BROKER") == "4" else Path("/")
# Debian's wrapper insists on root or the rabbitmq user; this is what it wraps.
_SERVER = _ROOT / "usr/lib/rabbitmq/bin/rabbitmq-server"
_CTL = _ROOT / "usr/lib/rabbitmq/bin/rabbitmqctl"
_PATH = f"{_ROOT}/usr/lib/erlang/bin:{os.environ['PATH']}"


def installed() -> bool:
    """Whether the rabbitmq-server that is wanted is there."""
    return _SERVER.exists() and shutil.which("epmd", path=_PATH) is not None


def url(
    port: int, user: str = "guest", password: str = "guest",  # noqa: S107
    certificates: Certificates | None = None,
) -> str:  # fmt: skip
    """How clients reach it: by TLS, where it has certificates."""
    address = f"amqp://{user}:{password}@127.0.0.1:{port}//"
    if not certificates:
        return address
    return f"{address.replace('amqp', 'amqps', 1)}?cacertfile={certificates.authority}"


def api_url(port: int) -> str:
    """How operators reach its management API."""
    return f"http://guest:guest@127.0.0.1:{port}"


def start_rabbitmq(
    folder: Path, port: int, api_port: int = 0, certificates: Certificates | None = None
) -> list[Managed]:
    """Start the name server and the node, and wait until it takes connections; with `api_port`
    the management API answers there; with certificates the node speaks TLS alone.

    Raises NotStarted. Answers both processes, the node last.
    """
    names, names_port = start_names(folder)
    try:
        node = start_node(folder, port, names_port, api_port=api_port, certificates=certificates)
    except BaseException:
        names.kill()
        raise
    return [names, node]


def start_names(folder: Path) -> tuple[Managed, int]:
    """Start the name server, by whose port nodes find each other. Raises NotStarted."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    # Started by us, in the foreground, so that it ends with us: the node would leave one behind.
    names = start(
        "epmd", ["epmd", "-port", str(port), "-address", "127.0.0.1", "-relaxed_command_check"],
        env={**os.environ, "PATH": _PATH}, log=folder / "epmd.log", patience=2,
    )  # fmt: skip
    try:
        wait_until(lambda: answers(port), names, seconds=120)
    except BaseException:
        names.kill()
        raise
    return names, port


def start_node(
    folder: Path, port: int, names_port: int, *, api_port: int = 0,
    certificates: Certificates | None = None, name: str = "sen", joins: str = "",
) -> Managed:  # fmt: skip
    """Start one node on its folder and wait until it takes connections.

    On its first start it joins the node called `joins`; nodes of one cluster have neighbouring
    folders, since their secret lies beside these. Raises NotStarted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    environment = _environment(folder, port, names_port, api_port, certificates, name, joins)
    (folder / "environment.json").write_text(
        json.dumps({k: v for k, v in environment.items() if k not in os.environ or k == "HOME"})
    )
    node = start(
        name, [str(_SERVER)], env=environment, log=folder / "rabbitmq.log", cwd=folder, patience=30
    )
    try:
        speaks = answers if certificates else _speaks
        wait_until(lambda: speaks(port), node, seconds=240)
    except BaseException:
        node.kill()
        raise
    return node


def ctl(folder: Path, *arguments: str) -> str:
    """What `rabbitmqctl` says to `arguments` at the node of that folder.

    Raises subprocess.CalledProcessError.
    """
    environment = {**os.environ, **json.loads((folder / "environment.json").read_text())}
    environment |= {"RABBITMQ_CTL_ERL_ARGS": "-start_epmd false", "PATH": _PATH}
    done = subprocess.run(
        [str(_CTL), *arguments], env=environment, cwd=folder, capture_output=True, text=True,
        check=True, timeout=60,
    )  # fmt: skip
    return done.stdout


def _speaks(port: int) -> bool:
    """Whether the broker answers a protocol header (AMQP 0-9-1 section 4.2.2)."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
            probe.settimeout(2)
            probe.sendall(b"AMQP\x00\x00\x09\x01")
            return bool(probe.recv(8))
    except OSError:
        return False


def _listener(port: int, certificates: Certificates | None) -> str:
    if not certificates:
        return f"listeners.tcp.default = 127.0.0.1:{port}\n"
    return (
        f"listeners.tcp = none\nlisteners.ssl.default = 127.0.0.1:{port}\n"
        f"ssl_options.cacertfile = {certificates.authority}\n"
        f"ssl_options.certfile = {certificates.certificate}\n"
        f"ssl_options.keyfile = {certificates.key}\n"
        "ssl_options.verify = verify_none\n"
    )


def _environment(
    folder: Path, port: int, names_port: int, api_port: int, certificates: Certificates | None,
    name: str, joins: str,
) -> dict[str, str]:  # fmt: skip
    plugins = folder / "enabled_plugins"
    plugins.write_text("[rabbitmq_management].\n" if api_port else "[].\n")
    config = folder / "rabbitmq.conf"
    config.write_text(
        _listener(port, certificates) + "loopback_users.guest = true\n"
        "disk_free_limit.absolute = 200MB\n"
        "vm_memory_high_watermark.absolute = 1GB\n"
        + (
            f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {api_port}\n"
            "management_agent.disable_metrics_collector = true\n"
            if api_port
            else ""
        )
        + (
            "cluster_formation.peer_discovery_backend = classic_config\n"
            f"cluster_formation.classic_config.nodes.1 = {joins}@localhost\n"
            if joins
            else ""
        )
        + "log.file.level = warning\n"
        "log.console = true\n"
        "log.console.level = warning\n"
    )
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith(("RABBITMQ_", "ERL_"))},
        "HOME": str(folder if name == "sen" else folder.parent),
        "PATH": _PATH,
        "RABBITMQ_NODENAME": f"{name}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "ERL_EPMD_PORT": str(names_port),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} "
        "-start_epmd false +sbwt none +sbwtdcpu none +sbwtdio none",
        "RABBITMQ_CONFIG_FILE": str(config),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "ERL_CRASH_DUMP": str(folder / "log" / "erl_crash.dump"),
        "RABBITMQ_PID_FILE": str(folder / "rabbitmq.pid"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
        "RABBITMQ_FEATURE_FLAGS_FILE": str(folder / "feature_flags"),
        # Makes the script become the node instead of waiting beside it.
        "RUNNING_UNDER_SYSTEMD": "true",
    }
