"""Phases: the five levels of the staircase, as rows of one table.

A phase fixes what is discrete (modes, tiers, high availability) and what it assumes of its load;
what grows with users inside a phase comes from `load`. No other module asks which phase it is in:
whoever needs to know reads a field of the row or of its size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from palier.errors import PalierError, one_of
from palier.load import Load, LoadModel, compute, curve
from palier.phase_pods import (
    GROWTH_PODS,
    HYPERGROWTH_PODS,
    MVP_PODS,
    SCALE_PODS,
    SERVICE_PODS,
    TRACTION_PODS,
)
from palier.sites import other_site
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
    PodSize,
    PostgresSize,
    RedisInstanceSize,
    RedisSize,
    RegistrySize,
    ShardSize,
    Site,
    WebLimits,
    WebSize,
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
MAX_PLUS_LOAD: Final = max(PLUS_VCPU)

Sizing = Callable[[Load, Site], PlatformSize]


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One level: whom it serves, how they are counted, what it assumes, how it is sized."""

    name: str
    min_users: int
    max_users: int
    counter: str
    model: LoadModel
    sizing: Sizing
    checkpoints: tuple[int, ...]
    """User counts whose bill the reference design publishes; the last is the phase's cap."""

    def load(self, users: int, measured: Mapping[str, object] | None = None) -> Load:
        """What `users` ask, with a team's own measurements in the place of constants."""
        self.check_users(users)
        return compute(users, self.model.override(measured or {}))

    def size(self, load: Load, home: Site) -> PlatformSize:
        """The platform this phase builds for a load."""
        return self.sizing(load, home)

    def check_users(self, users: int) -> None:
        """Refuse users this phase is not made for, and name the phase that is.

        Raises:
            PalierError: no such number of users, or another phase's.
        """
        if self.min_users <= users <= self.max_users:
            return
        allowed = f"{self.name} serves {self.min_users} to {self.max_users} users, got {users}"
        if users < 1 or users > HYPERGROWTH.max_users:
            raise PalierError(f"palier:users: {allowed}")
        raise PalierError(f"palier:users: {allowed}; the phase for that is {for_users(users).name}")


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


def _mvp(_: Load, home: Site) -> PlatformSize:
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


