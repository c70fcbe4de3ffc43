"""`make images-test`: build the images with no engine and no registry of images, and run the whole
system from them, as another user, on a root file system that cannot be written.

Debian's buildah builds (`--isolation chroot`, storage driver `vfs`) over a base that debootstrap
makes. Needs root. What is kept for the next time lies in `.local/images`.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from deploy.local import demo
from deploy.local.stack import ROOT, SERVICES, Stack

FOLDER = ROOT / ".local" / "images"
BASE = "localhost/sen-base:bookworm"
RUNTIME = "localhost/sen-support/runtime:latest"
_USER = 10001
_CA = "/etc/ssl/certs/ca-certificates.crt"


def say(words: str) -> None:
    """One line of progress."""
    print(f"images: {words}", flush=True)


def buildah(*arguments: str, quiet: bool = True) -> str:
    """Run buildah on a storage of our own. Answers what it printed. Raises CalledProcessError."""
    done = subprocess.run(
        ["buildah", "--storage-driver", "vfs", "--root", str(FOLDER / "storage"),
         "--runroot", str(FOLDER / "run"), *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE if quiet else None, text=True,
        env={**os.environ, "BUILDAH_ISOLATION": "chroot"}, check=False,
    )  # fmt: skip
    if done.returncode:
        print(done.stdout[-3000:], (done.stderr or "")[-3000:], file=sys.stderr)
        done.check_returncode()
    return done.stdout.strip()


def make_base() -> None:
    """A minimal Debian with Python, as an image."""
    if buildah("images", "--quiet", "--filter", f"reference={BASE}"):
        return
    with tempfile.TemporaryDirectory(prefix="sen-base-", dir="/var/tmp") as made:
        say("a base of Debian by debootstrap (once)")
        subprocess.run(
            ["debootstrap", "--variant=minbase", "--include=python3,python3-venv,ca-certificates",
             "bookworm", made], check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        container = buildah("from", "scratch")
        buildah("add", container, made, "/")
        buildah("commit", "--quiet", "--rm", container, BASE)


def build_runtime() -> None:
    """What all services have in common, once."""
    volumes = [f"--volume={_pip_settings()}:/etc/pip.conf:ro"]
    if Path(_CA).exists():
        volumes.append(f"--volume={_CA}:/run/host-ca.pem:ro")
    buildah(
        "build", *volumes, f"--build-arg=BASE={BASE}", f"--build-arg=ASSETS_BASE={BASE}",
        "--target", "runtime", "--tag", RUNTIME, "--file", "deploy/Dockerfile", str(ROOT),
    )  # fmt: skip


def build(service: str) -> str:
    """One service's image: the last stage of the Dockerfile. Answers its name."""
    name = f"localhost/sen-support/{service}"
    # This buildah would build every stage again.
    stages = (ROOT / "deploy" / "Dockerfile").read_text().split("FROM ${RUNTIME}")
    last = FOLDER / "Dockerfile.service"
    last.write_text("ARG RUNTIME\nFROM ${RUNTIME}" + stages[-1])
    revision = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    buildah(
        "build", "--format", "docker", f"--build-arg=RUNTIME={RUNTIME}",
        f"--build-arg=SERVICE={service}", f"--build-arg=REVISION={revision or 'unknown'}",
        "--tag", name, "--file", str(last), str(ROOT),
    )  # fmt: skip
    return name


def _pip_settings() -> Path:
    """This machine's way to the package registry, for the time of building."""
    kept, said = FOLDER / "pip.conf", Path("/etc/pip.conf")
    kept.write_text(said.read_text().replace(_CA, "/run/host-ca.pem") if said.exists() else "")
    return kept


@dataclass
class Image:
    """A built image, opened as a folder."""

    name: str
    container: str
    root: Path

    def command(self, *argv: str) -> list[str]:
        """Runs `argv` in it: as its user, nothing writable but /tmp and /dev/shm."""
        at = self.root
        script = (
            f"mount --bind {at} {at} && mount -t proc proc {at}/proc && "
            f"mount --rbind /dev {at}/dev && mount -t tmpfs tmpfs {at}/tmp && "  # noqa: S108
            f"mount --bind /etc/resolv.conf {at}/etc/resolv.conf && "
            f"mount --bind /etc/hosts {at}/etc/hosts && "
            f"mount -o remount,bind,ro {at} && "
            f'exec /usr/sbin/chroot --userspec={_USER}:{_USER} {at} "$@"'
        )
        return ["unshare", "--mount", "--propagation", "private", "sh", "-ec", script, "sh", *argv]

    def run(self, *argv: str) -> "subprocess.CompletedProcess[str]":
        """Run something short in it."""
        path = "/opt/sen/bin:/usr/local/bin:/usr/bin:/bin"
        return subprocess.run(
            self.command(*argv), capture_output=True, text=True, check=False, env={"PATH": path}
        )


