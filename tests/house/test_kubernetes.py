"""The manifests of Kubernetes: valid in its newest versions, and true of the code that they run."""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy.local import mongod
from docs.settings import settings_reference
from shared.backup import hold
from shared.messaging import topology

ROOT = Path(__file__).resolve().parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("dev", "production")
SERVICES = ("plans", "reviews", "referrals", "notifications")
_OWN_KINDS = {"keda.sh/v1alpha1", "rabbitmq.com/v1beta1", "external-secrets.io/v1",
              "mongodbcommunity.mongodb.com/v1"}  # fmt: skip

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
    (one,) = deployment["spec"]["template"]["spec"]["containers"]
    return dict(one)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_is_rendered_is_what_kustomize_makes(overlay: str) -> None:
    """`make manifests` writes it, for those who have no kustomize and to see what a change does."""
    said = subprocess.run(["kubectl", "version", "--client"], capture_output=True, text=True,
                          check=False).stdout if shutil.which("kubectl") else ""  # fmt: skip
    version = re.search(r"v1\.(\d+)", said)
    if not version or int(version[1]) < 27:
        pytest.skip("no kubectl here with a kustomize that is new enough")
    made = subprocess.run(
        ["kubectl", "kustomize", str(KUBERNETES / "overlays" / overlay)],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert list(yaml.safe_load_all(made)) == list(
        yaml.safe_load_all((KUBERNETES / "rendered" / f"{overlay}.yaml").read_text())
    ), "run `make manifests`"


@pytest.mark.parametrize("version", ["1.35", "1.36", "1.37"])
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_resource_is_valid(overlay: str, version: str) -> None:
    seen = 0
    for manifest in rendered(overlay):
        if manifest["apiVersion"] in _OWN_KINDS:
            continue  # operators' own kinds: their schemas are theirs
        kubernetes_validate.validate(manifest, version, strict=True)
        seen += 1
    assert seen > 30


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_keeps_to_the_restricted_standard(overlay: str) -> None:
    (namespace,) = of(overlay, "Namespace").values()
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for name, deployment in of(overlay, "Deployment").items():
        pod = deployment["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for one in pod["containers"]:
            assert one["securityContext"] == {
                "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name  # fmt: skip
            assert one["resources"]["requests"]["cpu"], name
            assert one["resources"]["requests"]["memory"], name
            assert one["resources"]["limits"]["memory"], name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_probes_mean_what_they_say_and_commands_are_in_the_image(overlay: str) -> None:
    for name, deployment in ours(overlay).items():
        one = container(deployment)
        # A dead broker or database restarts nothing.
        assert one["livenessProbe"]["httpGet"]["path"] == "/healthz", name
        assert one["startupProbe"]["httpGet"]["path"] == "/healthz", name
        assert one["readinessProbe"]["httpGet"]["path"] == "/readyz", name
        ports = {port["name"] for port in one["ports"]}
        assert one["readinessProbe"]["httpGet"]["port"] in ports, name
        (command,) = one["command"]
        assert (ROOT / "deploy" / "image" / command).exists(), name
        assert f"/{name.partition('-')[0]}" in one["image"], name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_setting_that_is_given_is_one_that_the_code_reads(overlay: str) -> None:
    known = set(re.findall(r"`(?:SEN_)?([A-Z_]+)`", settings_reference()))
    maps = of(overlay, "ConfigMap")
    given: set[str] = set()
    for deployment in ours(overlay).values():
        one = container(deployment)
        mapped = [entry["configMapRef"]["name"] for entry in one["envFrom"]]
        assert set(mapped) <= set(maps), mapped
        given |= {key for name in mapped for key in maps[name]["data"]}
        given |= {entry["name"] for entry in one["env"]}
    unknown = {
        name for name in given if name.removeprefix("SEN_").removesuffix("_FILE") not in known
    }
    assert unknown == set()
    for service in SERVICES:
        assert f"SEN_{service.upper()}_PUBLIC_URL" in given


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_secrets_come_as_files_that_are_mounted(overlay: str) -> None:
    there = {name.rsplit("-", 1)[0] if overlay == "dev" else name
             for kind in ("Secret", "ExternalSecret") for name in of(overlay, kind)}  # fmt: skip
    for name, deployment in ours(overlay).items():
        pod, one = deployment["spec"]["template"]["spec"], container(deployment)
        mounts = {m["mountPath"]: m["name"] for m in one["volumeMounts"]}
        volumes = {v["name"]: v for v in pod["volumes"]}
        for entry in one["env"]:
            folder, _, _ = entry["value"].rpartition("/")
            assert "secret" in volumes[mounts[folder]], (name, entry)
        for volume in volumes.values():
            if "secret" in volume:
                said = volume["secret"]["secretName"]
                assert said in there or said.rsplit("-", 1)[0] in there, (name, said)


def test_production_stays_up_while_parts_of_it_go() -> None:
    budgets = of("production", "PodDisruptionBudget")
    scaled = of("production", "ScaledObject")
    for name, deployment in ours("production").items():
        assert deployment["spec"]["replicas"] >= 2, name
        assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0, name
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        wanted = budgets[name]["spec"]["selector"]["matchLabels"]
        assert wanted.items() <= labels.items(), name
        spread = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
        for one in spread:
            assert one["labelSelector"]["matchLabels"].items() <= labels.items(), name
    for service in SERVICES:
        one = scaled[f"{service}-worker"]["spec"]
        assert one["scaleTargetRef"]["name"] == f"{service}-worker"
        assert one["triggers"][0]["metadata"]["queueName"] == topology.events_queue(service)
        scaler = of("production", "HorizontalPodAutoscaler")[f"{service}-api"]["spec"]
        assert scaler["scaleTargetRef"]["name"] == f"{service}-api"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_services_and_policies_find_their_pods_and_no_others(overlay: str) -> None:
    pods = {
        name: deployment["spec"]["template"]["metadata"]["labels"]
        for name, deployment in of(overlay, "Deployment").items()
    }

    def chosen(selector: dict[str, str]) -> set[str]:
        return {name for name, labels in pods.items() if selector.items() <= labels.items()}

    services = of(overlay, "Service")
    for service in SERVICES:
        assert chosen(services[f"{service}-api"]["spec"]["selector"]) == {f"{service}-api"}
        policy = of(overlay, "NetworkPolicy")[f"{service}-api"]["spec"]
        assert chosen(policy["podSelector"]["matchLabels"]) == {f"{service}-api"}
    policies = of(overlay, "NetworkPolicy")
    assert policies["default-deny"]["spec"] == {
        "podSelector": {}, "policyTypes": ["Ingress", "Egress"]
    }  # fmt: skip
    assert chosen(policies["outward"]["spec"]["podSelector"]["matchLabels"]) == set(ours(overlay))
    assert chosen(policies["mail"]["spec"]["podSelector"]["matchLabels"]) == {
        "notifications-worker"
    }


def test_the_brokers_users_may_do_what_the_code_needs() -> None:
    permissions = of("production", "Permission")
    for service in SERVICES:
        assert permissions[f"sen-{service}"]["spec"]["permissions"] == topology.permissions(service)


def test_the_databases_users_may_do_what_those_of_the_tests_may() -> None:
    users = of("production", "MongoDBCommunity")["sen-mongodb"]["spec"]["users"]
    given = {user["name"]: [(r["name"], r["db"]) for r in user["roles"]] for user in users}
    assert given == {
        service: [(r["role"], r["db"]) for r in mongod.roles(f"sen_{service}")]
        for service in SERVICES
    }


def test_the_brokers_figures_are_as_fresh_as_a_backup_needs() -> None:
    """`sen backup` holds events until the management API, waited for so long, says there are none."""
    config = of("production", "RabbitmqCluster")["sen-rabbitmq"]["spec"]["rabbitmq"]
    set_to = re.search(r"collect_statistics_interval = (\d+)", config["additionalConfig"])
    assert (int(set_to[1]) if set_to else 5_000) / 1000 < hold._FRESH_SECONDS


def test_every_host_of_the_ingress_is_one_that_links_lead_to() -> None:
    (settings,) = [
        m for name, m in of("production", "ConfigMap").items() if name.startswith("sen-settings")
    ]
    public = {settings["data"][f"SEN_{s.upper()}_PUBLIC_URL"] for s in SERVICES}
    (ingress,) = of("production", "Ingress").values()
    assert {f"https://{rule['host']}" for rule in ingress["spec"]["rules"]} == public
    assert set(ingress["spec"]["tls"][0]["hosts"]) == {r["host"] for r in ingress["spec"]["rules"]}
    backends = {
        path["backend"]["service"]["name"]
        for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]
    }  # fmt: skip
    assert backends == {f"{service}-api" for service in SERVICES}


def test_docker_compose_gives_what_the_code_reads_and_runs_what_the_image_has() -> None:
    known = set(re.findall(r"`(?:SEN_)?([A-Z_]+)`", settings_reference()))
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for service in SERVICES:
        api, worker = compose[f"{service}-api"], compose[f"{service}-worker"]
        assert api["build"]["args"]["SERVICE"] == service and api["image"] == worker["image"]
        (command,) = worker["command"]
        assert (ROOT / "deploy" / "image" / command).exists()
        for one in (api, worker):
            given = {name.removeprefix("SEN_") for name in one["environment"]}
            assert given <= known, given - known
            assert one["read_only"] is True and one["cap_drop"] == ["ALL"]
    for need in ("SMTP_HOST", "SMTP_SENDER"):
        assert f"SEN_{need}" in compose["notifications-worker"]["environment"]
