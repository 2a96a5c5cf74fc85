"""What Google refuses to make, in its own words: places, names, ranges, what a resource needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cloud_builders as things
import pytest
from cloud_builders import Thing, change, make, open_cloud, refusal_of_making

from palier import sites
from palier.cost import prices
from palier.simcloud import places, refusals
from palier.simcloud.cloud import Cloud, ServiceError

P, R = things.PROJECT, things.REGION
CONSOLE = "https://console.developers.google.com/apis/api"


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    """An empty cloud."""
    return open_cloud(tmp_path)


@pytest.fixture
def networked(cloud: Cloud) -> Cloud:
    """A cloud with a network."""
    make(cloud, things.network())
    return cloud


def test_a_service_that_is_not_enabled_is_refused_with_where_to_enable_it(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path, enabled=refusals.ENABLED)
    network = things.network(project=P)
    assert refusal_of_making(cloud, network) == (
        "Error creating Network: googleapi: Error 403: Compute Engine API has not been used in"
        f" project {P} before or it is disabled. Enable it by visiting"
        f" {CONSOLE}/compute.googleapis.com/overview?project={P} then retry. If you enabled this"
        " API recently, wait a few minutes for the action to propagate to our systems and retry.,"
        " accessNotConfigured"
    )
    make(cloud, things.service("compute"), network)


def test_another_api_does_not_help(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path, enabled=refusals.ENABLED)
    make(cloud, things.service("dns"))
    assert "Cloud SQL Admin API has not been used" in refusal_of_making(cloud, things.instance())


def test_every_region_that_palier_knows_is_one_of_googles() -> None:
    own = {region for pair in sites.REGIONS.values() for region in pair}
    priced = {row.region for row in prices.default().rows if row.region.count("-") == 1}
    assert own | (priced - {"north-america"}) <= places.REGIONS


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (
            things.subnetwork(region="europe-west99"),
            "Error 400: Invalid value for field 'region': 'europe-west99'. Unknown region.,"
            " invalid",
        ),
        (
            things.instance(region="mars-north1"),
            "Invalid request: Invalid value for region: mars-north1.",
        ),
        (
            things.redis(region="europe-west5"),
            "Location 'projects/-/regions/europe-west5' is not found.",
        ),
        (things.cluster(location="europe-west1-a"), 'Location "europe-west1-a" does not exist.'),
        (things.bucket(location="EUROPE"), "location constraint is not valid. EUROPE"),
        (
            Thing(type="gcp:kms/keyRing:KeyRing", inputs={"name": "keys", "location": "eu"}),
            "Location eu is not found",
        ),
        (
            Thing(
                type="gcp:compute/networkEndpointGroup:NetworkEndpointGroup",
                inputs={"name": "neg", "network": things.NETWORK, "zone": "us-east1-a"},
            ),
            "Invalid value for field 'zone': 'us-east1-a'. Unknown zone.",
        ),
    ],
)
def test_a_place_that_is_none_is_refused(networked: Cloud, thing: Thing, words: str) -> None:
    assert words in refusal_of_making(networked, thing)


@pytest.mark.parametrize(
    "thing",
    [
        things.bucket(location="europe-west4"),
        things.bucket(location="eu"),
        things.cluster(location="us-central1-f"),
        Thing(type="gcp:kms/keyRing:KeyRing", inputs={"name": "keys", "location": "europe"}),
        Thing(type="gcp:kms/keyRing:KeyRing", inputs={"name": "keys", "location": "global"}),
    ],
)
def test_a_place_that_the_service_has_passes(networked: Cloud, thing: Thing) -> None:
    assert make(networked, thing)


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (things.bucket(name="Acme"), "Invalid bucket name: 'Acme', invalid"),
        (things.bucket(name="my-google-bucket"), "Invalid bucket name: 'my-google-bucket'"),
        (
            Thing(type="gcp:compute/uRLMap:URLMap", inputs={"name": "Routes"}),
            "Invalid value for field 'resource.name': 'Routes'. Must be a match of regex",
        ),
        (things.zone(name="Dns"), "Invalid resource field value in the request: name 'Dns'."),
        (
            Thing(type="gcp:secretmanager/secret:Secret", inputs={"secretId": "a.b"}),
            "Invalid resource field value in the request: secretId 'a.b'.",
        ),
        (
            things.instance(name="Db"),
            "Invalid instance name (Db). The name must start with a letter",
        ),
        (things.instance(name="d" * 90, project=P), "at most 97 characters long"),
    ],
)
def test_a_name_that_the_service_does_not_take_is_refused(
    cloud: Cloud, thing: Thing, words: str
) -> None:
    assert words in refusal_of_making(cloud, thing)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"ipCidrRange": "10.0.0.1/20"},
            "Invalid value for field 'resource.ipCidrRange': '10.0.0.1/20'. Invalid IPCidrRange:"
            " 10.0.0.1/20 has host bits set.",
        ),
        ({"ipCidrRange": "10.0.0.0/30"}, "the prefix length must be between 8 and 29."),
        (
            {"name": "other", "ipCidrRange": "10.0.8.0/24"},
            "Invalid value for field 'resource.ipCidrRange': '10.0.8.0/24'. Invalid IPCidrRange:"
            f" 10.0.8.0/24 conflicts with existing subnetwork 'sub' in region '{R}'., invalid",
        ),
        (
            {"name": "other", "ipCidrRange": "10.32.0.0/20"},
            "10.32.0.0/20 conflicts with existing subnetwork 'sub'",
        ),
        (
            {
                "name": "other",
                "ipCidrRange": "10.1.0.0/20",
                "secondaryIpRanges": [{"rangeName": "pods", "ipCidrRange": "10.0.0.0/24"}],
            },
            "field 'resource.secondaryIpRanges[0].ipCidrRange': '10.0.0.0/24'.",
        ),
        (
            {
                "name": "other",
                "ipCidrRange": "10.1.0.0/20",
                "secondaryIpRanges": [{"rangeName": "pods", "ipCidrRange": "10.1.1.0/24"}],
            },
            "10.1.1.0/24 conflicts with existing subnetwork 'other'",
        ),
        (
            {"name": "other", "ipCidrRange": "10.24.0.0/20"},
            "10.24.0.0/20 conflicts with existing allocated range 'private'",
        ),
    ],
)
def test_ranges_of_a_network_do_not_overlap(
    networked: Cloud, changes: dict[str, Any], words: str
) -> None:
    pods = [{"rangeName": "pods", "ipCidrRange": "10.32.0.0/15"}]
    if "name" in changes:
        make(networked, things.allocation(), things.subnetwork(secondaryIpRanges=pods))
    assert words in refusal_of_making(networked, things.subnetwork(**changes))


def test_an_allocated_range_does_not_overlap_a_subnetwork_either(networked: Cloud) -> None:
    make(networked, things.subnetwork(ipCidrRange="10.24.16.0/20"))
    refused = refusal_of_making(networked, things.allocation())
    assert "'resource.address': '10.24.0.0/16'" in refused
    assert "conflicts with existing subnetwork 'sub'" in refused


def test_another_network_may_have_the_same_ranges(networked: Cloud) -> None:
    other = things.network(name="other")
    there = things.subnetwork(name="other", network=f"projects/{P}/global/networks/other")
    make(networked, things.subnetwork(), other, there)


def test_a_subnetwork_may_grow_over_its_own_range(networked: Cloud) -> None:
    make(networked, things.subnetwork())
    assert change(networked, things.subnetwork(ipCidrRange="10.0.0.0/19"))


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (
            things.subnetwork(),
            "Error creating Subnetwork: googleapi: Error 404: The resource"
            f" '{things.NETWORK}' was not found, notFound",
        ),
        (
            things.subnetwork(network=f"https://www.googleapis.com/compute/v1/{things.NETWORK}"),
            f"The resource '{things.NETWORK}' was not found",
        ),
        (
            things.node_pool(),
            f"Error 404: Not found: projects/{P}/locations/{R}/clusters/gke., notFound",
        ),
        (things.node_pool(cluster="gke"), f"Not found: projects/{P}/locations/{R}/clusters/gke."),
        (
            things.record_set(),
            "Error 404: The 'parameters.managedZone' resource named 'dns' does not exist.",
        ),
        (
            Thing(
                type="gcp:kms/cryptoKey:CryptoKey",
                inputs={"name": "k", "keyRing": f"projects/{P}/locations/{R}/keyRings/keys"},
            ),
            f"Error 404: KeyRing projects/{P}/locations/{R}/keyRings/keys not found.",
        ),
        (
            Thing(type="gcp:sql/user:User", inputs={"name": "app", "instance": "db", "project": P}),
            "Error 404: The Cloud SQL instance does not exist., instanceDoesNotExist",
        ),
        (
            Thing(
                type="gcp:compute/backendBucket:BackendBucket",
                inputs={"name": "static", "bucketName": "nothing"},
            ),
            "Error 404: The specified bucket does not exist., notFound",
        ),
        (
            Thing(
                type="gcp:secretmanager/secretVersion:SecretVersion",
                inputs={"secret": f"projects/{P}/secrets/key", "secretData": "x", "project": P},
            ),
            f"Error 404: Secret [projects/{P}/secrets/key] not found",
        ),
        (
            Thing(
                type="gcp:certificatemanager/certificateMapEntry:CertificateMapEntry",
                inputs={"name": "apex", "map": "certs", "hostname": "example.com"},
            ),
            f"Resource 'projects/{P}/locations/global/certificateMaps/certs' was not found",
        ),
        (
            Thing(
                type="gcp:compute/targetHttpsProxy:TargetHttpsProxy",
                inputs={
                    "name": "https",
                    "urlMap": f"projects/{P}/global/urlMaps/routes",
                    "certificateMap": "//certificatemanager.googleapis.com/"
                    f"projects/{P}/locations/global/certificateMaps/certs",
                },
            ),
            "was not found",
        ),
        (
            Thing(
                type="gcp:compute/routerNat:RouterNat",
                inputs={"name": "nat", "router": "router", "region": R, "project": P},
            ),
            f"The resource 'projects/{P}/regions/{R}/routers/router' was not found",
        ),
        (
            Thing(
                type="gcp:projects/iAMMember:IAMMember",
                inputs={
                    "project": P,
                    "role": "roles/viewer",
                    "member": f"serviceAccount:worker@{P}.iam.gserviceaccount.com",
                },
            ),
            f"Error 400: Service account worker@{P}.iam.gserviceaccount.com does not exist.",
        ),
        (
            Thing(
                type="gcp:projects/iAMMember:IAMMember",
                inputs={
                    "project": P,
                    "role": f"projects/{P}/roles/own",
                    "member": "user:a@example.com",
                },
            ),
            f"Error 400: Role projects/{P}/roles/own does not exist in the resource's hierarchy.",
        ),
        (
            things.cluster(
                network=None,
                databaseEncryption={
                    "state": "ENCRYPTED",
                    "keyName": f"projects/{P}/locations/{R}/keyRings/keys/cryptoKeys/gke",
                },
            ),
            f"CryptoKey projects/{P}/locations/{R}/keyRings/keys/cryptoKeys/gke not found.",
        ),
    ],
)
def test_what_a_resource_names_has_to_be_there(cloud: Cloud, thing: Thing, words: str) -> None:
    assert words in refusal_of_making(cloud, thing)


def test_a_thing_may_be_named_with_the_number_of_its_project(networked: Cloud) -> None:
    named = things.NETWORK.replace(P, "123456789012")
    assert make(networked, things.subnetwork(network=named))
    nobody = things.subnetwork(name="b", network=f"{named}-2")
    assert "/networks/net-2' was not found" in refusal_of_making(networked, nobody)


def test_nothing_is_said_of_another_project(cloud: Cloud) -> None:
    assert make(cloud, things.subnetwork(network="projects/shared/global/networks/net"))


def test_endpoint_groups_are_made_unseen_by_the_controllers(cloud: Cloud) -> None:
    group = f"projects/{P}/zones/europe-west1-b/networkEndpointGroups/x"
    make(cloud, things.health_check(), things.backend_service(backends=[{"group": group}]))


def test_the_identity_pool_comes_with_the_first_cluster(networked: Cloud) -> None:
    account = things.account()
    make(networked, account)
    grant = Thing(
        type="gcp:serviceaccount/iAMMember:IAMMember",
        inputs={
            "serviceAccountId": account.id,
            "role": "roles/iam.workloadIdentityUser",
            "member": f"serviceAccount:{P}.svc.id.goog[platform/autoneg]",
        },
    )
    assert f"Error 400: Identity Pool does not exist ({P}.svc.id.goog). Please check" in (
        refusal_of_making(networked, grant)
    )
    make(networked, things.cluster(), grant)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("pods", "other"), "Services secondary range 'other' not found in subnetwork 'sub'."),
        (("other", "services"), "Pod secondary range 'other' not found in subnetwork 'sub'."),
        (("pods", "services"), None),
    ],
)
def test_a_cluster_takes_its_ranges_from_its_subnetwork(
    networked: Cloud, names: tuple[str, str], words: str | None
) -> None:
    secondary = [
        {"rangeName": "pods", "ipCidrRange": "10.32.0.0/15"},
        {"rangeName": "services", "ipCidrRange": "10.16.0.0/20"},
    ]
    subnetwork = things.subnetwork(secondaryIpRanges=secondary)
    make(networked, subnetwork)
    policy = {"clusterSecondaryRangeName": names[0], "servicesSecondaryRangeName": names[1]}
    cluster = things.cluster(subnetwork=subnetwork.id, ipAllocationPolicy=policy)
    if words is None:
        assert make(networked, cluster)
    else:
        assert words in refusal_of_making(networked, cluster)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"memorySizeGb": 0}, "Memory size must be between 1 GB and 300 GB."),
        ({"memorySizeGb": 301}, "Memory size must be between 1 GB and 300 GB."),
        (
            {"memorySizeGb": 4, "readReplicasMode": "READ_REPLICAS_ENABLED"},
            "Read replicas need a memory size of at least 5 GB.",
        ),
        ({"redisVersion": "REDIS_9_9"}, "Invalid Redis version REDIS_9_9."),
        ({}, "Google private service access is not enabled. Enable private service access and"),
    ],
)
def test_a_cache_that_memorystore_does_not_make_is_refused(
    networked: Cloud, changes: dict[str, Any], words: str
) -> None:
    assert words in refusal_of_making(networked, things.redis(**changes))


def test_private_services_access_lets_a_cache_in(networked: Cloud) -> None:
    assert make(networked, things.allocation(), things.connection(), things.redis())


def test_a_peering_that_is_there_takes_other_ranges_by_an_update_only(networked: Cloud) -> None:
    more = things.allocation(name="more", address="10.25.0.0")
    make(networked, things.allocation(), more, things.connection(), things.connection())
    wider = things.connection(reservedPeeringRanges=["private", "more"])
    assert "Please use UpdateConnection." in refusal_of_making(networked, wider)
    assert change(networked, wider)


def private(**changes: Any) -> Thing:
    """A database with a private address."""
    return things.instance({"ipConfiguration": {"privateNetwork": things.NETWORK}}, **changes)


def test_private_services_access_lets_a_database_in(networked: Cloud) -> None:
    assert refusal_of_making(networked, private()).startswith(
        "Error, failed to create instance because the network doesn't have at least 1 private"
        " services connection."
    )
    make(networked, things.allocation(), things.connection(), private())


PLUS = {"edition": "ENTERPRISE_PLUS", "tier": "db-perf-optimized-N-2"}


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (
            things.instance({"edition": "ENTERPRISE_PLUS"}),
            "Error, failed to create instance other: googleapi: Error 400: Invalid request: Invalid"
            " Tier (db-custom-2-7680) for (ENTERPRISE_PLUS) Edition. Use a predefined Tier like"
            " db-perf-optimized-N-* instead.",
        ),
        (
            things.instance({"edition": None, "tier": "db-f1-micro"}),
            "Invalid Tier (db-f1-micro) for (ENTERPRISE_PLUS) Edition.",
        ),
        (
            things.instance({**PLUS, "edition": "ENTERPRISE"}),
            "Invalid Tier (db-perf-optimized-N-2) for (ENTERPRISE) Edition.",
        ),
        (things.instance({"tier": "db-custom-3-7680"}), "Invalid Tier (db-custom-3-7680): "),
        (
            things.instance(databaseVersion="POSTGRES_99"),
            "Database version POSTGRES_99 is not supported.",
        ),
        (
            things.instance(
                {"backupConfiguration": {"enabled": True, "transactionLogRetentionDays": 14}}
            ),
            "The number of transaction log retention days must be between 1 and 7.",
        ),
        (
            things.replica(masterInstanceName="nobody", project=P),
            "Error 404: The Cloud SQL instance does not exist., instanceDoesNotExist",
        ),
        (
            things.replica({"tier": "db-custom-1-3840"}),
            "The tier of a replica (db-custom-1-3840) must be at least as large as that of its"
            " primary instance (db-custom-2-7680).",
        ),
        (
            things.replica({"diskSize": 10}),
            "The disk of a replica (10 GB) cannot be smaller than that of its primary instance"
            " (20 GB).",
        ),
        (
            things.replica(databaseVersion="POSTGRES_16"),
            "The database version of a replica (POSTGRES_16) must be that of its primary",
        ),
        (
            things.replica(instanceType="READ_POOL_INSTANCE"),
            "Read pools need (ENTERPRISE_PLUS) Edition.",
        ),
    ],
)
def test_a_database_that_cloud_sql_does_not_make_is_refused(
    cloud: Cloud, thing: Thing, words: str
) -> None:
    make(cloud, things.instance())
    assert words in refusal_of_making(cloud, thing.with_inputs(name="other"))


@pytest.mark.parametrize(
    "thing",
    [
        things.instance(PLUS),
        things.instance({"edition": None, "tier": "db-f1-micro"}, databaseVersion="POSTGRES_15"),
        things.instance({**PLUS, "edition": None}),
        things.instance(
            {**PLUS, "backupConfiguration": {"enabled": True, "transactionLogRetentionDays": 14}}
        ),
        things.instance({"tier": "db-n1-standard-1"}, databaseVersion="MYSQL_8_0_36"),
    ],
)
def test_a_database_that_cloud_sql_makes_passes(cloud: Cloud, thing: Thing) -> None:
    assert make(cloud, thing)


@pytest.mark.parametrize(
    "backups",
    [None, {"enabled": False}, {"enabled": True}, {"pointInTimeRecoveryEnabled": True}],
)
def test_a_replica_needs_a_primary_with_backups_and_logs(
    cloud: Cloud, backups: dict[str, Any] | None
) -> None:
    make(cloud, things.instance({"backupConfiguration": backups}))
    assert "The primary instance db must have automated backups and" in (
        refusal_of_making(cloud, things.replica())
    )


def test_a_replica_of_a_primary_that_can_have_one_is_made(cloud: Cloud) -> None:
    assert make(cloud, things.instance(), things.replica(), things.replica(name="db-copy-2"))


def test_tiers_that_palier_does_not_know_are_not_compared(cloud: Cloud) -> None:
    mysql = {"databaseVersion": "MYSQL_8_0"}
    make(cloud, things.instance({"tier": "db-n1-standard-4"}, **mysql))
    assert make(cloud, things.replica({"tier": "db-n1-standard-1"}, **mysql))


def test_a_primary_may_not_outgrow_the_rules_later_either(cloud: Cloud) -> None:
    make(cloud, things.instance())
    with pytest.raises(ServiceError, match="transaction log retention days"):
        change(
            cloud,
            things.instance(
                {"backupConfiguration": {"enabled": True, "transactionLogRetentionDays": 30}}
            ),
        )
