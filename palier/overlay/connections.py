"""Connections: how many a database takes, and how they are shared out among the pods that ask.

PostgreSQL pays for a connection whether it works or waits. A pooler keeps few; this module says
how few, from the load of the peak and the most that the instance takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from palier.errors import PalierError
from palier.sql_tiers import Tier, max_connections
from palier.workloads import ceiling

POOL_SHARE: Final = Decimal("0.7")
""""Scaling et croissance": database connections, attention at 70 %."""
POOL_BASE: Final = 10
POOL_PER_VCPU: Final = 5
"""Least pool: ten connections and five a vCPU, which are the reference design's 15, 20 and 60."""
POOL_STEP: Final = 5
RESERVE_SHARE: Final = 5
"""One more connection in five, for a burst that waits for more than a few seconds."""
DIRECT_POOL: Final = 5
"""Connections of a web process without a pooler (reference design: 2 x 5 + 3)."""
DIRECT_WORKER_POOL: Final = 3
DIRECT_USERS: Final = 5
"""Beside the pools: three that PostgreSQL keeps for superusers, and a migration's two."""


@dataclass(frozen=True, kw_only=True)
class Pools:
    """Pools of one pooler pod: connections that each of its databases keeps to the server."""

    size: int
    reserve: int
    most_on_primary: int
    """Connections of all poolers, reserve included, that may reach the primary at once."""


def pools(tier: Tier, poolers: int, busy: Decimal, replicas: int) -> Pools:
    """Share out the connections of a primary among its poolers.

    Args:
        tier: of the primary.
        poolers: pods of the pooler.
        busy: connections that are busy at the peak (`Load.db_connections`).
        replicas: read replicas; without one, the pool for reads reaches the primary too.

    Raises:
        PalierError: the instance takes too few connections for the load.
    """
    ways = poolers * (1 if replicas else 2)
    room = int(POOL_SHARE * max_connections(tier)) - DIRECT_USERS
    least = POOL_BASE + POOL_PER_VCPU * (tier.vcpu or 0)
    wanted = _up(max(least, ceiling(busy / poolers)))
    most = room // ways
    if most < ceiling(busy / poolers) or most < POOL_STEP:
        raise PalierError(
            f"pooler: the peak keeps {ceiling(busy)} connections busy; {tier.name} takes"
            f" {max_connections(tier)}, of which {poolers} poolers may use {room}: take a larger"
            " tier, or measure load.db_hold_seconds"
        )
    size = min(wanted, most)
    reserve = min(size // RESERVE_SHARE, most - size)
    return Pools(size=size, reserve=reserve, most_on_primary=ways * (size + reserve))


def check_direct(tier: Tier, web: int, workers: int) -> int:
    """Connections of pods that connect without a pooler.

    Raises:
        PalierError: at their most, the pods take more than the instance should give.
    """
    asked = web * DIRECT_POOL + workers * DIRECT_WORKER_POOL
    room = int(POOL_SHARE * max_connections(tier)) - DIRECT_USERS
    if asked > room:
        raise PalierError(
            f"pods.pgbouncer: {web} web pods and {workers} workers take {asked} connections,"
            f" {tier.name} should give {room} without a pooler"
        )
    return asked


def _up(value: int) -> int:
    return -(-value // POOL_STEP) * POOL_STEP
