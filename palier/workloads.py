"""Workloads: every pod a platform plans, and the whole nodes that carry them.

Pods are resources too: what is planned here is recorded on one component, priced from there, and
held to the manifests that Argo CD syncs. `plan` turns a size and a load into that list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final

from palier.load import Load
from palier.pod_sizes import PodSize, WebSize
from palier.sites import Site
from palier.sizes import ClusterSize, NodePoolSize, PlatformSize

APPS: Final = "apps"
ARGOCD: Final = "argocd"
PLATFORM: Final = "platform"
ZONES_PER_REGION: Final = 3
"""Zones of a regional cluster: limits per zone count three times."""

WORKER: Final = "worker"
WORKER_CPU_M: Final = 500
WORKER_MIB: Final = 1024
FEWEST_WORKERS: Final = 2


@dataclass(frozen=True, kw_only=True)
class WorkloadSize:
    """One planned workload on one cluster: replicas at each bound, requests of one pod.

    `replicas_expected` is a mean over the month, so it may be a fraction.
    """

    name: str
    namespace: str
    cluster: str
    replicas_floor: Decimal
    replicas_expected: Decimal
    replicas_ceiling: Decimal
    cpu_m: int
    memory_mib: int
    spot: bool
    volume_gib: int = 0


@dataclass(frozen=True, kw_only=True)
class NodeCount:
    """Whole nodes of one pool of a Standard cluster, at each bound."""

    cluster: str
    pool: str
    floor: int
    expected: int
    ceiling: int


@dataclass(frozen=True, kw_only=True)
class Workloads:
    """All planned pods and nodes of a platform."""

    pods: tuple[WorkloadSize, ...]
    nodes: tuple[NodeCount, ...]
    web_peak: int
    """Web replicas that the peak minute needs, over all clusters."""


def ceiling(value: Decimal) -> int:
    """The smallest whole number that is not below `value`."""
    return int(value.to_integral_value(rounding=ROUND_CEILING))


def web_replicas(load: Load, cpu_m: int) -> Decimal:
    """Web replicas that keep the peak minute at the target CPU, unrounded."""
    model = load.model
    needed_vcpu = load.rps_peak * model.cpu_seconds_per_request / model.cpu_target
    return needed_vcpu * 1000 / cpu_m


def plan(size: PlatformSize, load: Load, home: Site) -> Workloads:
    """Plan all pods and nodes.

    Args:
        size: the platform, with the fixed workloads of its phase.
        load: what its users ask.
        home: the first continent; the other one serves `load.away_share` of the users.
    """
    serving = _serving(size)
    sites = {cluster.site for cluster in serving.values()}
    needed = web_replicas(load, size.web.cpu_m)
    pods: list[WorkloadSize] = []
    for name, cluster in serving.items():
        share = Decimal(1)
        if len(sites) > 1:
            share = 1 - load.away_share if cluster.site == home else load.away_share
        pods += _web(size.web, name, cluster.site, needed * share, load)
        pods += [
            _fixed(pod_name, pod, name)
            for pod_name, pod in size.pods.items()
            if not (pod_name == WORKER and size.web.worker_share)  # its share takes its place
        ]
    pods.sort(key=lambda pod: (pod.cluster, pod.namespace, pod.name))
    nodes = [
        _nodes(name, pool_name, pool, pods, load)
        for name, cluster in serving.items()
        for pool_name, pool in cluster.pools.items()
    ]
    return Workloads(pods=tuple(pods), nodes=tuple(nodes), web_peak=ceiling(needed))


def _serving(size: PlatformSize) -> Mapping[str, ClusterSize]:
    """The newest generation at each site: it carries the pods, an older one drains."""
    by_site = {
        cluster.site: name for name, cluster in sorted(size.gke.generations.items())
    }  # g2 sorts after g1
    return {name: size.gke.generations[name] for name in sorted(by_site.values())}


def _web(web: WebSize, cluster: str, site: Site, needed: Decimal, load: Load) -> list[WorkloadSize]:
    """The web tier of one cluster: what the peak needs, halved towards the night's minimum.

    The spot part is never nought: its autoscaler has nothing to measure without a pod.
    """
    limits = web.limits[site]
    least, most = Decimal(limits.minimum), Decimal(limits.maximum)
    peak = min(most, max(least, Decimal(ceiling(needed))))
    mean = least + (peak - least) * load.model.mean_replica_share
    wanted = Decimal(max(limits.on_demand, ceiling(mean * web.on_demand_share)))
    fixed = min(wanted, most - 1)
    common: dict[str, Any] = {"namespace": APPS, "cluster": cluster, "cpu_m": web.cpu_m}
    pods = [
        WorkloadSize(
            name="web", replicas_floor=fixed, replicas_expected=fixed, replicas_ceiling=fixed,
            memory_mib=web.memory_mib, spot=False, **common,
        ),
        WorkloadSize(
            name="web-spot",
            replicas_floor=max(Decimal(1), least - fixed),
            replicas_expected=max(Decimal(1), mean - fixed),
            replicas_ceiling=most - fixed,
            memory_mib=web.memory_mib, spot=True, **common,
        ),
    ]  # fmt: skip
    if web.worker_share:
        fewest = Decimal(max(FEWEST_WORKERS, ceiling(least * web.worker_share)))
        pods.append(
            WorkloadSize(
                name=WORKER,
                namespace=APPS,
                cluster=cluster,
                replicas_floor=fewest,
                replicas_expected=max(fewest, mean * web.worker_share),
                replicas_ceiling=max(fewest, Decimal(ceiling(most * web.worker_share))),
                cpu_m=WORKER_CPU_M,
                memory_mib=WORKER_MIB,
                spot=True,
            )
        )
    return pods


def _fixed(name: str, pod: PodSize, cluster: str) -> WorkloadSize:
    replicas = Decimal(pod.replicas)
    return WorkloadSize(
        name=name,
        namespace=pod.namespace,
        cluster=cluster,
        replicas_floor=replicas,
        replicas_expected=replicas,
        replicas_ceiling=replicas,
        cpu_m=pod.cpu_m,
        memory_mib=pod.memory_mib,
        spot=pod.spot,
        volume_gib=pod.volume_gib,
    )


def _nodes(
    name: str,
    pool_name: str,
    pool: NodePoolSize,
    pods: list[WorkloadSize],
    load: Load,
) -> NodeCount:
    zones = ZONES_PER_REGION if pool.per_zone else 1
    least, most = pool.min_nodes * zones, pool.max_nodes * zones
    vcpu = sum(
        (pod.replicas_expected * pod.cpu_m / 1000 for pod in pods if pod.cluster == name),
        Decimal(0),
    )
    needed = ceiling(vcpu * pool.share / (pool.vcpu * load.model.node_packing))
    return NodeCount(
        cluster=name, pool=pool_name, floor=least, expected=min(most, max(least, needed)),
        ceiling=most,
    )  # fmt: skip
