"""Fixtures of the rules of data safety."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from palier.facts import UNKNOWN, Value
from palier.testing.fixtures import Added, Change, Fixture, Resource, unknown

SQL: Final = "gcp:sql/databaseInstance:DatabaseInstance"
DATABASE: Final = "gcp:sql/database:Database"
REDIS: Final = "gcp:redis/instance:Instance"
BUCKET: Final = "gcp:storage/bucket:Bucket"
REGISTRY: Final = "gcp:artifactregistry/repository:Repository"
ZONE: Final = "gcp:dns/managedZone:ManagedZone"
RING: Final = "gcp:kms/keyRing:KeyRing"
KEY: Final = "gcp:kms/cryptoKey:CryptoKey"
SECRET: Final = "gcp:secretmanager/secret:Secret"  # noqa: S105 a type token
VERSION: Final = "gcp:secretmanager/secretVersion:SecretVersion"
NETWORK: Final = "gcp:compute/network:Network"
SUBNET: Final = "gcp:compute/subnetwork:Subnetwork"
ADDRESS: Final = "gcp:compute/globalAddress:GlobalAddress"
PEERING: Final = "gcp:servicenetworking/connection:Connection"
STATEFUL_SET: Final = "kubernetes:apps/v1:StatefulSet"
BY_POLICY: Final = (SUBNET, REGISTRY, ADDRESS, NETWORK, ZONE, KEY, PEERING, DATABASE, BUCKET)
"""Types that the provider keeps by their deletion policy."""

ROOT: Final = Resource(
    type="palier:platform:Platform", name="palier", custom=False, outputs={"phase": "scale"}
)
PRIMARY: Final = Resource(
    type=SQL,
    name="main",
    protect=True,
    inputs={
        "databaseVersion": "POSTGRES_17",
        "deletionProtection": True,
        "settings": {
            "availabilityType": "REGIONAL",
            "backupConfiguration": {
                "enabled": True,
                "pointInTimeRecoveryEnabled": True,
                "transactionLogRetentionDays": 7,
                "backupRetentionSettings": {"retainedBackups": 7, "retentionUnit": "COUNT"},
            },
            "deletionProtectionEnabled": True,
            "diskAutoresize": True,
            "diskAutoresizeLimit": 40,
            "diskSize": 20,
            "finalBackupConfig": {"enabled": True, "retentionDays": 30},
            "retainBackupsOnDelete": True,
        },
    },
)
REPLICA: Final = Resource(
    type=SQL, name="main-r1", inputs={"masterInstanceName": "main", "settings": {}}
)
MYSQL: Final = Resource(
    type=SQL,
    name="other",
    inputs={
        "databaseVersion": "MYSQL_8_0",
        "settings": {"backupConfiguration": {"enabled": True, "binaryLogEnabled": True}},
    },
)
CACHE: Final = Resource(
    type=REDIS,
    name="cache",
    protect=True,
    inputs={
        "tier": "STANDARD_HA",
        "deletionProtection": True,
        "redisConfigs": {"maxmemory-policy": "volatile-lru"},
    },
)
BACKUPS: Final = Resource(
    type=BUCKET,
    name="backups",
    protect=True,
    inputs={
        "labels": {"palier-role": "backup"},
        "deletionPolicy": "PREVENT",
        "forceDestroy": False,
        "versioning": {"enabled": True},
        "softDeletePolicy": {"retentionDurationSeconds": 604800},
        "retentionPolicy": {"retentionPeriod": "604800"},
        "lifecycleRules": [
            {"action": {"type": "SetStorageClass"}, "condition": {"age": 1}},
            {"action": {"type": "Delete"}, "condition": {"age": 30}},
            {"action": {"type": "Delete"}, "condition": {"withState": "ARCHIVED"}},
        ],
    },
)
IMAGES: Final = Resource(
    type=REGISTRY,
    name="images",
    protect=True,
    inputs={
        "deletionPolicy": "PREVENT",
        "cleanupPolicies": [
            {"id": "recent", "action": "KEEP", "mostRecentVersions": {"keepCount": 10}},
            {"id": "old", "action": "DELETE", "condition": {"olderThan": "2592000s"}},
        ],
    },
)
KEPT: Final = tuple(
    Resource(type=type_, name=type_.rsplit(":", 1)[1], protect=True, inputs=inputs)
    for type_, inputs in (
        (SUBNET, {"deletionPolicy": "PREVENT"}),
        (ADDRESS, {"deletionPolicy": "PREVENT"}),
        (NETWORK, {"deletionPolicy": "PREVENT"}),
        (ZONE, {"deletionPolicy": "PREVENT", "forceDestroy": False}),
        (RING, {}),
        (KEY, {"deletionPolicy": "PREVENT", "destroyScheduledDuration": "2592000s"}),
        (SECRET, {"deletionProtection": True}),
        (PEERING, {"deletionPolicy": "ABANDON"}),
        (DATABASE, {"deletionPolicy": "ABANDON"}),
    )
)
EVERYTHING: Final = (PRIMARY, REPLICA, CACHE, BACKUPS, IMAGES, *KEPT)
RENAMED: Final = {"masterInstanceName": "main", "instanceType": None}
"""The fixtures' own replica, which only the name of its primary makes one."""
OF_PRIMARY: Final[Mapping[str, Value]] = {"masterInstanceName": None}
OF_BACKUPS: Final[Mapping[str, Value]] = {"labels.palier-role": "backup"}
CONFIGURATION: Final = "settings.backupConfiguration"


