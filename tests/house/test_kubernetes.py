"""The manifests of Kubernetes: valid in its newest versions, and true of the code that they run."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from deploy.local import mongod
from deploy.local.stack import ROOT, SERVICES
from docs.settings import settings_reference
from shared.messaging import topology
from tests.support.manifests import (
    ALL,
    KUBERNETES,
    OVERLAYS,
    container,
    of,
    ours,
    rendered,
)

_OWN_KINDS = {"keda.sh/v1alpha1", "rabbitmq.com/v1beta1", "external-secrets.io/v1",
              "mongodbcommunity.mongodb.com/v1", "cert-manager.io/v1"}  # fmt: skip


@pytest.mark.parametrize("overlay", ALL)
def test_what_is_rendered_is_what_kustomize_makes(overlay: str) -> None:
    """`make manifests` writes it, for those who have no kustomize and to see what a change does."""
    said = subprocess.run(["kubectl", "version", "--client"], capture_output=True, text=True,
                          check=False).stdout if shutil.which("kubectl") else ""  # fmt: skip
    version = re.search(r"v1\.(\d+)", said)
    if not version or int(version[1]) < 27:
        pytest.skip("no kubectl here with a kustomize that is new enough")
    at = KUBERNETES / (overlay if overlay == "servers" else f"overlays/{overlay}")
    made = subprocess.run(
        ["kubectl", "kustomize", str(at)],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert list(yaml.safe_load_all(made)) == list(
        yaml.safe_load_all((KUBERNETES / "rendered" / f"{overlay}.yaml").read_text())
    ), "run `make manifests`"


@pytest.mark.parametrize("version", ["1.35", "1.36", "1.37"])
@pytest.mark.parametrize("overlay", ALL)
def test_every_resource_is_valid(overlay: str, version: str) -> None:
    seen = 0
    for manifest in rendered(overlay):
        if manifest["apiVersion"] in _OWN_KINDS:
            continue  # operators' own kinds: their schemas are theirs
        kubernetes_validate.validate(manifest, version, strict=True)
        seen += 1
    assert seen > (30 if overlay in OVERLAYS else 9)


@pytest.mark.parametrize("overlay", ALL)
def test_every_pod_keeps_to_the_restricted_standard(overlay: str) -> None:
    (namespace,) = of(overlay, "Namespace").values()
    wanted = "baseline" if overlay == "servers" else "restricted"  # its operators' pods are not all
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == wanted
    templates = {name: d["spec"]["template"] for name, d in of(overlay, "Deployment").items()}
    jobs = of(overlay, "CronJob").items()
    templates |= {name: job["spec"]["jobTemplate"]["spec"]["template"] for name, job in jobs}
    assert templates
    for name, template in templates.items():
        pod = template["spec"]
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
    permissions, users = of("servers", "Permission"), of("servers", "User")
    for service in SERVICES:
        assert permissions[f"sen-{service}"]["spec"]["permissions"] == topology.permissions(service)
    assert {name for name, user in users.items() if user["spec"].get("tags")} == {"sen-keda"}


def test_the_databases_users_may_do_what_those_of_the_tests_may() -> None:
    users = of("servers", "MongoDBCommunity")["sen-mongodb"]["spec"]["users"]
    given = {
        user["name"]: [{"role": r["name"], "db": r["db"]} for r in user["roles"]] for user in users
    }
    services = {service: mongod.roles(f"sen_{service}") for service in SERVICES}
    assert given == {**services, "operator": mongod.OPERATOR}


def test_every_secret_that_the_servers_need_comes_from_somewhere() -> None:
    text = (KUBERNETES / "rendered" / "servers.yaml").read_text()
    needed = set(re.findall(r"(?:secretName: |importCredentialsSecret:\n\s+name: |"
                            r"passwordSecretRef:\n\s+name: |CertificateSecretRef:\n\s+name: |"
                            r"certificateKeySecretRef:\n\s+name: )([\w-]+)", text))  # fmt: skip
    vault = set(of("servers", "ExternalSecret"))
    certificates = {c["spec"]["secretName"] for c in of("servers", "Certificate").values()}
    assert len(needed) > 10 and needed <= vault | certificates, needed - vault - certificates
    assert vault <= needed, vault - needed


def test_names_in_the_certificates_are_those_that_the_addresses_name() -> None:
    """A certificate is looked at with its name; the addresses are in docs/install.md."""
    certificates = of("servers", "Certificate")
    said = (ROOT / "docs" / "install.md").read_text()
    names = set(re.findall(r"sen-rabbitmq\.sen-servers\.svc(?=:)", said))
    assert names <= set(certificates["sen-rabbitmq-tls"]["spec"]["dnsNames"]) and names
    members = re.findall(r"sen-mongodb-\d\.(sen-mongodb-svc[\w.-]+):27017", said)
    assert len(members) == 3
    for name in members:
        assert f"*.{name}" in certificates["sen-mongodb-tls"]["spec"]["dnsNames"]
    mounts = {m["mountPath"] for m in container(ours("production")["plans-api"])["volumeMounts"]}
    for path in re.findall(r"(?:cacertfile|tlsCAFile)=([\w/-]+)/ca\.crt", said):
        assert path in mounts


def test_the_nightly_backup_keeps_a_fortnight_and_nothing_half_made(tmp_path: Path) -> None:
    """The very words that the CronJob runs, with a `sen` that makes a folder, or fails."""
    job = of("servers", "CronJob")["sen-backup"]
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (one,) = pod["containers"]
    backups = tmp_path / "backups"
    for day in range(1, 20):
        (backups / f"2026-10-{day:02}T023000").mkdir(parents=True)
    left = backups / "2026-10-19T030000.unfinished"
    left.mkdir()
    os.utime(left, (1e9, 1e9))
    said = [*one["command"], one["args"][0].replace("/backups", str(backups))]
    sen = tmp_path / "sen"

    def run(body: str) -> int:
        sen.write_text(f"#!/bin/sh\n{body}\n")
        sen.chmod(0o755)
        path = f"{tmp_path}:/usr/bin:/bin"
        return subprocess.run(said, env={"PATH": path}, check=False).returncode

    assert run("exit 1") != 0
    assert len(list(backups.glob("20*T023000"))) == 19  # a night that failed takes nothing away
    assert run('[ "$1" = backup ] && mkdir "$2"') == 0
    kept = sorted(path.name for path in backups.iterdir())
    assert len(kept) == 14 and kept[0] == "2026-10-07T023000" and kept[-1] > "2026-11"
    assert not [name for name in kept if name.endswith("unfinished")]
    env = {entry["name"].removesuffix("_FILE") for entry in one["env"]}
    assert {"SEN_MONGODB_URL", "SEN_AMQP_URL", "SEN_RABBITMQ_API_URL"} <= env


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
