"""The manifests of Kubernetes, as they are applied."""

from functools import cache
from typing import Any

import yaml

from deploy.local.stack import ROOT, SERVICES

KUBERNETES = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("dev", "production")
ALL = (*OVERLAYS, "servers")

Manifest = dict[str, Any]


@cache
def rendered(overlay: str) -> list[Manifest]:
    """What is applied."""
    text = (KUBERNETES / "rendered" / f"{overlay}.yaml").read_text()
    return [one for one in yaml.safe_load_all(text) if one]


def of(overlay: str, kind: str) -> dict[str, Manifest]:
    """The resources of one kind, by name."""
    return {m["metadata"]["name"]: m for m in rendered(overlay) if m["kind"] == kind}


def ours(overlay: str) -> dict[str, Manifest]:
    """The Deployments of the four services."""
    found = of(overlay, "Deployment")
    return {name: found[name] for s in SERVICES for name in (f"{s}-api", f"{s}-worker")}


def container(deployment: Manifest) -> Manifest:
    """Its only one."""
    (one,) = deployment["spec"]["template"]["spec"]["containers"]
    return dict(one)
