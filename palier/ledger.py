"""The ledger: types that hold data, or that data stands on. None of them is ever replaced.

Three things keep each of them: Pulumi's `protect`, the provider's own switch, and backups where
there are any. Which switch a type has is read from the provider's replacement data. Types that
hold data and are not in the ledger have no such plan, and are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from palier.facts import Fact
from palier.project import SECRET as SECRET_MARK
from palier.provider.tree import replacement_of

SQL: Final = "gcp:sql/databaseInstance:DatabaseInstance"
DATABASE: Final = "gcp:sql/database:Database"
REDIS: Final = "gcp:redis/instance:Instance"
SUBNET: Final = "gcp:compute/subnetwork:Subnetwork"
BUCKET: Final = "gcp:storage/bucket:Bucket"
ZONE: Final = "gcp:dns/managedZone:ManagedZone"
KEY: Final = "gcp:kms/cryptoKey:CryptoKey"
REGISTRY: Final = "gcp:artifactregistry/repository:Repository"
SECRET: Final = "gcp:secretmanager/secret:Secret"  # noqa: S105 a type token
STATEFUL_SET: Final = "kubernetes:apps/v1:StatefulSet"

STATEFUL: Final = (
    SQL,
    SUBNET,
    REDIS,
    REGISTRY,
    "gcp:compute/globalAddress:GlobalAddress",
    "gcp:compute/network:Network",
    ZONE,
    KEY,
    "gcp:kms/keyRing:KeyRing",
    SECRET,
    "gcp:servicenetworking/connection:Connection",
    DATABASE,
    BUCKET,
)
COPIES: Final = ("READ_REPLICA_INSTANCE", "READ_POOL_INSTANCE")
"""Kinds of SQL instances that hold nothing which their primary does not have."""
OUTSIDE: Final = (
    "gcp:alloydb/backup:Backup",
    "gcp:alloydb/cluster:Cluster",
    "gcp:alloydb/instance:Instance",
    "gcp:backupdisasterrecovery/backupVault:BackupVault",
    "gcp:bigquery/dataset:Dataset",
    "gcp:bigquery/table:Table",
    "gcp:bigtable/instance:Instance",
    "gcp:bigtable/table:Table",
    "gcp:certificateauthority/authority:Authority",
    "gcp:composer/environment:Environment",
    "gcp:compute/disk:Disk",
    "gcp:compute/instance:Instance",
    "gcp:compute/instanceFromMachineImage:InstanceFromMachineImage",
    "gcp:compute/instanceFromTemplate:InstanceFromTemplate",
    "gcp:compute/machineImage:MachineImage",
    "gcp:compute/regionDisk:RegionDisk",
    "gcp:compute/snapshot:Snapshot",
    "gcp:dataform/repository:Repository",
    "gcp:datafusion/instance:Instance",
    "gcp:dataproc/metastoreService:MetastoreService",
    "gcp:discoveryengine/dataStore:DataStore",
    "gcp:filestore/backup:Backup",
    "gcp:filestore/instance:Instance",
    "gcp:filestore/snapshot:Snapshot",
    "gcp:firebase/databaseInstance:DatabaseInstance",
    "gcp:firestore/database:Database",
    "gcp:healthcare/consentStore:ConsentStore",
    "gcp:healthcare/dataset:Dataset",
    "gcp:healthcare/dicomStore:DicomStore",
    "gcp:healthcare/fhirStore:FhirStore",
    "gcp:healthcare/hl7Store:Hl7Store",
    "gcp:identityplatform/tenant:Tenant",
    "gcp:looker/instance:Instance",
    "gcp:lustre/instance:Instance",
    "gcp:managedkafka/cluster:Cluster",
    "gcp:managedkafka/topic:Topic",
    "gcp:memcache/instance:Instance",
    "gcp:memorystore/instance:Instance",
    "gcp:netapp/backup:Backup",
    "gcp:netapp/backupVault:BackupVault",
    "gcp:netapp/volume:Volume",
    "gcp:oracledatabase/autonomousDatabase:AutonomousDatabase",
    "gcp:oracledatabase/cloudVmCluster:CloudVmCluster",
    "gcp:oracledatabase/dbSystem:DbSystem",
    "gcp:oracledatabase/exascaleDbStorageVault:ExascaleDbStorageVault",
    "gcp:parallelstore/instance:Instance",
    "gcp:pubsub/liteTopic:LiteTopic",
    "gcp:pubsub/subscription:Subscription",
    "gcp:redis/cluster:Cluster",
    "gcp:secretmanager/regionalSecret:RegionalSecret",
    "gcp:securesourcemanager/instance:Instance",
    "gcp:securesourcemanager/repository:Repository",
    "gcp:sourcerepo/repository:Repository",
    "gcp:spanner/database:Database",
    "gcp:spanner/instance:Instance",
    "gcp:vectorsearch/collection:Collection",
    "gcp:vertex/aiDataset:AiDataset",
    "gcp:vertex/aiFeatureOnlineStore:AiFeatureOnlineStore",
    "gcp:vertex/aiFeatureStore:AiFeatureStore",
    "gcp:vertex/aiIndex:AiIndex",
    "gcp:vertex/aiMetadataStore:AiMetadataStore",
    "gcp:vmwareengine/cluster:Cluster",
    "gcp:workbench/instance:Instance",
    STATEFUL_SET,
    "kubernetes:core/v1:PersistentVolume",
    "kubernetes:core/v1:PersistentVolumeClaim",
)
"""Types that hold data, and that no phase has: nothing here would keep them through a climb."""

SWITCHES: Final = ("deletionProtection", "deletionProtectionEnabled",
                   "settings.deletionProtectionEnabled")  # fmt: skip
"""Properties that refuse a deletion when they are true."""
POLICY: Final = "deletionPolicy"
PREVENT: Final = "PREVENT"
ABANDON: Final = "ABANDON"
"""Left in the cloud, data and all, when its resource goes."""
KEPT_BY: Final = {DATABASE: ABANDON}
"""A database stays with its instance, which is protected: PostgreSQL refuses to drop tables."""


def is_stateful(fact: Fact) -> bool:
    """Whether data would be lost with a resource. A SQL replica's data are its primary's.

    A primary that is not known yet may be none at all: then the instance is taken for one itself.
    """
    if fact.type not in STATEFUL:
        return False
    primary = fact.read("masterInstanceName")
    is_named = isinstance(primary, str) and primary not in ("", SECRET_MARK)
    return fact.read("instanceType") not in COPIES and not is_named


def protections(type_: str) -> Iterator[tuple[str, Any]]:
    """Properties by which the provider refuses to delete a resource of a type, and their values.

    A type whose switch refuses needs no deletion policy beside it.
    """
    known = replacement_of(type_).get("deletionProtection", ())
    switches = [path for path in known if path in SWITCHES]
    for path in switches:
        yield path, True
    if POLICY in known and not switches:
        yield POLICY, KEPT_BY.get(type_, PREVENT)


def accepted(type_: str, path: str) -> tuple[Any, ...]:
    """Values of such a property with which data stay; `None` where that is the provider's default.

    Other projects may abandon what palier prevents: either way it stays in the cloud.
    """
    if path == POLICY:
        return (PREVENT, ABANDON)
    defaults = replacement_of(type_).get("deletionProtectionDefaults", {})
    return (True, None) if defaults.get(path) is True else (True,)
