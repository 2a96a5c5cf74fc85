"""Managed PostgreSQL and Redis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from palier.cost.items import HOURS_PER_MONTH, Item, UnreadableInput, fixed, usage
from palier.cost.prices import MissingPrice, Price
from palier.cost.stack import Size, Stack
from palier.errors import PalierError
from palier.facts import UNKNOWN, Fact
from palier.sql_tiers import Tier, parse_tier

INSTANCE: Final = "gcp:sql/databaseInstance:DatabaseInstance"
SQL: Final = "Cloud SQL for PostgreSQL"
REDIS: Final = "Memorystore for Redis"
NETWORK: Final = "Network data transfer"
DEFAULT_DISK_GIB: Final = 10
CAPACITY_TIERS: Final = ((4, "M1"), (10, "M2"), (35, "M3"), (100, "M4"), (300, "M5"))
"""Largest size of each Memorystore capacity tier, GiB."""
WITHIN: Final = {
    "europe": ("europe", "within Europe"),
    "us": ("north-america", "within North America"),
}
"""Place and route of a copy between two regions of one continent, by a region's first word."""


def sql(stack: Stack, fact: Fact) -> Iterator[Item]:
    """CPU and memory, disk, backups; for a replica elsewhere, what crosses between regions."""
    region = stack.region(fact)
    version = stack.text(fact, "databaseVersion")
    if not version.startswith("POSTGRES"):
        raise MissingPrice(f"palier prices PostgreSQL, not {version}")
    edition = stack.text(fact, "settings.edition")
    try:
        tier = parse_tier(stack.text(fact, "settings.tier"))
    except PalierError as error:
        raise MissingPrice(str(error)) from None
    regional = stack.text(fact, "settings.availabilityType", "ZONAL") == "REGIONAL"
    availability = "REGIONAL" if regional else "ZONAL"
    nodes = _nodes(stack, fact)
    yield from _compute(stack, region, edition, availability, tier, nodes)
    yield from _disk(stack, fact, region, edition, regional, nodes)
    if fact.read("masterInstanceName") is None:
        yield from _backups(stack, fact, region, edition)
    else:
        yield from _replication(stack, fact, region)


def disk_size(stack: Stack, fact: Fact) -> Size:
    """GiB of an instance's disk; the limit of its growth stands for a size that is not known."""
    if fact.read("settings.diskAutoresize") is False:  # then the limit limits nothing
        return Size(amount=stack.number(fact, "settings.diskSize", DEFAULT_DISK_GIB))
    limit = "settings.diskAutoresizeLimit"
    return stack.size(fact, "settings.diskSize", limit, DEFAULT_DISK_GIB)


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    """Nodes of an instance: one, or those of a read pool and the most it may grow to."""

    least: Decimal
    most: Decimal
    note: str


def _nodes(stack: Stack, fact: Fact) -> _Nodes:
    most = "settings.readPoolAutoScaleConfig.maxNodeCount"
    if fact.read("settings.readPoolAutoScaleConfig.enabled") is False:
        least = Size(amount=stack.number(fact, "nodeCount", 1))
    else:
        least = stack.size(fact, "nodeCount", most, 1)
    return _Nodes(
        least=least.amount, most=stack.number(fact, most, int(least.amount)), note=least.note
    )


def _compute(
    stack: Stack,
    region: str,
    edition: str,
    availability: str,
    tier: Tier,
    nodes: _Nodes,
) -> Iterator[Item]:
    what = "HA" if availability == "REGIONAL" else "zonal"
    least, most = (count * HOURS_PER_MONTH for count in (nodes.least, nodes.most))
    common = {"edition": edition, "availability": availability}
    if tier.vcpu is None:
        price = stack.price(SQL, "shared-core", region, tier=tier.name, **common)
        yield fixed(f"{tier.name}, {what}{nodes.note}", price, least)
        return
    if edition == "ENTERPRISE_PLUS":
        common["series"] = "N2"
    discount = None
    if stack.committed("sql"):
        discount = stack.price(SQL, "cud", term="1y")
    for sku, name, each in (
        ("vcpu", f"{tier.name} vCPU, {what}", Decimal(tier.vcpu)),
        ("memory", f"{tier.name} memory, {what}", tier.memory_gib),
    ):
        yield Item(
            name=name + (", 1-year commitment" if discount else "") + nodes.note,
            price=stack.price(SQL, sku, region, **common),
            discount=discount,
            floor=each * least,
            expected=each * least,
            ceiling=each * most,
        )


