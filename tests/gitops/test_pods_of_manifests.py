"""What confines a pod: its security context, the policies of its network, what keeps it running."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any, Final

import builders
import pytest
from rendered import Object, Overlay, every_overlay

from components.network import HEALTH_CHECK_RANGES
from palier.sites import PRIVATE_SERVICES, RANGES

pytestmark = pytest.mark.manifests
VOLUMES: Final = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
    "projected", "secret",
}  # fmt: skip
"""Kinds of volumes that the Pod Security Standard *restricted* lets in."""
LINK_LOCAL: Final = IPv4Network("169.254.0.0/16")
"""The metadata server, and the node's cache of names."""
HTTPS: Final = [443]
ZONE: Final = "topology.kubernetes.io/zone"
LOWEST_ID: Final = 10_000
"""Lower ids may be somebody's on a node."""


def pods(overlay: Overlay) -> Iterator[tuple[str, Object]]:
    """Every pod's template, with the namespace and name of what runs it."""
    for one in overlay.of("Deployment", "StatefulSet", "DaemonSet", "Job"):
        yield f"{one['metadata']['namespace']}/{one['metadata']['name']}", one["spec"]["template"]


def chosen(overlay: Overlay, namespace: str, selector: Object) -> dict[str, Object]:
    """Pods of a namespace that a selector chooses; expressions are not read."""
    assert set(selector) <= {"matchLabels"}, selector
    return {
        name: pod
        for name, pod in pods(overlay)
        if name.partition("/")[0] == namespace
        and selector.get("matchLabels", {}).items() <= pod["metadata"]["labels"].items()
    }


@every_overlay
def test_every_pod_meets_the_restricted_standard_and_more(overlay: Overlay) -> None:
    for name, template in pods(overlay):
        pod = template["spec"]
        context = pod["securityContext"]
        assert context["runAsNonRoot"] is True, name
        assert min(context["runAsUser"], context["runAsGroup"]) > LOWEST_ID, name
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod), name
        for volume in pod.get("volumes", ()):
            assert set(volume) - {"name"} <= VOLUMES, f"{name}: {volume}"
        for container in (*pod.get("initContainers", ()), *pod["containers"]):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert not any("hostPort" in port for port in container.get("ports", ())), name


def policies(overlay: Overlay) -> list[Object]:
    return overlay.of("NetworkPolicy")


