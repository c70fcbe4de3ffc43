"""The house: the same rooms in every service, and each service stands alone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.stack import SERVICES

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("domain", "commands", "api", "schemas", "store", "access.py", "handlers.py",
         "app.py", "worker.py", "tests")  # fmt: skip


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_rooms(service: str) -> None:
    # A room that outgrows one subject is a folder of the same name.
    at = ROOT / "services" / service
    missing = [r for r in ROOMS if not (at / r).exists() and not (at / f"{r}.py").exists()]
    assert missing == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_and_shared_stand_alone(service: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "shared", tmp_path / "shared")
    shutil.copytree(ROOT / "services" / service, tmp_path / "services" / service)
    code = f"import services.{service}.app, services.{service}.worker"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_what_the_docs_say_of_events_and_apis_is_what_the_code_says() -> None:
    from docs.generate import written

    stale = [path.name for path, text in written().items() if path.read_text() != text]
    assert stale == [], "run `make docs`"


def test_tests_have_the_same_names_in_every_process(request: pytest.FixtureRequest) -> None:
    """Processes that run them together refuse to begin where a name holds a time or an order of
    chance: once in a while, and never when looked for."""
    ours = [
        # Processes that share a run write the group behind the name of what belongs to one.
        item.nodeid.removesuffix(f"@{group.args[0]}")
        if (group := item.get_closest_marker("xdist_group"))
        else item.nodeid
        for item in request.session.items
    ]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    said = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only"], cwd=ROOT,
        env={**environment, "PYTHONHASHSEED": "7"}, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    chosen = set(ours)
    assert [name for name in said.splitlines() if name in chosen] == ours