def _traction(load: Load, home: Site) -> PlatformSize:
    return replace(
        _mvp(load, home),
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


def _scale(load: Load, home: Site) -> PlatformSize:
    return replace(
        _traction(load, home),
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


def _growth(load: Load, home: Site) -> PlatformSize:
    users = load.users
    vcpu = max(2 if users < SERVICES_FROM_USERS else 4, primary_vcpu(load))
    memory_gib = vcpu * GIB_PER_VCPU
    if LARGE_MEMORY_FROM_USERS <= users < SERVICES_FROM_USERS:
        memory_gib = max(memory_gib, Decimal(LARGE_MEMORY_GIB))
    tier = f"db-custom-{vcpu}-{int(memory_gib * 1024)}"
    replicas = ("r1",) if users < SECOND_REPLICA_FROM_USERS else ("r1", "r2")
    return replace(
        _scale(load, home),
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


def _hypergrowth(load: Load, home: Site) -> PlatformSize:
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
    vcpu = next((size for size in PLUS_VCPU if size >= needed), MAX_PLUS_LOAD)
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


_MVP_MODEL: Final = LoadModel(cache_hit_ratio=Decimal("0.5"))
_TRACTION_MODEL: Final = replace(
    _MVP_MODEL,
    cache_hit_ratio=Decimal("0.7"),
    log_base_gib=Decimal(20),
    metric_samples_base_million=Decimal(20),
    alert_series=Decimal(40),
    nat_gib_base=Decimal(10),
    registry_gib=Decimal(12),
)
_SCALE_MODEL: Final = replace(
    _TRACTION_MODEL,
    cache_hit_ratio=Decimal("0.85"),
    metric_samples_base_million=Decimal(60),
    alert_series=Decimal(80),
    nat_gib_base=Decimal(50),
    nat_vms_base=Decimal(4),
    backup_ratio=Decimal("1.5"),
    dump_ratio=Decimal("0.5"),
    registry_gib=Decimal(25),
    static_gib=Decimal(10),
    dns_million_queries=Decimal(2),
)
_GROWTH_MODEL: Final = replace(
    _SCALE_MODEL,
    cache_hit_ratio=Decimal("0.90"),
    log_base_gib=Decimal(30),
    log_sample=Decimal("0.1"),
    metric_samples_base_million=Decimal(0),
    metric_series_per_pod=Decimal(150),
    metric_pods_base=Decimal(20),
    alert_series=Decimal(200),
    nat_gib_base=Decimal(100),
    nat_share_of_api=Decimal("0.05"),
    nat_vms_base=Decimal(3),
    backup_ratio=Decimal(2),
    dump_ratio=Decimal("1.5"),
    registry_gib=Decimal(150),
    static_gib=Decimal(50),
    dns_million_queries=Decimal(5),
)
_HYPERGROWTH_MODEL: Final = replace(
    _GROWTH_MODEL,
    cache_hit_ratio=Decimal("0.92"),
    log_base_gib=Decimal(50),
    log_sample=Decimal("0.05"),
    metric_pods_base=Decimal(60),
    alert_series=Decimal(800),
    nat_gib_base=Decimal(200),
    backup_ratio=Decimal(3),
    dump_ratio=Decimal(3),
    registry_gib=Decimal(200),
    static_gib=Decimal(200),
    dns_million_queries=Decimal(20),
    away_share=curve(
        (1_000_000, "0.10"), (2_000_000, "0.20"), (5_000_000, "0.30"), (11_000_000, "0.40")
    ),
)

MVP: Final = Phase(
    name="mvp", min_users=1, max_users=50, counter="active accounts", model=_MVP_MODEL,
    sizing=_mvp, checkpoints=(50,),
)  # fmt: skip
TRACTION: Final = Phase(
    name="traction", min_users=51, max_users=100, counter="active accounts",
    model=_TRACTION_MODEL, sizing=_traction, checkpoints=(100,),
)  # fmt: skip
SCALE: Final = Phase(
    name="scale", min_users=101, max_users=50_000, counter="monthly active users",
    model=_SCALE_MODEL, sizing=_scale, checkpoints=(10_000, 50_000),
)  # fmt: skip
GROWTH: Final = Phase(
    name="growth", min_users=50_001, max_users=1_000_000, counter="monthly active users",
    model=_GROWTH_MODEL, sizing=_growth, checkpoints=(125_000, 500_000, 750_000, 1_000_000),
)  # fmt: skip
HYPERGROWTH: Final = Phase(
    name="hypergrowth", min_users=1_000_001, max_users=11_000_000,
    counter="monthly active users", model=_HYPERGROWTH_MODEL, sizing=_hypergrowth,
    checkpoints=(2_000_000, 5_000_000, 11_000_000),
)  # fmt: skip

PHASES: Final[dict[str, Phase]] = {
    phase.name: phase for phase in (MVP, TRACTION, SCALE, GROWTH, HYPERGROWTH)
}
"""The staircase, lowest first."""


def get(name: str) -> Phase:
    """The phase of that name.

    Raises:
        PalierError: there is none.
    """
    if name not in PHASES:
        raise PalierError(f"phase: expected {one_of(PHASES)}, got {name!r}")
    return PHASES[name]


def for_users(users: int) -> Phase:
    """The phase made for a number of users.

    Raises:
        PalierError: no phase is.
    """
    for phase in PHASES.values():
        if phase.min_users <= users <= phase.max_users:
            return phase
    raise PalierError(f"users: expected 1 to {HYPERGROWTH.max_users}, got {users}")


def following(phase: Phase) -> Phase | None:
    """The next phase up, or `None` at the top."""
    rows = list(PHASES.values())
    place = rows.index(phase) + 1
    return rows[place] if place < len(rows) else None


def preceding(phase: Phase) -> Phase | None:
    """The phase below, or `None` at the bottom."""
    place = list(PHASES.values()).index(phase) - 1
    return list(PHASES.values())[place] if place >= 0 else None
