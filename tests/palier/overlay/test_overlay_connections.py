"""Pools: as large as the load asks, never more than the database takes."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import builders
import pytest
from hypothesis import given
from hypothesis import strategies as st

from palier.errors import PalierError
from palier.overlay import values
from palier.overlay.connections import DIRECT_USERS, Pools, check_direct, pools
from palier.sql_tiers import PLUS_VCPU, SHARED_CORE_GIB, Tier, max_connections, parse_tier

TIERS: Final = [
    *SHARED_CORE_GIB,
    *(f"db-custom-{vcpu}-{max(3840, vcpu * 3840)}" for vcpu in (1, 2, 4, 8, 16, 32, 64, 96)),
    *(f"db-perf-optimized-N-{vcpu}" for vcpu in PLUS_VCPU),
]
tiers = st.sampled_from([parse_tier(name) for name in TIERS])
poolers = st.integers(1, 12)
replicas = st.integers(0, 5)
loads = st.decimals(0, 2_000, places=3)


def as_published(phase: str) -> Pools:
    """Pools of a ready-made stack, from what it records."""
    (overlay,) = values.overlays(builders.recorded(phase))
    (shard,) = overlay.shards
    count = int(overlay.pods["pgbouncer"].replicas_floor)
    return pools(shard.tier, count, overlay.load["db_connections"], len(shard.replicas))


def test_the_smallest_database_gives_thirty_of_its_hundred_connections() -> None:
    tier = parse_tier("db-custom-1-3840")
    assert max_connections(tier) == 100
    made = pools(tier, 1, Decimal("1.37"), 0)
    assert made == as_published("traction")
    assert made.size == 15
    assert 2 * made.size == 30, "a pool for writes and one for reads, both on the primary"
    assert made.most_on_primary == 2 * (15 + 3)


def test_larger_phases_have_the_pools_of_the_reference_design() -> None:
    assert as_published("scale").size == 20
    growth = as_published("growth")
    assert (growth.size, growth.reserve) == (60, 12)
    assert growth.most_on_primary == 3 * 72, "reads have replicas of their own"


@given(tier=tiers, poolers=poolers, busy=loads, replicas=replicas)
def test_pools_with_their_reserve_leave_the_database_what_is_kept_apart(
    tier: Tier, poolers: int, busy: Decimal, replicas: int
) -> None:
    try:
        made = pools(tier, poolers, busy, replicas)
    except PalierError:
        return
    ways = poolers if replicas else 2 * poolers
    assert ways * (made.size + made.reserve) == made.most_on_primary
    assert made.most_on_primary <= Decimal("0.7") * max_connections(tier) - DIRECT_USERS
    assert made.size * poolers >= busy, "a pool that cannot hold the peak is refused"
    assert made.size >= 5
    assert made.reserve >= 0


@given(tier=tiers, poolers=poolers, busy=loads, more=loads, replicas=replicas)
def test_more_load_never_makes_a_pool_smaller(
    tier: Tier, poolers: int, busy: Decimal, more: Decimal, replicas: int
) -> None:
    try:
        raised = pools(tier, poolers, busy + more, replicas)
    except PalierError:
        return
    assert pools(tier, poolers, busy, replicas).size <= raised.size


@given(tier=tiers, poolers=poolers, busy=loads, more=loads, replicas=replicas)
def test_a_load_that_is_refused_stays_refused_when_it_grows(
    tier: Tier, poolers: int, busy: Decimal, more: Decimal, replicas: int
) -> None:
    try:
        pools(tier, poolers, busy, replicas)
    except PalierError:
        with pytest.raises(PalierError):
            pools(tier, poolers, busy + more, replicas)


@pytest.mark.parametrize(
    ("tier", "poolers", "busy"),
    [("db-custom-1-3840", 1, "33"), ("db-custom-2-7680", 4, "200"), ("db-f1-micro", 2, "1")],
)
def test_a_tier_too_small_for_its_load_is_refused_in_one_line(
    tier: str, poolers: int, busy: str
) -> None:
    with pytest.raises(PalierError) as refused:
        pools(parse_tier(tier), poolers, Decimal(busy), 0)
    message = str(refused.value)
    assert len(message.splitlines()) == 1
    for part in ("pooler", busy, tier, "larger tier", "load.db_hold_seconds"):
        assert part in message


def test_without_a_pooler_the_pods_of_the_first_phase_fit() -> None:
    tier = parse_tier("db-g1-small")
    assert int(Decimal("0.7") * max_connections(tier)) == 35
    assert check_direct(tier, 3, 1) == 3 * 5 + 3
    assert check_direct(tier, 5, 1) == 28


def test_pods_that_would_take_all_connections_without_a_pooler_are_refused() -> None:
    with pytest.raises(PalierError) as refused:
        check_direct(parse_tier("db-g1-small"), 6, 1)
    message = str(refused.value)
    assert len(message.splitlines()) == 1
    for part in ("pods.pgbouncer", "6 web pods", "1 workers", "33", "db-g1-small", "30"):
        assert part in message
