"""Sizes: how large each part of the platform is, as plain data.

One frozen dataclass a component, validated when it is made, so that a size that GCP would refuse
is refused here with a clear line. A size says nothing of names, regions or wiring; components turn
it into resources, `phases` decides which size a phase has. Databases and caches are in
`data_sizes`, pods in `pod_sizes`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from palier.data_sizes import PostgresSize, RedisSize
from palier.errors import one_of, require
from palier.pod_sizes import PodSize, WebSize
from palier.sites import Site


def _check_sites(key: str, sites: tuple[Site, ...]) -> None:
    require(bool(sites), f"{key}: at least one")
    require(len(set(sites)) == len(sites), f"{key}: each once, got {','.join(sites)}")


@dataclass(frozen=True, kw_only=True)
class NetworkSize:
    """The network. Ranges are constants of the design, reserved once (`palier.sites`)."""

    sites: tuple[Site, ...]
    flow_log_sampling: Decimal = Decimal("0.05")
    nat_addresses: int = 1

    def __post_init__(self) -> None:
        """Refuse what the provider refuses, and a platform without a home site."""
        _check_sites("network.sites", self.sites)
        require(0 <= self.flow_log_sampling <= 1, "network.flow_log_sampling: 0 to 1")
        require(1 <= self.nat_addresses <= 16, "network.nat_addresses: 1 to 16")  # noqa: PLR2004


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
        require(
            bool(re.fullmatch(r"[a-z]\d[a-z]?-[a-z]+-\d+", self.machine_type)),
            f"machine_type: expected e.g. n2d-standard-8, got {self.machine_type!r}",
        )
        require(0 <= self.min_nodes <= self.max_nodes, "min_nodes: 0 to max_nodes")
        require(self.max_nodes > 0, "max_nodes: at least 1")
        require(0 <= self.share <= 1, f"share: 0 to 1, got {self.share}")
        require(self.disk_gib >= 50, "disk_gib: at least 50")  # noqa: PLR2004

    @property
    def vcpu(self) -> int:
        """VCPU of one node."""
        return int(self.machine_type.rsplit("-", 1)[1])


@dataclass(frozen=True, kw_only=True)
class ClusterSize:
    """One generation of a cluster, at one site.

    `quota_*` is the most that all pods may request: the cost ceiling on Autopilot. `range` says
    which of the site's two reserved pairs of pod and service ranges it takes. `protected` is lifted
    in one update, so that the next may delete a generation that has been drained.
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
    protected: bool = True

    def __post_init__(self) -> None:
        """Refuse pools on Autopilot, and a Standard cluster without pools or limits."""
        if self.mode == "autopilot":
            require(
                not (self.pools or self.provisioning_vcpu or self.provisioning_memory_gib),
                "an autopilot cluster takes no pools and no node auto-provisioning limits",
            )
        else:
            require(bool(self.pools), "a standard cluster needs at least one pool")
            require(
                sum(pool.share for pool in self.pools.values()) == 1,
                "the shares of a standard cluster's pools must add up to 1",
            )
            require(
                self.provisioning_vcpu > 0 and self.provisioning_memory_gib > 0,
                "a standard cluster needs node auto-provisioning limits",
            )
        require(self.quota_vcpu > 0 and self.quota_memory_gib > 0, "quotas must be above 0")


@dataclass(frozen=True, kw_only=True)
class GkeSize:
    """All living cluster generations, by name (`eu-g1`, later `eu-g2`, `us-g1`)."""

    generations: dict[str, ClusterSize]

    def __post_init__(self) -> None:
        """Refuse two generations on one range, and names that do not say what they are."""
        require(bool(self.generations), "gke.generations: at least one")
        for name, cluster in self.generations.items():
            expected = f"{cluster.site}-{cluster.range}"
            require(name == expected, f"gke.generations.{name}: the name must be {expected}")


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
        require(
            2 <= self.armor_rules <= 20,  # noqa: PLR2004
            f"cdn.armor_rules: 2 to 20, got {self.armor_rules}",
        )
        require(0 <= self.log_sample <= 1, "cdn.log_sample: 0 to 1")
        require(
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
        require(1 <= self.alerts <= 60, "observability.alerts: 1 to 60")  # noqa: PLR2004


@dataclass(frozen=True, kw_only=True)
class RegistrySize:
    """Image registries by site, and how many recent versions clean-up keeps."""

    sites: tuple[Site, ...]
    keep_versions: int = 10

    def __post_init__(self) -> None:
        """Refuse a clean-up that would remove the image in use or its rollback."""
        _check_sites("registry.sites", self.sites)
        require(2 <= self.keep_versions <= 100, "registry.keep_versions: 2 to 100")  # noqa: PLR2004


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
            "registry": set(self.registry.sites),
            "web.limits": set(self.web.limits),
        }
        require(
            placed["gke"] <= set(self.web.limits),
            "web.limits: every site with a cluster needs limits",
        )
        for part, used in placed.items():
            require(
                used <= sites,
                f"{part}: at {one_of(sorted(used))}, but network.sites has only"
                f" {one_of(sorted(sites))}",
            )
