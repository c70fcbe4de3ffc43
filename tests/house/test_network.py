"""Who reaches whom, as a cluster that enforces its NetworkPolicies would have it."""

from collections.abc import Mapping
from dataclasses import dataclass

from deploy.local.stack import SERVICES
from tests.support.manifests import Manifest, of, ours


@dataclass(frozen=True)
class Pod:
    """Where a pod is, and its labels; ours, or one that an operator makes."""

    namespace: str
    labels: Mapping[str, str]


_NAMESPACES = {
    "ingress-nginx": {"sen-support/role": "ingress"},
    "monitoring": {"sen-support/role": "monitoring"},
}
"""What docs/install.md has the operator label."""


def _matches(selector: Manifest, labels: Mapping[str, str]) -> bool:
    expressions = selector.get("matchExpressions", [])
    assert all(e["operator"] == "In" for e in expressions)
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(e["key"]) in e["values"] for e in expressions
    )


def _is_peer(peer: Manifest, pod: Pod, home: str) -> bool:
    names = {"kubernetes.io/metadata.name": pod.namespace, **_NAMESPACES.get(pod.namespace, {})}
    if "namespaceSelector" in peer:
        if not _matches(peer["namespaceSelector"], names):
            return False
    elif pod.namespace != home:
        return False
    return _matches(peer.get("podSelector", {}), pod.labels)


def _passes(overlay: str, pod: Pod, direction: str, other: Pod, port: int) -> bool:
    """Whether the policies that choose `pod` let this in or out; where none does, all passes."""
    chosen = [
        policy["spec"] for policy in of(overlay, "NetworkPolicy").values()
        if policy["metadata"]["namespace"] == pod.namespace
        and direction in policy["spec"]["policyTypes"]
        and _matches(policy["spec"]["podSelector"], pod.labels)
    ]  # fmt: skip
    key, peers = ("ingress", "from") if direction == "Ingress" else ("egress", "to")
    named = {"http": 8000, "probes": 8080}
    return not chosen or any(
        (peers not in rule or any(_is_peer(p, other, pod.namespace) for p in rule[peers]))
        and ("ports" not in rule
             or port in {named.get(p["port"], p["port"]) for p in rule["ports"]})
        for spec in chosen for rule in spec.get(key, [])
    )  # fmt: skip


def reaches(source: Pod, target: Pod, port: int, services: str = "production") -> bool:
    """Whether `source` gets to that port of `target`, the services being of that overlay."""
    overlay = {"sen-support": services, "sen-servers": "servers"}
    return all(
        one.namespace not in overlay or _passes(overlay[one.namespace], one, way, other, port)
        for one, way, other in ((source, "Egress", target), (target, "Ingress", source))
    )


def our(name: str, overlay: str = "production") -> Pod:
    """A pod of one of our Deployments."""
    template = of(overlay, "Deployment")[name]["spec"]["template"]
    return Pod("sen-support", template["metadata"]["labels"])


_RABBITMQ = Pod("sen-servers", {"app.kubernetes.io/name": "sen-rabbitmq",
                                "app.kubernetes.io/component": "rabbitmq"})  # fmt: skip
_MONGODB = Pod("sen-servers", {"app": "sen-mongodb-svc"})
_TOOLBOX = Pod("sen-servers", {"sen-support/role": "toolbox"})
_STRANGERS = (Pod("default", {}), Pod("sen-support", {}), Pod("sen-servers", {}))


def test_every_part_reaches_what_it_needs() -> None:
    for name in ours("production"):
        assert reaches(our(name), _RABBITMQ, 5671), name
        assert reaches(our(name), _MONGODB, 27017), name
        assert reaches(our(name), Pod("kube-system", {"k8s-app": "kube-dns"}), 53), name
        assert reaches(our(name), Pod("monitoring", {}), 4318), name
        port = 8000 if name.endswith("-api") else 8080
        assert reaches(Pod("monitoring", {}), our(name), port), name
        for service in SERVICES:  # pages read others' records with the reader's own token
            assert reaches(our(name), our(f"{service}-api"), 8000), (name, service)
    for service in SERVICES:
        assert reaches(Pod("ingress-nginx", {}), our(f"{service}-api"), 8000)
    outside = Pod("elsewhere", {})
    assert reaches(our("notifications-worker"), outside, 587)
    assert reaches(our("referrals-worker"), outside, 3310)
    for node in (_RABBITMQ, _MONGODB):
        assert reaches(node, node, 27017 if node is _MONGODB else 25672)
    for port in (5671, 15671):
        assert reaches(_TOOLBOX, _RABBITMQ, port)
    assert reaches(_TOOLBOX, _MONGODB, 27017)
    assert reaches(Pod("rabbitmq-system", {}), _RABBITMQ, 15672)
    assert reaches(Pod("keda", {}), _RABBITMQ, 15672)
    assert reaches(Pod("monitoring", {}), _RABBITMQ, 15692)


def test_on_a_cluster_of_ones_own_every_part_reaches_what_it_needs() -> None:
    def gets(source: str, target: str, port: int) -> bool:
        return reaches(our(source, "dev"), our(target, "dev"), port, "dev")

    for name in ours("dev"):
        assert gets(name, "rabbitmq", 5672) and gets(name, "mongodb", 27017), name
        assert gets(name, "desk", 8000), name
    assert gets("notifications-worker", "desk", 8025)
    assert gets("referrals-api", "plans-api", 8000)
    assert gets("mongodb", "mongodb", 27017)  # it asks whether it is who it is said to be
    assert reaches(our("mongodb", "dev"), Pod("kube-system", {"k8s-app": "kube-dns"}), 53, "dev")


def test_nobody_else_does() -> None:
    for stranger in _STRANGERS:
        for target, ports in ((_RABBITMQ, (4369, 5671, 5672, 15672, 25672)), (_MONGODB, (27017,))):
            for port in ports:
                assert not reaches(stranger, target, port), (stranger, port)
        for name in ours("production"):
            assert not reaches(stranger, our(name), 8000), (stranger, name)
            assert not reaches(stranger, our(name), 8080), (stranger, name)
    for name in ours("production"):
        assert not reaches(our(name), _RABBITMQ, 5672), "by TLS alone"
        assert not reaches(our(name), _RABBITMQ, 15672), name
        assert not reaches(Pod("ingress-nginx", {}), our(name), 8080), name
    for name in set(ours("production")) - {"notifications-worker"}:
        assert not reaches(our(name), Pod("elsewhere", {}), 587), name
