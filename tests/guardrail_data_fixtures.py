"""Fixtures of the guardrails of keys and audit logs, and of caches, buckets and registries."""

from __future__ import annotations

from typing import Any, Final

from guardrail_cluster_fixtures import CLUSTER
from guardrail_node_fixtures import ALL as NODES
from guardrail_node_fixtures import MAY_REMAIN, wrong

from palier.facts import UNKNOWN, Value
from palier.testing.fixtures import Added, Change, Fixture, Removed, Resource, unknown

CRYPTO_KEY: Final = "gcp:kms/cryptoKey:CryptoKey"
SQL: Final = "gcp:sql/databaseInstance:DatabaseInstance"
REDIS: Final = "gcp:redis/instance:Instance"
REDIS_CLUSTER: Final = "gcp:redis/cluster:Cluster"
VALKEY: Final = "gcp:memorystore/instance:Instance"
REPOSITORY: Final = "gcp:artifactregistry/repository:Repository"
ON_REPOSITORY: Final = "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember"
BUCKET: Final = "gcp:storage/bucket:Bucket"
SECRET: Final = "gcp:secretmanager/secret:Secret"  # noqa: S105 a type token
AUDIT: Final = "gcp:projects/iAMAuditConfig:IAMAuditConfig"
KEY: Final = "projects/acme/locations/europe-west1/keyRings/keys/cryptoKeys/data"
PRIMARY: Final = {"masterInstanceName": None}
SITE_LABEL: Final = "labels.palier-role"
PRIVATE: Final = {"publicAccessPrevention": "enforced"}
ROTATES: Final = {"purpose": "ENCRYPT_DECRYPT"}

QUARTERLY: Final = Resource(
    type=CRYPTO_KEY, name="data", inputs={"purpose": "ENCRYPT_DECRYPT",
                                          "rotationPeriod": "7776000s"},
)  # fmt: skip
UNROTATED: Final = (
    Resource(type=CRYPTO_KEY, name="signs", inputs={"purpose": "ASYMMETRIC_SIGN"}),
    Resource(type=CRYPTO_KEY, name="brought", inputs={"importOnly": True}),
    Resource(type=CRYPTO_KEY, name="elsewhere", inputs={
        "versionTemplate": {"protectionLevel": "EXTERNAL"}}),
)  # fmt: skip
CACHE: Final = Resource(
    type=REDIS,
    name="cache",
    inputs={
        "customerManagedKey": KEY,
        "authEnabled": True,
        "transitEncryptionMode": "SERVER_AUTHENTICATION",
        "connectMode": "PRIVATE_SERVICE_ACCESS",
    },
)
CACHES: Final = (
    CACHE,
    Resource(type=REDIS_CLUSTER, name="sharded", inputs={
        "kmsKey": KEY, "authorizationMode": "AUTH_MODE_IAM_AUTH",
        "transitEncryptionMode": "TRANSIT_ENCRYPTION_MODE_SERVER_AUTHENTICATION"}),
    Resource(type=VALKEY, name="valkey", inputs={
        "kmsKey": KEY, "authorizationMode": "IAM_AUTH",
        "transitEncryptionMode": "SERVER_AUTHENTICATION"}),
)  # fmt: skip
ENCRYPTED: Final = (
    Resource(type=SQL, name="main", inputs={"encryptionKeyName": KEY}),
    Resource(type=SQL, name="replica", inputs={"masterInstanceName": "main"}),
    Resource(type=REPOSITORY, name="images", inputs={
        "mode": "STANDARD_REPOSITORY", "kmsKeyName": UNKNOWN}),
    Resource(type=REPOSITORY, name="all", inputs={"mode": "VIRTUAL_REPOSITORY"}),
)  # fmt: skip
STANDARD_MODE: Final = {"mode": "STANDARD_REPOSITORY"}
BUCKETS: Final = (
    Resource(type=BUCKET, name="backup", inputs={
        "uniformBucketLevelAccess": True, "publicAccessPrevention": "enforced"}),
    Resource(type=BUCKET, name="site", inputs={
        "uniformBucketLevelAccess": True, "publicAccessPrevention": "inherited",
        "labels": {"palier-role": "static-site"}}),
)  # fmt: skip


