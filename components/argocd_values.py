"""Values of the Argo CD chart, by mode: which pods run, how often, where, with which requests.

Pure data, so that a test can add up what is asked for. What Argo CD is told to do is in
`argocd_config`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from palier.errors import PalierError
from palier.kubernetes import on_spot, resources
from palier.pod_sizes import PodSize
from palier.sizes import ArgocdSize

RUNS: Final = {
    "core": ("redis",),
    "single": ("server", "redis"),
    "ha": ("server", "notifications-controller", "redis-ha", "redis-ha-haproxy"),
}
"""Recorded pods of each mode, beside the controller and the repository server."""
IMAGE: Final = {
    "repository": "quay.io/argoproj/argocd",
    "tag": "v3.2.6@sha256:64e4239359438fb0ad42d46ae2061daa841ae52d4e63f94017929f7e26dd51b2",
}
REDIS_IMAGE: Final = {
    "repository": "public.ecr.aws/docker/library/redis",
    "tag": "8.2.3-alpine@sha256:08ad0b1d280850169a790dba1393ff7a90aef951fc19632cf4d3ce4f78e679ba",
}
HAPROXY_IMAGE: Final = {
    "repository": "docker.io/library/haproxy",
    "tag": "3.2.22-alpine@sha256:79799e8b2977e60802774fa53d29e6b54e045402cdd8a8b9fe43923e7095a047",
}
"""Pinned: the chart writes REPOSITORY:TAG, and what follows @ decides. Binary Authorization admits
these repositories by name (`gke.UPSTREAM_IMAGES`)."""
IN_PLACE: Final[dict[str, Any]] = {
    "deploymentStrategy": {
        "type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1},
    }
}  # fmt: skip
"""An update takes a pod away before it adds one: the namespace's quota has no room for both. Redis
and its proxy cannot be told; for them there is room (`palier.overlay.quotas`)."""
ZONE: Final = "topology.kubernetes.io/zone"
SECRET_INIT: Final = PodSize(namespace="argocd", replicas=1, cpu_m=50, memory_mib=128)
"""The job that makes Redis' password before an update: seconds a release, so it is not priced.
Without requests Autopilot would give it half a core and 2 GiB, which the namespace's quota
refuses."""


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
        # Pods that keep away from each other cost half a core each on Autopilot: zones do it here.
        "global": {
            "affinity": {"podAntiAffinity": "none"},
            "image": IMAGE,
            "networkPolicy": {"create": True},
        },
        "crds": {"install": True, "keep": True},
        "dex": {"enabled": False},
        "controller": _component(pods["argocd-application-controller"]),
        "repoServer": _repo_server(pods["argocd-repo-server"], ha=ha),
        "server": {"enabled": False},
        "notifications": {"enabled": ha},
        "applicationSet": {"replicas": 0},
        "redis": {"enabled": not ha, "image": REDIS_IMAGE},
        "redis-ha": {"enabled": ha},
        "redisSecretInit": {"resources": _resources(SECRET_INIT)},
    }
    if served:
        server = pods["argocd-server"]
        spread = _spread() if ha else {}
        values["server"] = {"enabled": True, **_component(server), **IN_PLACE, **spread}
    if size.application_sets:
        controller = _component(pods["argocd-applicationset-controller"])
        values["applicationSet"] = controller | IN_PLACE
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
        value |= on_spot()
    return value


def _repo_server(pod: PodSize, *, ha: bool) -> dict[str, Any]:
    """It has an init container, which may use what its pod has and adds nothing to it."""
    spread = _spread() if ha else {}
    return _component(pod) | IN_PLACE | {"copyutil": {"resources": _resources(pod)}} | spread


def _spread() -> dict[str, Any]:
    """Over the zones as far as they have room, and never all away at once."""
    constraint = {"maxSkew": 1, "topologyKey": ZONE, "whenUnsatisfiable": "ScheduleAnyway"}
    return {
        "pdb": {"enabled": True, "minAvailable": 1},
        "topologySpreadConstraints": [constraint],
    }


def _resources(pod: PodSize) -> dict[str, Any]:
    return resources(pod.cpu_m, pod.memory_mib)


def _redis_ha(pods: Mapping[str, PodSize]) -> dict[str, Any]:
    """Three Redis pods, a zone each, and a proxy. A pod's requests are shared by its containers.

    What does not divide falls to Redis itself, so that the parts are the whole.
    """
    pod = pods["argocd-redis-ha"]
    proxy = pods["argocd-redis-ha-haproxy"]
    sentinel = pod.cpu_m * 3 // 10, pod.memory_mib // 4
    detection = pod.cpu_m // 5, pod.memory_mib // 6
    redis = pod.cpu_m - sentinel[0] - detection[0], pod.memory_mib - sentinel[1] - detection[1]
    return {
        "image": REDIS_IMAGE,
        "replicas": pod.replicas,
        "redis": {"resources": resources(*redis)},
        "sentinel": {"resources": resources(*sentinel)},
        "splitBrainDetection": {"resources": resources(*detection)},
        "init": {"resources": _resources(pod)},
        # A text that the subchart takes in place of its own, which keeps pods off each other.
        "affinity": "{}",
        # Two of three elect a master: no two may be in the zone that fails.
        "topologySpreadConstraints": {
            "enabled": True,
            "maxSkew": 1,
            "topologyKey": ZONE,
            "whenUnsatisfiable": "DoNotSchedule",
        },
        "podDisruptionBudget": {"maxUnavailable": 1},
        "haproxy": {
            "image": HAPROXY_IMAGE,
            "replicas": proxy.replicas,
            "resources": _resources(proxy),
            "init": {"resources": _resources(proxy)},
            "affinity": "{}",
        },
    }


Asked = tuple[int, int, int]
"""Replicas, and milli-vCPU and MiB of each."""

_PODS: Final[Mapping[str, tuple[str, ...]]] = {
    "argocd-server": ("server",),
    "argocd-application-controller": ("controller",),
    "argocd-repo-server": ("repoServer",),
    "argocd-applicationset-controller": ("applicationSet",),
    "argocd-notifications-controller": ("notifications",),
    "argocd-redis": ("redis",),
    "argocd-redis-ha-haproxy": ("redis-ha", "haproxy"),
}
"""Where the chart has the pods of one container."""
_REDIS_HA: Final = ("redis", "sentinel", "splitBrainDetection")
_INIT: Final = ("copyutil", "init")


def argocd_requests(values: Mapping[str, Any]) -> dict[str, Asked]:
    """What the pods of some values ask for, as the scheduler counts it.

    A pod asks for all its containers together, or for its largest init container if that is more.
    """
    asked: dict[str, Asked] = {}
    for name, path in _PODS.items():
        part: Mapping[str, Any] = values
        for key in path:
            part = part.get(key, {})
        if "resources" in part:
            asked[name] = (part.get("replicas", 1), *_effective([part], part))
    ha = values["redis-ha"]
    if ha["enabled"]:
        containers = [ha[key] for key in _REDIS_HA]
        asked["argocd-redis-ha"] = (ha["replicas"], *_effective(containers, ha))
    return asked


def _effective(containers: list[Mapping[str, Any]], part: Mapping[str, Any]) -> tuple[int, int]:
    """Milli-vCPU and MiB of one pod."""
    first = [_numbers(part[key]) for key in _INIT if key in part]
    running = [_numbers(container) for container in containers]
    cpu, memory = (
        max(sum(pod[at] for pod in running), *(pod[at] for pod in first), 0) for at in (0, 1)
    )
    return cpu, memory


def _numbers(container: Mapping[str, Any]) -> tuple[int, int]:
    requests = container["resources"]["requests"]
    return int(requests["cpu"].removesuffix("m")), int(requests["memory"].removesuffix("Mi"))
