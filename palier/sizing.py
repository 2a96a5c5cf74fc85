"""Sizing: the platform each phase builds for a load, one function a phase.

Each phase starts from the one below and raises what it must; `mvp` overrides nothing. What is
discrete is written here, what grows with users follows the load.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from palier.data_sizes import PostgresSize, RedisInstanceSize, RedisSize, ShardSize
from palier.errors import require
from palier.load import Load
from palier.phase_pods import (
    GROWTH_PODS,
    HYPERGROWTH_PODS,
    MVP_PODS,
    SCALE_PODS,
    SERVICE_PODS,
    TRACTION_PODS,
)
from palier.pod_sizes import PodSize, WebLimits, WebSize
from palier.sites import Site, other_site
from palier.sizes import (
    ArgocdSize,
    CdnSize,
    ClusterSize,
    CommitmentSize,
    GkeSize,
    NetworkSize,
    NodePoolSize,
    ObservabilitySize,
    PlatformSize,
    RegistrySize,
)
from palier.sql_tiers import PLUS_VCPU
from palier.workloads import ceiling

SERVICES_FROM_USERS: Final = 250_000
"""Users from which eight services run beside the monolith, and the primary has four vCPU."""
LARGE_MEMORY_FROM_USERS: Final = 100_000
SECOND_REPLICA_FROM_USERS: Final = 400_000
SECOND_SHARD_FROM_USERS: Final = 3_000_000
GIB_PER_VCPU: Final = Decimal("3.75")
LARGE_MEMORY_GIB: Final = 13


def _autopilot(home: Site, vcpu: str, memory_gib: str) -> GkeSize:
    return GkeSize(
        generations={
            f"{home}-g1": ClusterSize(
                mode="autopilot",
                site=home,
                range="g1",
                quota_vcpu=Decimal(vcpu),
                quota_memory_gib=Decimal(memory_gib),
            )
        }
    )


def mvp(_: Load, home: Site) -> PlatformSize:
    """Autopilot, a shared-core database, the cache in the cluster: the cheapest safe choice."""
    return PlatformSize(
        network=NetworkSize(sites=(home,)),
        gke=_autopilot(home, "1.2", "3"),
        postgres=PostgresSize(
            shards={
                f"{home}-1": ShardSize(
                    site=home, edition="ENTERPRISE", tier="db-g1-small", ha=False, disk_gib=10,
                    backups=7,
                )
            }
        ),
        redis=RedisSize(),
        cdn=CdnSize(armor_rules=2),
        argocd=ArgocdSize(mode="core"),
        observability=ObservabilitySize(alerts=12),
        registry=RegistrySize(sites=(home,)),
        web=WebSize(
            cpu_m=200, memory_mib=448, limits={home: WebLimits(minimum=2, maximum=3, on_demand=1)}
        ),
        pods=MVP_PODS,
    )  # fmt: skip


def traction(load: Load, home: Site) -> PlatformSize:
    """A dedicated core for the database, a pooler, a second cache pod."""
    return replace(
        mvp(load, home),
        gke=_autopilot(home, "2", "5"),
        postgres=PostgresSize(
            shards={
                f"{home}-1": ShardSize(
                    site=home, edition="ENTERPRISE", tier="db-custom-1-3840", ha=False,
                    disk_gib=20, backups=14,
                )
            }
        ),
        cdn=CdnSize(armor_rules=4),
        argocd=ArgocdSize(mode="single"),
        observability=ObservabilitySize(alerts=20),
        web=WebSize(
            cpu_m=250, memory_mib=512, limits={home: WebLimits(minimum=2, maximum=4, on_demand=1)}
        ),
        pods=TRACTION_PODS,
    )  # fmt: skip


def scale(load: Load, home: Site) -> PlatformSize:
    """High availability for the database, managed Redis, a disk that follows users."""
    return replace(
        traction(load, home),
        gke=_autopilot(home, "6", "12"),
        postgres=PostgresSize(
            shards={
                f"{home}-1": ShardSize(
                    site=home, edition="ENTERPRISE", tier="db-custom-2-7680", ha=True,
                    disk_gib=ceiling(20 + load.users * Decimal("0.0005")), backups=14,
                )
            }
        ),
        redis=RedisSize(instances={home: RedisInstanceSize(memory_gib=_redis_gib(load, 1))}),
        cdn=CdnSize(armor_rules=6, log_sample=load.model.log_sample),
        observability=ObservabilitySize(alerts=25),
        web=WebSize(
            cpu_m=250, memory_mib=512, limits={home: WebLimits(minimum=3, maximum=12, on_demand=2)}
        ),
        pods=SCALE_PODS,
    )  # fmt: skip


def growth(load: Load, home: Site) -> PlatformSize:
    """Read replicas, tiers that follow load, services extracted from the monolith."""
    users = load.users
    vcpu = max(2 if users < SERVICES_FROM_USERS else 4, primary_vcpu(load))
    memory_gib = vcpu * GIB_PER_VCPU
    if LARGE_MEMORY_FROM_USERS <= users < SERVICES_FROM_USERS:
        memory_gib = max(memory_gib, Decimal(LARGE_MEMORY_GIB))
    tier = f"db-custom-{vcpu}-{int(memory_gib * 1024)}"
    replicas = ("r1",) if users < SECOND_REPLICA_FROM_USERS else ("r1", "r2")
    return replace(
        scale(load, home),
        network=NetworkSize(sites=(home,), nat_addresses=2),
        gke=_autopilot(home, "120", "240"),
        postgres=PostgresSize(
            shards={
                f"{home}-1": ShardSize(
                    site=home, edition="ENTERPRISE", tier=tier, replica_tier=tier, ha=True,
                    disk_gib=max(100, ceiling(50 + users * Decimal("0.0002"))), backups=30,
                    replicas=replicas,
                )
            }
        ),
        redis=RedisSize(instances={home: RedisInstanceSize(memory_gib=_redis_gib(load, 2))}),
        cdn=CdnSize(armor_rules=12, log_sample=load.model.log_sample),
        argocd=ArgocdSize(mode="ha", application_sets=True),
        observability=ObservabilitySize(alerts=30),
        registry=RegistrySize(sites=(home,), keep_versions=30),
        web=WebSize(
            cpu_m=500, memory_mib=1024, on_demand_share=Decimal("0.6"),
            worker_share=Decimal("0.25"),
            limits={home: WebLimits(minimum=6, maximum=140, on_demand=4)},
        ),
        pods=_with_services(GROWTH_PODS, users),
    )  # fmt: skip


def hypergrowth(load: Load, home: Site) -> PlatformSize:
    """Two continents on Standard clusters, sharded ENTERPRISE_PLUS databases, commitments."""
    away = other_site(home)
    shards = 1 if load.users < SECOND_SHARD_FROM_USERS else 2
    limits = {
        home: WebLimits(minimum=12, maximum=600, on_demand=6),
        away: WebLimits(minimum=8, maximum=400, on_demand=4),
    }
    return PlatformSize(
        network=NetworkSize(sites=(home, away), nat_addresses=2),
        gke=GkeSize(
            generations={
                f"{home}-g2": _standard(home, "g2", "n2d-standard-8", (3, 40), 40, 640),
                f"{away}-g1": _standard(away, "g1", "n2d-standard-4", (3, 50), 25, 400),
            }
        ),
        postgres=PostgresSize(shards=_shards(load, home, shards) | _shards(load, away, 1, home)),
        redis=RedisSize(instances=_redis_by_site(load, home, away)),
        cdn=CdnSize(armor_rules=20, log_sample=load.model.log_sample),
        argocd=ArgocdSize(mode="ha", application_sets=True),
        observability=ObservabilitySize(alerts=60),
        registry=RegistrySize(sites=(home, away), keep_versions=30),
        web=WebSize(
            cpu_m=500, memory_mib=1024, on_demand_share=Decimal("0.6"),
            worker_share=Decimal("0.25"), limits=limits,
        ),
        pods=_with_services(HYPERGROWTH_PODS, load.users),
        commitments=CommitmentSize(compute="1y", sql="1y", redis="1y"),
    )  # fmt: skip


def _standard(
    site: Site,
    range_: str,
    machine_type: str,
    baseline: tuple[int, int],
    burst_max: int,
    provisioning_vcpu: int,
) -> ClusterSize:
    least, most = baseline
    return ClusterSize(
        mode="standard",
        site=site,
        range="g2" if range_ == "g2" else "g1",
        quota_vcpu=Decimal(provisioning_vcpu),
        quota_memory_gib=Decimal(provisioning_vcpu * 4),
        pools={
            "baseline": NodePoolSize(
                machine_type=machine_type, min_nodes=least, max_nodes=most, share=Decimal("0.6")
            ),
            "burst": NodePoolSize(
                machine_type="n2d-standard-8", min_nodes=0, max_nodes=burst_max,
                share=Decimal("0.4"), spot=True,
            ),
        },
        provisioning_vcpu=provisioning_vcpu,
        provisioning_memory_gib=provisioning_vcpu * 4,
    )  # fmt: skip


def _shards(load: Load, site: Site, count: int, home: Site | None = None) -> dict[str, ShardSize]:
    """The shards of one continent, each with its part of the writes and of the disk."""
    share = (load.away_share if home else 1 - load.away_share) / count
    writes = load.db_writes_s * share
    model = load.model
    needed = writes / model.db_writes_per_vcpu * model.db_background * model.db_headroom
    require(
        needed <= max(PLUS_VCPU),
        f"a shard at {site} needs {ceiling(needed)} vCPU, the largest tier has {max(PLUS_VCPU)}",
    )
    vcpu = next(size for size in PLUS_VCPU if size >= needed)
    tier = f"db-perf-optimized-N-{vcpu}"
    disk_gib = max(10, ceiling((100 + load.users * Decimal("0.00015")) * share))
    read_pool = 1 if load.users >= SECOND_SHARD_FROM_USERS else 0
    return {
        f"{site}-{number}": ShardSize(
            site=site, edition="ENTERPRISE_PLUS", tier=tier, replica_tier=tier, ha=True,
            disk_gib=disk_gib, backups=30, log_retention_days=14, managed_pooling=True,
            disaster_recovery=True, read_pool_nodes=read_pool, read_pool_max_nodes=3 * read_pool,
        )
        for number in range(1, count + 1)
    }  # fmt: skip


def _redis_gib(load: Load, least: int) -> int:
    return max(least, ceiling(load.cache_gb))


def _redis_by_site(load: Load, home: Site, away: Site) -> dict[Site, RedisInstanceSize]:
    total = _redis_gib(load, 5)
    return {
        home: RedisInstanceSize(memory_gib=max(5, ceiling(total * (1 - load.away_share)))),
        away: RedisInstanceSize(memory_gib=max(2, ceiling(total * load.away_share))),
    }


def _with_services(pods: Mapping[str, PodSize], users: int) -> dict[str, PodSize]:
    return {**pods, **(SERVICE_PODS if users >= SERVICES_FROM_USERS else {})}


def primary_vcpu(load: Load) -> int:
    """VCPU an ENTERPRISE primary needs at the peak: even, with headroom and room to fail over."""
    model = load.model
    busy = (
        load.db_writes_s / model.db_writes_per_vcpu
        + model.primary_read_share * load.db_reads_s / model.db_reads_per_vcpu
    )
    needed = busy * model.db_background * model.db_headroom * model.db_failover
    return 2 * ceiling(needed / 2)
