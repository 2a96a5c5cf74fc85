"""Fixtures of the rules of cost hygiene."""

from __future__ import annotations

from typing import Final

from palier.facts import UNKNOWN, Value
from palier.testing.fixtures import Added, Change, Fixture, Resource, unknown

SQL: Final = "gcp:sql/databaseInstance:DatabaseInstance"
CLUSTER: Final = "gcp:container/cluster:Cluster"
POOL: Final = "gcp:container/nodePool:NodePool"
SERVICE: Final = "gcp:compute/backendService:BackendService"
RULE: Final = "gcp:compute/globalForwardingRule:GlobalForwardingRule"
SUBNET: Final = "gcp:compute/subnetwork:Subnetwork"
REGISTRY: Final = "gcp:artifactregistry/repository:Repository"
BUCKET: Final = "gcp:storage/bucket:Bucket"
LOGS: Final = "gcp:logging/projectBucketConfig:ProjectBucketConfig"
NAT: Final = "gcp:compute/routerNat:RouterNat"
LABELLED: Final = {
    BUCKET: "labels",
    REGISTRY: "labels",
    RULE: "labels",
    "gcp:compute/address:Address": "labels",
    "gcp:dns/managedZone:ManagedZone": "labels",
    "gcp:kms/cryptoKey:CryptoKey": "labels",
    "gcp:redis/instance:Instance": "labels",
    "gcp:secretmanager/secret:Secret": "labels",
    "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig": "userLabels",
    CLUSTER: "resourceLabels",
}
"""Types, and where their labels are. A database keeps its labels in its settings."""

ROOT: Final = Resource(
    type="palier:platform:Platform",
    name="palier",
    custom=False,
    outputs={"quotas": {"eu-g1": {"vcpu": "1.2", "memory_gib": "3"}}},
)
AUTOPILOT: Final = Resource(type=CLUSTER, name="gke-eu-g1", inputs={"enableAutopilot": True})
PRIMARY: Final = Resource(
    type=SQL,
    name="main",
    inputs={
        "databaseVersion": "POSTGRES_17",
        "settings": {
            "edition": "ENTERPRISE",
            "diskAutoresize": True,
            "diskAutoresizeLimit": 40,
            "userLabels": {"palier-cost-centre": "platform"},
        },
    },
)
READERS: Final = Resource(
    type=SQL,
    name="main-pool",
    inputs={
        "databaseVersion": "POSTGRES_17",
        "masterInstanceName": "main",
        "settings": {
            "edition": "ENTERPRISE_PLUS",
            "diskAutoresizeLimit": 40,
            "readPoolAutoScaleConfig": {"enabled": True, "minNodeCount": 1, "maxNodeCount": 3},
        },
    },
)
OF_READERS: Final = {"settings.readPoolAutoScaleConfig.enabled": True}
OLD: Final = Resource(
    type=SQL, name="old", inputs={"databaseVersion": "POSTGRES_15", "settings": {}}
)
FIXED_DISK: Final = Resource(
    type=SQL,
    name="other",
    inputs={"databaseVersion": "POSTGRES_15", "settings": {"diskAutoresize": False}},
)
STANDARD: Final = Resource(
    type=CLUSTER,
    name="gke-eu-g2",
    inputs={
        "nodePools": [{"autoscaling": {"maxNodeCount": 3}}, {"nodeCount": 2}],
        "clusterAutoscaling": {
            "enabled": True,
            "resourceLimits": [
                {"resourceType": "cpu", "minimum": 0, "maximum": 64},
                {"resourceType": "memory", "minimum": 0, "maximum": 256},
            ],
        },
    },
)
GROWING: Final = {"clusterAutoscaling.enabled": True}
LIMITS: Final = "clusterAutoscaling.resourceLimits"
NODES: Final = Resource(
    type=POOL,
    name="baseline",
    inputs={"autoscaling": {"totalMinNodeCount": 3, "totalMaxNodeCount": 40}},
)
API: Final = Resource(
    type=SERVICE,
    name="api",
    inputs={
        "loadBalancingScheme": "EXTERNAL_MANAGED",
        "logConfig": {"enable": True, "sampleRate": 0.1},
    },
)
ENTRY: Final = Resource(type=RULE, name="https", inputs={"loadBalancingScheme": "EXTERNAL_MANAGED"})
FLOWS: Final = Resource(
    type=SUBNET,
    name="nodes",
    inputs={"logConfig": {"aggregationInterval": "INTERVAL_10_MIN", "flowSampling": 0.05}},
)
IMAGES: Final = Resource(
    type=REGISTRY,
    name="images",
    inputs={
        "mode": "STANDARD_REPOSITORY",
        "cleanupPolicyDryRun": False,
        "cleanupPolicies": [
            {"id": "recent", "action": "KEEP", "mostRecentVersions": {"keepCount": 10}},
            {"id": "old", "action": "DELETE", "condition": {"olderThan": "2592000s"}},
        ],
    },
)
VERSIONED: Final = Resource(
    type=BUCKET,
    name="files",
    inputs={
        "versioning": {"enabled": True},
        "lifecycleRules": [
            {"action": {"type": "Delete"}, "condition": {"numNewerVersions": 3}},
        ],
    },
)


