"""What operators look at: dashboards and alerts speak of metrics that there are, and each alert has
its place in the runbook."""

import importlib
import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY
from pymongo.errors import ServerSelectionTimeoutError

from docs.dashboards import DASHBOARDS
from shared.gauges import Measure, StoreGauges

ROOT = Path(__file__).resolve().parents[2]
ALERTS = ROOT / "deploy" / "alerts" / "sen-support.yaml"
_NAME = re.compile(r"\bsen_[a-z0-9_]+")
_CLUSTERS = ("kube_cronjob_status_last_successful_time",)
"""What others measure (kube-state-metrics)."""


@cache
def metrics() -> frozenset[str]:
    """Every series that our code gives, by name."""
    for service in ("plans", "reviews", "referrals", "notifications"):
        for module in ("app", "worker"):
            importlib.import_module(f"services.{service}.{module}")
    names = set()
    for family in REGISTRY.collect():
        suffixes = {"counter": ("_total",), "gauge": ("",),
                    "histogram": ("_bucket", "_count", "_sum")}  # fmt: skip
        for suffix in suffixes.get(family.type, ("",)):
            names.add(family.name + suffix)
    for path in (ROOT / "services").glob("*/worker.py"):
        names |= set(re.findall(r'Measure\(\s*"(sen_[a-z_]+)"', path.read_text()))
    return frozenset(names)


def rules() -> list[dict[str, object]]:
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    found: list[dict[str, object]] = group["rules"]
    return found


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_watches_what_there_is_and_the_runbook_says_what_to_do(
    rule: dict[str, object],
) -> None:
    used = set(_NAME.findall(str(rule["expr"])))
    assert used <= metrics(), used - metrics()
    assert used or any(name in str(rule["expr"]) for name in _CLUSTERS)
    annotations = rule["annotations"]
    assert isinstance(annotations, dict)
    anchor = str(rule["alert"]).lower()
    assert annotations["runbook_url"] == f"docs/runbook.md#{anchor}"
    assert f"\n### {rule['alert']}\n" in (ROOT / "docs" / "runbook.md").read_text()


@pytest.mark.parametrize("name", sorted(DASHBOARDS))
def test_a_dashboard_shows_what_there_is(name: str) -> None:
    made = json.loads((ROOT / "deploy" / "grafana" / f"{name}.json").read_text())
    for panel in made["panels"]:
        for target in panel["targets"]:
            used = set(_NAME.findall(target["expr"]))
            assert used and used <= metrics(), (panel["title"], used - metrics())


def test_every_metric_is_on_a_dashboard() -> None:
    shown = "".join((ROOT / "deploy" / "grafana" / f"{n}.json").read_text() for n in DASHBOARDS)
    ours = {re.sub(r"_(bucket|sum|count)$", "", n) for n in metrics() if n.startswith("sen_")}
    assert {n for n in ours if n not in shown} == {"sen_queue_consumers"}  # an alert watches it


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed here")
def test_the_alerts_fire_when_they_should_and_only_then() -> None:
    done = subprocess.run(
        ["promtool", "test", "rules", str(ALERTS.with_name("tests.yaml"))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_figures_are_read_now_and_then_and_missing_while_the_database_is_away() -> None:
    now, reads = 0.0, []

    def read() -> dict[str, float]:
        reads.append(now)
        if now > 100:
            raise ServerSelectionTimeoutError("away")
        return {"due": 3, "overdue": 1}

    gauges = StoreGauges([Measure("sen_x", "X", "state", read)], clock=lambda: now)
    assert [family.name for family in gauges.describe()] == ["sen_x"] and reads == []
    (family,) = gauges.collect()
    assert {s.labels["state"]: s.value for s in family.samples} == {"due": 3, "overdue": 1}
    now = 10.0
    list(gauges.collect())
    assert reads == [0.0]
    now = 101.0
    assert list(gauges.collect()) == []
