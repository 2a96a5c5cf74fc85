"""Sizes that only an update would tell: priced at the ceiling that is declared, or not at all.

The last tests are laws over whole platforms: with a value less, a bill is incomplete or not lower.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import builders
import fact_builders as facts
import pytest
from fact_builders import dollars, fixed, gap, priced, resource

from palier.cost import prices
from palier.cost.estimate import BOUNDS, Estimate, estimate
from palier.cost.pricers import PRICERS
from palier.cost.stack import AT_CEILING
from palier.facts import UNKNOWN, Fact, Facts, Value
from palier.testing.fixtures import put

POOL: Final = "gke-eu-g1-baseline"
DISK: Final = "settings.diskSize"
AWAY: Final = ("europe-west4", "us-central1")
LEAST_NODES: Final = "autoscaling.totalMinNodeCount"
PLATFORMS: Final = (("scale", 50_000), ("hypergrowth", 11_000_000))


def sql(name: str = "it", replica_of: str | None = None, region: str = facts.REGION,
        **inputs: Any) -> Fact:  # fmt: skip
    """A PostgreSQL instance of one core, whose disk may grow to 40 GiB."""
    settings = {"tier": "db-custom-1-3840", "edition": "ENTERPRISE", "diskAutoresizeLimit": 40,
                "diskSize": 20} | inputs.pop("settings", {})  # fmt: skip
    return resource(
        facts.SQL, name, name=name, region=region, databaseVersion="POSTGRES_17",
        masterInstanceName=replica_of, settings=settings, **inputs,
    )  # fmt: skip


def read_pool(nodes: Value, **scaling: Value) -> Fact:
    """A read pool of three nodes at the most."""
    config = {"enabled": True, "minNodeCount": 1, "maxNodeCount": 3} | scaling
    return sql(replica_of="main", nodeCount=nodes, settings={"readPoolAutoScaleConfig": config})


def node_pool(**autoscaling: Value) -> Fact:
    """A regional pool of n2d-standard-8."""
    config = {"machineType": "n2d-standard-8", "diskType": "pd-balanced", "diskSizeGb": 100}
    return resource(
        facts.NODE_POOL, POOL, location=facts.REGION, nodeConfig=config, autoscaling=autoscaling
    )


def with_value(fact: Fact, path: str, value: Value) -> Fact:
    """The same resource with another value of an input."""
    return replace(fact, inputs=put(fact.inputs, path, value))


def noted(made: Estimate, of: str = "it") -> set[str]:
    """Items of a resource that say that they stand at a ceiling, without saying so."""
    named = {line.item for line in made.lines if line.resource == of}
    return {item.removesuffix(AT_CEILING) for item in named if item.endswith(AT_CEILING)}


@pytest.mark.parametrize("availability", ["ZONAL", "REGIONAL"])
def test_a_disk_of_unknown_size_costs_what_its_limit_does(availability: str) -> None:
    settings = {"availabilityType": availability, "backupConfiguration": {"enabled": True}}
    known = sql(settings={**settings, "diskSize": 40})
    unknown = with_value(known, DISK, UNKNOWN)
    root = facts.root(backup_ratio="1.5")
    assert dollars(unknown, root) == dollars(known, root)
    disk = "disk, PD_SSD" + (", two copies" if availability == "REGIONAL" else "")
    assert noted(priced(unknown, root)) == {disk, "backups and logs for recovery"}
    assert noted(priced(known, root)) == set(), "a known size needs no excuse"


@pytest.mark.parametrize("limit", [None, 0, "0", UNKNOWN, "much", True, [40]])
def test_a_disk_of_unknown_size_without_a_limit_is_a_gap(limit: Value) -> None:
    found = gap(sql(settings={"diskSize": UNKNOWN, "diskAutoresizeLimit": limit}))
    assert found.kind == "unknown", "never the default in the place of an unknown"
    assert "disk" in found.reason


def test_a_limit_of_a_disk_that_does_not_grow_limits_nothing() -> None:
    settings = {"diskSize": UNKNOWN, "diskAutoresize": False}
    assert gap(sql(settings=settings)).reason == f"{DISK} is not known yet"


def test_a_read_pool_of_unknown_nodes_costs_what_its_largest_does() -> None:
    known, unknown = read_pool(3), read_pool(UNKNOWN)
    assert dollars(unknown, sql("main")) == dollars(known, sql("main"))
    floor, expected, ceiling = dollars(unknown, sql("main"))
    assert floor == expected, "more nodes than the most do not come with traffic"
    # at the ceiling three disks of 40 GiB, else three of 20: 3 × 20 × 0.17
    assert ceiling - expected == Decimal("10.2")
    items = {"db-custom-1-3840 vCPU, zonal", "db-custom-1-3840 memory, zonal", "disk, PD_SSD"}
    assert noted(priced(unknown, sql("main"))) == items


@pytest.mark.parametrize("scaling", [{"maxNodeCount": UNKNOWN}, {"maxNodeCount": 0},
                                     {"enabled": False}])  # fmt: skip
def test_a_read_pool_of_unknown_nodes_without_a_most_is_a_gap(scaling: dict[str, Value]) -> None:
    found = gap(read_pool(UNKNOWN, **scaling), sql("main"))
    assert found.kind == "unknown"
    assert "odeCount" in found.reason


def test_a_copy_of_unknown_size_receives_most_and_takes_nothing_from_the_others() -> None:
    def received(of: str, *sizes: Value) -> Decimal:
        copies = [
            sql(f"dr-{place}", replica_of="main", region=away,
                settings={"diskSize": size, "diskAutoresizeLimit": 300})
            for place, (size, away) in enumerate(zip(sizes, AWAY, strict=True))
        ]  # fmt: skip
        floor, expected, _ = dollars(sql("main"), *copies, facts.root(wal_gib="400"), of=of)
        return expected - floor

    # 100 and 300 of 400 GiB: 100 GiB × 0.02 within Europe, 300 × 0.01 within North America
    assert received("dr-0", 100, 300) == 2
    assert received("dr-1", 100, 300) == received("dr-1", 100, UNKNOWN) == 3
    assert received("dr-0", 100, UNKNOWN) > 2, "the other copy may be as small as Google's smallest"


def test_copies_of_databases_are_stored_at_the_ceiling_too() -> None:
    backups = resource(facts.BUCKET, "b", labels={"palier-role": "backup"}, location="EU")
    root = facts.root(dump_ratio="2")
    full = dollars(backups, root, sql(settings={"diskSize": 40}), sql("two"), of="b")
    unknown = (backups, root, sql(settings={"diskSize": UNKNOWN}), sql("two"))
    assert dollars(*unknown, of="b") == full
    assert noted(priced(*unknown), "b") == {"objects stored"}


@pytest.mark.parametrize(
    ("least", "most"),
    [("totalMinNodeCount", {"totalMaxNodeCount": 12}), ("minNodeCount", {"maxNodeCount": 4})],
)
def test_a_pool_of_unknown_minimum_is_at_its_maximum_in_every_bound(
    least: str, most: dict[str, Value]
) -> None:
    planned = facts.workloads(nodes={"baseline": 5})
    largest = dollars(node_pool(totalMinNodeCount=12, totalMaxNodeCount=12), of=POOL)
    unknown = node_pool(**{least: UNKNOWN}, **most)
    assert dollars(unknown, planned, of=POOL) == largest
    assert largest[0] == largest[2], "twelve nodes in all three"
    names = {line.item for line in priced(unknown, planned).lines}
    assert all(name.endswith(AT_CEILING) for name in names), names


@pytest.mark.parametrize(
    "autoscaling",
    [{"totalMinNodeCount": 3, "totalMaxNodeCount": UNKNOWN},
     {"totalMinNodeCount": UNKNOWN, "totalMaxNodeCount": UNKNOWN},
     {"totalMinNodeCount": UNKNOWN, "totalMaxNodeCount": 0}, {"minNodeCount": UNKNOWN}],
)  # fmt: skip
def test_a_pool_without_a_known_maximum_is_a_gap(autoscaling: dict[str, Value]) -> None:
    found = gap(node_pool(**autoscaling), of=POOL)
    assert found.kind == "unknown"
    assert "odeCount" in found.reason


def test_a_fixed_pool_of_unknown_count_is_a_gap() -> None:
    pool = node_pool()
    pool = replace(pool, inputs={**pool.inputs, "autoscaling": None, "nodeCount": UNKNOWN})
    assert gap(pool, of=POOL).reason == "nodeCount is not known yet"


def test_a_commitment_is_bought_for_what_is_planned_and_not_for_the_ceiling() -> None:
    around = (facts.root(commitments={"compute": "1y"}), facts.workloads(nodes={"baseline": 5}))
    scaling = {"totalMinNodeCount": 3, "totalMaxNodeCount": 12}
    *_, ceiling = dollars(node_pool(**scaling), *around, of=POOL)
    unknown = node_pool(**scaling | {"totalMinNodeCount": UNKNOWN})
    assert dollars(unknown, *around, of=POOL) == (ceiling, ceiling, ceiling)


def test_machines_behind_nat_are_counted_at_the_ceiling_too() -> None:
    nat = resource(facts.NAT, region=facts.REGION)
    load = facts.root(nat_vms_base="0", nat_vcpu_per_vm="3", nat_gib="0")
    unknown = node_pool(totalMinNodeCount=UNKNOWN, totalMaxNodeCount=10)
    assert dollars(nat, unknown, load) == fixed("10.22"), "10 × 0.0014 × 730"
    assert noted(priced(nat, unknown, load)) == {"gateway, by VM"}


def test_redis_declares_no_ceiling() -> None:
    cache = resource(facts.REDIS, tier="STANDARD_HA", memorySizeGb=UNKNOWN, region=facts.REGION)
    assert gap(cache).reason == "memorySizeGb is not known yet"


@pytest.mark.parametrize("path", ["conditions.0", "conditions.0.conditionThreshold",
                                  "conditions.0.conditionThreshold.filter"])  # fmt: skip
def test_an_alert_that_may_read_a_log_metric_is_a_gap(path: str) -> None:
    filter_ = 'metric.type="logging.googleapis.com/user/owners"'
    alert = resource(facts.ALERT_POLICY, conditions=[{"conditionThreshold": {"filter": filter_}}])
    assert gap(with_value(alert, path, UNKNOWN)).kind == "unknown"
    harmless = with_value(alert, "conditions.0.conditionThreshold.thresholdValue", UNKNOWN)
    assert dollars(harmless) == dollars(alert), "only what it asks for has a price"


def paths(value: Value, above: str = "") -> Iterator[str]:
    """Every path in a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in inner:
        if "." not in str(key):
            yield f"{above}{key}"
            if isinstance(item, dict | list):
                yield from paths(item, f"{above}{key}.")