def open_image(name: str) -> Image:
    """Open an image as a folder."""
    container = buildah("from", name)
    root = Path(buildah("mount", container))
    for at in ("etc/resolv.conf", "etc/hosts"):
        (root / at).touch()
    return Image(name, container, root)


def check(image: Image, service: str) -> None:
    """What an image must and must not hold. Raises AssertionError."""
    said = json.loads(buildah("inspect", "--type", "image", image.name))["Docker"]["config"]
    assert said["User"] == f"{_USER}:{_USER}", said["User"]
    assert said["Labels"]["org.opencontainers.image.title"] == f"sen-support-{service}"
    assert said["Healthcheck"]["Test"] == ["CMD", "sen-healthy"], said.get("Healthcheck")
    for tool in ("gcc", "cc", "make", "pip", "npm"):
        assert image.run("sh", "-c", f"command -v {tool}").returncode, f"{tool} is in {image.name}"
    assert image.run("id", "-u").stdout.strip() == str(_USER)
    assert image.run("sh", "-c", "echo x > /app/x").returncode, "the root file system is writable"
    others = [s for s in SERVICES if s != service and (image.root / "app/services" / s).exists()]
    assert not others, f"{image.name} holds {others}"


@dataclass
class ImageStack(Stack):
    """The system of `make up`, its services run from images."""

    images: dict[str, Image] = field(default_factory=dict)

    def api_command(self, service: str) -> list[str]:
        """The image's own command."""
        return self.images[service].command("/usr/local/bin/sen-api")

    def worker_command(self, service: str) -> list[str]:
        """The image's other command."""
        return self.images[service].command("/usr/local/bin/sen-worker")

    def environment(self, service: str) -> dict[str, str]:
        """What the image sets is left as it is."""
        given = {k: v for k, v in super().environment(service).items() if k.startswith("SEN_")}
        return {
            **given, "PATH": "/opt/sen/bin:/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": "/app",
            "SERVICE": service, "HOME": "/tmp", "PYTHONUNBUFFERED": "1",  # noqa: S108
            "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip


def back_up(image: Image, stack: Stack) -> None:
    """The nightly backup, in the words of its CronJob and with what the image has. Raises
    AssertionError."""
    manifests = yaml.safe_load_all(
        (ROOT / "deploy" / "kubernetes" / "rendered" / "servers.yaml").read_text()
    )
    job = next(one for one in manifests if one["kind"] == "CronJob")
    (one,) = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    words = one["args"][0].replace("/backups", "/tmp/backups")  # noqa: S108
    told = {"SEN_MONGODB_URL": stack.mongodb_url, "SEN_AMQP_URL": stack.amqp_url,
            "SEN_RABBITMQ_API_URL": stack.rabbitmq_api_url}  # fmt: skip
    done = subprocess.run(
        image.command(*one["command"], f"mkdir /tmp/backups\n{words}\nls /tmp/backups"),
        env={**stack.environment("plans"), **told}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    say(f"backed up, from the image: {done.stdout.split()[-1]}")


def main(services: Sequence[str] = SERVICES) -> int:
    """Build, check, run a family's whole story. Answers the exit status."""
    if os.geteuid():
        print("images: needs root (chroot, mount)", file=sys.stderr)
        return 1
    began = time.monotonic()
    FOLDER.mkdir(parents=True, exist_ok=True)
    make_base()
    build_runtime()
    say(f"what all have in common is built after {time.monotonic() - began:.0f} s")
    images: dict[str, Image] = {}
    try:
        for service in services:
            at = time.monotonic()
            images[service] = open_image(build(service))
            check(images[service], service)
            say(f"{service}: built and checked after {time.monotonic() - at:.0f} s")
        say("the whole system from these images")
        with tempfile.TemporaryDirectory(prefix="sen-images-") as folder:
            stack = ImageStack(Path(folder), say=say, usual_ports=False, images=images,
                               traces=True)  # fmt: skip
            stack.start()
            try:
                status = demo.walk(Path(folder), stack.urls, stack.amqp_url)
                back_up(images["plans"], stack)
            finally:
                stack.stop()
    finally:
        for image in images.values():
            buildah("rm", image.container)
    say(f"{'all is well' if status == 0 else 'NOT well'} after {time.monotonic() - began:.0f} s")
    shutil.rmtree(FOLDER / "run", ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
