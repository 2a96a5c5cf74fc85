"""Redis: highly available, private, with AUTH and TLS; never a tier that could not be left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import builders
import pulumi_gcp as gcp
import pytest

from components.redis import Redis, RedisArgs
from palier.data_sizes import RedisInstanceSize, RedisSize
from palier.errors import PalierError
from palier.facts import Fact, Facts
from palier.recorder import RecordingMonitor, record
from palier.sites import Site

Deploy = Callable[..., Facts]
REGIONS: dict[Site, str] = {"eu": "europe-west1", "us": "us-east1"}
KEYS = {"europe-west1": "key-eu", "us-east1": "key-us"}


def redis(
    sizes: dict[Site, int] | None = None,
    keys: dict[str, Any] | None = None,
    regions: dict[Site, str] | None = None,
) -> Redis:
    """Instances by site and GiB, one of 1 GiB in Europe by default."""
    connection = gcp.servicenetworking.Connection(
        "peering", network="vpc", service="servicenetworking.googleapis.com",
        reserved_peering_ranges=["range"],
    )  # fmt: skip
    wanted: dict[Site, int] = {"eu": 1} if sizes is None else sizes
    instances = {site: RedisInstanceSize(memory_gib=gib) for site, gib in wanted.items()}
    return Redis(
        "redis",
        RedisArgs(
            size=RedisSize(instances=instances),
            regions=REGIONS if regions is None else regions,
            network="vpc",
            private_services=connection,
            keys=KEYS if keys is None else keys,
        ),
    )


@pytest.fixture(scope="module")
def smallest() -> Fact:
    """The smallest instance."""
    return builders.only(builders.deploy(redis), "Instance")


@pytest.mark.parametrize(
    ("path", "expected", "why"),
    [
        ("tier", "STANDARD_HA", "BASIC could only be left by replacing the instance"),
        ("authEnabled", True, "a cache holds sessions"),
        ("transitEncryptionMode", "SERVER_AUTHENTICATION", "and sessions are secrets"),
        ("connectMode", "PRIVATE_SERVICE_ACCESS", "only the VPC reaches it"),
        ("authorizedNetwork", "vpc", "this VPC"),
        ("customerManagedKey", "key-eu", "adding a key later replaces the instance"),
        ("redisConfigs", {"maxmemory-policy": "volatile-lru"}, "only what may expire is evicted"),
        ("deletionProtection", True, "unset by default in the provider"),
        ("deletionPolicy", "PREVENT", "and whatever Pulumi is told"),
        ("memorySizeGb", 1, "as sized"),
    ],
)
def test_an_instance_is_safe_in_its_smallest_size(
    smallest: Fact, path: str, expected: object, why: str
) -> None:
    assert smallest.read(path) == expected, why


def test_an_instance_is_protected_by_pulumi_too(deploy: Deploy) -> None:
    assert builders.only(deploy(redis), "Instance").protect


def test_basic_cannot_be_expressed() -> None:
    sayable = {field.name for owner in (RedisSize, RedisInstanceSize, RedisArgs)
               for field in fields(owner)}  # fmt: skip
    assert sayable.isdisjoint({"tier", "ha", "basic"}), "what cannot be said cannot be got wrong"


def test_nothing_is_made_while_the_cache_is_a_workload(deploy: Deploy) -> None:
    assert builders.names(deploy(lambda: redis({})), "Instance") == []


def test_a_second_site_touches_nothing_of_the_first(deploy: Deploy) -> None:
    one = {fact.urn: fact.inputs for fact in deploy(redis).resources}
    two = {fact.urn: fact.inputs for fact in deploy(lambda: redis({"eu": 1, "us": 2})).resources}
    assert two.items() > one.items()
    america = builders.only(deploy(lambda: redis({"eu": 1, "us": 2})), "Instance", "redis-us")
    assert (america.read("region"), america.read("customerManagedKey")) == ("us-east1", "key-us")


def test_an_instance_waits_for_the_private_way_to_it(deploy: Deploy) -> None:
    facts = deploy(redis)
    awaited = builders.only(facts, "Instance").dependencies
    assert builders.only(facts, "Connection").urn in awaited


def test_the_auth_string_is_a_secret() -> None:
    monitor = RecordingMonitor()
    record(redis, project="test", stack="test", monitor=monitor)
    [instance] = [item for item in monitor.registrations.values() if "redis/" in item.type]
    assert "authString" in instance.additionalSecretOutputs


def test_callers_read_the_hosts_by_site(deploy: Deploy) -> None:
    component = builders.only(deploy(redis, known=True), "Redis")
    assert component.recorded("hosts") == {"eu": builders.COMPUTED["host"]}


def test_a_site_without_a_key_is_refused(deploy: Deploy) -> None:
    with pytest.raises(PalierError, match="redis: eu is in europe-west1, which has no key"):
        deploy(lambda: redis(keys={"us-east1": "key-us"}))


def test_a_site_without_a_region_is_refused(deploy: Deploy) -> None:
    with pytest.raises(PalierError, match="redis: no region is given for site eu"):
        deploy(lambda: redis(regions={"us": "us-east1"}))