@every_overlay
def test_nothing_passes_in_a_namespace_but_what_a_policy_names(overlay: Overlay) -> None:
    denied = {
        one["metadata"]["namespace"]
        for one in policies(overlay)
        if one["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    }
    made = {one["metadata"]["name"] for one in overlay.of("Namespace")}
    assert denied == made == {"apps", "platform"}


@every_overlay
def test_argo_cd_brings_policies_for_its_own_pods(overlay: Overlay) -> None:
    releases = [fact for fact in builders.recorded(overlay.phase) if fact.type.endswith(":Release")]
    assert releases
    for release in releases:
        assert release.read("values.global.networkPolicy.create") is True, release.name


def peers(overlay: Overlay, way: str, who: str) -> Iterator[tuple[str, Object, list[int]]]:
    """Every peer of every rule in one direction, with the ports it is for."""
    for one in policies(overlay):
        for rule in one["spec"].get(way, ()):
            assert rule.get(who), f"{one['metadata']['name']}: a rule without peers is for all"
            assert rule.get("ports"), f"{one['metadata']['name']}: a rule without ports"
            for peer in rule[who]:
                yield one["metadata"]["name"], peer, [port["port"] for port in rule["ports"]]


@every_overlay
def test_only_the_load_balancer_reaches_a_pod_from_outside(overlay: Overlay) -> None:
    ranges = [
        (name, peer["ipBlock"]["cidr"])
        for name, peer, _ in peers(overlay, "ingress", "from")
        if "ipBlock" in peer
    ]
    assert sorted(ranges) == sorted(("web", each) for each in HEALTH_CHECK_RANGES)


@every_overlay
def test_pods_reach_private_services_by_their_range_and_wide_ranges_by_https(
    overlay: Overlay,
) -> None:
    for name, peer, ports in peers(overlay, "egress", "to"):
        if "ipBlock" not in peer:
            continue
        range_ = IPv4Network(peer["ipBlock"]["cidr"])
        if range_ == PRIVATE_SERVICES or range_.subnet_of(LINK_LOCAL):
            continue
        assert ports == HTTPS, f"{name}: {range_} on {ports}"
        services = [net for site in RANGES.values() for net in site.services.values()]
        assert range_ == IPv4Network("0.0.0.0/0") or all(net.subnet_of(range_) for net in services)


@every_overlay
def test_every_port_of_a_rule_is_one_that_a_container_has(overlay: Overlay) -> None:
    for one in policies(overlay):
        here, name = one["metadata"]["namespace"], one["metadata"]["name"]
        selected = chosen(overlay, here, one["spec"]["podSelector"])
        assert selected, f"{name} is for no pod"
        for rule in one["spec"].get("ingress", ()):
            assert ports(rule) <= declared(selected), f"{name} lets in what nobody answers"
        for rule in one["spec"].get("egress", ()):
            for peer in rule["to"]:
                if "podSelector" in peer and (target := chosen(overlay, *there(peer, here))):
                    assert ports(rule) <= declared(target), f"{name} lets out to nobody"


def there(peer: Object, here: str) -> tuple[str, Object]:
    """Namespace and selector of a peer."""
    named = peer.get("namespaceSelector", {}).get("matchLabels", {})
    return named.get("kubernetes.io/metadata.name", here), peer["podSelector"]


def ports(rule: Object) -> set[int]:
    return {port["port"] for port in rule["ports"]}


def declared(selected: dict[str, Object]) -> set[int]:
    return {
        port["containerPort"]
        for pod in selected.values()
        for container in pod["spec"]["containers"]
        for port in container.get("ports", ())
    }


@every_overlay
def test_no_service_is_published_past_the_load_balancer(overlay: Overlay) -> None:
    assert overlay.of("Service")
    assert not overlay.of("Ingress", "Gateway", "HTTPRoute")
    for one in overlay.of("Service"):
        name = one["metadata"]["name"]
        assert one["spec"].get("type", "ClusterIP") == "ClusterIP", name
        assert not {"externalIPs", "externalName"} & set(one["spec"]), name
        assert not any("nodePort" in port for port in one["spec"]["ports"]), name


def floors(overlay: Overlay) -> dict[str, int]:
    """Fewest replicas of whatever has several, by namespace and name."""
    found = {
        f"{one['metadata']['namespace']}/{one['metadata']['name']}": one["spec"].get("replicas")
        for one in overlay.of("Deployment", "StatefulSet")
    }
    for one in overlay.of("HorizontalPodAutoscaler"):
        target = f"{one['metadata']['namespace']}/{one['spec']['scaleTargetRef']['name']}"
        found[target] = one["spec"]["minReplicas"]
    return found


@every_overlay
def test_pods_of_which_there_are_several_are_spread_over_zones(overlay: Overlay) -> None:
    templates = dict(pods(overlay))
    for name, fewest in floors(overlay).items():
        if fewest == 1:
            continue
        spread = templates[name]["spec"].get("topologySpreadConstraints", ())
        zones = [one for one in spread if one["topologyKey"] == ZONE and one["maxSkew"] == 1]
        assert zones, name
        own = chosen(overlay, name.partition("/")[0], zones[0]["labelSelector"])
        assert name in own, f"{name}: spreads other pods than its own"


@every_overlay
def test_a_budget_keeps_pods_and_always_lets_one_go(overlay: Overlay) -> None:
    fewest = floors(overlay)
    held: dict[str, list[str]] = {name: [] for name in fewest}
    for one in overlay.of("PodDisruptionBudget"):
        here, budget = one["metadata"]["namespace"], one["metadata"]["name"]
        assert set(one["spec"]) & {"minAvailable", "maxUnavailable"}
        kept = [name for name in chosen(overlay, here, one["spec"]["selector"]) if name in fewest]
        assert lets_go(one["spec"], sum(fewest[name] for name in kept)), budget
        for name in kept:
            held[name].append(budget)
    for name, budgets in held.items():
        assert len(budgets) <= 1, f"{name}: an eviction that two budgets hold is refused"
        assert fewest[name] == 1 or budgets, f"{name} may lose all its pods at once"


def lets_go(spec: Any, replicas: int) -> bool:
    """Whether a budget lets a pod go when all are well: shares are rounded up, as the API does."""
    if "maxUnavailable" in spec:
        return amount(spec["maxUnavailable"], replicas) >= 1
    return amount(spec["minAvailable"], replicas) < replicas


def amount(value: int | str, replicas: int) -> int:
    if isinstance(value, int):
        return value
    return -(-int(value.removesuffix("%")) * replicas // 100)


def test_budgets_are_counted_as_the_api_counts_them() -> None:
    assert lets_go({"maxUnavailable": "25%"}, 2)
    assert not lets_go({"maxUnavailable": 0}, 2)
    assert not lets_go({"minAvailable": 2}, 2)
    assert not lets_go({"minAvailable": "90%"}, 2)
    assert lets_go({"minAvailable": "50%"}, 2)