def primary(at: str, *values: Value) -> list[Change]:
    """Values put into a primary, each alone."""
    return [Change(type=SQL, at=at, to=value, where=OF_PRIMARY) for value in values]


def backups(at: str, *values: Value) -> list[Change]:
    """Values put into a bucket of backups, each alone."""
    return [Change(type=BUCKET, at=at, to=value, where=OF_BACKUPS) for value in values]


def put(type_: str, at: str, *values: Value) -> list[Change]:
    """Values put into a resource of a type, each alone."""
    return [Change(type=type_, at=at, to=value) for value in values]


def deleting(**condition: Value) -> list[dict[str, Value]]:
    """A lifecycle with one rule."""
    return [{"action": {"type": "Delete"}, "condition": condition}]


def added(type_: str, **inputs: Value) -> Added:
    """A resource more, protected as well as can be."""
    return Added(resource=Resource(type=type_, name="more", protect=True, inputs=inputs))


FIXTURES: Final[tuple[Fixture, ...]] = (
    Fixture(
        rule="ledger-protect",
        passing=EVERYTHING,
        violating=[
            *primary("protect", False),
            *(Change(type=type_, at="protect", to=False)
              for type_ in (REDIS, RING, SECRET, *BY_POLICY)),
            Change(type=SQL, at="masterInstanceName", to="", where=RENAMED),
        ],
        unknown=[unknown(SQL, "masterInstanceName", **RENAMED)],
    ),
    Fixture(
        rule="ledger-provider-switch",
        passing=EVERYTHING,
        violating=[
            *primary("deletionProtection", False, "true"),
            *primary("settings.deletionProtectionEnabled", False, None),
            *primary("settings", None),
            *put(REDIS, "deletionProtection", False, None, 0),
            *put(SECRET, "deletionProtection", False, None),
            *(change for type_ in BY_POLICY
              for change in put(type_, "deletionPolicy", "DELETE", None, ["PREVENT"])),
            *put(PEERING, "deletionPolicy", "REMOVE_PEERING"),
        ],
        unknown=[
            unknown(SQL, "deletionProtection", **OF_PRIMARY),
            unknown(SQL, "settings.deletionProtectionEnabled", **OF_PRIMARY),
            unknown(SQL, "settings", **OF_PRIMARY),
            unknown(SQL, "masterInstanceName", **RENAMED),
            unknown(REDIS, "deletionProtection"),
            unknown(SECRET, "deletionProtection"),
            *(unknown(type_, "deletionPolicy") for type_ in BY_POLICY),
        ],
    ),
    Fixture(
        rule="ledger-force-destroy",
        passing=[BACKUPS, *KEPT],
        violating=[*put(BUCKET, "forceDestroy", True, "yes"), *put(ZONE, "forceDestroy", True)],
        unknown=[unknown(BUCKET, "forceDestroy"), unknown(ZONE, "forceDestroy")],
    ),
    Fixture(
        rule="ledger-outside",
        passing=[*EVERYTHING, Resource(type=STATEFUL_SET, name="cache", inputs={"spec": {}})],
        violating=[
            added("gcp:alloydb/cluster:Cluster"),
            added("gcp:bigquery/table:Table", deletionProtection=True),
            added("gcp:compute/disk:Disk"),
            added("gcp:spanner/database:Database", deletionProtection=True),
            added("kubernetes:core/v1:PersistentVolumeClaim"),
            added(STATEFUL_SET, spec={"volumeClaimTemplates": [{"metadata": {"name": "data"}}]}),
            Change(type=STATEFUL_SET, at="spec.volumeClaimTemplates", to=[{}]),
        ],
        unknown=[unknown(STATEFUL_SET, "spec.volumeClaimTemplates"),
                 unknown(STATEFUL_SET, "spec")],
    ),
    Fixture(
        rule="sql-backups",
        passing=[PRIMARY, REPLICA, MYSQL],
        violating=[
            *primary(f"{CONFIGURATION}.enabled", False, None, "true", 1),
            *primary(f"{CONFIGURATION}.pointInTimeRecoveryEnabled", False, None),
            *primary(CONFIGURATION, None, []),
            *primary("settings", None),
            Change(type=SQL, at=f"{CONFIGURATION}.binaryLogEnabled", to=None,
                   where={"databaseVersion": "MYSQL_8_0"}),
            Change(type=SQL, at="masterInstanceName", to="", where=RENAMED),
        ],
        unknown=[
            unknown(SQL, f"{CONFIGURATION}.enabled", **OF_PRIMARY),
            unknown(SQL, f"{CONFIGURATION}.pointInTimeRecoveryEnabled", **OF_PRIMARY),
            unknown(SQL, "settings", **OF_PRIMARY),
            unknown(SQL, "masterInstanceName", **RENAMED),
            unknown(SQL, f"{CONFIGURATION}.binaryLogEnabled", databaseVersion="MYSQL_8_0"),
        ],
    ),
    Fixture(
        rule="sql-backup-retention",
        passing=[PRIMARY, MYSQL],
        violating=[
            *primary(f"{CONFIGURATION}.backupRetentionSettings.retainedBackups", 6, 0, "1", [7]),
            *primary(f"{CONFIGURATION}.transactionLogRetentionDays", 6, 0, True, "seven"),
        ],
        unknown=[
            unknown(SQL, f"{CONFIGURATION}.backupRetentionSettings.retainedBackups", **OF_PRIMARY),
            unknown(SQL, f"{CONFIGURATION}.transactionLogRetentionDays", **OF_PRIMARY),
        ],
    ),
    Fixture(
        rule="sql-final-backup",
        passing=[PRIMARY, REPLICA],
        violating=[
            *primary("settings.finalBackupConfig.enabled", False, None),
            *primary("settings.finalBackupConfig", None, [{"enabled": True}]),
        ],
        unknown=[
            unknown(SQL, "settings.finalBackupConfig.enabled", **OF_PRIMARY),
            unknown(SQL, "settings.finalBackupConfig", **OF_PRIMARY),
        ],
    ),
    Fixture(
        rule="sql-retained-backups",
        passing=[PRIMARY, REPLICA],
        violating=primary("settings.retainBackupsOnDelete", False, None, "true"),
        unknown=[unknown(SQL, "settings.retainBackupsOnDelete", **OF_PRIMARY)],
    ),
    Fixture(
        rule="sql-disk-grows",
        passing=[PRIMARY, REPLICA],
        violating=[
            *primary("settings.diskAutoresize", False, "no"),
            *primary("settings.diskAutoresizeLimit", 1, -1, "much", [40]),
            *primary("settings.diskSize", 65_536, "20 GB"),
        ],
        unknown=[
            unknown(SQL, "settings.diskAutoresize", **OF_PRIMARY),
            unknown(SQL, "settings.diskAutoresizeLimit", **OF_PRIMARY),
            unknown(SQL, "settings.diskSize", **OF_PRIMARY),
        ],
    ),
    Fixture(
        rule="sql-ha",
        passing=[ROOT, PRIMARY, REPLICA],
        violating=[
            Change(type=SQL, at="settings.availabilityType", to=value,
                   where={"settings.availabilityType": "REGIONAL"})
            for value in ("ZONAL", None, "regional")
        ],
        unknown=[
            Change(type=SQL, at="settings.availabilityType", to=UNKNOWN,
                   where={"settings.availabilityType": "REGIONAL"})
        ],
    ),
    Fixture(
        rule="redis-no-basic",
        passing=[CACHE],
        violating=put(REDIS, "tier", "BASIC", None, ["STANDARD_HA"]),
        unknown=[unknown(REDIS, "tier")],
    ),
    Fixture(
        rule="redis-keeps",
        passing=[CACHE, Resource(type=REDIS, name="bare", inputs={"tier": "STANDARD_HA"})],
        violating=put(REDIS, "redisConfigs.maxmemory-policy", "allkeys-lru", "allkeys-random"),
        unknown=[unknown(REDIS, "redisConfigs.maxmemory-policy"), unknown(REDIS, "redisConfigs")],
    ),
    Fixture(
        rule="bucket-soft-delete",
        passing=[BACKUPS, Resource(type=BUCKET, name="plain")],
        violating=put(BUCKET, "softDeletePolicy.retentionDurationSeconds", 0, 86_400, "week"),
        unknown=[unknown(BUCKET, "softDeletePolicy.retentionDurationSeconds")],
    ),
    Fixture(
        rule="bucket-backup",
        passing=[BACKUPS, Resource(type=BUCKET, name="plain")],
        violating=[
            *backups("versioning.enabled", False, None),
            *backups("versioning", None, [{"enabled": True}]),
            *backups("softDeletePolicy.retentionDurationSeconds", 0),
            *backups("retentionPolicy.retentionPeriod", "0", "86400", None, []),
            *backups("retentionPolicy", None),
        ],
        unknown=[
            unknown(BUCKET, "versioning.enabled", **OF_BACKUPS),
            unknown(BUCKET, "softDeletePolicy.retentionDurationSeconds", **OF_BACKUPS),
            unknown(BUCKET, "retentionPolicy", **OF_BACKUPS),
            unknown(BUCKET, "labels", labels=None),
        ],
    ),
    Fixture(
        rule="bucket-backup-lifetime",
        passing=[BACKUPS],
        violating=[
            *backups("lifecycleRules", deleting(age=29), deleting(age=0), deleting()),
            *backups("lifecycleRules", [*deleting(age=365), *deleting(withState="LIVE")]),
            *backups("lifecycleRules", deleting(numNewerVersions=0, daysSinceNoncurrentTime=0)),
            *backups("lifecycleRules.1.condition.age", 1, None),
        ],
        unknown=[
            unknown(BUCKET, "lifecycleRules", **OF_BACKUPS),
            unknown(BUCKET, "lifecycleRules.1.condition.age", **OF_BACKUPS),
            *backups("lifecycleRules", deleting(numNewerVersions=UNKNOWN)),
            *backups("lifecycleRules", deleting(daysSinceNoncurrentTime=UNKNOWN)),
            *backups("lifecycleRules", deleting(withState=UNKNOWN)),
            *backups("lifecycleRules", [{"action": {"type": UNKNOWN}, "condition": {"age": 1}}]),
        ],
    ),
    Fixture(
        rule="registry-keeps",
        passing=[IMAGES, Resource(type=REGISTRY, name="plain")],
        violating=[
            *put(REGISTRY, "cleanupPolicies", [{"action": "DELETE"}]),
            *put(REGISTRY, "cleanupPolicies.0.action", "DELETE", "keep"),
        ],
        unknown=[unknown(REGISTRY, "cleanupPolicies"),
                 unknown(REGISTRY, "cleanupPolicies.0.action")],
    ),
    Fixture(
        rule="kms-destroy-window",
        passing=KEPT,
        violating=put(KEY, "destroyScheduledDuration", "86400s", "0s", "604799s", 2_592_000),
        unknown=[unknown(KEY, "destroyScheduledDuration")],
    ),
    Fixture(
        rule="secret-no-expiry",
        passing=KEPT,
        violating=[*put(SECRET, "ttl", "86400s"), *put(SECRET, "expireTime", "2027-01-01")],
        unknown=[unknown(SECRET, "ttl"), unknown(SECRET, "expireTime")],
    ),
    Fixture(
        rule="secret-versions-stay",
        passing=[Resource(type=VERSION, name="one", inputs={"deletionPolicy": "DISABLE"})],
        violating=put(VERSION, "deletionPolicy", "DELETE", None, ["DISABLE"]),
        unknown=[unknown(VERSION, "deletionPolicy")],
    ),
)  # fmt: skip