def _disk(
    stack: Stack,
    fact: Fact,
    region: str,
    edition: str,
    regional: bool,
    nodes: _Nodes,
) -> Iterator[Item]:
    """Disk at its size, and at the limit of automatic growth.

    HA keeps a second copy, a read pool one for each node.
    """
    kind = stack.text(fact, "settings.diskType", "PD_SSD")
    size = disk_size(stack, fact)
    limit = stack.number(fact, "settings.diskAutoresizeLimit", 0)
    price = stack.price(SQL, "storage", region, edition=edition, availability="ZONAL", type=kind)
    least, most = (count * (2 if regional else 1) for count in (nodes.least, nodes.most))
    yield Item(
        name=f"disk, {kind}" + (", two copies" if regional else "") + (size.note or nodes.note),
        price=price,
        floor=size.amount * least,
        expected=size.amount * least,
        ceiling=max(size.amount, limit) * most,
    )


def _backups(stack: Stack, fact: Fact, region: str, edition: str) -> Iterator[Item]:
    if not stack.flag(fact, "settings.backupConfiguration.enabled"):
        return
    size = disk_size(stack, fact)
    price = stack.price(SQL, "backup", region, edition=edition)
    stored = size.amount * stack.load("backup_ratio")
    yield usage(f"backups and logs for recovery{size.note}", price, stored)


def _replication(stack: Stack, fact: Fact, region: str) -> Iterator[Item]:
    """Write-ahead log that a replica in another region receives, by its part of the data."""
    home = _homes(stack).get(stack.text(fact, "masterInstanceName"))
    if home is None:
        raise UnreadableInput("masterInstanceName: its primary is not in this stack")
    if home == region:
        return
    size = disk_size(stack, fact)
    away = _away_gib(stack) - _least_gib(stack, fact) + size.amount
    received = stack.load("wal_gib") * size.amount / away
    yield usage(f"replication between regions{size.note}", _transfer(stack, region), received)


@lru_cache(maxsize=8)
def _homes(stack: Stack) -> dict[str, str]:
    """Region of every primary, by its name."""
    return {
        str(instance.read("name")): stack.region(instance)
        for instance in stack.facts.of_type(INSTANCE)
        if instance.read("masterInstanceName") is None
    }


@lru_cache(maxsize=8)
def _away_gib(stack: Stack) -> Decimal:
    """Disk of all replicas that stand in another region than their primary, at the least."""
    homes = _homes(stack)
    return sum(
        (
            _least_gib(stack, instance)
            for instance in stack.facts.of_type(INSTANCE)
            if homes.get(str(instance.read("masterInstanceName")), stack.region(instance))
            != stack.region(instance)
        ),
        Decimal(0),
    )


def _least_gib(stack: Stack, fact: Fact) -> Decimal:
    """A disk's size, or Google's smallest: no share of the others is then too small."""
    if fact.read("settings.diskSize") is UNKNOWN:
        return Decimal(DEFAULT_DISK_GIB)
    return stack.number(fact, "settings.diskSize", DEFAULT_DISK_GIB)


def _transfer(stack: Stack, region: str) -> Price:
    continent = region.split("-", maxsplit=1)[0]
    if continent not in WITHIN:
        raise MissingPrice(f"no price of {NETWORK} within {continent}")
    place, route = WITHIN[continent]
    return stack.price(NETWORK, "inter-region", place, route=route)


def redis(stack: Stack, fact: Fact) -> Iterator[Item]:
    """Provisioned memory, at the price of its capacity tier."""
    gib = stack.number(fact, "memorySizeGb")
    capacity = next((name for most, name in CAPACITY_TIERS if gib <= most), None)
    if capacity is None:
        raise MissingPrice(f"no price of {REDIS} of {gib} GiB")
    tier = stack.text(fact, "tier", "BASIC")
    if stack.number(fact, "replicaCount", 1) > 1:
        raise MissingPrice(f"no price of {REDIS} with read replicas: the book's includes one copy")
    discount = None
    if stack.committed("redis") and capacity != "M1":
        discount = stack.price(REDIS, "cud", term="1y")
    yield fixed(
        f"{tier} memory, {capacity}" + (", 1-year commitment" if discount else ""),
        stack.price(REDIS, "capacity", stack.region(fact), tier=tier, capacity_tier=capacity),
        gib * HOURS_PER_MONTH,
        discount=discount,
    )
