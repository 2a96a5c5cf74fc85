"""Pricers: one worked bill for each tier of each type, and no price where something is not known.

Amounts are dollars a month, written out from the price list: what the code multiplies is
multiplied here by hand, in the comment beside it. An hour's price counts 730 times. Prices are
those of europe-west1 unless a comment says otherwise.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import fact_builders as facts
import pytest
from fact_builders import Amounts, bounds, dollars, fixed, gap, pod, priced, resource, used

from palier.cost.pricers import FREE, PRICERS
from palier.facts import PLATFORM_TYPE, UNKNOWN, Fact

PLUS_8: Final = "db-perf-optimized-N-8"
ZERO: Final = fixed("0")


# --- Cloud SQL ------------------------------------------------------------------------------


def sql(name: str = "it", *, tier: str = "db-custom-2-7680", **settings: Any) -> Fact:
    """A PostgreSQL instance of 10 GiB on SSD without backups; `replica_of` makes it a replica."""
    above: dict[str, Any] = {}
    if "replica_of" in settings:
        above["masterInstanceName"] = settings.pop("replica_of")
    for key in ("nodeCount", "region", "databaseVersion"):
        if key in settings:
            above[key] = settings.pop(key)
    edition = "ENTERPRISE_PLUS" if "optimized" in tier else "ENTERPRISE"
    return resource(
        facts.SQL, name,
        **{"name": name, "region": facts.REGION, "databaseVersion": "POSTGRES_17"} | above,
        settings={"tier": tier, "edition": edition, "diskSize": 10, "diskType": "PD_SSD"}
        | settings,
    )  # fmt: skip


BACKED_UP: Final[dict[str, Any]] = {"backupConfiguration": {"enabled": True}}


@pytest.mark.parametrize(
    ("tier", "zonal", "regional"),
    [
        # 0.0105 × 730; HA 0.021 × 730; disk 10 × 0.17, twice when HA
        ("db-f1-micro", "9.365", "18.73"),
        # 0.035 × 730; HA 0.07 × 730; disk 1.70, 3.40
        ("db-g1-small", "27.25", "54.5"),
        # (1 × 0.0413 + 3.75 × 0.007) × 730 = 49.3115; HA (0.0826 + 3.75 × 0.014) × 730 = 98.623
        ("db-custom-1-3840", "51.0115", "102.023"),
        # (2 × 0.0413 + 7.5 × 0.007) × 730 = 98.623; HA 197.246
        ("db-custom-2-7680", "100.323", "200.646"),
        # (2 × 0.0413 + 13 × 0.007) × 730 = 126.728: more memory on the same cores; HA 253.456
        ("db-custom-2-13312", "128.428", "256.856"),
        # (8 × 0.0537 + 64 × 0.0091) × 730 = 738.76; HA (8 × 0.1074 + 64 × 0.0182) × 730 = 1477.52
        (PLUS_8, "740.46", "1480.92"),
    ],
)
def test_a_database_costs_its_tier_and_its_disk_and_twice_both_when_highly_available(
    tier: str, zonal: str, regional: str
) -> None:
    assert dollars(sql(tier=tier, availabilityType="ZONAL")) == fixed(zonal)
    assert dollars(sql(tier=tier, availabilityType="REGIONAL")) == fixed(regional)
    assert dollars(sql(tier=tier)) == fixed(zonal), "Cloud SQL is zonal unless told otherwise"


def test_a_disk_may_grow_to_its_limit_at_the_ceiling_in_both_copies() -> None:
    growing = sql(diskSize=25, diskAutoresizeLimit=50, availabilityType="REGIONAL")
    # 197.246 + 25 × 2 × 0.17 = 205.746; ceiling 197.246 + 50 × 2 × 0.17 = 214.246
    assert dollars(growing) == bounds("205.746", "205.746", "214.246")
    # an hourly 98.623 + 25 × 0.09, magnetic
    assert dollars(sql(diskSize=25, diskType="PD_HDD")) == fixed("100.873")
    shrunk = sql(diskSize=25, diskAutoresizeLimit=10)
    assert dollars(shrunk) == fixed("102.873"), "a limit below the size takes nothing off"


def test_backups_are_usage_by_the_disk_and_the_declared_ratio() -> None:
    backed_up = sql(diskSize=20, **BACKED_UP)
    # 98.623 + 20 × 0.17 = 102.023; 20 × 1.5 × 0.08 = 2.40 of backups and logs
    assert dollars(backed_up, facts.root(backup_ratio="1.5")) == bounds(
        "102.023", "104.423", "104.423"
    )
    without = sql(diskSize=20, backupConfiguration={"enabled": False})
    assert dollars(without) == fixed("102.023"), "no backups, no usage to declare"


def test_a_replica_costs_what_a_primary_does_and_has_no_backups_of_its_own() -> None:
    replica = sql(replica_of="primary", tier="db-custom-4-15360", diskSize=100, **BACKED_UP)
    # (4 × 0.0413 + 15 × 0.007) × 730 = 197.246; 100 × 0.17
    assert dollars(replica, sql("primary")) == fixed("214.246")


def test_a_read_pool_costs_a_replica_for_each_of_its_nodes() -> None:
    pool = sql(
        replica_of="primary", tier=PLUS_8, diskSize=100, diskAutoresizeLimit=200, nodeCount=1,
        readPoolAutoScaleConfig={"enabled": True, "minNodeCount": 1, "maxNodeCount": 3},
    )  # fmt: skip
    # one node: 738.76 + 100 × 0.17; three at the ceiling: 3 × (738.76 + 200 × 0.17)
    assert dollars(pool, sql("primary")) == bounds("755.76", "755.76", "2318.28")
    fixed_pool = sql(replica_of="primary", tier=PLUS_8, diskSize=100, nodeCount=2)
    # each node has its own machine and its own disk: 2 × (738.76 + 17)
    assert dollars(fixed_pool, sql("primary")) == fixed("1511.52")


def test_a_replica_in_another_region_pays_for_what_crosses() -> None:
    recovery = sql(replica_of="primary", region="europe-west4", tier=PLUS_8, diskSize=100)
    # europe-west4: (8 × 0.05905 + 64 × 0.01001) × 730 = 812.5192; 100 × 0.187; 500 GiB × 0.02
    assert dollars(recovery, sql("primary"), facts.root(wal_gib="500")) == bounds(
        "831.2192", "841.2192", "841.2192"
    )


def test_the_log_that_crosses_is_shared_by_the_disks_that_receive_it() -> None:
    stack = (
        sql("eu"), sql("us", region="us-east1"), facts.root(wal_gib="400"),
        sql("eu-dr", replica_of="eu", region="europe-west4", diskSize=300),
        sql("us-dr", replica_of="us", region="us-central1", diskSize=100),
        sql("eu-here", replica_of="eu", diskSize=999),
    )  # fmt: skip
    # 300 of 400 GiB of disk: 300 GiB × 0.02 within Europe; the other 100 × 0.01 in North America
    assert usage_of(*stack, of="eu-dr") == Decimal("6")
    assert usage_of(*stack, of="us-dr") == Decimal("1")
    assert usage_of(*stack, of="eu-here") == 0, "nothing crosses between zones of one region"


def usage_of(*stack: Fact, of: str) -> Decimal:
    floor, expected, _ = dollars(*stack, of=of)
    return expected - floor


def test_a_commitment_takes_a_quarter_off_cores_and_memory_and_nothing_off_the_rest() -> None:
    committed = facts.root(commitments={"sql": "1y"})
    # 738.76 × 0.75 = 554.07; the disk stays 1.70
    assert dollars(sql(tier=PLUS_8), committed) == fixed("555.77")
    assert dollars(sql(tier="db-g1-small"), committed) == fixed("27.25"), "not on a shared core"
    assert dollars(sql(tier=PLUS_8), facts.root(commitments={"sql": "none"})) == fixed("740.46")


@pytest.mark.parametrize(
    ("instance", "says"),
    [
        (sql(databaseVersion="MYSQL_8_0"), "MYSQL_8_0"),
        (sql(tier="db-n1-standard-1"), "db-n1-standard-1"),
        (sql(tier="db-custom-3-7680"), "db-custom-3-7680"),
        (sql(tier="db-g1-small", edition="ENTERPRISE_PLUS"), "ENTERPRISE_PLUS"),
    ],
    ids=["MySQL", "an older tier", "odd cores", "a tier of the other edition"],
)
def test_a_database_the_book_does_not_list_is_unpriced_by_name(instance: Fact, says: str) -> None:
    found = gap(instance)
    assert found.kind == "unpriced", "no price is not the same as not known"
    assert says in found.reason


def test_a_replica_whose_primary_is_elsewhere_is_unknown() -> None:
    found = gap(sql(replica_of="nobody"))
    assert (found.kind, "masterInstanceName" in found.reason) == ("unknown", True)
    both = sql(replica_of=UNKNOWN), resource(
        facts.SQL, "primary", name=UNKNOWN, region=facts.REGION, databaseVersion="POSTGRES_17",
        settings={"tier": "db-g1-small", "edition": "ENTERPRISE"},
    )  # fmt: skip
    assert gap(*both).kind == "unknown", "two names that are not known are not the same name"


# --- Memorystore ----------------------------------------------------------------------------


def redis(gib: int, tier: str = "STANDARD_HA", **inputs: Any) -> Fact:
    return resource(
        facts.REDIS, **{"tier": tier, "memorySizeGb": gib, "region": facts.REGION} | inputs
    )


@pytest.mark.parametrize(
    ("gib", "monthly"),
    [
        (1, "62.78"),  # M1: 1 × 0.086 × 730
        (4, "251.12"),  # M1, its largest
        (5, "222.65"),  # M2: 5 × 0.061 × 730, cheaper than 4 GiB: so the list says
        (10, "445.3"),
        (11, "401.5"),  # M3: 11 × 0.050 × 730
        (35, "1277.5"),
        (36, "1130.04"),  # M4: 36 × 0.043 × 730
        (100, "3139"),
        (101, "2580.55"),  # M5: 101 × 0.035 × 730
        (300, "7665"),
    ],
)
def test_redis_costs_its_memory_at_the_price_of_its_capacity_tier(gib: int, monthly: str) -> None:
    assert dollars(redis(gib)) == fixed(monthly)


def test_redis_without_a_replica_has_prices_of_its_own() -> None:
    assert dollars(redis(1, "BASIC")) == fixed("37.23"), "1 × 0.051 × 730"
    basic = resource(facts.REDIS, memorySizeGb=1, region=facts.REGION)
    assert dollars(basic) == fixed("37.23"), "BASIC is what Memorystore takes when nobody says"


@pytest.mark.parametrize(
    ("gib", "monthly"),
    [
        (4, "251.12"),  # M1 is excluded from commitments
        (5, "178.12"),  # 222.65 × 0.8
        (11, "321.2"),  # 401.50 × 0.8
        (36, "904.032"),  # 1130.04 × 0.8
        (101, "2064.44"),  # 2580.55 × 0.8
    ],
)
def test_a_commitment_takes_a_fifth_off_redis_except_off_the_smallest_tier(
    gib: int, monthly: str
) -> None:
    assert dollars(redis(gib), facts.root(commitments={"redis": "1y"})) == fixed(monthly)


def test_redis_larger_than_any_tier_is_unpriced() -> None:
    found = gap(redis(301))
    assert (found.kind, "301 GiB" in found.reason) == ("unpriced", True)


def test_redis_with_read_replicas_is_unpriced_for_the_price_includes_one() -> None:
    one = redis(5, replicaCount=1, readReplicasMode="READ_REPLICAS_DISABLED")
    assert dollars(one) == fixed("222.65")
    found = gap(redis(5, replicaCount=3, readReplicasMode="READ_REPLICAS_ENABLED"))
    assert found.kind == "unpriced", "four nodes at the price of two would be a guess"


# --- GKE ------------------------------------------------------------------------------------

NO_NODES: Final[dict[str, Any]] = {"removeDefaultNodePool": True, "initialNodeCount": 1}


def autopilot(name: str = "gke-eu-g1") -> Fact:
    return resource(facts.CLUSTER, name, location=facts.REGION, enableAutopilot=True)


def standard(name: str = "gke-eu-g1", location: str = facts.REGION, **inputs: Any) -> Fact:
    return resource(facts.CLUSTER, name, **{"location": location} | NO_NODES | inputs)


def test_a_regional_standard_cluster_pays_its_fee() -> None:
    assert dollars(standard(), of="gke-eu-g1") == fixed("73"), "0.10 × 730"


def test_the_credit_pays_the_fee_of_a_zonal_or_autopilot_cluster() -> None:
    zonal = standard(location="europe-west1-b")
    assert dollars(zonal, of="gke-eu-g1") == ZERO, "73 less the credit, which is never paid out"
    pods = facts.workloads(pod(0, 0, ("0", "0", "0")))
    assert dollars(autopilot(), pods, facts.root(quota=("0", "0")), of="gke-eu-g1") == ZERO


def test_the_credit_pays_one_cluster_only() -> None:
    stack = (standard("a", "europe-west1-b"), standard("b", "europe-west1-c"), standard("c"))
    paid = sum(dollars(*stack, of=name)[1] for name in "abc")
    assert paid == Decimal("146"), "three fees of 73 less one credit: it is per billing account"
    assert dollars(*stack, of="c") == fixed("73"), "and never on a regional Standard cluster"


def test_autopilot_pods_cost_their_requests_and_fill_the_quota_at_the_ceiling() -> None:
    stack = (
        autopilot(), facts.root(quota=("4", "8")),
        facts.workloads(
            pod(1000, 2048),
            pod(500, 1024, ("1", "1.5", "2"), spot=True),
        ),
    )  # fmt: skip
    # on demand: 1 × 0.049 × 730 = 35.77 and 2 × 0.0054149 × 730 = 7.905754
    # spot: 0.5, 0.75 and 4 - 1 vCPU × 0.0146 × 730 = 5.329, 7.9935, 31.974
    #       1, 1.5 and 8 - 2 GiB × 0.0016244 × 730 = 1.185812, 1.778718, 7.114872
    # ephemeral: 0.25 GiB of 2, 2.5 and 3 pods × 0.0000603 × 730
    #       = 0.0220095, 0.027511875, 0.03301425
    assert dollars(*stack, of="gke-eu-g1") == bounds("50.2125755", "53.475483875", "82.79764025")


def test_a_pod_of_argo_cds_chart_is_given_more_ephemeral_storage_than_ours_ask_for() -> None:
    own = pod(1000, 1024) | {"namespace": "argocd"}
    stack = autopilot(), facts.root(quota=("1", "1"))
    ours = dollars(*stack, facts.workloads(pod(1000, 1024)), of="gke-eu-g1")
    charts = dollars(*stack, facts.workloads(own), of="gke-eu-g1")
    # (1 - 0.25) × 0.0000603 × 730
    assert charts[1] - ours[1] == Decimal("0.03301425")


def test_pods_keep_their_volumes_at_every_bound() -> None:
    stack = facts.root(quota=("0.1", "0.125")), facts.workloads(pod(100, 128, volume_gib=2))
    # 0.1 × 0.049 × 730 + 0.125 × 0.0054149 × 730 + 0.25 × 0.0000603 × 730 + 2 × 0.10
    assert dollars(autopilot(), *stack, of="gke-eu-g1") == fixed("4.282114375")


def test_only_pods_of_the_cluster_itself_are_its_own() -> None:
    stack = (
        autopilot(), facts.root(quota=("1", "1")),
        facts.workloads(pod(1000, 1024), pod(9000, 9216, cluster="us-g1")),
    )  # fmt: skip
    # 35.77 + 1 × 0.0054149 × 730 + 0.25 × 0.0000603 × 730
    assert dollars(*stack, of="gke-eu-g1") == fixed("39.73388175")


def test_an_autopilot_cluster_without_recorded_pods_is_unknown_and_keeps_its_fee() -> None:
    found = gap(autopilot(), facts.root(quota=("1", "1")), of="gke-eu-g1")
    assert (found.kind, "workloads" in found.reason) == ("unknown", True)
    kept = facts.amounts(priced(autopilot(), facts.root(quota=("1", "1"))), "gke-eu-g1")
    assert kept == ZERO, "the fee and its credit are known"
    without_quota = gap(autopilot(), facts.root(), facts.workloads(pod(1, 1)), of="gke-eu-g1")
    assert (without_quota.kind, "quota" in without_quota.reason) == ("unknown", True)


def test_an_older_generation_whose_pods_have_moved_costs_its_fee_only() -> None:
    drained = facts.root(quota=("1", "1")), facts.workloads(pod(1000, 1024, cluster="eu-g2"))
    assert dollars(autopilot(), *drained, of="gke-eu-g1") == ZERO


@pytest.mark.parametrize(
    "own",
    [
        {"initialNodeCount": 3},
        {"initialNodeCount": 3, "removeDefaultNodePool": False},
        {"nodePools": [{"nodeCount": 3}]},
    ],
    ids=["default pool", "default pool kept", "inline pools"],
)
def test_nodes_that_a_cluster_brings_itself_are_unpriced_and_not_free(own: dict[str, Any]) -> None:
    cluster = resource(facts.CLUSTER, location=facts.REGION, **own)
    assert gap(cluster).kind == "unpriced", "three machines for the price of the fee is a guess"


# --- node pools -----------------------------------------------------------------------------

TOTAL: Final[dict[str, Any]] = {"totalMinNodeCount": 3, "totalMaxNodeCount": 40}


def node_pool(name: str = "gke-eu-g1-baseline", **inputs: Any) -> Fact:
    """A regional pool of n2d-standard-8 with 100 GiB pd-balanced disks."""
    config = {"machineType": "n2d-standard-8", "diskType": "pd-balanced", "diskSizeGb": 100}
    node_config = config | inputs.pop("nodeConfig", {})
    return resource(
        facts.NODE_POOL, name, **{"location": facts.REGION, "nodeConfig": node_config} | inputs
    )


def pool_dollars(pool: Fact, *others: Fact) -> Amounts:
    return dollars(pool, *others, of="gke-eu-g1-baseline")


def nodes(each: str, floor: int, expected: int, ceiling: int) -> Amounts:
    """So many nodes at each bound, at a price each."""
    return Decimal(each) * floor, Decimal(each) * expected, Decimal(each) * ceiling


def test_nodes_on_demand_have_the_sustained_use_discount_and_a_boot_disk() -> None:
    pool = node_pool(autoscaling=TOTAL)
    # (8 × 0.030253 + 32 × 0.004055) × 730 × 0.8 = 217.121856; 100 × 0.10
    counted = facts.workloads(nodes={"baseline": 5})
    assert pool_dollars(pool, counted) == nodes("227.121856", 3, 5, 40)


def test_nodes_of_a_family_without_that_discount_cost_the_list_price() -> None:
    pool = node_pool(
        autoscaling=TOTAL, nodeConfig={"machineType": "e2-standard-2", "diskType": None,
                                       "diskSizeGb": None},
    )  # fmt: skip
    # (2 × 0.02399337 + 8 × 0.00321609) × 730 = 53.8122858; Google's default disk: 100 × 0.04
    counted = facts.workloads(nodes={"baseline": 4})
    assert pool_dollars(pool, counted) == nodes("57.8122858", 3, 4, 40)


def test_spot_nodes_cost_the_spot_price() -> None:
    # (8 × 0.01313 + 32 × 0.00176) × 730 = 117.7928; 10 of disk
    for word in ("spot", "preemptible"):
        pool = node_pool(autoscaling=TOTAL, nodeConfig={word: True})
        counted = facts.workloads(nodes={"baseline": 7})
        assert pool_dollars(pool, counted) == nodes("127.7928", 3, 7, 40)


def test_a_commitment_pays_the_expected_nodes_at_every_bound_and_demand_the_rest() -> None:
    committed = facts.root(commitments={"compute": "1y"})
    counted = facts.workloads(nodes={"baseline": 5})
    # committed: 5 × (8 × 0.019059 + 32 × 0.002554) × 730 = 854.83; the other 35 at 217.121856
    # disks as they are: 30, 50 and 400
    assert pool_dollars(node_pool(autoscaling=TOTAL), counted, committed) == bounds(
        "884.83", "904.83", "8854.09496"
    )
    spot = node_pool(autoscaling=TOTAL, nodeConfig={"spot": True})
    assert pool_dollars(spot, counted, committed) == nodes("127.7928", 3, 5, 40), (
        "spot nodes cannot be committed to"
    )


def test_limits_per_zone_count_three_times_in_a_region_and_once_in_a_zone() -> None:
    per_zone = {"minNodeCount": 1, "maxNodeCount": 2}
    assert pool_dollars(node_pool(autoscaling=per_zone)) == nodes("227.121856", 3, 6, 6), (
        "without a recorded expectation the maximum stands for it"
    )
    zonal = node_pool(autoscaling=per_zone, location="europe-west1-b")
    assert pool_dollars(zonal) == nodes("227.121856", 1, 2, 2)
    two_zones = node_pool(autoscaling=per_zone, nodeLocations=["europe-west1-b", "europe-west1-c"])
    assert pool_dollars(two_zones) == nodes("227.121856", 2, 4, 4)


def test_a_fixed_number_of_nodes_is_per_zone_and_the_same_at_every_bound() -> None:
    assert pool_dollars(node_pool(nodeCount=2)) == nodes("227.121856", 6, 6, 6)
    zonal = node_pool(nodeCount=2, location="europe-west1-b")
    assert pool_dollars(zonal) == nodes("227.121856", 2, 2, 2)


def test_a_machine_the_book_does_not_list_is_unpriced() -> None:
    pool = node_pool(autoscaling=TOTAL, nodeConfig={"machineType": "n9-standard-8"})
    found = gap(pool, of="gke-eu-g1-baseline")
    assert (found.kind, "n9-standard-8" in found.reason) == ("unpriced", True)


def test_backup_for_gke_costs_a_dollar_a_protected_pod() -> None:
    plan = resource(facts.BACKUP_PLAN, name="gke-eu-g1-backup")
    pods = facts.workloads(
        pod(100, 128, ("1", "2.5", "9")), pod(100, 128), pod(100, 128, cluster="us-g1")
    )
    assert dollars(plan, pods) == used("3.5"), "2.5 + 1 pods of that cluster × 1.00"


# --- edge -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "monthly"),
    # 0.025 × 730 for the first five together; 0.010 × 730 for each after them
    [(1, "18.25"), (2, "18.25"), (5, "18.25"), (6, "25.55"), (8, "40.15")],
)
def test_five_forwarding_rules_cost_as_much_as_one_and_each_more_its_own(
    count: int, monthly: str
) -> None:
    rules = [resource(facts.FORWARDING_RULE, f"rule-{number}") for number in range(count)]
    made = priced(*rules)
    assert (made.sum("floor"), made.sum("expected"), made.sum("ceiling")) == fixed(monthly)
    assert made.priced == count, "a rule that shares the price of the first is priced"


@pytest.mark.parametrize(
    ("gib", "monthly"),
    [
        ("512", "61.44"),  # 512 × 0.12
        ("1024", "122.88"),  # the whole first TiB
        ("5120", "573.44"),  # 122.88 + 4096 × 0.11
        ("10240", "1136.64"),  # 122.88 + 9216 × 0.11
        ("20480", "2007.04"),  # 1136.64 + 10240 × 0.085
    ],
)
def test_answers_to_the_internet_get_cheaper_after_one_and_after_ten_tib(
    gib: str, monthly: str
) -> None:
    service = resource(facts.BACKEND_SERVICE)
    assert dollars(service, facts.root(api_gib=gib, balanced_gib="0")) == used(monthly)


def test_what_passes_the_load_balancer_is_charged_by_the_gib() -> None:
    service = resource(facts.BACKEND_SERVICE)
    load = facts.root(api_gib="0", balanced_gib="1000")
    assert dollars(service, load) == used("8"), "1000 × 0.008"


def test_answers_leave_from_the_home_region() -> None:
    away = facts.root(api_gib="1024", balanced_gib="0", region="us-east1")
    assert dollars(resource(facts.BACKEND_SERVICE), away) == used("122.88")
    nowhere = facts.root(api_gib="1024", balanced_gib="0", region=facts.UNSERVED_REGION)
    assert facts.UNSERVED_REGION in gap(resource(facts.BACKEND_SERVICE), nowhere).reason


def test_two_backend_services_share_the_traffic_and_its_tiers() -> None:
    stack = (
        resource(facts.BACKEND_SERVICE, "a"), resource(facts.BACKEND_SERVICE, "b"),
        facts.root(api_gib="20480", balanced_gib="1000"),
    )  # fmt: skip
    # 2007.04 + 8, as one service would pay: volume tiers are the account's
    assert dollars(*stack, of="a") == dollars(*stack, of="b") == used("1007.52")


CDN_LOAD: Final[dict[str, Any]] = {"cdn_fill_gib": "0", "static_requests_million": "0"}


@pytest.mark.parametrize(
    ("gib", "monthly"),
    [
        ("5120", "409.6"),  # 5 TiB × 0.08
        ("10240", "819.2"),  # the whole first tier
        ("51200", "3072"),  # 50 TiB: 819.20 + 40 TiB × 0.055
        ("204800", "10240"),  # 200 TiB: 819.20 + 140 TiB × 0.055 + 50 TiB × 0.03
        ("614400", "22528"),  # 600 TiB: 819.20 + 7884.80 + 450 TiB × 0.03, beyond the list
    ],
)
def test_the_cdn_gets_cheaper_after_ten_and_after_a_hundred_and_fifty_tib(
    gib: str, monthly: str
) -> None:
    bucket = resource(facts.BACKEND_BUCKET, enableCdn=True)
    assert dollars(bucket, facts.root(cdn_gib=gib, **CDN_LOAD)) == used(monthly)


def test_filling_the_cdn_and_looking_things_up_is_charged_apart() -> None:
    bucket = resource(facts.BACKEND_BUCKET, enableCdn=True)
    load = facts.root(cdn_gib="0", cdn_fill_gib="256", static_requests_million="12")
    # 256 × 0.01 + 1200 ten thousands × 0.0075
    assert dollars(bucket, load) == used("11.56")


def test_two_backend_buckets_share_the_static_traffic_and_its_tiers() -> None:
    stack = (
        resource(facts.BACKEND_BUCKET, "a", enableCdn=True),
        resource(facts.BACKEND_BUCKET, "b", enableCdn=True),
        facts.root(cdn_gib="51200", **CDN_LOAD),
    )
    assert dollars(*stack, of="a") == used("1536"), "half of the 3072 of 50 TiB"


def test_a_backend_bucket_without_cdn_costs_nothing_of_its_own() -> None:
    assert dollars(resource(facts.BACKEND_BUCKET, enableCdn=False)) == ZERO
    assert dollars(resource(facts.BACKEND_BUCKET)) == ZERO


def test_a_backend_bucket_without_cdn_takes_no_traffic_from_one_that_has_it() -> None:
    served = resource(facts.BACKEND_BUCKET, enableCdn=True)
    plain = resource(facts.BACKEND_BUCKET, "plain", enableCdn=False)
    load = facts.root(cdn_gib="5120", **CDN_LOAD)
    assert dollars(served, plain, load) == used("409.6"), "adding a bucket may not lower the bill"


def test_armor_costs_its_policy_its_rules_and_the_requests_it_looks_at() -> None:
    policy = resource(facts.ARMOR, rules=[{"priority": number} for number in range(6)])
    # 5 + 6 × 1 = 11; 30 million × 0.75 = 22.50
    assert dollars(policy, facts.root(requests_million="30")) == bounds("11", "33.5", "33.5")


# --- network --------------------------------------------------------------------------------

NAT_LOAD: Final[dict[str, Any]] = {"nat_vms_base": "2", "nat_vcpu_per_vm": "3", "nat_gib": "100"}


def nat(region: str = facts.REGION) -> Fact:
    return resource(facts.NAT, region=region)


def test_nat_costs_each_vm_behind_it_up_to_thirty_two_and_the_data() -> None:
    pods = facts.workloads(pod(1000, 1024, ("1", "4", "10")))
    # 2 + ceil(1/3), ceil(4/3), ceil(10/3) = 3, 4 and 6 VMs × 0.0014 × 730; 100 × 0.045
    assert dollars(nat(), autopilot(), pods, facts.root(**NAT_LOAD)) == bounds(
        "3.066", "8.588", "10.632"
    )


def test_nat_has_one_flat_price_above_thirty_two_vms() -> None:
    pool = node_pool(autoscaling={"totalMinNodeCount": 30, "totalMaxNodeCount": 40})
    at_the_limit = facts.workloads(nodes={"baseline": 30})
    # 32 × 0.0014 × 730 = 32.704 with 4.50 of data; 42 VMs at the ceiling: 0.044 × 730 = 32.12
    assert dollars(nat(), pool, at_the_limit, facts.root(**NAT_LOAD)) == bounds(
        "32.704", "37.204", "36.62"
    )
    above = facts.workloads(nodes={"baseline": 31})
    assert dollars(nat(), pool, above, facts.root(**NAT_LOAD))[1] == Decimal("36.62")


def test_nat_counts_the_vms_of_its_own_region_only() -> None:
    elsewhere = node_pool(location="us-east1", autoscaling=TOTAL)
    # the two VMs beside pods and pools: 2 × 0.0014 × 730
    assert dollars(nat(), elsewhere, facts.root(**NAT_LOAD))[0] == Decimal("2.044")


def test_an_external_address_costs_by_the_hour_and_an_internal_one_nothing() -> None:
    external = resource(facts.ADDRESS, addressType="EXTERNAL")
    assert dollars(external) == dollars(resource(facts.ADDRESS)) == fixed("3.65"), "0.005 × 730"
    assert dollars(resource(facts.ADDRESS, addressType="INTERNAL")) == ZERO


def test_flow_logs_cost_what_the_subnet_samples() -> None:
    load = facts.root(flow_log_gib="30")
    sampled = resource(facts.SUBNET, logConfig={"flowSampling": 0.05})
    assert dollars(sampled, load) == used("0.375"), "30 × 0.05 × 0.25"
    by_default = resource(facts.SUBNET, logConfig={"metadata": "EXCLUDE_ALL_METADATA"})
    assert dollars(by_default, load) == used("3.75"), "Google samples half when nobody says"
    assert dollars(resource(facts.SUBNET, logConfig={"flowSampling": 0}), load) == ZERO
    assert dollars(resource(facts.SUBNET)) == ZERO, "no log, no usage to declare"


def test_a_subnet_that_samples_less_takes_nothing_off_the_flow_logs() -> None:
    load = facts.root(flow_log_gib="30")
    sampled = resource(facts.SUBNET, logConfig={"flowSampling": 0.5})
    silent = resource(facts.SUBNET, "silent")
    assert dollars(sampled, silent, load) == used("3.75"), "30 × 0.5 × 0.25, as it was alone"
    less = resource(facts.SUBNET, "less", logConfig={"flowSampling": 0.25})
    made = priced(sampled, less, load)
    assert made.sum("expected").quantize(Decimal("0.0001")) == Decimal("3.75")
    same = resource(facts.SUBNET, "same", logConfig={"flowSampling": 0.5})
    assert dollars(sampled, same, load) == used("1.875"), "two of the same share the flows"


# --- observability --------------------------------------------------------------------------

QUIET: Final[dict[str, Any]] = {
    "log_base_gib": "0", "audit_log_gib": "0", "log_request_gib": "0", "alert_series": "0",
    "metric_samples_base_million": "0", "metric_series_per_pod": "0", "metric_pods_base": "0",
}  # fmt: skip


def platform_dollars(*others: Fact, **load: str) -> Amounts:
    return dollars(facts.root(**QUIET | load), *others, of="palier")


def test_logs_are_free_up_to_fifty_gib_and_charged_beyond() -> None:
    assert platform_dollars(log_base_gib="45", audit_log_gib="5") == ZERO
    # 70 + 0.5 - 50 = 20.5 GiB × 0.50
    assert platform_dollars(log_base_gib="70", audit_log_gib="0.5") == used("10.25")


def test_request_logs_count_as_far_as_the_backend_samples_them() -> None:
    # 50 + 200 × 0.1 - 50 = 20 GiB × 0.50
    sampled = resource(facts.BACKEND_SERVICE, logConfig={"enable": True, "sampleRate": 0.1})
    load = {"log_base_gib": "50", "log_request_gib": "200"}
    assert platform_dollars(sampled, **load) == used("10")
    everything = resource(facts.BACKEND_SERVICE, logConfig={"enable": True})
    assert platform_dollars(everything, **load) == used("100"), "all of 200 GiB × 0.50"
    silent = resource(facts.BACKEND_SERVICE, logConfig={"enable": False})
    assert platform_dollars(silent, **load) == ZERO


def test_a_backend_that_logs_less_takes_nothing_off_the_request_logs() -> None:
    logged = resource(facts.BACKEND_SERVICE, logConfig={"enable": True, "sampleRate": 0.5})
    silent = resource(facts.BACKEND_SERVICE, "silent")
    less = resource(facts.BACKEND_SERVICE, "less", logConfig={"enable": True, "sampleRate": 0.1})
    load = {"log_base_gib": "50", "log_request_gib": "200"}
    # 50 + 200 × 0.5 - 50 = 100 GiB × 0.50
    assert platform_dollars(logged, **load) == used("50")
    assert platform_dollars(logged, silent, less, **load) == used("50")


def test_prometheus_samples_are_the_base_and_those_of_each_scraped_pod() -> None:
    assert platform_dollars(metric_samples_base_million="60") == used("3.6"), "60 × 0.06"
    # (20 + 30) pods × 150 series × 43 800 minutes = 328.5 million × 0.06
    assert platform_dollars(
        facts.workloads(web_peak=30), metric_pods_base="20", metric_series_per_pod="150"
    ) == used("19.71")


def test_alerts_pay_for_the_points_they_read() -> None:
    # 20 series × 86 400 points = 1.728 million × 0.35
    assert platform_dollars(alert_series="20") == used("0.6048")


def test_an_alert_policy_costs_its_conditions() -> None:
    three = resource(facts.ALERT_POLICY, conditions=[{"displayName": name} for name in "abc"])
    assert dollars(three) == fixed("0.3"), "3 × 0.10"


def test_an_alert_on_a_log_metric_also_pays_for_the_points_of_that_metric() -> None:
    filter_ = 'metric.type="logging.googleapis.com/user/owner-changes"'
    policy = resource(facts.ALERT_POLICY, conditions=[{"conditionThreshold": {"filter": filter_}}])
    # 0.10 + 0.0864 million × 0.35
    assert dollars(policy) == fixed("0.13024")


def uptime(name: str, period: str = "60s", **inputs: Any) -> Fact:
    return resource(facts.UPTIME, name, period=period, **inputs)


def test_uptime_checks_are_free_up_to_a_million_executions_of_all_of_them_together() -> None:
    assert dollars(uptime("a"), of="a") == ZERO, "43 800 a region from six regions: 262 800"
    four = [uptime(name) for name in "abcd"]
    # 4 × 262 800 = 1 051 200: 51 200 beyond the free million × 0.30 a thousand
    assert priced(*four).sum("expected") == Decimal("15.36"), "the million is the account's"
    assert priced(*four).sum("floor") == Decimal("15.36"), "they run whether or not anybody comes"
    places = ["EUROPE", "SOUTH_AMERICA", "ASIA_PACIFIC"]
    three_regions = [uptime(name, selectedRegions=places) for name in "abcd"]
    assert priced(*three_regions).sum("expected") == 0, "4 × 131 400 is below the million"
    slower = [uptime(name, "300s") for name in "abcd"]
    assert priced(*slower).sum("expected") == 0


def test_a_period_that_is_no_number_of_seconds_is_unknown() -> None:
    for period in ("5m", "0s", "often", "-60s", "NaNs"):
        found = gap(uptime("it", period))
        assert (found.kind, "period" in found.reason) == ("unknown", True), period


# --- what is stored -------------------------------------------------------------------------


def test_a_registry_has_its_first_half_gib_free_and_a_second_registry_has_not() -> None:
    stack = (
        resource(facts.REGISTRY, "a"), resource(facts.REGISTRY, "b"),
        facts.root(registry_gib="5"),
    )  # fmt: skip
    assert dollars(*stack, of="a") == used("0.45"), "(5 - 0.5) × 0.10"
    assert dollars(*stack, of="b") == used("0.5"), "5 × 0.10: the free part is the account's"
    assert dollars(resource(facts.REGISTRY), facts.root(registry_gib="0.25")) == ZERO


def bucket(role: str = "static-site", location: str = "EU", **inputs: Any) -> Fact:
    return resource(facts.BUCKET, labels={"palier-role": role}, location=location, **inputs)


@pytest.mark.parametrize(
    ("location", "storage_class", "monthly"),
    [
        ("EU", "STANDARD", "2.6"),  # multi-region: 100 × 0.026
        ("EUROPE-WEST1", "STANDARD", "2"),  # 100 × 0.020
        ("EU", "NEARLINE", "1.5"),
        ("europe-west1", "NEARLINE", "1"),
        ("EU", "COLDLINE", "0.7"),
        ("europe-west1", "ARCHIVE", "0.12"),
    ],
)
def test_a_static_bucket_costs_its_volume_by_location_and_class(
    location: str, storage_class: str, monthly: str
) -> None:
    static = bucket(location=location, storageClass=storage_class)
    assert dollars(static, facts.root(static_gib="100")) == used(monthly)


def test_a_backup_bucket_holds_its_part_of_all_primaries() -> None:
    stack = (
        bucket("backup"), facts.root(dump_ratio="0.5"), sql("a", diskSize=20),
        sql("b", diskSize=25), sql("copy", replica_of="a", diskSize=500),
    )  # fmt: skip
    assert dollars(*stack) == used("0.585"), "(20 + 25) × 0.5 × 0.026: replicas are not dumped"


def test_a_bucket_of_no_known_role_is_unknown_and_not_empty() -> None:
    for labels in ({"palier-role": "films"}, {}, None):
        other = resource(facts.BUCKET, labels=labels, location="EU")
        found = gap(other, facts.root(static_gib="1"))
        assert (found.kind, "usage is not declared" in found.reason) == ("unknown", True)


def test_a_zone_costs_itself_and_its_queries() -> None:
    load = facts.root(dns_million_queries="2")
    assert dollars(resource(facts.ZONE), load) == bounds("0.2", "1", "1"), "0.20, and 2 × 0.40"
    two = resource(facts.ZONE, "a"), resource(facts.ZONE, "b"), load
    assert dollars(*two, of="a") == bounds("0.2", "0.6", "0.6"), "the queries are shared"


@pytest.mark.parametrize(("count", "monthly"), [(1, "0"), (6, "0"), (7, "0.06"), (9, "0.18")])
def test_six_secret_versions_are_free_and_each_more_is_charged(count: int, monthly: str) -> None:
    versions = [resource(facts.SECRET_VERSION, f"version-{number}") for number in range(count)]
    made = priced(*versions)
    assert made.sum("expected") == Decimal(monthly)
    assert made.priced == count, "a free version is priced, at nothing"


def test_a_version_is_charged_in_each_location_that_holds_it() -> None:
    places = [{"location": "europe-west1"}, {"location": "us-east1"}]
    secret = resource(
        "gcp:secretmanager/secret:Secret", replication={"userManaged": {"replicas": places}}
    )
    versions = [resource(facts.SECRET_VERSION, f"version-{number}") for number in range(4)]
    # 4 versions in 2 locations are 8, six of which are free: 2 × 0.06
    assert priced(secret, *versions).sum("expected") == Decimal("0.12")
    assert priced(secret, *versions[:3]).sum("expected") == 0


def test_a_key_costs_its_version_by_protection() -> None:
    assert dollars(resource(facts.CRYPTO_KEY)) == fixed("0.06"), "software unless told otherwise"
    external = resource(facts.CRYPTO_KEY, versionTemplate={"protectionLevel": "EXTERNAL"})
    assert dollars(external) == fixed("3")
    hardware = resource(facts.CRYPTO_KEY, versionTemplate={"protectionLevel": "HSM"})
    assert gap(hardware).kind == "unpriced", "HSM has three prices: taking one would be a guess"


# --- what is not known ----------------------------------------------------------------------


def with_input(fact: Fact, path: str, value: object) -> Fact:
    """The same resource with another value at a dotted path of its inputs."""

    def changed(here: Any, keys: list[str]) -> dict[str, Any]:
        first, *rest = keys
        inner = changed(here.get(first) or {}, rest) if rest else value
        return {**here, first: inner}

    inputs = changed(fact.inputs, path.split("."))
    return resource(fact.type, fact.name, **inputs)


ALL_LOAD: Final[dict[str, Any]] = {
    **QUIET, **NAT_LOAD, **CDN_LOAD, "cdn_gib": "1", "api_gib": "1", "balanced_gib": "1",
    "requests_million": "1", "flow_log_gib": "1", "backup_ratio": "1", "dump_ratio": "1",
    "registry_gib": "1", "static_gib": "1", "dns_million_queries": "1", "wal_gib": "1",
}  # fmt: skip

FIXTURES: Final[dict[str, Fact]] = {
    facts.REGISTRY: resource(facts.REGISTRY),
    facts.ADDRESS: resource(facts.ADDRESS, addressType="EXTERNAL"),
    facts.BACKEND_BUCKET: resource(facts.BACKEND_BUCKET, enableCdn=True),
    facts.BACKEND_SERVICE: resource(facts.BACKEND_SERVICE, logConfig={"enable": True}),
    facts.FORWARDING_RULE: resource(facts.FORWARDING_RULE),
    facts.NAT: nat(),
    facts.ARMOR: resource(facts.ARMOR, rules=[{}]),
    facts.SUBNET: resource(facts.SUBNET, logConfig={"flowSampling": 0.5}),
    facts.CLUSTER: autopilot("it-eu-g1"),
    facts.NODE_POOL: node_pool("it", autoscaling=TOTAL),
    facts.ZONE: resource(facts.ZONE),
    facts.BACKUP_PLAN: resource(facts.BACKUP_PLAN, name="gke-eu-g1-backup"),
    facts.CRYPTO_KEY: resource(facts.CRYPTO_KEY),
    facts.ALERT_POLICY: resource(facts.ALERT_POLICY, conditions=[{}]),
    facts.UPTIME: uptime("it"),
    facts.REDIS: redis(1),
    facts.SECRET_VERSION: resource(facts.SECRET_VERSION),
    facts.SQL: sql(**BACKED_UP),
    facts.BUCKET: bucket(),
    PLATFORM_TYPE: facts.root(quota=("9", "9"), **ALL_LOAD),
}
"""One resource of each priced type, with nothing missing."""

AROUND: Final = (FIXTURES[PLATFORM_TYPE], facts.workloads(pod(100, 128)))


def test_every_priced_type_has_a_fixture_and_none_is_free_as_well() -> None:
    assert FIXTURES.keys() == PRICERS.keys(), "a new pricer needs a fixture here, and a worked bill"
    assert not FREE.keys() & PRICERS.keys(), "a type is priced or free, not both"


@pytest.mark.parametrize("type_", FIXTURES)
def test_a_resource_of_which_all_is_known_has_no_gap(type_: str) -> None:
    fact = FIXTURES[type_]
    around = () if type_ == PLATFORM_TYPE else (FIXTURES[PLATFORM_TYPE],)
    made = priced(fact, AROUND[1], *around)
    assert not made.gaps, f"the fixtures must be priced in full, got {made.gaps}"


UNKNOWN_PROPERTIES: Final = (
    (facts.CLUSTER, "enableAutopilot"),
    (facts.CLUSTER, "location"),
    (facts.NODE_POOL, "location"),
    (facts.NODE_POOL, "nodeConfig.machineType"),
    (facts.NODE_POOL, "nodeConfig.spot"),
    (facts.NODE_POOL, "nodeConfig.diskType"),
    (facts.NODE_POOL, "nodeConfig.diskSizeGb"),
    (facts.NODE_POOL, "nodeLocations"),
    (facts.NODE_POOL, "autoscaling"),
    (facts.NODE_POOL, "autoscaling.totalMaxNodeCount"),
    (facts.SQL, "region"),
    (facts.SQL, "databaseVersion"),
    (facts.SQL, "settings"),
    (facts.SQL, "settings.tier"),
    (facts.SQL, "settings.edition"),
    (facts.SQL, "settings.availabilityType"),
    (facts.SQL, "settings.diskType"),
    (facts.SQL, "settings.diskSize"),
    (facts.SQL, "settings.diskAutoresizeLimit"),
    (facts.SQL, "settings.backupConfiguration.enabled"),
    (facts.SQL, "masterInstanceName"),
    (facts.SQL, "nodeCount"),
    (facts.REDIS, "memorySizeGb"),
    (facts.REDIS, "tier"),
    (facts.REDIS, "region"),
    (facts.BACKEND_BUCKET, "enableCdn"),
    (facts.ARMOR, "rules"),
    (facts.NAT, "region"),
    (facts.ADDRESS, "addressType"),
    (facts.SUBNET, "logConfig"),
    (facts.SUBNET, "logConfig.flowSampling"),
    (facts.BUCKET, "labels"),
    (facts.BUCKET, "location"),
    (facts.BUCKET, "storageClass"),
    (facts.CRYPTO_KEY, "versionTemplate.protectionLevel"),
    (facts.ALERT_POLICY, "conditions"),
    (facts.UPTIME, "period"),
    (facts.UPTIME, "selectedRegions"),
    (facts.BACKUP_PLAN, "name"),
)


@pytest.mark.parametrize(("type_", "path"), UNKNOWN_PROPERTIES)
def test_a_property_that_is_not_known_yet_is_a_gap_that_names_it(type_: str, path: str) -> None:
    fact = with_input(FIXTURES[type_], path, UNKNOWN)
    found = gap(fact, *AROUND, of=fact.name)
    assert found.kind == "unknown", f"{path} decides the price: without it there is none"
    named = path.rsplit(".", maxsplit=1)[-1]
    assert named in found.reason, f"the gap must say what is missing: {found.reason}"


def test_a_sample_rate_that_is_not_known_is_a_gap_of_the_platform_that_pays_the_logs() -> None:
    service = resource(facts.BACKEND_SERVICE, logConfig={"enable": True, "sampleRate": UNKNOWN})
    found = gap(service, *AROUND, of="palier")
    assert (found.kind, "sampleRate" in found.reason) == ("unknown", True)


def test_the_fee_of_a_standard_cluster_is_not_settled_without_its_location() -> None:
    cluster = resource(facts.CLUSTER, location=UNKNOWN, **NO_NODES)
    found = gap(cluster)
    assert (found.kind, "location" in found.reason) == ("unknown", True), (
        "a zonal cluster has the credit, a regional one has not"
    )


NEEDS_USAGE: Final = (
    facts.REGISTRY, facts.BACKEND_BUCKET, facts.BACKEND_SERVICE, facts.NAT, facts.ARMOR,
    facts.SUBNET, facts.CLUSTER, facts.ZONE, facts.BACKUP_PLAN, facts.SQL, facts.BUCKET,
)  # fmt: skip


@pytest.mark.parametrize("type_", NEEDS_USAGE)
def test_usage_that_no_root_component_declares_is_unknown_and_not_zero(type_: str) -> None:
    fact = FIXTURES[type_]
    found = gap(fact, facts.provider(), of=fact.name)
    assert found.kind == "unknown", f"{type_} depends on usage that nobody declared: {found}"


@pytest.mark.parametrize("type_", sorted(set(FIXTURES) - {*NEEDS_USAGE, PLATFORM_TYPE}))
def test_what_needs_no_usage_is_priced_without_a_root_component(type_: str) -> None:
    assert not priced(FIXTURES[type_], facts.provider()).gaps


def test_a_figure_that_the_root_does_not_record_is_unknown_by_name() -> None:
    found = gap(facts.root(), of="palier")
    assert (found.kind, "load.log_base_gib" in found.reason) == ("unknown", True)


@pytest.mark.parametrize(
    ("type_", "path"),
    [
        (facts.CLUSTER, "location"),
        (facts.NODE_POOL, "location"),
        (facts.SQL, "region"),
        (facts.REDIS, "region"),
        (facts.BUCKET, "location"),
    ],
)
def test_a_region_without_a_price_is_unpriced_by_name(type_: str, path: str) -> None:
    fact = with_input(FIXTURES[type_], path, facts.UNSERVED_REGION)
    found = gap(fact, *AROUND, of=fact.name)
    assert found.kind == "unpriced", "the neighbour's price would be a guess"
    assert facts.UNSERVED_REGION in found.reason, "the reader must see where there is no price"


def test_a_resource_without_a_region_is_in_that_of_its_provider() -> None:
    no_region = resource(facts.REDIS, tier="STANDARD_HA", memorySizeGb=1)
    assert dollars(no_region, facts.provider("us-east1")) == fixed("46.72"), "0.064 × 730"
    assert gap(no_region).kind == "unknown", "no provider either: nowhere"
