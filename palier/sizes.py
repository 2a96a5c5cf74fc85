"""Sizes: how large each part of the platform is, as plain data.

One frozen dataclass a component, validated when it is made, so that a size that GCP would refuse
is refused here with a clear line. A size says nothing of names, regions or wiring; components turn
it into resources, `phases` decides which size a phase has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal

from palier.errors import PalierError, one_of
from palier.sql_tiers import Edition, parse_tier

Site = Literal["eu", "us"]
SITES: Final[tuple[Site, ...]] = ("eu", "us")
"""Continents a platform can stand on; a site is one region of it (see `palier.sites`)."""

LOG_RETENTION_DAYS: Final = {"ENTERPRISE": 7, "ENTERPRISE_PLUS": 35}
MIN_POD_CPU_M: Final = 50
MIN_POD_MIB: Final = 52
MIB: Final = 1024
MAX_POD_GIB_PER_VCPU: Final = Decimal("6.5")


def _check(holds: bool, message: str) -> None:
    if not holds:
        raise PalierError(message)


@dataclass(frozen=True, kw_only=True)
class NetworkSize:
    """The network. Ranges are constants of the design, reserved once (`palier.ranges`)."""

    sites: tuple[Site, ...]
    flow_log_sampling: Decimal = Decimal("0.05")
    nat_addresses: int = 1

    def __post_init__(self) -> None:
        """Refuse what the provider refuses, and a platform without a home site."""
        _check(bool(self.sites), "network.sites: at least one")
        _check(0 <= self.flow_log_sampling <= 1, "network.flow_log_sampling: 0 to 1")
        _check(1 <= self.nat_addresses <= 16, "network.nat_addresses: 1 to 16")  # noqa: PLR2004


@dataclass(frozen=True, kw_only=True)
class NodePoolSize:
    """One pool of a Standard cluster. `share` is its part of the vCPU that pods need.

    `min_nodes` and `max_nodes` count the whole pool, or each zone when `per_zone` is set.
    """

    machine_type: str
    min_nodes: int
    max_nodes: int
    share: Decimal
    spot: bool = False
    per_zone: bool = False
    disk_gib: int = 100

    def __post_init__(self) -> None:
        """Refuse limits out of order and machine types whose vCPU the name does not tell."""
        _check(
            bool(re.fullmatch(r"[a-z]\d[a-z]?-[a-z]+-\d+", self.machine_type)),
            f"machine_type: expected e.g. n2d-standard-8, got {self.machine_type!r}",
        )
        _check(0 <= self.min_nodes <= self.max_nodes, "min_nodes: 0 to max_nodes")
        _check(self.max_nodes > 0, "max_nodes: at least 1")
        _check(0 <= self.share <= 1, f"share: 0 to 1, got {self.share}")
        _check(self.disk_gib >= 50, "disk_gib: at least 50")  # noqa: PLR2004

    @property
    def vcpu(self) -> int:
        """VCPU of one node."""
        return int(self.machine_type.rsplit("-", 1)[1])


@dataclass(frozen=True, kw_only=True)
class ClusterSize:
    """One generation of a cluster, at one site.

    `quota_*` is the most that all pods may request: the cost ceiling on Autopilot. `range` says
    which of the site's two reserved pairs of pod and service ranges it takes.
    """

    mode: Literal["autopilot", "standard"]
    site: Site
    range: Literal["g1", "g2"]
    quota_vcpu: Decimal
    quota_memory_gib: Decimal
    pools: dict[str, NodePoolSize] = field(default_factory=dict)
    provisioning_vcpu: int = 0
    provisioning_memory_gib: int = 0
    backup: bool = False

    def __post_init__(self) -> None:
        """Refuse pools on Autopilot, and a Standard cluster without pools or limits."""
        if self.mode == "autopilot":
            _check(
                not self.pools and not self.provisioning_vcpu,
                "an autopilot cluster takes no pools and no node auto-provisioning limits",
            )
        else:
            _check(bool(self.pools), "a standard cluster needs at least one pool")
            _check(
                sum(pool.share for pool in self.pools.values()) == 1,
                "the shares of a standard cluster's pools must add up to 1",
            )
            _check(
                self.provisioning_vcpu > 0 and self.provisioning_memory_gib > 0,
                "a standard cluster needs node auto-provisioning limits",
            )
        _check(self.quota_vcpu > 0 and self.quota_memory_gib > 0, "quotas must be above 0")


@dataclass(frozen=True, kw_only=True)
class GkeSize:
    """All living cluster generations, by name (`eu-g1`, later `eu-g2`, `us-g1`)."""

    generations: dict[str, ClusterSize]

    def __post_init__(self) -> None:
        """Refuse two generations on one range, and names that do not say what they are."""
        _check(bool(self.generations), "gke.generations: at least one")
        for name, cluster in self.generations.items():
            expected = f"{cluster.site}-{cluster.range}"
            _check(name == expected, f"gke.generations.{name}: the name must be {expected}")


@dataclass(frozen=True, kw_only=True)
class ShardSize:
    """One PostgreSQL primary with its replicas.

    `replica_tier` is a value of its own: replicas must grow one update before their primary, and
    shrink one update after it.
    """

    site: Site
    edition: Edition
    tier: str
    ha: bool
    disk_gib: int
    backups: int
    replica_tier: str = ""
    replicas: tuple[str, ...] = ()
    read_pool_nodes: int = 0
    read_pool_max_nodes: int = 0
    disaster_recovery: bool = False
    log_retention_days: int = 7
    managed_pooling: bool = False

    def __post_init__(self) -> None:
        """Refuse what Cloud SQL refuses: tier against edition, small replicas, long retention."""
        tier = parse_tier(self.tier)
        plus = self.edition == "ENTERPRISE_PLUS"
        _check(
            tier.edition == self.edition, f"tier {self.tier} is not one of edition {self.edition}"
        )
        has_copies = bool(self.replicas or self.read_pool_nodes or self.disaster_recovery)
        _check(
            bool(self.replica_tier) == has_copies,
            "replica_tier: set it exactly when there is a replica, a read pool or disaster"
            " recovery",
        )
        if self.replica_tier:
            replica = parse_tier(self.replica_tier)
            _check(
                replica.edition == self.edition,
                f"replica_tier {self.replica_tier} is not one of edition {self.edition}",
            )
            _check(
                (replica.vcpu or 0, replica.memory_gib) >= (tier.vcpu or 0, tier.memory_gib)
                and replica.memory_gib >= tier.memory_gib,
                f"replica_tier {self.replica_tier}: a replica may not be smaller than its"
                f" primary ({self.tier})",
            )
        _check(10 <= self.disk_gib <= 65_536, "disk_gib: 10 to 65536")  # noqa: PLR2004
        _check(1 <= self.backups <= 365, "backups: 1 to 365")  # noqa: PLR2004
        longest = LOG_RETENTION_DAYS[self.edition]
        _check(
            1 <= self.log_retention_days <= longest,
            f"log_retention_days: 1 to {longest} in edition {self.edition}",
        )
        self._check_plus(plus)

    def _check_plus(self, plus: bool) -> None:
        _check(plus or not self.managed_pooling, "managed_pooling: only in edition ENTERPRISE_PLUS")
        _check(plus or not self.read_pool_nodes, "read_pool_nodes: only in edition ENTERPRISE_PLUS")
        pool = self.read_pool_nodes, self.read_pool_max_nodes
        _check(
            pool == (0, 0) or 1 <= pool[0] <= pool[1] <= 20,  # noqa: PLR2004
            "read_pool_nodes: 1 to read_pool_max_nodes, at most 20",
        )

    @property
    def disk_limit_gib(self) -> int:
        """Where automatic growth of the disk stops: twice the size, the cost ceiling."""
        return 2 * self.disk_gib


@dataclass(frozen=True, kw_only=True)
class PostgresSize:
    """All PostgreSQL shards, by name (`eu-1` from day one; later `us-1`, `eu-2`)."""

    shards: dict[str, ShardSize]

    def __post_init__(self) -> None:
        """Refuse a shard whose name hides its site: names are for life."""
        _check(bool(self.shards), "postgres.shards: at least one")
        for name, shard in self.shards.items():
            _check(
                bool(re.fullmatch(rf"{shard.site}-\d", name)),
                f"postgres.shards.{name}: expected {shard.site}- and a digit",
            )


@dataclass(frozen=True, kw_only=True)
class RedisInstanceSize:
    """One Memorystore for Redis instance. Always STANDARD_HA: BASIC could only be replaced."""

    memory_gib: int
    version: Literal["REDIS_7_0", "REDIS_7_2"] = "REDIS_7_2"

    def __post_init__(self) -> None:
        """Refuse what Memorystore refuses."""
        _check(1 <= self.memory_gib <= 300, "memory_gib: 1 to 300")  # noqa: PLR2004


@dataclass(frozen=True, kw_only=True)
class RedisSize:
    """Managed Redis by site; none while the cache is a workload in the cluster."""

    instances: dict[Site, RedisInstanceSize] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CdnSize:
    """The edge: CDN times to live, Cloud Armor rules, log sampling.

    Times to live are the documents' (browser 3 600 s, CDN 86 400 s) and hold for static files;
    answers of the API say themselves how long they may be kept. `armor_rules` counts the default
    rule.
    """

    armor_rules: int
    log_sample: Decimal = Decimal(1)
    browser_ttl_s: int = 3_600
    cdn_ttl_s: int = 86_400

    def __post_init__(self) -> None:
        """Refuse an edge without a rate limit, or that would keep answers for too long."""
        _check(
            2 <= self.armor_rules <= 20,  # noqa: PLR2004
            f"cdn.armor_rules: 2 to 20, got {self.armor_rules}",
        )
        _check(0 <= self.log_sample <= 1, "cdn.log_sample: 0 to 1")
        _check(
            0 <= self.browser_ttl_s <= self.cdn_ttl_s <= 31_622_400,  # noqa: PLR2004
            "cdn.browser_ttl_s: 0 to cdn_ttl_s, at most 31622400",
        )


@dataclass(frozen=True, kw_only=True)
class ArgocdSize:
    """Argo CD: `core` (no server), `single` or `ha`."""

    mode: Literal["core", "single", "ha"]
    application_sets: bool = False


@dataclass(frozen=True, kw_only=True)
class ObservabilitySize:
    """How many alert conditions watch the platform (the phase's first ones of the catalogue)."""

    alerts: int

    def __post_init__(self) -> None:
        """Refuse a platform that nobody watches."""
        _check(1 <= self.alerts <= 60, "observability.alerts: 1 to 60")  # noqa: PLR2004


@dataclass(frozen=True, kw_only=True)
class RegistrySize:
    """Image registries by site, and how many recent versions clean-up keeps."""

    sites: tuple[Site, ...]
    keep_versions: int = 10

    def __post_init__(self) -> None:
        """Refuse a clean-up that would remove the image in use or its rollback."""
        _check(bool(self.sites), "registry.sites: at least one")
        _check(2 <= self.keep_versions <= 100, "registry.keep_versions: 2 to 100")  # noqa: PLR2004


@dataclass(frozen=True, kw_only=True)
class WebLimits:
    """Replicas of the web tier at one site: both parts together, and the part on demand."""

    minimum: int
    maximum: int
    on_demand: int

    def __post_init__(self) -> None:
        """Refuse limits out of order: the on-demand part is what survives a loss of spot."""
        _check(
            1 <= self.on_demand <= self.minimum <= self.maximum,
            "1 <= on_demand <= minimum <= maximum",
        )


@dataclass(frozen=True, kw_only=True)
class WebSize:
    """The reference application's web tier: a fixed part on demand, the rest spot under the HPA.

    The on-demand part is the site's `on_demand` replicas, or `on_demand_share` of the mean when
    that is more. `worker_share` is workers per web replica.
    """

    cpu_m: int
    memory_mib: int
    limits: dict[Site, WebLimits]
    on_demand_share: Decimal = Decimal(0)
    worker_share: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        """Refuse pods that Autopilot would resize, and shares that are none."""
        _check_pod(self.cpu_m, self.memory_mib)
        _check(0 <= self.on_demand_share <= 1, "on_demand_share: 0 to 1")
        _check(0 <= self.worker_share <= 1, "worker_share: 0 to 1")


@dataclass(frozen=True, kw_only=True)
class PodSize:
    """A workload of fixed size: name, replicas and requests of one pod."""

    namespace: str
    replicas: int
    cpu_m: int
    memory_mib: int
    spot: bool = False
    volume_gib: int = 0

    def __post_init__(self) -> None:
        """Refuse pods that Autopilot would resize."""
        _check_pod(self.cpu_m, self.memory_mib)
        _check(self.replicas >= 1, "replicas: at least 1")
        _check(self.volume_gib >= 0, "volume_gib: 0 or more")


def _check_pod(cpu_m: int, memory_mib: int) -> None:
    _check(cpu_m >= MIN_POD_CPU_M, f"cpu_m: at least {MIN_POD_CPU_M}, got {cpu_m}")
    _check(memory_mib >= MIN_POD_MIB, f"memory_mib: at least {MIN_POD_MIB}, got {memory_mib}")
    ratio = Decimal(memory_mib) / MIB / (Decimal(cpu_m) / 1000)
    _check(
        1 <= ratio <= MAX_POD_GIB_PER_VCPU,
        f"memory_mib: 1 to {MAX_POD_GIB_PER_VCPU} GiB a vCPU, got {ratio:.2f}",
    )


@dataclass(frozen=True, kw_only=True)
class CommitmentSize:
    """Terms bought beside the stack, `none` or `1y`, on the part of the bill that never sleeps."""

    compute: Literal["none", "1y"] = "none"
    sql: Literal["none", "1y"] = "none"
    redis: Literal["none", "1y"] = "none"


@dataclass(frozen=True, kw_only=True)
class PlatformSize:
    """Every size of a platform: what a phase decides for a number of users."""

    network: NetworkSize
    gke: GkeSize
    postgres: PostgresSize
    redis: RedisSize
    cdn: CdnSize
    argocd: ArgocdSize
    observability: ObservabilitySize
    registry: RegistrySize
    web: WebSize
    pods: dict[str, PodSize]
    commitments: CommitmentSize = field(default_factory=CommitmentSize)

    def __post_init__(self) -> None:
        """Refuse parts that stand at a site the network does not reach."""
        sites = set(self.network.sites)
        placed = {
            "gke": {cluster.site for cluster in self.gke.generations.values()},
            "postgres": {shard.site for shard in self.postgres.shards.values()},
            "redis": set(self.redis.instances),
        }
        _check(
            placed["gke"] <= set(self.web.limits),
            "web.limits: every site with a cluster needs limits",
        )
        for part, used in placed.items():
            _check(
                used <= sites,
                f"{part}: at {one_of(sorted(used))}, but network.sites has only"
                f" {one_of(sorted(sites))}",
            )
