"""Sizes: every refusal with its message, and every border that is still accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import FrozenInstanceError, fields, replace
from decimal import Decimal
from typing import Any

import pytest

from palier import data_sizes, pod_sizes, sizes
from palier.data_sizes import PostgresSize, RedisInstanceSize, RedisSize, ShardSize
from palier.errors import PalierError
from palier.phases import PHASES
from palier.pod_sizes import PodSize, WebLimits, WebSize
from palier.sizes import (
    CdnSize,
    ClusterSize,
    GkeSize,
    NetworkSize,
    NodePoolSize,
    ObservabilitySize,
    RegistrySize,
)

Changes = Mapping[str, Any]

POOL = NodePoolSize(machine_type="n2d-standard-8", min_nodes=3, max_nodes=40, share=Decimal(1))
AUTOPILOT = ClusterSize(
    mode="autopilot", site="eu", range="g1", quota_vcpu=Decimal(2), quota_memory_gib=Decimal(5)
)
STANDARD = ClusterSize(
    mode="standard", site="eu", range="g2", quota_vcpu=Decimal(640),
    quota_memory_gib=Decimal(2560), pools={"baseline": POOL}, provisioning_vcpu=640,
    provisioning_memory_gib=2560,
)  # fmt: skip
PRIMARY = ShardSize(
    site="eu", edition="ENTERPRISE", tier="db-custom-2-7680", ha=True, disk_gib=25, backups=14
)
REPLICATED = replace(PRIMARY, replica_tier="db-custom-2-7680", replicas=("r1",))
PLUS = ShardSize(
    site="eu", edition="ENTERPRISE_PLUS", tier="db-perf-optimized-N-8", ha=True, disk_gib=250,
    backups=30, replica_tier="db-perf-optimized-N-8", disaster_recovery=True,
    log_retention_days=14, managed_pooling=True,
)  # fmt: skip
NETWORK = NetworkSize(sites=("eu",))
CDN = CdnSize(armor_rules=6)
ALERTS = ObservabilitySize(alerts=12)
REGISTRY = RegistrySize(sites=("eu",))
REDIS = RedisInstanceSize(memory_gib=1)
LIMITS = WebLimits(minimum=3, maximum=12, on_demand=2)
WEB = WebSize(cpu_m=250, memory_mib=512, limits={"eu": LIMITS})
POD = PodSize(namespace="apps", replicas=1, cpu_m=100, memory_mib=256)
PLATFORM = PHASES["scale"].size(PHASES["scale"].load(10_000), "eu")


@pytest.mark.parametrize(
    ("size", "changes", "message"),
    [
        # network
        (NETWORK, {"sites": ()}, "network.sites: at least one"),
        (NETWORK, {"sites": ("eu", "eu")}, "network.sites: each once, got eu,eu"),
        (NETWORK, {"flow_log_sampling": Decimal("-0.01")}, "network.flow_log_sampling: 0 to 1"),
        (NETWORK, {"flow_log_sampling": Decimal("1.01")}, "network.flow_log_sampling: 0 to 1"),
        (NETWORK, {"nat_addresses": 0}, "network.nat_addresses: 1 to 16"),
        (NETWORK, {"nat_addresses": 17}, "network.nat_addresses: 1 to 16"),
        # node pools
        (POOL, {"machine_type": "standard-8"}, "machine_type: expected e.g. n2d-standard-8"),
        (POOL, {"machine_type": "n2d-standard"}, "machine_type: expected e.g. n2d-standard-8"),
        (POOL, {"machine_type": "N2D-standard-8"}, "machine_type: .* got 'N2D-standard-8'"),
        (POOL, {"machine_type": "n2d-standard-8 "}, "machine_type: expected"),
        (POOL, {"machine_type": "e2-micro"}, "machine_type: .* got 'e2-micro'"),
        (POOL, {"min_nodes": -1}, "min_nodes: 0 to max_nodes"),
        (POOL, {"min_nodes": 41}, "min_nodes: 0 to max_nodes"),
        (POOL, {"min_nodes": 0, "max_nodes": 0}, "max_nodes: at least 1"),
        (POOL, {"share": Decimal("-0.1")}, "share: 0 to 1, got -0.1"),
        (POOL, {"share": Decimal("1.1")}, "share: 0 to 1, got 1.1"),
        (POOL, {"disk_gib": 49}, "disk_gib: at least 50"),
        # clusters
        (AUTOPILOT, {"pools": {"a": POOL}}, "an autopilot cluster takes no pools"),
        (AUTOPILOT, {"provisioning_vcpu": 8}, "an autopilot cluster takes no pools and no node"),
        (AUTOPILOT, {"provisioning_memory_gib": 8}, "an autopilot cluster takes no pools and no"),
        (AUTOPILOT, {"quota_vcpu": Decimal(0)}, "quotas must be above 0"),
        (AUTOPILOT, {"quota_memory_gib": Decimal(-1)}, "quotas must be above 0"),
        (AUTOPILOT, {"mode": "standard"}, "a standard cluster needs at least one pool"),
        (STANDARD, {"pools": {}}, "a standard cluster needs at least one pool"),
        (STANDARD, {"pools": {"a": POOL, "b": POOL}}, "shares of .* pools must add up to 1"),
        (
            STANDARD,
            {"pools": {"a": replace(POOL, share=Decimal("0.9"))}},
            "shares of .* pools must add up to 1",
        ),
        (STANDARD, {"provisioning_vcpu": 0}, "needs node auto-provisioning limits"),
        (STANDARD, {"provisioning_memory_gib": 0}, "needs node auto-provisioning limits"),
        (STANDARD, {"quota_vcpu": Decimal(0)}, "quotas must be above 0"),
        # generations
        (PLATFORM.gke, {"generations": {}}, "gke.generations: at least one"),
        (PLATFORM.gke, {"generations": {"g1": AUTOPILOT}}, "gke.generations.g1: .* be eu-g1"),
        (PLATFORM.gke, {"generations": {"us-g1": AUTOPILOT}}, "generations.us-g1: .* be eu-g1"),
        (PLATFORM.gke, {"generations": {"eu-g1": STANDARD}}, "generations.eu-g1: .* be eu-g2"),
        # edge
        (CDN, {"armor_rules": 1}, "cdn.armor_rules: 2 to 20, got 1"),
        (CDN, {"armor_rules": 21}, "cdn.armor_rules: 2 to 20, got 21"),
        (CDN, {"log_sample": Decimal("-0.1")}, "cdn.log_sample: 0 to 1"),
        (CDN, {"log_sample": Decimal("1.1")}, "cdn.log_sample: 0 to 1"),
        (CDN, {"browser_ttl_s": -1}, "cdn.browser_ttl_s: 0 to cdn_ttl_s, at most 31622400"),
        (CDN, {"browser_ttl_s": 86_401}, "cdn.browser_ttl_s: 0 to cdn_ttl_s"),
        (CDN, {"cdn_ttl_s": 3_599}, "cdn.browser_ttl_s: 0 to cdn_ttl_s"),
        (CDN, {"cdn_ttl_s": 31_622_401}, "cdn.browser_ttl_s: .* at most 31622400"),
        # alerts and images
        (ALERTS, {"alerts": 0}, "observability.alerts: 1 to 60"),
        (ALERTS, {"alerts": 61}, "observability.alerts: 1 to 60"),
        (REGISTRY, {"sites": ()}, "registry.sites: at least one"),
        (REGISTRY, {"sites": ("us", "us")}, "registry.sites: each once, got us,us"),
        (REGISTRY, {"keep_versions": 1}, "registry.keep_versions: 2 to 100"),
        (REGISTRY, {"keep_versions": 101}, "registry.keep_versions: 2 to 100"),
        # shards
        (PRIMARY, {"tier": "db-standard-1"}, "tier 'db-standard-1': allowed are"),
        (PRIMARY, {"tier": "db-perf-optimized-N-8"}, "is not one of edition ENTERPRISE$"),
        (PRIMARY, {"edition": "ENTERPRISE_PLUS"}, "db-custom-2-7680 is not one of edition .*PLUS"),
        (PLUS, {"tier": "db-g1-small"}, "tier db-g1-small is not one of edition ENTERPRISE_PLUS"),
        (PRIMARY, {"replicas": ("r1",)}, "replica_tier: set it exactly when"),
        (PRIMARY, {"disaster_recovery": True}, "replica_tier: set it exactly when"),
        (PRIMARY, {"replica_tier": "db-custom-2-7680"}, "replica_tier: set it exactly when"),
        (PLUS, {"replica_tier": ""}, "replica_tier: set it exactly when"),
        (PLUS, {"disaster_recovery": False}, "replica_tier: set it exactly when"),
        (REPLICATED, {"replica_tier": "db-perf-optimized-N-2"}, "is not one of edition ENTERPRISE"),
        (REPLICATED, {"replica_tier": "huge"}, "tier 'huge': allowed are"),
        (REPLICATED, {"replica_tier": "db-custom-1-3840"}, "may not be smaller than its primary"),
        (REPLICATED, {"replica_tier": "db-custom-2-7424"}, "may not be smaller than its primary"),
        (REPLICATED, {"replica_tier": "db-custom-4-7424"}, "may not be smaller than its primary"),
        (REPLICATED, {"tier": "db-custom-4-15360"}, r"smaller .* primary \(db-custom-4-15360\)"),
        (PLUS, {"replica_tier": "db-perf-optimized-N-4"}, "may not be smaller than its primary"),
        (
            REPLICATED,
            {"tier": "db-g1-small", "replica_tier": "db-f1-micro"},
            "may not be smaller than its primary",
        ),
        (REPLICATED, {"replicas": ("r1", "r1")}, "replicas: .* each once, .* got 'r1,r1'"),
        (REPLICATED, {"replicas": ("R 1",)}, "replicas: short names"),
        (REPLICATED, {"replicas": ("dr",)}, "replicas: short names"),
        (REPLICATED, {"replicas": ("pool",)}, "replicas: short names"),
        (PRIMARY, {"disk_gib": 9}, "disk_gib: 10 to 65536"),
        (PRIMARY, {"disk_gib": 65_537}, "disk_gib: 10 to 65536"),
        (PRIMARY, {"backups": 0}, "backups: 1 to 365"),
        (PRIMARY, {"backups": 366}, "backups: 1 to 365"),
        (PRIMARY, {"log_retention_days": 0}, "log_retention_days: 1 to 7 in edition ENTERPRISE"),
        (PRIMARY, {"log_retention_days": 8}, "log_retention_days: 1 to 7 in edition ENTERPRISE"),
        (PLUS, {"log_retention_days": 0}, "log_retention_days: 1 to 35 in edition ENTERPRISE_PLUS"),
        (PLUS, {"log_retention_days": 36}, "log_retention_days: 1 to 35 in edition .*PLUS"),
        (PRIMARY, {"managed_pooling": True}, "managed_pooling: only in edition ENTERPRISE_PLUS"),
        (
            REPLICATED,
            {"read_pool_nodes": 1, "read_pool_max_nodes": 3},
            "read_pool_nodes: only in edition ENTERPRISE_PLUS",
        ),
        (PLUS, {"read_pool_nodes": 1}, "read_pool_nodes: 1 to read_pool_max_nodes, at most 20"),
        (PLUS, {"read_pool_max_nodes": 3}, "read_pool_nodes: 1 to read_pool_max_nodes"),
        (PLUS, {"read_pool_nodes": 3, "read_pool_max_nodes": 2}, "read_pool_nodes: 1 to"),
        (PLUS, {"read_pool_nodes": 1, "read_pool_max_nodes": 21}, "read_pool_nodes: .* most 20"),
        (PLUS, {"read_pool_nodes": -1, "read_pool_max_nodes": 3}, "read_pool_nodes: 1 to"),
        (PLATFORM.postgres, {"shards": {}}, "postgres.shards: at least one"),
        (PLATFORM.postgres, {"shards": {"main": PRIMARY}}, "shards.main: expected eu- and a digit"),
        (PLATFORM.postgres, {"shards": {"us-1": PRIMARY}}, "shards.us-1: expected eu- and a digit"),
        (PLATFORM.postgres, {"shards": {"eu-12": PRIMARY}}, "shards.eu-12: expected eu- and a"),
        # caches
        (REDIS, {"memory_gib": 0}, "memory_gib: 1 to 300"),
        (REDIS, {"memory_gib": 301}, "memory_gib: 1 to 300"),
        # pods
        (LIMITS, {"on_demand": 0}, "1 <= on_demand <= minimum <= maximum"),
        (LIMITS, {"on_demand": 4}, "1 <= on_demand <= minimum <= maximum"),
        (LIMITS, {"on_demand": 3, "maximum": 3}, "on_demand < maximum: the spot part"),
        (LIMITS, {"maximum": 2}, "1 <= on_demand <= minimum <= maximum"),
        (WEB, {"cpu_m": 49}, "cpu_m: at least 50, got 49"),
        (WEB, {"memory_mib": 51}, "memory_mib: at least 52, got 51"),
        (WEB, {"memory_mib": 255}, "memory_mib: 1 to 6.5 GiB a vCPU, got 1.00"),
        (WEB, {"memory_mib": 1_665}, "memory_mib: 1 to 6.5 GiB a vCPU, got 6.50"),
        (WEB, {"on_demand_share": Decimal("-0.1")}, "on_demand_share: 0 to 1"),
        (WEB, {"on_demand_share": Decimal("1.1")}, "on_demand_share: 0 to 1"),
        (WEB, {"worker_share": Decimal("-0.1")}, "worker_share: 0 to 1"),
        (WEB, {"worker_share": Decimal("1.1")}, "worker_share: 0 to 1"),
        (POD, {"cpu_m": 49}, "cpu_m: at least 50, got 49"),
        (POD, {"cpu_m": 50, "memory_mib": 51}, "memory_mib: at least 52, got 51"),
        (POD, {"cpu_m": 1_000, "memory_mib": 1_000}, "memory_mib: .* a vCPU, got 0.98"),
        (POD, {"cpu_m": 1_000, "memory_mib": 7_168}, "memory_mib: .* a vCPU, got 7.00"),
        (POD, {"replicas": 0}, "replicas: at least 1"),
        (POD, {"volume_gib": -1}, "volume_gib: 0 or more"),
        # the whole
        (PLATFORM, {"network": NetworkSize(sites=("us",))}, "gke: at eu, but network.sites has"),
        (PLATFORM, {"registry": RegistrySize(sites=("us",))}, "registry: at us, but network.sites"),
        (PLATFORM, {"redis": RedisSize(instances={"us": REDIS})}, "redis: at us, but network"),
        (
            PLATFORM,
            {"postgres": PostgresSize(shards={"us-1": replace(PRIMARY, site="us")})},
            "postgres: at us, but network.sites has only eu",
        ),
        (PLATFORM, {"web": replace(WEB, limits={})}, "web.limits: every site with a cluster"),
        (PLATFORM, {"web": replace(WEB, limits={"us": LIMITS})}, "web.limits: every site with a"),
        (
            PLATFORM,
            {"web": replace(WEB, limits={"eu": LIMITS, "us": LIMITS})},
            "web.limits: at eu or us, but network.sites has only eu",
        ),
    ],
)
def test_what_gcp_or_the_design_refuses_is_refused_here(
    size: Any, changes: Changes, message: str
) -> None:
    with pytest.raises(PalierError, match=message):
        replace(size, **changes)


@pytest.mark.parametrize(
    ("size", "changes"),
    [
        (NETWORK, {"sites": ("eu", "us")}),
        (NETWORK, {"flow_log_sampling": Decimal(0)}),
        (NETWORK, {"flow_log_sampling": Decimal(1)}),
        (NETWORK, {"nat_addresses": 1}),
        (NETWORK, {"nat_addresses": 16}),
        (POOL, {"machine_type": "e2-standard-2"}),
        (POOL, {"machine_type": "c3-highmem-22"}),
        (POOL, {"min_nodes": 0}),
        (POOL, {"min_nodes": 40}),
        (POOL, {"min_nodes": 0, "max_nodes": 1}),
        (POOL, {"share": Decimal(0)}),
        (POOL, {"disk_gib": 50}),
        (AUTOPILOT, {"quota_vcpu": Decimal("0.1")}),
        (
            STANDARD,
            {
                "pools": {
                    "a": replace(POOL, share=Decimal("0.6")),
                    "b": replace(POOL, share=Decimal("0.4")),
                }
            },
        ),
        (PLATFORM.gke, {"generations": {"eu-g1": AUTOPILOT, "eu-g2": STANDARD}}),
        (CDN, {"armor_rules": 2}),
        (CDN, {"armor_rules": 20}),
        (CDN, {"log_sample": Decimal(0)}),
        (CDN, {"log_sample": Decimal(1)}),
        (CDN, {"browser_ttl_s": 0, "cdn_ttl_s": 0}),
        (CDN, {"browser_ttl_s": 31_622_400, "cdn_ttl_s": 31_622_400}),
        (ALERTS, {"alerts": 1}),
        (ALERTS, {"alerts": 60}),
        (REGISTRY, {"sites": ("eu", "us")}),
        (REGISTRY, {"keep_versions": 2}),
        (REGISTRY, {"keep_versions": 100}),
        (PRIMARY, {"tier": "db-f1-micro"}),
        (PRIMARY, {"disk_gib": 10}),
        (PRIMARY, {"disk_gib": 65_536}),
        (PRIMARY, {"backups": 1}),
        (PRIMARY, {"backups": 365}),
        (PRIMARY, {"log_retention_days": 1}),
        (PRIMARY, {"log_retention_days": 7}),
        (PLUS, {"log_retention_days": 1}),
        (PLUS, {"log_retention_days": 35}),
        (PLUS, {"managed_pooling": False}),
        (PLUS, {"read_pool_nodes": 1, "read_pool_max_nodes": 1}),
        (PLUS, {"read_pool_nodes": 20, "read_pool_max_nodes": 20}),
        (PLUS, {"disaster_recovery": False, "read_pool_nodes": 1, "read_pool_max_nodes": 3}),
        (REPLICATED, {"replica_tier": "db-custom-4-15360"}),
        (REPLICATED, {"replica_tier": "db-custom-2-7936"}),
        (REPLICATED, {"replicas": ("r1", "r2", "r3")}),
        (REPLICATED, {"tier": "db-g1-small", "replica_tier": "db-custom-1-3840"}),
        (REPLICATED, {"tier": "db-g1-small", "replica_tier": "db-g1-small"}),
        (PLATFORM.postgres, {"shards": {"eu-1": PRIMARY, "eu-9": PRIMARY}}),
        (REDIS, {"memory_gib": 1}),
        (REDIS, {"memory_gib": 300}),
        (LIMITS, {"on_demand": 1}),
        (LIMITS, {"on_demand": 3, "maximum": 4}),
        (WEB, {"cpu_m": 50, "memory_mib": 52}),
        (WEB, {"memory_mib": 256}),
        (WEB, {"memory_mib": 1_664}),
        (WEB, {"on_demand_share": Decimal(1), "worker_share": Decimal(1)}),
        (POD, {"cpu_m": 1_000, "memory_mib": 1_024}),
        (POD, {"cpu_m": 1_000, "memory_mib": 6_656}),
        (POD, {"volume_gib": 1}),
        (PLATFORM, {"redis": RedisSize()}),
        (PLATFORM, {"network": NetworkSize(sites=("eu", "us"))}),
    ],
)
def test_the_last_value_before_a_refusal_is_accepted(size: Any, changes: Changes) -> None:
    changed = replace(size, **changes)
    assert {key: getattr(changed, key) for key in changes} == changes


@pytest.mark.parametrize(
    ("machine_type", "vcpu"), [("n2d-standard-8", 8), ("e2-standard-2", 2), ("c3-highmem-22", 22)]
)
def test_a_machine_type_says_its_cores(machine_type: str, vcpu: int) -> None:
    assert replace(POOL, machine_type=machine_type).vcpu == vcpu


@pytest.mark.parametrize("disk_gib", [10, 25, 65_536])
def test_a_disk_grows_by_itself_to_twice_its_size_and_no_further(disk_gib: int) -> None:
    assert replace(PRIMARY, disk_gib=disk_gib).disk_limit_gib == 2 * disk_gib


def test_a_refusal_names_both_tiers_of_a_small_replica() -> None:
    with pytest.raises(PalierError, match=r"replica_tier db-custom-1-3840: .*db-custom-2-7680"):
        replace(REPLICATED, replica_tier="db-custom-1-3840")


def test_a_primary_may_not_outgrow_its_replicas_in_one_update() -> None:
    grown = replace(REPLICATED, replica_tier="db-custom-4-15360")
    assert replace(grown, tier="db-custom-4-15360").tier == "db-custom-4-15360", (
        "replicas first, then the primary: the order Cloud SQL asks for"
    )


SIZES = sorted(
    {
        item
        for module in (sizes, data_sizes, pod_sizes)
        for item in vars(module).values()
        if isinstance(item, type) and item.__name__.endswith(("Size", "Limits"))
    },
    key=lambda item: item.__name__,
)


@pytest.mark.parametrize("size", SIZES)
def test_a_size_is_plain_data_that_cannot_be_changed_in_place(size: type) -> None:
    params = vars(size)["__dataclass_params__"]
    assert params.frozen, "a size checked once must stay what was checked"
    assert all(item.kw_only for item in fields(size)), "positions hide what a number means"


def test_a_size_refuses_assignment() -> None:
    attribute = "memory_gib"
    with pytest.raises(FrozenInstanceError):
        setattr(REDIS, attribute, 5)


def test_a_platform_of_one_continent_names_what_stands_on_the_other() -> None:
    both = PHASES["hypergrowth"].size(PHASES["hypergrowth"].load(2_000_000), "eu")
    with pytest.raises(PalierError, match=r"gke: at eu or us, but network.sites has only eu"):
        replace(both, network=NetworkSize(sites=("eu",)))


def test_a_generation_of_a_site_without_web_limits_is_refused() -> None:
    american = replace(AUTOPILOT, site="us")
    with pytest.raises(PalierError, match=r"web.limits: every site with a cluster needs limits"):
        replace(
            PLATFORM,
            network=NetworkSize(sites=("eu", "us")),
            gke=GkeSize(generations={"eu-g1": AUTOPILOT, "us-g1": american}),
        )
