"""Custom rules of a type: each one met and not met, and what only the diff refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from palier.facts import UNKNOWN
from palier.provider.conditional import RULES
from palier.provider.diff import META, Diff, diff, refusals
from palier.provider.refusals import TESTS
from palier.provider.schema import UnknownTypeError, types
from palier.provider.tree import replacement_of, schema_of

BUCKET = "gcp:storage/bucket:Bucket"
CLUSTER = "gcp:container/cluster:Cluster"
FIREWALL = "gcp:compute/firewall:Firewall"
HEALTH = "gcp:compute/healthCheck:HealthCheck"
JOB = "gcp:cloudscheduler/job:Job"
KEY = "gcp:kms/cryptoKey:CryptoKey"
CERTIFICATE = "gcp:compute/managedSslCertificate:ManagedSslCertificate"
CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"
METRIC = "gcp:logging/metric:Metric"
NAT = "gcp:compute/routerNat:RouterNat"
OBJECT = "gcp:storage/bucketObject:BucketObject"
REDIS = "gcp:redis/instance:Instance"
REGION_HEALTH = "gcp:compute/regionHealthCheck:RegionHealthCheck"
ROUTER = "gcp:compute/router:Router"
VAULT = "gcp:secretmanager/secret:Secret"
SECURITY = "gcp:compute/securityPolicy:SecurityPolicy"
SQL = "gcp:sql/databaseInstance:DatabaseInstance"
SSL = "gcp:compute/sSLPolicy:SSLPolicy"
SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"
TABLE = "gcp:bigquery/table:Table"

MARK = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17"}
CLOUD, REPLICA = "CLOUD_SQL_INSTANCE", "READ_REPLICA_INSTANCE"


def disk(size: int, *, grows: bool | None = None) -> dict[str, Any]:
    settings = {"tier": "t", "diskSize": size}
    return {"settings": settings if grows is None else {**settings, "diskAutoresize": grows}}


def network(value: Any) -> dict[str, Any]:
    config = {} if value is None else {"privateNetwork": value}
    return {"settings": {"tier": "t", "ipConfiguration": {"ipv4Enabled": False, **config}}}


def setting(key: str, value: Any) -> dict[str, Any]:
    return {"settings": {"tier": "t"} | ({} if value is None else {key: value})}


def replica(type_: str, master: str | None, *replicas: str) -> dict[str, Any]:
    inputs: dict[str, Any] = {"instanceType": type_, "replicaNames": list(replicas)}
    return inputs if master is None else {**inputs, "masterInstanceName": master}


def cascade(type_: str, value: bool, *replicas: str, master: str = "m") -> dict[str, Any]:
    return {
        **replica(type_, master, *replicas),
        "replicaConfiguration": {"cascadableReplica": value},
    }


def apis(*names: str) -> dict[str, Any]:
    return {"enableK8sBetaApis": {"enabledApis": list(names)}} if names else {}


def domain(value: str, *, autopilot: bool) -> dict[str, Any]:
    return {"enableAutopilot": autopilot, "dnsConfig": {"additiveVpcScopeDnsDomain": value}}


def retention(locked: bool) -> dict[str, Any]:
    return {"retentionPolicy": {"retentionPeriod": "1", "isLocked": locked}}


REPLACES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (BUCKET, retention(locked=True), retention(locked=False)),
    (BUCKET, retention(locked=True), {}),
    (CLUSTER, apis("a", "b"), apis("a")),
    (CLUSTER, apis("a"), {}),
    (CLUSTER, domain("a", autopilot=True), domain("b", autopilot=True)),
    (CLUSTER, {"enableFqdnNetworkPolicy": True}, {"enableFqdnNetworkPolicy": False}),
    (CLUSTER, {"enableFqdnNetworkPolicy": True}, {}),
    (CLUSTER, {"enableL4IlbSubsetting": True}, {"enableL4IlbSubsetting": False}),
    (REDIS, {"redisVersion": "REDIS_7_2"}, {"redisVersion": "REDIS_7_0"}),
    (REDIS, {"redisVersion": "REDIS_7_2"}, {"redisVersion": "REDIS_6_3"}),
    (SQL, cascade(REPLICA, value=False), cascade(REPLICA, value=True)),
    (SQL, disk(20, grows=False), disk(10, grows=False)),
    (SQL, network("n"), network(None)),
    (SQL, network("n"), network(UNKNOWN)),
    (SQL, network("n"), setting("ipConfiguration", {"ipv4Enabled": True})),
    (SQL, replica(REPLICA, "a"), replica(REPLICA, "b")),
    (SQL, replica(CLOUD, None, "b"), replica(REPLICA, "a")),
    (SQL, replica(CLOUD, None), replica(REPLICA, "a")),
    (SQL, replica(REPLICA, "a"), replica(REPLICA, UNKNOWN)),  # type: ignore[arg-type]
    (SQL, setting("autoUpgradeEnabled", True), setting("autoUpgradeEnabled", False)),
    (SQL, setting("autoUpgradeEnabled", True), setting("autoUpgradeEnabled", None)),
    (SUBNETWORK, {"ipCidrRange": "10.0.0.0/20"}, {"ipCidrRange": "10.0.0.0/21"}),
    (SUBNETWORK, {"ipCidrRange": "10.0.0.0/20"}, {"ipCidrRange": "10.1.0.0/20"}),
    (SUBNETWORK, {"ipCidrRange": "10.0.0.0/20"}, {"ipCidrRange": "fd00::/8"}),
]
UPDATES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (BUCKET, retention(locked=False), retention(locked=True)),
    (BUCKET, retention(locked=False), {}),
    (CLUSTER, apis("a"), apis("b", "a")),
    (CLUSTER, domain("a", autopilot=False), domain("b", autopilot=False)),
    (CLUSTER, {"enableFqdnNetworkPolicy": False}, {"enableFqdnNetworkPolicy": True}),
    (CLUSTER, {"enableL4IlbSubsetting": False}, {"enableL4IlbSubsetting": True}),
    (REDIS, {"redisVersion": "REDIS_7_0"}, {"redisVersion": "REDIS_7_2"}),
    (REDIS, {"redisVersion": "REDIS_7_0"}, {"redisVersion": "REDIS_6_X"}),
    (REDIS, {"redisVersion": "REDIS_6_X"}, {"redisVersion": "REDIS_5_0"}),
    (SQL, cascade(CLOUD, False, "m"), cascade(REPLICA, value=True)),
    (SQL, disk(10, grows=False), disk(20, grows=False)),
    (SQL, disk(10), disk(20)),
    (SQL, network(None), network("n")),
    (SQL, network("n"), network("m")),
    (SQL, network(None), network(UNKNOWN)),
    (SQL, replica(CLOUD, None, "b"), replica(REPLICA, "b")),
    (SQL, replica(REPLICA, "a"), {"instanceType": CLOUD}),
    (SQL, setting("autoUpgradeEnabled", False), setting("autoUpgradeEnabled", True)),
    (SUBNETWORK, {"ipCidrRange": "10.0.0.0/20"}, {"ipCidrRange": "10.0.0.0/16"}),
    (SUBNETWORK, {"ipCidrRange": "10.0.0.0/20"}, {"ipCidrRange": UNKNOWN}),
]
SAME: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (CERTIFICATE, {"managed": {"domains": ["a."]}}, {"managed": {"domains": ["a"]}}),
    (OBJECT, {"source": {**MARK, "path": "a", "hash": "h"}},
     {"source": {**MARK, "path": "b", "hash": "h"}}),
    (REDIS, {"tier": "BASIC"}, {}),
    (SQL, disk(20), disk(10)),
    (SQL, disk(20), disk(10, grows=True)),
    (SQL, replica(REPLICA, "a"), {"instanceType": REPLICA}),
]  # fmt: skip
PLAINLY: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    (CERTIFICATE, {"managed": {"domains": ["a", "b"]}}, {"managed": {"domains": ["b", "a"]}},
     "managed"),
    (CLUSTER, {"network": "other"}, {"network": "default"}, "network"),
    (CLUSTER, {"network": "other"}, {}, "network"),
    (METRIC, {"metricDescriptor": {"labels": [{"key": "a"}]}}, {"metricDescriptor": {"labels": []}},
     "metricDescriptor"),
    (OBJECT, {"source": {**MARK, "hash": "h"}}, {"source": {**MARK, "hash": "i"}}, "source"),
    (OBJECT, {"source": {**MARK, "hash": "h"}}, {"content": "c"}, "source"),
    (OBJECT, {"content": "c"}, {"source": {**MARK, "hash": "h"}}, "source"),
    (REDIS, {"tier": "STANDARD_HA"}, {}, "tier"),
    (VAULT, {"replication": {"auto": {}}}, {"replication": {}}, "replication"),
    (VAULT, {"replication": {}}, {"replication": {"auto": {}}}, "replication"),
]  # fmt: skip


def told(type_: str, old: dict[str, Any], new: dict[str, Any]) -> Diff:
    return diff(type_, old, old, new)


@pytest.mark.parametrize(("type_", "old", "new"), REPLACES)
def test_a_custom_rule_replaces(type_: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    assert told(type_, old, new).replaces == (META,)


@pytest.mark.parametrize(("type_", "old", "new"), UPDATES)
def test_the_other_way_is_an_update(type_: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    found = told(type_, old, new)
    assert (found.changed, found.replaces) == (True, ())


@pytest.mark.parametrize(("type_", "old", "new"), SAME)
def test_some_differences_are_no_change(
    type_: str, old: dict[str, Any], new: dict[str, Any]
) -> None:
    assert told(type_, old, new) == Diff()


@pytest.mark.parametrize(("type_", "old", "new", "key"), PLAINLY)
def test_some_rules_show_at_the_property_itself(
    type_: str, old: dict[str, Any], new: dict[str, Any], key: str
) -> None:
    assert told(type_, old, new).replaces == (key,)


def test_every_custom_rule_is_broken_once_here() -> None:
    broken = {type_ for type_, _, _ in REPLACES} | {TABLE}
    assert broken == set(RULES)
    named = {rule["property"] for type_ in RULES for rule in replacement_of(type_)["conditional"]}
    assert {path for rules in RULES.values() for path in rules} <= named


def column(name: str, type_: str = "STRING", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, **more}


def table(*columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"schema": json.dumps(columns), **more}


A, B = column("a"), column("b")
NEEDED = column("a", mode="REQUIRED")
NESTED = column("a", "RECORD", fields=[A, B])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (table(A), table(A, {**B, "mode": "REQUIRED"})),
        (table(A), table(B)),
        (table(A), table(column("a", "INTEGER"))),
        (table(A), table(NEEDED)),
        (table(A), table(column("a", mode="REPEATED"))),
        (table(NESTED), table({**NESTED, "fields": [A]})),
        (table(A, B, externalDataConfiguration={}), table(A, externalDataConfiguration={})),
        ({}, table(A)),
    ],
)
def test_a_schema_that_bigquery_cannot_change_makes_a_new_table(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    assert told(TABLE, old, new).replaces == (META,)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (table(A), table(A, B)),
        (table(A, B), table(A)),
        (table(NEEDED), table(A)),
        (table(A), table({**A, "description": "d"})),
        (table(NESTED), table({**NESTED, "fields": [A, B, column("c")]})),
        (table(A), {"schema": UNKNOWN}),
    ],
)
def test_a_schema_that_bigquery_can_change_is_an_update(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    found = told(TABLE, old, new)
    assert (found.keys, found.replaces) == (("schema",), ())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (table(A, B), table(B, A)),
        (table(A), {"schema": '[ {"type": "STRING",\n "name": "a", "mode": "NULLABLE"} ]'}),
        (table(column("a", "INTEGER")), table(column("a", "INT64"))),
        (table(A), {}),
    ],
)
def test_a_schema_that_says_the_same_is_no_change(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert told(TABLE, old, new) == Diff()


def test_a_schema_that_is_not_readable_is_compared_as_a_text() -> None:
    assert told(TABLE, {"schema": "{"}, {"schema": "["}).keys == ("schema",)


def refused(type_: str, new: dict[str, Any], old: dict[str, Any] | None = None) -> list[str]:
    return refusals(
        type_,
        new,
        creating=old is None,
        old_inputs=old,
        provider_project="acme",
        provider_region="europe-west1",
        provider_zone="europe-west1-b",
    )


def says(type_: str, place: int, **fields: str) -> str:
    text: str = schema_of(type_)["refusedByDiff"][place]["says"]
    for key, value in fields.items():
        text = text.replace(f"{{{key}}}", value)
    return text


def check(specification: str, **more: Any) -> dict[str, Any]:
    return {"httpHealthCheck": {"portSpecification": specification, **more}}


def bgp(**more: Any) -> dict[str, Any]:
    return {"network": "n", "bgp": {"asn": 64512, **more}}


def directory(**more: Any) -> dict[str, Any]:
    config = {"domain": "d", "mode": "CUSTOMER_MANAGED_ACTIVE_DIRECTORY", **more}
    return setting("activeDirectoryConfig", config)


def recovery(version: Any) -> dict[str, Any]:
    backup = {"backupConfiguration": {"pointInTimeRecoveryEnabled": True}}
    return {"databaseVersion": version, "settings": {"tier": "t", **backup}}


def surge(strategy: str) -> dict[str, Any]:
    upgrade = {"upgradeSettings": {"strategy": strategy, "maxSurge": 1}}
    return {"clusterAutoscaling": {"autoProvisioningDefaults": upgrade}}


TOKENS = {"oauthToken": {"serviceAccountEmail": "a"}, "oidcToken": {"serviceAccountEmail": "a"}}
PROMOTED = {"instanceType": CLOUD}
WAS = {"instanceType": REPLICA}
DRAINED = {"router": "r", "drainNatIps": ["a", "b"]}
REFUSED: list[tuple[str, dict[str, Any], dict[str, Any] | None, int, dict[str, str]]] = [
    (JOB, {"httpTarget": {"uri": "u", **TOKENS}}, None, 0, {}),
    (FIREWALL, {"network": "n"}, None, 0, {}),
    (FIREWALL, {"network": "n", "sourceRanges": []}, None, 0, {}),
    (FIREWALL, {"sourceTags": ["t"], "enableLogging": False, "logConfig": {"metadata": "m"}}, None,
     1, {}),
    *((type_, inputs, None, place, {}) for type_ in (HEALTH, REGION_HEALTH) for place, inputs in
      enumerate((check("USE_NAMED_PORT", port=80), check("USE_NAMED_PORT"),
                 check("USE_SERVING_PORT", port=80), check("USE_SERVING_PORT", portName="p")))),
    (ROUTER, bgp(advertisedGroups=["ALL_SUBNETS"]), None, 0, {}),
    (ROUTER, bgp(advertiseMode="DEFAULT", advertisedIpRanges=[{"range": "r"}]), None, 1, {}),
    (NAT, DRAINED, None, 0, {"names": "a b"}),
    (NAT, DRAINED, {"natIps": ["b"]}, 1, {"name": "a", "names": "b"}),
    (NAT, {**DRAINED, "natIps": ["a"]}, {"natIps": ["a", "b"]}, 2, {"name": "a", "names": "a"}),
    (SSL, {"name": "n", "profile": "CUSTOM"}, None, 0, {"name": "n"}),
    (SSL, {"name": "n", "customFeatures": ["f"]}, None, 1, {"name": "n", "profile": "COMPATIBLE"}),
    (SECURITY, {"rules": [{"priority": 1}, {"priority": 1}]}, None, 0, {}),
    (CLUSTER, {"nodeVersion": "1", "removeDefaultNodePool": True}, None, 0, {}),
    (CLUSTER, {"skipNodePoolRefresh": True, "nodePools": [{"name": "a"}]}, None, 1, {}),
    (CLUSTER, surge("BLUE_GREEN"), None, 2, {}),
    (KEY, {"keyRing": "l/k"}, {"keyRing": "k"}, 0, {}),
    (CHANNEL, {"labels": {"auth_token": "a"}, "sensitiveLabels": {"authToken": "b"}}, None, 0, {}),
    (SQL, recovery("MYSQL_8_0"), None, 0, {}),
    (SQL, directory(dnsServers=["d"]), None, 1, {}),
    (SQL, {**PROMOTED, "masterInstanceName": "m"}, WAS, 2, {}),
    (SQL, {**PROMOTED, "replicaConfiguration": {}}, WAS, 3, {}),
    (OBJECT, {"contexts": {"customs": [{"key": "k"}, {"key": "k"}]}}, None, 0, {"key": "k"}),
    (OBJECT, {"contexts": {"customs": []}}, None, 1, {}),
]  # fmt: skip
ACCEPTED: list[tuple[str, dict[str, Any], dict[str, Any] | None]] = [
    (JOB, {"httpTarget": {"uri": "u", "oidcToken": TOKENS["oidcToken"]}}, None),
    (FIREWALL, {"network": "n", "sourceTags": ["t"]}, None),
    (FIREWALL, {"network": "n", "sourceRanges": UNKNOWN}, None),
    (FIREWALL, {"network": "n", "direction": "EGRESS"}, None),
    (FIREWALL, {"network": "n"}, {"direction": "EGRESS"}),
    (FIREWALL, {"sourceTags": ["t"], "logConfig": {"metadata": "m"}}, None),
    (HEALTH, check("USE_NAMED_PORT", portName="p"), None),
    (HEALTH, check("USE_SERVING_PORT"), None),
    (HEALTH, check("USE_FIXED_PORT", port=80, portName="p"), None),
    (HEALTH, {"httpHealthCheck": UNKNOWN}, None),
    (ROUTER, bgp(advertiseMode="CUSTOM", advertisedGroups=["g"]), None),
    (ROUTER, {"bgp": UNKNOWN}, None),
    (NAT, DRAINED, {"drainNatIps": ["a", "b"]}),
    (NAT, DRAINED, {"natIps": ["a", "b"]} | {"drainNatIps": ["b", "a"]}),
    (NAT, {"drainNatIps": UNKNOWN}, None),
    (SSL, {"profile": "CUSTOM", "customFeatures": ["f"]}, None),
    (SSL, {"profile": UNKNOWN, "customFeatures": ["f"]}, None),
    (SSL, {"profile": "MODERN"}, None),
    (SECURITY, {"rules": [{"priority": 1}, {"priority": 2}]}, None),
    (SECURITY, {"rules": [{"priority": UNKNOWN}, {"priority": UNKNOWN}]}, None),
    (SECURITY, {"rules": UNKNOWN}, None),
    (CLUSTER, {"nodeVersion": "1", "removeDefaultNodePool": True}, {}),
    (CLUSTER, {"skipNodePoolRefresh": True, "nodePools": []}, None),
    (CLUSTER, surge("SURGE"), None),
    (KEY, {"keyRing": "k"}, None),
    (KEY, {"keyRing": "k"}, {"keyRing": "l/k"}),
    (CHANNEL, {"labels": {"auth_token": "a"}, "sensitiveLabels": {"password": "b"}}, None),
    (CHANNEL, {"labels": UNKNOWN, "sensitiveLabels": {"password": "b"}}, None),
    (SQL, recovery("POSTGRES_17"), None),
    (SQL, recovery(UNKNOWN), None),
    (SQL, directory(dnsServers=["d"], adminCredentialSecretName="a", organizationalUnit="o"), None),
    (SQL, directory(mode="MANAGED_ACTIVE_DIRECTORY"), None),
    (SQL, PROMOTED, WAS),
    (SQL, {**PROMOTED, "masterInstanceName": "m"}, {"instanceType": CLOUD}),
    (OBJECT, {"contexts": {"customs": [{"key": "k"}, {"key": "l"}]}}, None),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "new", "old", "place", "fields"), REFUSED)
def test_the_diff_refuses(
    type_: str,
    new: dict[str, Any],
    old: dict[str, Any] | None,
    place: int,
    fields: dict[str, str],
) -> None:
    assert refused(type_, new, old) == [says(type_, place, **fields)]


@pytest.mark.parametrize(("type_", "new", "old"), ACCEPTED)
def test_the_diff_accepts(type_: str, new: dict[str, Any], old: dict[str, Any] | None) -> None:
    assert refused(type_, new, old) == []


def test_a_label_that_is_given_twice_is_named() -> None:
    inputs = {"labels": {"service_key": "a"}, "sensitiveLabels": {"serviceKeyWo": "b"}}
    assert refused(CHANNEL, inputs) == [
        'Sensitive label "service_key" cannot be set at the same time as label "service_key".'
    ]


def test_all_that_the_data_say_is_refused_is_refused_once_here() -> None:
    listed = {
        t: len(schema_of(t)["refusedByDiff"]) for t in types() if "refusedByDiff" in schema_of(t)
    }
    assert {type_: len(tests) for type_, tests in TESTS.items()} == listed
    broken = {(type_, place) for type_, _, _, place, _ in REFUSED}
    assert broken == {(type_, place) for type_, count in listed.items() for place in range(count)}


NEEDING = [(t, key) for t in sorted(types()) for key in schema_of(t).get("needsFromProvider", ())]


@pytest.mark.parametrize(("type_", "key"), NEEDING)
def test_what_neither_program_nor_provider_say_is_missed(type_: str, key: str) -> None:
    known = {"project": "p", "region": "r", "zone": "z"}
    text = f"Failed to retrieve {key}, pid: , err: {key}: required field is not set"

    def missed(inputs: dict[str, Any], *, creating: bool = True) -> bool:
        around: dict[str, Any] = {f"provider_{name}": value for name, value in known.items()}
        around[f"provider_{key}"] = None
        return text in refusals(type_, inputs, creating=creating, **around)

    assert missed({})
    assert not missed({key: "given"})
    assert not missed({key: UNKNOWN})
    assert not missed({}, creating=False)
    assert text not in refused(type_, {})


def test_an_unknown_type_is_told() -> None:
    with pytest.raises(UnknownTypeError):
        refused("gcp:none/such:Such", {})
