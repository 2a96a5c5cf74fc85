"""Values of Argo CD's chart: what runs is what is recorded, and so what is priced."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from components.argocd_values import IMAGE, argocd_requests, helm_values
from components.gke import UPSTREAM_IMAGES
from palier.errors import PalierError
from palier.kubernetes import SPOT_NODES
from palier.phases import PHASES
from palier.pod_sizes import PodSize
from palier.sizes import ArgocdSize, PlatformSize
from tools import control_plane


def size_of(phase: str) -> PlatformSize:
    """Sizes of a phase at its cap."""
    row = PHASES[phase]
    return row.size(row.load(row.max_users), "eu")


def recorded(phase: str) -> dict[str, tuple[int, int, int]]:
    """Replicas, milli-vCPU and MiB of Argo CD's pods, as they are priced."""
    return {
        name: (pod.replicas, pod.cpu_m, pod.memory_mib)
        for name, pod in size_of(phase).pods.items()
        if name.startswith("argocd-")
    }


@pytest.mark.parametrize("phase", PHASES)
def test_each_pod_of_the_chart_asks_for_what_is_recorded(phase: str) -> None:
    size = size_of(phase)
    asked = argocd_requests(helm_values(size.argocd, size.pods))
    assert asked == recorded(phase), "a pod that is not recorded is not priced"


def test_what_does_not_divide_among_containers_is_still_asked_for() -> None:
    pods = size_of("growth").pods
    odd = replace(pods["argocd-redis-ha"], cpu_m=57, memory_mib=101)
    values = helm_values(ArgocdSize(mode="ha"), pods | {"argocd-redis-ha": odd})
    assert argocd_requests(values)["argocd-redis-ha"] == (3, 57, 101)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (("repoServer", "copyutil"), "argocd-repo-server"),
        (("redis-ha", "init"), "argocd-redis-ha"),
        (("redis-ha", "haproxy", "init"), "argocd-redis-ha-haproxy"),
    ],
)
def test_an_init_container_that_asks_for_more_than_its_pod_would_be_found(
    path: tuple[str, ...], name: str
) -> None:
    values = helm_values(size_of("growth").argocd, size_of("growth").pods)
    container = values
    for key in path:
        container = container[key]
    container["resources"] = {"requests": {"cpu": "900m", "memory": "2048Mi"}}
    replicas, cpu_m, memory_mib = recorded("growth")[name]
    assert argocd_requests(values)[name] == (replicas, max(900, cpu_m), max(2048, memory_mib))


def unasked(value: Any, path: str = "") -> Iterator[str]:
    """Parts of values that have resources without requests of both kinds and a limit of memory."""
    if not isinstance(value, Mapping):
        return
    if "resources" in value:
        resources = value["resources"]
        if set(resources["requests"]) != {"cpu", "memory"} or set(resources["limits"]) != {
            "memory"
        }:
            yield path
    for key, inner in value.items():
        yield from unasked(inner, f"{path}.{key}")


CONTAINERS = {
    "controller", "repoServer", "repoServer.copyutil", "server", "applicationSet", "notifications",
    "redis-ha.redis", "redis-ha.sentinel", "redis-ha.splitBrainDetection", "redis-ha.init",
    "redis-ha.haproxy", "redis-ha.haproxy.init", "redisSecretInit",
}  # fmt: skip
"""Every container that the chart runs in its highly available mode, without dex and exporters."""


def with_resources(value: Any, path: str = "") -> Iterator[str]:
    """Parts of values that have resources."""
    if isinstance(value, Mapping):
        if "resources" in value:
            yield path
        for key, inner in value.items():
            yield from with_resources(inner, f"{path}.{key}".removeprefix("."))


def test_no_container_is_left_to_the_defaults_of_autopilot() -> None:
    values = helm_values(size_of("growth").argocd, size_of("growth").pods)
    assert set(with_resources(values)) == CONTAINERS
    assert list(unasked(values)) == []


@pytest.mark.parametrize("phase", PHASES)
def test_every_image_is_pinned_by_what_it_holds(phase: str) -> None:
    size = size_of(phase)
    values = helm_values(size.argocd, size.pods)
    images = [values["global"]["image"], values["redis"]["image"]]
    if values["redis-ha"]["enabled"]:
        images += [values["redis-ha"]["image"], values["redis-ha"]["haproxy"]["image"]]
    for image in images:
        assert re.fullmatch(r"\S+@sha256:[0-9a-f]{64}", image["tag"])
        named = f"{image['repository']}:{image['tag']}"
        patterns = [pattern for pattern in UPSTREAM_IMAGES if named.startswith(pattern[:-1])]
        assert patterns, f"{named} would not be admitted"


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
    assert values["redis"]["enabled"] is False


def test_the_highly_available_mode_outlives_a_zone_and_an_upgrade() -> None:
    values = helm_values(size_of("growth").argocd, size_of("growth").pods)
    for name in ("server", "repoServer"):
        assert values[name]["pdb"] == {"enabled": True, "minAvailable": 1}
        [spread] = values[name]["topologySpreadConstraints"]
        assert spread["topologyKey"] == "topology.kubernetes.io/zone"
    redis = values["redis-ha"]
    assert redis["podDisruptionBudget"] == {"maxUnavailable": 1}
    assert redis["topologySpreadConstraints"]["whenUnsatisfiable"] == "DoNotSchedule"


@pytest.mark.parametrize("phase", PHASES)
def test_no_pod_keeps_away_from_others_by_name(phase: str) -> None:
    size = size_of(phase)
    values = helm_values(size.argocd, size.pods)
    assert values["global"]["affinity"] == {"podAntiAffinity": "none"}
    if values["redis-ha"]["enabled"]:
        assert values["redis-ha"]["affinity"] == values["redis-ha"]["haproxy"]["affinity"] == "{}"


def test_only_spot_pods_are_sent_to_spot_nodes() -> None:
    pods = dict(size_of("mvp").pods)
    steady = "argocd-repo-server"
    pods[steady] = PodSize(namespace="argocd", replicas=1, cpu_m=100, memory_mib=320)
    values = helm_values(ArgocdSize(mode="core"), pods)
    assert values["controller"]["nodeSelector"] == SPOT_NODES
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


def test_the_tests_run_the_minor_version_of_argo_cd_that_the_chart_installs() -> None:
    """A later patch of the same minor version: the one that can be built from its module."""
    tested = control_plane.ARGO_CD.module.pinned().split(".")
    installed = IMAGE["tag"].partition("@")[0].split(".")
    assert tested[:2] == installed[:2]


@pytest.mark.parametrize("phase", PHASES)
def test_an_update_of_argo_cd_asks_for_no_more_pods_than_are_recorded(phase: str) -> None:
    size = size_of(phase)
    values = helm_values(size.argocd, size.pods)
    parts = ["repoServer"]
    parts += ["server"] if values["server"]["enabled"] else []
    parts += ["applicationSet"] if size.argocd.application_sets else []
    for part in parts:
        assert values[part]["deploymentStrategy"]["rollingUpdate"]["maxSurge"] == 0, part
