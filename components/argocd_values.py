"""Values of the Argo CD chart, by mode: pure data, so that a test can add up its requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from palier.errors import PalierError
from palier.pod_sizes import PodSize
from palier.sizes import ArgocdSize

RUNS: Final = {
    "core": ("redis",),
    "single": ("server", "redis"),
    "ha": ("server", "notifications-controller", "redis-ha", "redis-ha-haproxy"),
}
"""Recorded pods of each mode, beside the controller and the repository server."""
SPOT: Final = {"cloud.google.com/gke-spot": "true"}
SPOT_TOLERATION: Final = {
    "key": "cloud.google.com/gke-spot",
    "operator": "Equal",
    "value": "true",
    "effect": "NoSchedule",
}


def helm_values(size: ArgocdSize, pods: Mapping[str, PodSize]) -> dict[str, Any]:
    """Values of the chart: what runs, how often, with which requests.

    Args:
        size: `core` runs no server, `single` one of each, `ha` several and a Redis that fails over.
        pods: the recorded workloads of the phase; `argocd-*` are read.

    Raises:
        PalierError: a pod that the size runs is not recorded, so nobody would price it.
    """
    served = size.mode != "core"
    ha = size.mode == "ha"
    _check(size, pods)
    values: dict[str, Any] = {
        "crds": {"install": True, "keep": True},
        "dex": {"enabled": False},
        "configs": {"params": {"server.insecure": False}},
        "controller": _component(pods["argocd-application-controller"]),
        "repoServer": _component(pods["argocd-repo-server"]),
        "server": {"enabled": False},
        "notifications": {"enabled": ha},
        "applicationSet": {"replicas": 0},
        "redis": {"enabled": not ha},
        "redis-ha": {"enabled": ha},
    }
    if served:
        values["server"] = {"enabled": True, **_component(pods["argocd-server"])}
    if size.application_sets:
        values["applicationSet"] = _component(pods["argocd-applicationset-controller"])
    if ha:
        values["notifications"] |= _component(pods["argocd-notifications-controller"])
        del values["notifications"]["replicas"]
        values["redis-ha"] |= _redis_ha(pods)
    else:
        values["redis"] |= _component(pods["argocd-redis"])
        del values["redis"]["replicas"]
    return values


def _check(size: ArgocdSize, pods: Mapping[str, PodSize]) -> None:
    needed = ["application-controller", "repo-server", *RUNS[size.mode]]
    if size.application_sets:
        needed.append("applicationset-controller")
    for name in needed:
        if f"argocd-{name}" not in pods:
            raise PalierError(
                f"argocd.mode {size.mode}, application_sets {size.application_sets}:"
                f" needs pods.argocd-{name}, which this phase does not have"
            )


def _component(pod: PodSize) -> dict[str, Any]:
    value: dict[str, Any] = {"replicas": pod.replicas, "resources": _resources(pod)}
    if pod.spot:
        value |= {"nodeSelector": SPOT, "tolerations": [SPOT_TOLERATION]}
    return value


def _resources(pod: PodSize) -> dict[str, Any]:
    memory = f"{pod.memory_mib}Mi"
    return {
        "requests": {"cpu": f"{pod.cpu_m}m", "memory": memory},
        "limits": {"memory": memory},
    }


def _redis_ha(pods: Mapping[str, PodSize]) -> dict[str, Any]:
    """Three Redis pods and a proxy. A pod's requests are shared out among its containers.

    What does not divide falls to Redis itself, so that the parts are the whole.
    """
    pod = pods["argocd-redis-ha"]
    proxy = pods["argocd-redis-ha-haproxy"]

    sentinel = pod.cpu_m * 3 // 10, pod.memory_mib // 4
    detection = pod.cpu_m // 5, pod.memory_mib // 6
    redis = pod.cpu_m - sentinel[0] - detection[0], pod.memory_mib - sentinel[1] - detection[1]

    def requests(cpu_m: int, memory_mib: int) -> dict[str, Any]:
        return {"resources": {"requests": {"cpu": f"{cpu_m}m", "memory": f"{memory_mib}Mi"}}}

    return {
        "replicas": pod.replicas,
        "redis": requests(*redis),
        "sentinel": requests(*sentinel),
        "splitBrainDetection": requests(*detection),
        "haproxy": {"replicas": proxy.replicas, "resources": _resources(proxy)},
    }