def logs(*kinds: str, **more: Value) -> list[dict[str, Any]]:
    """What a config of audit logs says: the last kind has more."""
    return [*({"logType": kind} for kind in kinds[:-1]), {"logType": kinds[-1], **more}]


EVERYTHING: Final = ("ADMIN_READ", "DATA_READ", "DATA_WRITE")
HOLDERS: Final = (
    Resource(type=SQL, name="main"), Resource(type=BUCKET, name="backup"),
    Resource(type=SECRET, name="one"), Resource(type=CRYPTO_KEY, name="data"),
)  # fmt: skip


def audited(service: str) -> Resource:
    """A config of audit logs of one service."""
    return Resource(type=AUDIT, name=service, inputs={
        "service": f"{service}.googleapis.com", "auditLogConfigs": logs(*EVERYTHING)})  # fmt: skip


AUDITED: Final = tuple(map(audited, ("cloudsql", "storage", "secretmanager", "cloudkms")))
FIXTURES: Final[tuple[Fixture, ...]] = (
    Fixture(
        rule="kms-rotation",
        passing=[
            QUARTERLY, *UNROTATED,
            Resource(type=CRYPTO_KEY, name="daily", inputs={"rotationPeriod": "86400.5s"}),
        ],
        violating=[
            *(Change(type=CRYPTO_KEY, at="rotationPeriod", to=period, where=ROTATES)
              for period in (None, "", "7776001s", "7776000.5s", "90d", 7776000)),
            Change(type=CRYPTO_KEY, at="purpose", to=None, where={"purpose": "ASYMMETRIC_SIGN"}),
        ],
        unknown=[
            unknown(CRYPTO_KEY, "rotationPeriod", **ROTATES),
            unknown(CRYPTO_KEY, "purpose", purpose="ASYMMETRIC_SIGN"),
            unknown(CRYPTO_KEY, "importOnly", importOnly=True),
            unknown(CRYPTO_KEY, "versionTemplate",
                    **{"versionTemplate.protectionLevel": "EXTERNAL"}),
        ],
    ),
    Fixture(
        rule="kms-customer-keys",
        passing=[*ENCRYPTED, *CACHES, *NODES],
        violating=[
            Change(type=SQL, at="encryptionKeyName", to=None, where=PRIMARY),
            Change(type=REPOSITORY, at="kmsKeyName", to=None, where=STANDARD_MODE),
            Change(type=REDIS, at="customerManagedKey", to=None),
            Change(type=REDIS_CLUSTER, at="kmsKey", to=None),
            Change(type=VALKEY, at="kmsKey", to=""),
            *wrong("nodeConfig.bootDiskKmsKey", None),
            Change(type=CLUSTER, at="clusterAutoscaling.autoProvisioningDefaults.bootDiskKmsKey",
                   to=None, where={"enableAutopilot": True}),
        ],
        unknown=[
            unknown(SQL, "masterInstanceName", masterInstanceName="main"),
            unknown(REPOSITORY, "mode", mode="VIRTUAL_REPOSITORY"),
            MAY_REMAIN,
        ],
    ),
    Fixture(
        rule="audit-data-access",
        passing=[*HOLDERS, *AUDITED],
        violating=[
            Removed(type=AUDIT),
            Change(type=AUDIT, at="service", to="run.googleapis.com"),
            *(Change(type=AUDIT, at="auditLogConfigs", to=logs(*EVERYTHING[:place],
                                                              *EVERYTHING[place + 1:]))
              for place in range(len(EVERYTHING))),
            Change(type=AUDIT, at="auditLogConfigs", to=None),
            Change(type=AUDIT, at="auditLogConfigs",
                   to=logs(*EVERYTHING, exemptedMembers=["user:root@example.com"])),
            *(Added(resource=Resource(type=type_, name="less", inputs={
                "service": "allServices", "auditLogConfigs": logs("ADMIN_READ")}))
              for type_ in ("gcp:organizations/iamAuditConfig:IamAuditConfig",
                            "gcp:folder/iamAuditConfig:IamAuditConfig")),
        ],
        unknown=[
            unknown(AUDIT, "service"),
            unknown(AUDIT, "auditLogConfigs"),
            Change(type=AUDIT, at="auditLogConfigs",
                   to=logs(*EVERYTHING, exemptedMembers=UNKNOWN)),
        ],
    ),
    Fixture(
        rule="redis-auth",
        passing=CACHES,
        violating=[
            Change(type=REDIS, at="authEnabled", to=False),
            Change(type=REDIS, at="authEnabled", to=None),
            Change(type=REDIS_CLUSTER, at="authorizationMode", to="AUTH_MODE_DISABLED"),
            Change(type=VALKEY, at="authorizationMode", to=None),
        ],
        unknown=[
            unknown(REDIS, "authEnabled"), unknown(REDIS_CLUSTER, "authorizationMode"),
            unknown(VALKEY, "authorizationMode"),
        ],
    ),
    Fixture(
        rule="redis-tls",
        passing=CACHES,
        violating=[
            Change(type=REDIS, at="transitEncryptionMode", to="DISABLED"),
            Change(type=REDIS, at="transitEncryptionMode", to=None),
            Change(type=REDIS_CLUSTER, at="transitEncryptionMode", to=None),
            Change(type=VALKEY, at="transitEncryptionMode", to="TRANSIT_ENCRYPTION_DISABLED"),
        ],
        unknown=[unknown(type_, "transitEncryptionMode")
                 for type_ in (REDIS, REDIS_CLUSTER, VALKEY)],
    ),
    Fixture(
        rule="redis-private-access",
        passing=CACHES,
        violating=[
            Change(type=REDIS, at="connectMode", to="DIRECT_PEERING"),
            Change(type=REDIS, at="connectMode", to=None),
        ],
        unknown=[unknown(REDIS, "connectMode")],
    ),
    Fixture(
        rule="bucket-uniform-access",
        passing=BUCKETS,
        violating=[
            Change(type=BUCKET, at="uniformBucketLevelAccess", to=False),
            Change(type=BUCKET, at="uniformBucketLevelAccess", to=None),
        ],
        unknown=[unknown(BUCKET, "uniformBucketLevelAccess")],
    ),
    Fixture(
        rule="bucket-public-access",
        passing=BUCKETS,
        violating=[
            Change(type=BUCKET, at="publicAccessPrevention", to="inherited", where=PRIVATE),
            Change(type=BUCKET, at="publicAccessPrevention", to=None, where=PRIVATE),
            Change(type=BUCKET, at=SITE_LABEL, to=None, where={SITE_LABEL: "static-site"}),
        ],
        unknown=[
            unknown(BUCKET, "publicAccessPrevention", **PRIVATE),
            unknown(BUCKET, SITE_LABEL, **{SITE_LABEL: "static-site"}),
            unknown(BUCKET, "labels", **{SITE_LABEL: "static-site"}),
        ],
    ),
    Fixture(
        rule="registry-roles",
        passing=[Resource(type=ON_REPOSITORY, name="nodes", inputs={
            "role": "roles/artifactregistry.reader", "member": "group:team@example.com"})],
        violating=[
            Change(type=ON_REPOSITORY, at="role", to="roles/artifactregistry.admin"),
            Change(type=ON_REPOSITORY, at="role", to="roles/artifactregistry.repoAdmin"),
            Added(resource=Resource(
                type="gcp:artifactregistry/repositoryIamBinding:RepositoryIamBinding", name="more",
                inputs={"role": "roles/artifactregistry.admin",
                        "members": ["group:team@example.com"]})),
        ],
        unknown=[unknown(ON_REPOSITORY, "role")],
    ),
)  # fmt: skip