def put(type_: str, at: str, *values: Value, **where: Value) -> list[Change]:
    """Values put into a resource of a type, each alone."""
    return [Change(type=type_, at=at, to=value, where=where) for value in values]


def limits(**maximum: Value) -> list[dict[str, Value]]:
    """Limits of node auto-provisioning, by kind."""
    return [{"resourceType": kind, "maximum": most} for kind, most in maximum.items()]


FIXTURES: Final[tuple[Fixture, ...]] = (
    Fixture(
        rule="cost-sql-edition",
        passing=[PRIMARY, READERS, OLD],
        violating=[
            *put(SQL, "settings.edition", None, "", "PREMIUM", databaseVersion="POSTGRES_17"),
            *put(SQL, "settings", None, databaseVersion="POSTGRES_17"),
            *put(SQL, "databaseVersion", "POSTGRES_16", "POSTGRES_20", "MYSQL_8_4",
                 databaseVersion="POSTGRES_15"),
        ],
        unknown=[
            unknown(SQL, "settings.edition", databaseVersion="POSTGRES_17"),
            unknown(SQL, "databaseVersion", databaseVersion="POSTGRES_15"),
        ],
    ),
    Fixture(
        rule="cost-sql-growth",
        passing=[PRIMARY, READERS, FIXED_DISK],
        violating=[
            *put(SQL, "settings.diskAutoresizeLimit", 0, None, "0", "none", [40]),
            *put(SQL, "settings.diskAutoresize", True, None, **{"settings.diskAutoresize": False}),
            *put(SQL, "settings.readPoolAutoScaleConfig.maxNodeCount", 0, None, 21, **OF_READERS),
        ],
        unknown=[
            unknown(SQL, "settings.diskAutoresizeLimit"),
            unknown(SQL, "settings"),
            *put(SQL, "settings.diskAutoresize", UNKNOWN, **{"settings.diskAutoresize": False}),
            *put(SQL, "settings.readPoolAutoScaleConfig.maxNodeCount", UNKNOWN, **OF_READERS),
            unknown(SQL, "settings.readPoolAutoScaleConfig"),
        ],
    ),
    Fixture(
        rule="cost-nodes",
        passing=[AUTOPILOT, STANDARD, NODES, Resource(type=POOL, name="fixed")],
        violating=[
            *put(POOL, "autoscaling.totalMaxNodeCount", 0, None, "many", [40]),
            *put(POOL, "autoscaling", {"minNodeCount": 1}, [{"maxNodeCount": 3}]),
            *put(CLUSTER, "nodePools", [{"autoscaling": {"minNodeCount": 1}}], **GROWING),
            *put(CLUSTER, "nodePools", [{}, {"autoscaling": {"maxNodeCount": 0}}], **GROWING),
            *put(CLUSTER, LIMITS, None, [], limits(memory=256), limits(cpu=64), **GROWING),
            *put(CLUSTER, LIMITS, limits(cpu=64, memory=0), **GROWING),
            *put(CLUSTER, LIMITS, limits(cpu=None, memory=256), **GROWING),
        ],
        unknown=[
            unknown(POOL, "autoscaling"),
            unknown(POOL, "autoscaling.totalMaxNodeCount"),
            *put(POOL, "autoscaling", {"maxNodeCount": UNKNOWN}),
            *put(CLUSTER, "nodePools", UNKNOWN, [{"autoscaling": UNKNOWN}], [UNKNOWN], **GROWING),
            *put(CLUSTER, LIMITS, UNKNOWN, limits(cpu=64, memory=UNKNOWN), **GROWING),
            *put(CLUSTER, LIMITS, [{"resourceType": UNKNOWN, "maximum": 1}], **GROWING),
            *put(CLUSTER, "clusterAutoscaling", {"enabled": UNKNOWN}, **GROWING),
            *put(CLUSTER, "clusterAutoscaling", UNKNOWN, **GROWING),
        ],
    ),
    Fixture(
        rule="cost-autopilot-quota",
        passing=[ROOT, AUTOPILOT, STANDARD],
        violating=[
            Added(resource=Resource(type=CLUSTER, name="mine", inputs={"enableAutopilot": True})),
            Added(resource=Resource(
                type=CLUSTER, name="gke-eu-g9", inputs={"enableAutopilot": True})),
            *put(CLUSTER, "enableAutopilot", True, nodePools=STANDARD.inputs["nodePools"]),
        ],
        unknown=put(CLUSTER, "enableAutopilot", UNKNOWN, nodePools=STANDARD.inputs["nodePools"]),
    ),
    Fixture(
        rule="cost-balancer-scheme",
        passing=[API, ENTRY],
        violating=[*put(SERVICE, "loadBalancingScheme", None, ""),
                   *put(RULE, "loadBalancingScheme", None, "")],
        unknown=[unknown(SERVICE, "loadBalancingScheme"), unknown(RULE, "loadBalancingScheme")],
    ),
    Fixture(
        rule="cost-request-logs",
        passing=[API, ENTRY, Resource(type=SERVICE, name="silent")],
        violating=put(SERVICE, "logConfig.sampleRate", None, 2, -1, "all", [0.1]),
        unknown=[
            unknown(SERVICE, "logConfig.sampleRate"),
            *put(SERVICE, "logConfig", {"enable": UNKNOWN}),
        ],
    ),
    Fixture(
        rule="cost-flow-logs",
        passing=[FLOWS, Resource(type=SUBNET, name="silent")],
        violating=[
            *put(SUBNET, "logConfig.aggregationInterval", None, "INTERVAL_5_SEC"),
            *put(SUBNET, "logConfig.flowSampling", 0.6, 1, -1, "half"),
            *put(SUBNET, "logConfig", {}),
        ],
        unknown=[
            unknown(SUBNET, "logConfig"),
            unknown(SUBNET, "logConfig.aggregationInterval"),
            unknown(SUBNET, "logConfig.flowSampling"),
        ],
    ),
    Fixture(
        rule="cost-registry-cleanup",
        passing=[IMAGES, Resource(type=REGISTRY, name="virtual",
                                  inputs={"mode": "VIRTUAL_REPOSITORY"})],
        violating=[
            *put(REGISTRY, "cleanupPolicies", None, [], [{"action": "KEEP"}]),
            *put(REGISTRY, "cleanupPolicies.1.action", "KEEP", "delete"),
            *put(REGISTRY, "cleanupPolicyDryRun", True, "false"),
            *put(REGISTRY, "mode", "STANDARD_REPOSITORY", None, mode="VIRTUAL_REPOSITORY"),
        ],
        unknown=[
            unknown(REGISTRY, "cleanupPolicies"),
            unknown(REGISTRY, "cleanupPolicies.1.action"),
            unknown(REGISTRY, "cleanupPolicyDryRun"),
            unknown(REGISTRY, "mode", mode="VIRTUAL_REPOSITORY"),
        ],
    ),
    Fixture(
        rule="cost-bucket-lifecycle",
        passing=[VERSIONED, Resource(type=BUCKET, name="plain")],
        violating=[
            *put(BUCKET, "lifecycleRules", None, [], [{"action": {"type": "SetStorageClass"}}]),
            *put(BUCKET, "versioning", {"enabled": True}, versioning=None),
        ],
        unknown=[
            unknown(BUCKET, "lifecycleRules"),
            *put(BUCKET, "lifecycleRules", [{"action": {"type": UNKNOWN}}]),
            unknown(BUCKET, "versioning", versioning=None),
        ],
    ),
    Fixture(
        rule="cost-log-retention",
        passing=[Resource(type=LOGS, name="default", inputs={"retentionDays": 30}),
                 Resource(type=LOGS, name="bare")],
        violating=put(LOGS, "retentionDays", 31, 3650, "long"),
        unknown=[unknown(LOGS, "retentionDays")],
    ),
    Fixture(
        rule="cost-nat-logs",
        passing=[
            Resource(type=NAT, name="eu",
                     inputs={"logConfig": {"enable": True, "filter": "ERRORS_ONLY"}}),
            Resource(type=NAT, name="silent",
                     inputs={"logConfig": {"enable": False, "filter": "ALL"}}),
        ],
        violating=[
            *put(NAT, "logConfig.filter", "ALL", "TRANSLATIONS_ONLY", None),
            *put(NAT, "logConfig.enable", True, **{"logConfig.enable": False}),
        ],
        unknown=[
            unknown(NAT, "logConfig.filter"),
            *put(NAT, "logConfig.enable", UNKNOWN, **{"logConfig.enable": False}),
        ],
    ),
    Fixture(
        rule="cost-labels",
        passing=[ROOT, PRIMARY, *(
            Resource(type=type_, name="one", inputs={at: {"palier-cost-centre": "platform"}})
            for type_, at in LABELLED.items()
        )],
        violating=[
            *(change for type_, at in LABELLED.items()
              for change in put(type_, f"{at}.palier-cost-centre", None, "")),
            *(change for type_, at in LABELLED.items() for change in put(type_, at, None, [])),
            *put(SQL, "settings.userLabels", None, {"team": "a"}),
        ],
        unknown=[
            *(unknown(type_, at) for type_, at in LABELLED.items()),
            *(unknown(type_, f"{at}.palier-cost-centre") for type_, at in LABELLED.items()),
            unknown(SQL, "settings.userLabels"),
        ],
    ),
)  # fmt: skip
