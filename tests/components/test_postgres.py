"""PostgreSQL: private, encrypted, backed up; copies and shards apart from each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import builders
import pulumi_gcp as gcp
import pytest

from components.postgres import FLAGS, Postgres, PostgresArgs, database_user
from palier.data_sizes import PostgresSize, ShardSize
from palier.errors import PalierError
from palier.facts import Fact, Facts
from palier.recorder import RecordingMonitor, record
from palier.sites import Site

Deploy = Callable[..., Facts]
INSTANCE = "databaseInstance:DatabaseInstance"
REGIONS: dict[Site, str] = {"eu": "europe-west1", "us": "us-east1"}
RECOVERY: dict[Site, str] = {"eu": "europe-west4", "us": "us-central1"}
KEYS = {region: f"key-{region}" for region in (*REGIONS.values(), *RECOVERY.values())}

SMALL = ShardSize(
    site="eu", edition="ENTERPRISE", tier="db-g1-small", ha=False, disk_gib=10, backups=7
)
REPLICATED = ShardSize(
    site="eu",
    edition="ENTERPRISE",
    tier="db-custom-2-7680",
    replica_tier="db-custom-4-15360",
    ha=True,
    disk_gib=100,
    backups=30,
    replicas=("r1", "r2"),
)
PLUS = ShardSize(
    site="eu",
    edition="ENTERPRISE_PLUS",
    tier="db-perf-optimized-N-8",
    replica_tier="db-perf-optimized-N-8",
    ha=True,
    disk_gib=200,
    backups=30,
    log_retention_days=14,
    managed_pooling=True,
    disaster_recovery=True,
    read_pool_nodes=1,
    read_pool_max_nodes=3,
)


def postgres(shards: dict[str, ShardSize] | None = None, **changes: Any) -> Postgres:
    """Databases of the shards named, one small shard by default."""
    connection = gcp.servicenetworking.Connection(
        "peering", network="vpc", service="servicenetworking.googleapis.com",
        reserved_peering_ranges=["range"],
    )  # fmt: skip
    args = PostgresArgs(
        size=PostgresSize(shards=shards or {"eu-1": SMALL}),
        regions=REGIONS,
        recovery_regions=RECOVERY,
        network="vpc",
        private_services=connection,
        keys=KEYS,
        iam_users={},
    )
    return Postgres("postgres", replace(args, **changes))


def instance(facts: Facts, name: str = "postgres-eu-1") -> Fact:
    """One instance."""
    return builders.only(facts, INSTANCE, name)


def inputs(facts: Facts) -> dict[str, Any]:
    """Inputs of all resources by urn."""
    return {fact.urn: fact.inputs for fact in facts.resources}


@pytest.fixture(scope="module")
def smallest() -> Fact:
    """The primary of the smallest shard."""
    return instance(builders.deploy(postgres))


@pytest.mark.parametrize(
    ("path", "expected", "why"),
    [
        ("settings.ipConfiguration.ipv4Enabled", False, "no public address (CIS 6.7)"),
        ("settings.ipConfiguration.authorizedNetworks", None, "and nobody let in (CIS 6.5)"),
        ("settings.ipConfiguration.privateNetwork", "vpc", "only the VPC reaches it"),
        ("settings.ipConfiguration.sslMode", "ENCRYPTED_ONLY", "TLS alone (CIS 6.4)"),
        ("settings.backupConfiguration.enabled", True, "CIS 6.8"),
        ("settings.backupConfiguration.pointInTimeRecoveryEnabled", True, "to any minute"),
        ("settings.backupConfiguration.backupRetentionSettings.retainedBackups", 7, "as sized"),
        ("settings.backupConfiguration.transactionLogRetentionDays", 7, "as sized"),
        ("settings.retainBackupsOnDelete", True, "backups outlive the instance"),
        ("settings.finalBackupConfig.enabled", True, "and one more is taken at its end"),
        ("settings.deletionProtectionEnabled", True, "in Google's console (CIS 6.9)"),
        ("deletionProtection", True, "and in the provider: two switches"),
        ("deletionPolicy", "PREVENT", "and whatever Pulumi is told"),
        ("settings.diskType", "PD_SSD", "never a disk that is too slow to recover on"),
        ("settings.diskAutoresize", True, "a full disk stops a database"),
        ("settings.insightsConfig.queryInsightsEnabled", True, "slow queries can be seen"),
        ("settings.insightsConfig.recordClientAddress", False, "addresses are personal data"),
        ("settings.edition", "ENTERPRISE", "PostgreSQL 16+ would become ENTERPRISE_PLUS"),
        ("encryptionKeyName", "key-europe-west1", "adding a key later replaces the instance"),
    ],
)
def test_a_primary_is_safe_in_its_smallest_size(
    smallest: Fact, path: str, expected: object, why: str
) -> None:
    assert smallest.read(path) == expected, why


def test_a_primary_is_protected_by_pulumi_too(deploy: Deploy) -> None:
    facts = deploy(postgres)
    assert instance(facts).protect
    assert builders.only(facts, "database:Database").protect


def test_every_flag_of_the_benchmark_is_set_on_primaries_and_copies(deploy: Deploy) -> None:
    facts = deploy(lambda: postgres({"eu-1": REPLICATED}))
    for fact in facts.of_type(f"gcp:sql/{INSTANCE}"):
        flags = {flag["name"]: flag["value"] for flag in fact.read("settings.databaseFlags")}
        assert flags == FLAGS
    assert FLAGS["log_min_duration_statement"] == "-1", "statements hold personal data (CIS 6.2.7)"
    assert FLAGS["cloudsql.iam_authentication"] == "on"


def test_the_disk_stops_growing_at_the_cost_ceiling(deploy: Deploy) -> None:
    fact = instance(deploy(lambda: postgres({"eu-1": REPLICATED})))
    assert fact.read("settings.diskAutoresizeLimit") == 2 * fact.read("settings.diskSize")


def test_high_availability_is_the_primarys_alone(deploy: Deploy) -> None:
    facts = deploy(lambda: postgres({"eu-1": REPLICATED}))
    kinds = {fact.name: fact.read("settings.availabilityType") for fact in
             facts.of_type(f"gcp:sql/{INSTANCE}")}  # fmt: skip
    assert kinds == {
        "postgres-eu-1": "REGIONAL", "postgres-eu-1-r1": "ZONAL", "postgres-eu-1-r2": "ZONAL",
    }  # fmt: skip
    assert instance(deploy(postgres)).read("settings.availabilityType") == "ZONAL"


def test_the_edition_is_spelt_out_on_every_instance(deploy: Deploy) -> None:
    facts = deploy(lambda: postgres({"eu-1": REPLICATED, "eu-2": PLUS}))
    editions = {
        fact.name: fact.read("settings.edition") for fact in facts.of_type(f"gcp:sql/{INSTANCE}")
    }
    assert all(editions.values()), "a default here once turned a 25 $ database into a 300 $ one"
    assert {name: edition for name, edition in editions.items() if "eu-2" in name} == {
        "postgres-eu-2": "ENTERPRISE_PLUS",
        "postgres-eu-2-dr": "ENTERPRISE_PLUS",
        "postgres-eu-2-pool": "ENTERPRISE_PLUS",
    }


def test_replicas_grow_one_update_before_their_primary(deploy: Deploy) -> None:
    before = deploy(lambda: postgres({"eu-1": REPLICATED}))
    larger = replace(REPLICATED, replica_tier="db-custom-8-30720")
    after = deploy(lambda: postgres({"eu-1": larger}))
    changed = {urn for urn, given in inputs(after).items() if inputs(before)[urn] != given}
    assert {after.by_urn[urn].name for urn in changed} == {"postgres-eu-1-r1", "postgres-eu-1-r2"}


def test_a_primary_grows_without_its_replicas(deploy: Deploy) -> None:
    before = deploy(lambda: postgres({"eu-1": REPLICATED}))
    after = deploy(lambda: postgres({"eu-1": replace(REPLICATED, tier="db-custom-4-15360")}))
    changed = {urn for urn, given in inputs(after).items() if inputs(before)[urn] != given}
    assert {after.by_urn[urn].name for urn in changed} == {"postgres-eu-1"}


def test_copies_follow_their_primary_and_are_not_protected_by_pulumi(deploy: Deploy) -> None:
    facts = deploy(lambda: postgres({"eu-1": REPLICATED}))
    primary = instance(facts)
    for name in ("postgres-eu-1-r1", "postgres-eu-1-r2"):
        copy = instance(facts, name)
        assert copy.read("masterInstanceName") == primary.read("name")
        assert copy.read("instanceType") == "READ_REPLICA_INSTANCE"
        assert primary.urn in copy.dependencies, "the primary is changed first"
        assert not copy.protect, "a copy holds no data of its own and may go"
        assert copy.read("settings.backupConfiguration") is None


def test_copies_are_protected_until_their_shard_says_otherwise(deploy: Deploy) -> None:
    lifted = replace(REPLICATED, copies_protected=False)
    facts = deploy(lambda: postgres({"eu-1": lifted, "eu-2": REPLICATED}))
    protected = {
        fact.name: fact.read("deletionProtection") for fact in facts.of_type(f"gcp:sql/{INSTANCE}")
    }
    assert protected == {
        "postgres-eu-1": True,
        "postgres-eu-1-r1": False,
        "postgres-eu-1-r2": False,
        "postgres-eu-2": True,
        "postgres-eu-2-r1": True,
        "postgres-eu-2-r2": True,
    }, "a primary is never unprotected"


@pytest.mark.parametrize("gone", ["r1", "r2"])
def test_removing_a_replica_touches_no_other(deploy: Deploy, gone: str) -> None:
    both = deploy(lambda: postgres({"eu-1": REPLICATED}))
    left = tuple(key for key in REPLICATED.replicas if key != gone)
    one = deploy(lambda: postgres({"eu-1": replace(REPLICATED, replicas=left)}))
    assert inputs(both).items() > inputs(one).items(), "keys are stable, not places in a list"
    assert len(both) - len(one) == 1


def test_adding_a_shard_touches_no_other(deploy: Deploy) -> None:
    one = deploy(lambda: postgres({"eu-1": PLUS}))
    two = deploy(lambda: postgres({"eu-1": PLUS, "us-1": replace(PLUS, site="us")}))
    assert inputs(two).items() > inputs(one).items()


def test_recovery_stays_on_the_continent_and_takes_that_regions_key(deploy: Deploy) -> None:
    facts = deploy(lambda: postgres({"eu-1": PLUS, "us-1": replace(PLUS, site="us")}))
    places = {
        name: (
            instance(facts, name).read("region"),
            instance(facts, name).read("encryptionKeyName"),
        )
        for name in ("postgres-eu-1-dr", "postgres-us-1-dr")
    }
    assert places == {
        "postgres-eu-1-dr": ("europe-west4", "key-europe-west4"),
        "postgres-us-1-dr": ("us-central1", "key-us-central1"),
    }


def test_a_read_pool_scales_between_the_limits_of_its_size(deploy: Deploy) -> None:
    pool = instance(deploy(lambda: postgres({"eu-1": PLUS})), "postgres-eu-1-pool")
    assert pool.read("instanceType") == "READ_POOL_INSTANCE"
    assert pool.read("nodeCount") == 1
    assert pool.read("settings.readPoolAutoScaleConfig") == {
        "enabled": True, "minNodeCount": 1, "maxNodeCount": 3,
    }  # fmt: skip


def test_managed_pooling_is_on_where_the_size_says_so(deploy: Deploy) -> None:
    facts = deploy(lambda: postgres({"eu-1": SMALL, "eu-2": PLUS}))
    assert instance(facts, "postgres-eu-2").read("settings.connectionPoolConfigs") == [
        {"connectionPoolingEnabled": True}
    ]
    assert instance(facts).read("settings.connectionPoolConfigs") is None


def test_an_instance_waits_for_the_private_way_to_it(deploy: Deploy) -> None:
    facts = deploy(postgres)
    assert builders.only(facts, "Connection").urn in instance(facts).dependencies


def test_passwords_stay_secret_on_their_way_to_the_database() -> None:
    monitor = RecordingMonitor()
    record(postgres, project="test", stack="test", monitor=monitor)
    [password] = [
        request for request in monitor.registrations.values() if "RandomPassword" in request.type
    ]
    assert "result" in password.additionalSecretOutputs, "it would stand in the state in clear"


def test_users_and_databases_go_with_their_instance(deploy: Deploy) -> None:
    facts = deploy(lambda: postgres(iam_users={"web": "web@acme.iam.gserviceaccount.com"}))
    kept = facts.of_type("gcp:sql/user:User") + facts.of_type("gcp:sql/database:Database")
    assert len(kept) == 3
    assert {fact.read("deletionPolicy") for fact in kept} == {"ABANDON"}, (
        "PostgreSQL refuses to drop what owns tables"
    )


def test_a_service_account_logs_in_without_a_password(deploy: Deploy) -> None:
    account = "web@acme.iam.gserviceaccount.com"
    facts = deploy(lambda: postgres(iam_users={"web": account}))
    user = builders.only(facts, "user:User", "postgres-eu-1-iam-web")
    assert user.read("name") == "web@acme.iam"
    assert user.read("type") == "CLOUD_IAM_SERVICE_ACCOUNT"
    assert user.read("password") is None


def test_a_postgres_user_is_the_account_without_the_last_part_of_its_address() -> None:
    assert database_user("web@acme.iam.gserviceaccount.com") == "web@acme.iam"


@pytest.mark.parametrize(
    ("shard", "region"), [(SMALL, "europe-west1"), (PLUS, "europe-west4")], ids=["home", "recovery"]
)
def test_a_region_without_a_key_is_refused(deploy: Deploy, shard: ShardSize, region: str) -> None:
    keys = {name: key for name, key in KEYS.items() if name != region}
    with pytest.raises(PalierError, match=f"postgres: eu-1 is in {region}, which has no key"):
        deploy(lambda: postgres({"eu-1": shard}, keys=keys))


@pytest.mark.parametrize(
    ("shard", "regions"), [(SMALL, "regions"), (PLUS, "recovery_regions")], ids=["home", "recovery"]
)
def test_a_site_without_a_region_is_refused(deploy: Deploy, shard: ShardSize, regions: str) -> None:
    with pytest.raises(PalierError, match="postgres: no region is given for site eu"):
        deploy(lambda: postgres({"eu-1": shard}, **{regions: {"us": "us-east1"}}))