def one_of_each(platform: Facts) -> Iterator[tuple[Fact, str]]:
    """Every path of every kind of priced resource, once."""
    seen = set()
    for fact in platform.resources:
        for path in paths(dict(fact.inputs)) if fact.type in PRICERS else ():
            kind = (fact.type, fact.read("instanceType"), fact.read("nodeConfig.spot"), path)
            if kind not in seen and fact.read(path) is not UNKNOWN:
                seen.add(kind)
                yield fact, path


def of_platform(platform: Facts) -> Estimate:
    return estimate(platform, prices.default(), "USD", Decimal(1))


@pytest.mark.parametrize(("phase", "users"), PLATFORMS)
def test_a_value_less_makes_a_bill_incomplete_or_no_lower(phase: str, users: int) -> None:
    platform = builders.recorded(phase, users)
    whole = of_platform(platform)
    assert whole.complete
    lower = []
    for fact, path in one_of_each(platform):
        changed = with_value(fact, path, UNKNOWN)
        made = of_platform(Facts.of(changed if one is fact else one for one in platform))
        if made.complete:
            lower += [
                f"{fact.name} {path}, {bound}"
                for bound in BOUNDS
                if made.sum_usd(bound) < whole.sum_usd(bound) - Decimal("0.000001")
            ]
    assert lower == []


@pytest.mark.parametrize(("path", "type_"), [(DISK, facts.SQL), (LEAST_NODES, facts.NODE_POOL)])
def test_every_size_of_a_platform_that_may_be_unknown_has_its_ceiling(
    path: str, type_: str
) -> None:
    platform = builders.recorded("hypergrowth", 11_000_000)
    all_unknown = Facts.of(
        with_value(fact, path, UNKNOWN) if fact.type == type_ else fact for fact in platform
    )
    made = of_platform(all_unknown)
    assert made.complete, made.gaps
    assert made.sum_usd("expected") > of_platform(platform).sum_usd("expected")
