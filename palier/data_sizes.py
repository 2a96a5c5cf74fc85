"""Sizes of what holds data: PostgreSQL shards with their copies, Redis instances."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Literal

from palier.errors import require
from palier.sites import Site
from palier.sql_tiers import Edition, parse_tier

LOG_RETENTION_DAYS: Final[dict[Edition, int]] = {"ENTERPRISE": 7, "ENTERPRISE_PLUS": 35}
"""Longest retention of logs for point-in-time recovery (Google's pages)."""
REPLICA: Final = re.compile(r"[a-z][a-z0-9]{0,9}")
RESERVED: Final = ("dr", "pool")
"""Names of the two other kinds of copies."""


@dataclass(frozen=True, kw_only=True)
class ShardSize:
    """One PostgreSQL primary with its replicas.

    `replica_tier` is a value of its own: replicas must grow one update before their primary, and
    shrink one update after it. `copies_protected` is lifted in one update, so that the next may
    delete a copy: copies hold nothing that their primary does not.
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
    copies_protected: bool = True

    def __post_init__(self) -> None:
        """Refuse what Cloud SQL refuses: tier against edition, small replicas, long retention."""
        tier = parse_tier(self.tier)
        plus = self.edition == "ENTERPRISE_PLUS"
        require(
            tier.edition == self.edition, f"tier {self.tier} is not one of edition {self.edition}"
        )
        has_copies = bool(self.replicas or self.read_pool_nodes or self.disaster_recovery)
        require(
            bool(self.replica_tier) == has_copies,
            "replica_tier: set it exactly when there is a replica, a read pool or disaster"
            " recovery",
        )
        if self.replica_tier:
            replica = parse_tier(self.replica_tier)
            require(
                replica.edition == self.edition,
                f"replica_tier {self.replica_tier} is not one of edition {self.edition}",
            )
            require(
                (replica.vcpu or 0, replica.memory_gib) >= (tier.vcpu or 0, tier.memory_gib)
                and replica.memory_gib >= tier.memory_gib,
                f"replica_tier {self.replica_tier}: a replica may not be smaller than its"
                f" primary ({self.tier})",
            )
        require(
            len(set(self.replicas)) == len(self.replicas)
            and all(REPLICA.fullmatch(key) and key not in RESERVED for key in self.replicas),
            f"replicas: short names, each once, e.g. r1,r2, got {','.join(self.replicas)!r}",
        )
        require(10 <= self.disk_gib <= 65_536, "disk_gib: 10 to 65536")  # noqa: PLR2004
        require(1 <= self.backups <= 365, "backups: 1 to 365")  # noqa: PLR2004
        longest = LOG_RETENTION_DAYS[self.edition]
        require(
            1 <= self.log_retention_days <= longest,
            f"log_retention_days: 1 to {longest} in edition {self.edition}",
        )
        self._check_plus(plus)

    def _check_plus(self, plus: bool) -> None:
        require(
            plus or not self.managed_pooling, "managed_pooling: only in edition ENTERPRISE_PLUS"
        )
        require(
            plus or not self.read_pool_nodes, "read_pool_nodes: only in edition ENTERPRISE_PLUS"
        )
        pool = self.read_pool_nodes, self.read_pool_max_nodes
        require(
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
        require(bool(self.shards), "postgres.shards: at least one")
        for name, shard in self.shards.items():
            require(
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
        require(1 <= self.memory_gib <= 300, "memory_gib: 1 to 300")  # noqa: PLR2004


@dataclass(frozen=True, kw_only=True)
class RedisSize:
    """Managed Redis by site; none while the cache is a workload in the cluster."""

    instances: dict[Site, RedisInstanceSize] = field(default_factory=dict)
