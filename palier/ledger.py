"""The ledger: types that hold data, or that data stands on. None of them is ever replaced.

Three things keep each of them: Pulumi's `protect`, the provider's own switch, and backups where
there are any. Which switch a type has is read from the provider's replacement data. Types that
hold data and are not in the ledger have no such plan, and are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from palier.facts import Fact
from palier.provider.tree import replacement_of

SQL: Final = "gcp:sql/databaseInstance:DatabaseInstance"
DATABASE: Final = "gcp:sql/database:Database"
REDIS: Final = "gcp:redis/instance:Instance"
SUBNET: Final = "gcp:compute/subnetwork:Subnetwork"
BUCKET: Final = "gcp:storage/bucket:Bucket"

STATEFUL: Final = (
    SQL,
    SUBNET,
    REDIS,
    "gcp:artifactregistry/repository:Repository",
    "gcp:compute/globalAddress:GlobalAddress",
    "gcp:compute/network:Network",
    "gcp:dns/managedZone:ManagedZone",
    "gcp:kms/cryptoKey:CryptoKey",
    "gcp:kms/keyRing:KeyRing",
    "gcp:secretmanager/secret:Secret",
    "gcp:servicenetworking/connection:Connection",
    DATABASE,
    BUCKET,
)
OUTSIDE: Final = (
    "gcp:alloydb/cluster:Cluster",
    "gcp:alloydb/instance:Instance",
    "gcp:bigquery/dataset:Dataset",
    "gcp:bigquery/table:Table",
    "gcp:bigtable/instance:Instance",
    "gcp:bigtable/table:Table",
    "gcp:compute/disk:Disk",
    "gcp:compute/instance:Instance",
    "gcp:compute/regionDisk:RegionDisk",
    "gcp:datastore/index:Index",
    "gcp:filestore/instance:Instance",
    "gcp:firestore/database:Database",
    "gcp:memcache/instance:Instance",
    "gcp:memorystore/instance:Instance",
    "gcp:netapp/volume:Volume",
    "gcp:pubsub/subscription:Subscription",
    "gcp:redis/cluster:Cluster",
    "gcp:spanner/database:Database",
    "gcp:spanner/instance:Instance",
    "kubernetes:apps/v1:StatefulSet",
    "kubernetes:core/v1:PersistentVolume",
    "kubernetes:core/v1:PersistentVolumeClaim",
)
"""Types that hold data, and that no phase has: nothing here would keep them through a climb."""

SWITCHES: Final = ("deletionProtection", "deletionProtectionEnabled",
                   "settings.deletionProtectionEnabled")  # fmt: skip
"""Properties that refuse a deletion when they are true."""
KEPT_BY: Final = {DATABASE: "ABANDON"}
"""Left in the cloud with its instance, which is protected: PostgreSQL refuses to drop tables."""
PREVENT: Final = "PREVENT"


def is_stateful(fact: Fact) -> bool:
    """Whether data would be lost with a resource. A SQL replica's data are its primary's."""
    return fact.type in STATEFUL and fact.read("masterInstanceName") is None


def protections(type_: str) -> Iterator[tuple[str, Any]]:
    """Properties by which the provider refuses to delete a resource of a type, and their values.

    A type whose switch refuses needs no deletion policy beside it.
    """
    known = replacement_of(type_).get("deletionProtection", ())
    switches = [path for path in known if path in SWITCHES]
    for path in switches:
        yield path, True
    if "deletionPolicy" in known and not switches:
        yield "deletionPolicy", KEPT_BY.get(type_, PREVENT)
