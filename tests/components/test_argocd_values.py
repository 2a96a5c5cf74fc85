"""Values of Argo CD's chart: what runs is what is recorded, and so what is priced."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from components.argocd_values import SPOT, helm_values
from palier.errors import PalierError
from palier.phases import PHASES
from palier.pod_sizes import PodSize
from palier.sizes import ArgocdSize, PlatformSize

SINGLE_POD = ("redis", "notifications")
"""Parts of the chart that run exactly one pod and take no number."""


def size_of(phase: str) -> PlatformSize:
    """Sizes of a phase at its cap."""
    row = PHASES[phase]
    return row.size(row.load(row.max_users), "eu")


def requests(part: Mapping[str, Any], name: str) -> Iterator[tuple[int, int]]:
    """Milli-vCPU and MiB of every pod of a part of the chart."""
    if "resources" not in part:
        return
    replicas = 1 if name in SINGLE_POD else part["replicas"]
    asked = part["resources"]["requests"]
    cpu, memory = (int(re.match(r"\d+", asked[key])[0]) for key in ("cpu", "memory"))  # type: ignore[index]
    yield from [(cpu, memory)] * replicas


def total(values: Mapping[str, Any]) -> tuple[int, int]:
    """What all pods of the chart ask together."""
    pods = [pod for name, part in values.items() for pod in requests(part, name)]
    if values["redis-ha"]["enabled"]:
        ha = values["redis-ha"]
        for name in ("redis", "sentinel", "splitBrainDetection"):
            pods += list(requests(ha[name] | {"replicas": ha["replicas"]}, f"redis-ha {name}"))
        pods += list(requests(ha["haproxy"], "haproxy"))
    return sum(cpu for cpu, _ in pods), sum(memory for _, memory in pods)


@pytest.mark.parametrize("phase", PHASES)
def test_the_chart_asks_for_what_is_recorded(phase: str) -> None:
    size = size_of(phase)
    recorded = [pod for name, pod in size.pods.items() if name.startswith("argocd-")]
    assert total(helm_values(size.argocd, size.pods)) == (
        sum(pod.replicas * pod.cpu_m for pod in recorded),
        sum(pod.replicas * pod.memory_mib for pod in recorded),
    ), "a pod that is not recorded is not priced"


def test_what_does_not_divide_among_containers_is_still_asked_for() -> None:
    pods = size_of("growth").pods
    odd = replace(pods["argocd-redis-ha"], cpu_m=57, memory_mib=101)
    asked = total(helm_values(ArgocdSize(mode="ha"), pods | {"argocd-redis-ha": odd}))
    even = total(helm_values(ArgocdSize(mode="ha"), pods))
    assert asked == (even[0] + 3 * 7, even[1] + 3 * 5), "three pods of 57m and 101Mi"


@pytest.mark.parametrize("phase", PHASES)
def test_memory_is_limited_to_what_was_asked(phase: str) -> None:
    size = size_of(phase)
    values = helm_values(size.argocd, size.pods)
    for name in ("controller", "repoServer"):
        resources = values[name]["resources"]
        assert resources["limits"] == {"memory": resources["requests"]["memory"]}


def test_the_cheapest_mode_runs_no_server() -> None:
    values = helm_values(ArgocdSize(mode="core"), size_of("mvp").pods)
    assert values["server"] == {"enabled": False}
    assert values["redis"]["enabled"] is True
    assert values["redis-ha"] == {"enabled": False}
    assert values["applicationSet"] == {"replicas": 0}


def test_the_highly_available_mode_keeps_running_without_any_one_pod() -> None:
    values = helm_values(size_of("growth").argocd, size_of("growth").pods)
    assert values["server"]["replicas"] >= 2
    assert values["repoServer"]["replicas"] >= 2
    assert values["redis-ha"]["enabled"] is True
    assert values["redis-ha"]["replicas"] == 3, "two of three elect a master"
    assert values["redis"] == {"enabled": False}


def test_only_spot_pods_are_sent_to_spot_nodes() -> None:
    pods = dict(size_of("mvp").pods)
    steady = "argocd-repo-server"
    pods[steady] = PodSize(namespace="argocd", replicas=1, cpu_m=100, memory_mib=320)
    values = helm_values(ArgocdSize(mode="core"), pods)
    assert values["controller"]["nodeSelector"] == SPOT
    assert values["controller"]["tolerations"][0]["key"] == "cloud.google.com/gke-spot"
    assert "nodeSelector" not in values["repoServer"]


@pytest.mark.parametrize("phase", PHASES)
def test_crds_outlive_the_release(phase: str) -> None:
    size = size_of(phase)
    crds = helm_values(size.argocd, size.pods)["crds"]
    assert crds == {"install": True, "keep": True}, "applications would go with their CRD"


@pytest.mark.parametrize(
    ("phase", "mode", "missing"),
    [
        ("mvp", "single", "argocd-server"),
        ("traction", "ha", "argocd-notifications-controller"),
        ("growth", "single", "argocd-redis"),
    ],
)
def test_a_mode_whose_pods_are_not_recorded_is_refused(phase: str, mode: Any, missing: str) -> None:
    with pytest.raises(PalierError, match=rf"argocd\.mode {mode}.* needs pods\.{missing}"):
        helm_values(ArgocdSize(mode=mode), size_of(phase).pods)


def test_application_sets_whose_pods_are_not_recorded_are_refused() -> None:
    with pytest.raises(PalierError, match="argocd-applicationset-controller"):
        helm_values(ArgocdSize(mode="core", application_sets=True), size_of("mvp").pods)
