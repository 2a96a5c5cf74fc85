"""What stands in the way of a deletion: protection, contents, others; and what goes with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cloud_builders as things
import pytest
from cloud_builders import (
    Thing,
    change,
    drop,
    make,
    open_cloud,
    refusal_of_dropping,
    there,
)

from palier.simcloud.cloud import Cloud

P, R = things.PROJECT, things.REGION
CERTIFICATES = f"projects/{P}/locations/global"


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    """A cloud with a network."""
    cloud = open_cloud(tmp_path)
    make(cloud, things.network())
    return cloud


def user(**changes: Any) -> Thing:
    """A user of the database."""
    return Thing(type="gcp:sql/user:User", inputs={"name": "app", "instance": "db", **changes})


def member(role: str = "roles/storage.objectViewer") -> Thing:
    """Who may read the bucket."""
    return Thing(
        type="gcp:storage/bucketIAMMember:BucketIAMMember",
        inputs={"bucket": "acme-things", "role": role, "member": "allUsers"},
    )


def object_in_bucket() -> Thing:
    """What the bucket holds."""
    return Thing(
        type="gcp:storage/bucketObject:BucketObject",
        inputs={"bucket": "acme-things", "name": "a.txt", "content": "text"},
    )


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (
            things.network(deletionPolicy="PREVENT"),
            'cannot destroy ComputeNetwork without setting deletion_policy="DELETE" and running'
            " `terraform apply`",
        ),
        (
            things.instance(deletionProtection=True),
            "Error, failed to delete instance because deletion_protection is set to true. Set it to"
            " false to proceed with instance deletion",
        ),
        (
            things.instance(deletionProtection=None),
            "Error, failed to delete instance because deletion_protection is set to true. Set it to"
            " false to proceed with instance deletion",
        ),
        (
            things.cluster(deletionProtection=True),
            "Cannot destroy cluster because deletion_protection is set to true. Set it to false to"
            " proceed with cluster deletion.",
        ),
        (
            Thing(
                type="gcp:secretmanager/secret:Secret",
                inputs={"secretId": "key", "deletionProtection": True},
            ),
            "cannot destroy secret without setting deletion_protection=false and running"
            " `terraform apply`",
        ),
        (
            Thing(
                type="gcp:memorystore/instance:Instance",
                inputs={"instanceId": "cache", "location": R, "shardCount": 1},
            ),
            "cannot destroy instance without setting deletion_protection_enabled=false and running"
            " `terraform apply`",
        ),
    ],
)
def test_what_the_state_protects_is_not_deleted(cloud: Cloud, thing: Thing, words: str) -> None:
    if not there(cloud, thing):
        make(cloud, thing)
    assert refusal_of_dropping(cloud, thing) == words


@pytest.mark.parametrize(
    "thing",
    [
        things.redis(connectMode="DIRECT_PEERING"),
        Thing(type="gcp:secretmanager/secret:Secret", inputs={"secretId": "key"}),
    ],
)
def test_a_protection_that_is_off_by_default_does_not_hold(cloud: Cloud, thing: Thing) -> None:
    make(cloud, thing)
    drop(cloud, thing)
    assert not there(cloud, thing)


def test_the_service_protects_a_database_by_itself(cloud: Cloud) -> None:
    database = things.instance({"deletionProtectionEnabled": True})
    make(cloud, database)
    assert refusal_of_dropping(cloud, database).startswith(
        "Error, failed to delete instance db: googleapi: Error 400: The instance is protected."
    )
    change(cloud, things.instance())
    drop(cloud, things.instance())


def test_abandoned_resources_outlive_their_deletion(cloud: Cloud) -> None:
    abandoned = user(deletionPolicy="ABANDON")
    make(cloud, things.instance(), abandoned)
    drop(cloud, abandoned)
    assert there(cloud, abandoned)
    drop(cloud, things.instance())
    assert not there(cloud, abandoned), "a user outlives no database"


def test_a_bucket_that_holds_objects_is_kept(cloud: Cloud) -> None:
    make(cloud, things.bucket(), object_in_bucket())
    assert refusal_of_dropping(cloud, things.bucket()) == (
        "Error trying to delete bucket acme-things containing objects without `force_destroy` set"
        " to true"
    )
    drop(cloud, things.bucket(forceDestroy=True))
    assert not there(cloud, object_in_bucket())


def test_a_zone_that_holds_records_is_kept(cloud: Cloud) -> None:
    make(cloud, things.zone(), things.record_set())
    assert refusal_of_dropping(cloud, things.zone()) == (
        "Error when reading or editing ManagedZone: googleapi: Error 400: The resource named 'dns'"
        " cannot be deleted because it contains one or more 'resource records'., containerNotEmpty"
    )
    drop(cloud, things.record_set())
    drop(cloud, things.zone())


def test_the_records_that_every_zone_has_do_not_keep_it(cloud: Cloud) -> None:
    make(cloud, things.zone(), things.record_set("example.com.", "NS"))
    drop(cloud, things.zone())
    assert not there(cloud, things.record_set("example.com.", "NS"))


def test_a_dataset_that_holds_tables_is_kept(cloud: Cloud) -> None:
    dataset = Thing(type="gcp:bigquery/dataset:Dataset", inputs={"datasetId": "logs", "project": P})
    table = Thing(type="gcp:bigquery/table:Table", inputs={"datasetId": "logs", "tableId": "day"})
    make(cloud, dataset, table)
    assert f"Dataset {P}:logs is still in use, resourceInUse" in refusal_of_dropping(cloud, dataset)


@pytest.mark.parametrize("producer", ["database", "cache"])
def test_private_services_access_is_kept_while_something_uses_it(
    cloud: Cloud, producer: str
) -> None:
    private = {"ipConfiguration": {"privateNetwork": things.NETWORK}}
    user_ = things.instance(private) if producer == "database" else things.redis()
    make(cloud, things.allocation(), things.connection(), user_)
    assert refusal_of_dropping(cloud, things.connection()) == (
        "Unable to remove Service Networking Connection, err: Error waiting for Delete Service"
        " Networking Connection: Error code 9, message: Failed to delete connection; Producer"
        " services (e.g. CloudSQL, Cloud Memstore, etc.) are still using this connection."
    )
    drop(cloud, user_)
    drop(cloud, things.connection())


SECURITY_POLICY = Thing(
    type="gcp:compute/securityPolicy:SecurityPolicy", inputs={"name": "armor", "rules": []}
)
ADDRESS = Thing(
    type="gcp:compute/address:Address", inputs={"name": "nat", "region": R, "project": P}
)
ROUTER = Thing(
    type="gcp:compute/router:Router",
    inputs={"name": "router", "region": R, "network": things.NETWORK},
)
NAT = Thing(
    type="gcp:compute/routerNat:RouterNat",
    inputs={"name": "nat", "router": "router", "region": R, "natIps": [ADDRESS.id]},
)
AUTHORIZATION = Thing(
    type="gcp:certificatemanager/dnsAuthorization:DnsAuthorization",
    inputs={"name": "domain", "domain": "example.com"},
)
CERTIFICATE = Thing(
    type="gcp:certificatemanager/certificate:Certificate",
    inputs={"name": "cert", "managed": {"dnsAuthorizations": [AUTHORIZATION.id]}},
)
MAP = Thing(type="gcp:certificatemanager/certificateMap:CertificateMap", inputs={"name": "certs"})
ENTRY = Thing(
    type="gcp:certificatemanager/certificateMapEntry:CertificateMapEntry",
    inputs={
        "name": "apex",
        "map": "certs",
        "hostname": "example.com",
        "certificates": [CERTIFICATE.id],
    },
)
CHANNEL = Thing(
    type="gcp:monitoring/notificationChannel:NotificationChannel",
    inputs={"type": "email"},
    name="mail",
)
ALERT = Thing(
    type="gcp:monitoring/alertPolicy:AlertPolicy",
    inputs={"notificationChannels": [CHANNEL.id], "combiner": "OR", "conditions": []},
    name="cpu",
)


@pytest.mark.parametrize(
    ("first", "needed", "user_", "words"),
    [
        (
            [],
            things.network(),
            things.subnetwork(),
            "Error when reading or editing Network: googleapi: Error 400: The network resource"
            f" '{things.NETWORK}' is already being used by"
            f" 'projects/{P}/regions/{R}/subnetworks/sub', resourceInUseByAnotherResource",
        ),
        ([], things.network(), things.cluster(), "/clusters/gke', resourceInUseByAnother"),
        (
            [],
            things.network(),
            things.connection(reservedPeeringRanges=[]),
            "The network resource",
        ),
        (
            [],
            things.health_check(),
            things.backend_service(),
            f"The health_check resource 'projects/{P}/global/healthChecks/health' is already being"
            f" used by 'projects/{P}/global/backendServices/api'",
        ),
        (
            [things.health_check()],
            SECURITY_POLICY,
            things.backend_service(securityPolicy=SECURITY_POLICY.id),
            "The security_policy resource",
        ),
        ([ROUTER], ADDRESS, NAT, f"The address resource '{ADDRESS.id}' is already being used by"),
        (
            [],
            things.instance(),
            things.replica(),
            "The instance cannot be deleted because it has read replicas: db-copy.",
        ),
        (
            [AUTHORIZATION, MAP],
            CERTIFICATE,
            ENTRY,
            "Error 400: can't delete certificate that is referenced by a CertificateMapEntry or"
            " other resources",
        ),
        (
            [],
            AUTHORIZATION,
            CERTIFICATE,
            "can't delete DNS authorization that is referenced by",
        ),
        ([], CHANNEL, ALERT, f"Cannot delete notification channel {CHANNEL.id}: it is used by"),
    ],
)
def test_what_others_stand_on_is_not_deleted(
    cloud: Cloud, first: list[Thing], needed: Thing, user_: Thing, words: str
) -> None:
    make(cloud, *first)
    if not there(cloud, needed):
        make(cloud, needed)
    make(cloud, user_)
    assert words in refusal_of_dropping(cloud, needed)
    drop(cloud, user_)
    drop(cloud, needed)
    assert not there(cloud, needed)


def test_a_certificate_map_with_entries_is_not_deleted(cloud: Cloud) -> None:
    make(cloud, AUTHORIZATION, MAP, CERTIFICATE, ENTRY)
    assert "can't delete certificate map that is" in refusal_of_dropping(cloud, MAP)


@pytest.mark.parametrize(
    ("parent", "children"),
    [
        ([things.cluster()], [things.node_pool()]),
        ([things.instance()], [user()]),
        ([things.bucket()], [member(), member("roles/storage.admin")]),
        ([ROUTER], [ADDRESS.with_inputs(), NAT]),
    ],
    ids=["cluster", "database", "bucket", "router"],
)
def test_what_lives_in_a_resource_goes_with_it(
    cloud: Cloud, parent: list[Thing], children: list[Thing]
) -> None:
    make(cloud, *parent, *children)
    drop(cloud, parent[0])
    left = [child for child in children if there(cloud, child)]
    assert left == [child for child in children if child.type == ADDRESS.type]


def test_a_grant_does_not_go_with_the_account_that_was_granted_it(cloud: Cloud) -> None:
    account = things.account()
    granted = Thing(
        type="gcp:projects/iAMMember:IAMMember",
        inputs={
            "project": P,
            "role": "roles/viewer",
            "member": f"serviceAccount:worker@{P}.iam.gserviceaccount.com",
        },
    )
    make(cloud, account, granted)
    drop(cloud, account)
    assert there(cloud, granted)


def test_a_key_does_not_wait_for_what_it_encrypts(cloud: Cloud) -> None:
    """Google deletes no key, so nothing can stand in the way."""
    ring = Thing(type="gcp:kms/keyRing:KeyRing", inputs={"name": "keys", "location": R})
    key = Thing(type="gcp:kms/cryptoKey:CryptoKey", inputs={"name": "sql", "keyRing": ring.id})
    make(cloud, ring, key, things.instance(encryptionKeyName=key.id))
    drop(cloud, key)
    assert there(cloud, key)
