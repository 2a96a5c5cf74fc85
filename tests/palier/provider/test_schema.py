"""What the Check of the GCP provider refuses: one rule broken at a time, on real types."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import palier.provider
from palier.facts import UNKNOWN
from palier.provider.formats import re2
from palier.provider.schema import Failure, UnknownTypeError, check, input_properties, types

ACCOUNT = "gcp:serviceaccount/account:Account"
ALERT = "gcp:monitoring/alertPolicy:AlertPolicy"
BACKEND = "gcp:compute/backendService:BackendService"
BUCKET = "gcp:storage/bucket:Bucket"
BUDGET = "gcp:billing/budget:Budget"
CLUSTER = "gcp:container/cluster:Cluster"
DATASET = "gcp:bigquery/dataset:Dataset"
DASHBOARD = "gcp:monitoring/dashboard:Dashboard"
FIREWALL = "gcp:compute/firewall:Firewall"
HEALTH_CHECK = "gcp:compute/healthCheck:HealthCheck"
JOB = "gcp:cloudscheduler/job:Job"
KEY = "gcp:kms/cryptoKey:CryptoKey"
MEMBER = "gcp:projects/iAMMember:IAMMember"
NAT = "gcp:compute/routerNat:RouterNat"
OBJECT = "gcp:storage/bucketObject:BucketObject"
PLAN = "gcp:gkebackup/backupPlan:BackupPlan"
POOL = "gcp:iam/workloadIdentityPool:WorkloadIdentityPool"
REDIS = "gcp:redis/instance:Instance"
RESOURCE_POLICY = "gcp:compute/resourcePolicy:ResourcePolicy"
ROUTER = "gcp:compute/router:Router"
VAULT = "gcp:secretmanager/secret:Secret"
SECURITY = "gcp:compute/securityPolicy:SecurityPolicy"
SERVICE = "gcp:projects/service:Service"
SLO = "gcp:monitoring/slo:Slo"
SQL = "gcp:sql/databaseInstance:DatabaseInstance"
SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"
TABLE = "gcp:bigquery/table:Table"
URL_MAP = "gcp:compute/uRLMap:URLMap"
ZONE = "gcp:dns/managedZone:ManagedZone"

ASSET = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "text": "hello"}

RULE = {
    "action": "allow",
    "priority": 1,
    "match": {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["*"]}},
}
VALID: Mapping[str, dict[str, Any]] = {
    ACCOUNT: {"accountId": "runner"},
    ALERT: {"combiner": "OR", "displayName": "d", "conditions": [{"displayName": "c"}]},
    BACKEND: {"healthChecks": "hc", "circuitBreakers": {}, "iap": {"enabled": True}},
    BUCKET: {"location": "EU", "labels": {"team": "web"}},
    BUDGET: {"billingAccount": "0", "amount": {"specifiedAmount": {"units": "5"}}},
    CLUSTER: {"name": "main", "clusterIpv4Cidr": "", "nodePools": [{"name": "pool"}]},
    DATASET: {"datasetId": "raw"},
    DASHBOARD: {"dashboardJson": "{}"},
    FIREWALL: {"network": "n", "allows": [{"protocol": "tcp", "ports": ["80"]}]},
    HEALTH_CHECK: {"tcpHealthCheck": {}, "sourceRegions": ["a", "b", "c"]},
    JOB: {"httpTarget": {"uri": "https://example.com", "headers": {"Accept": "*/*"}}},
    KEY: {"keyRing": "ring", "rotationPeriod": "7776000s"},
    MEMBER: {"project": "p", "role": "r", "member": "allUsers"},
    NAT: {"router": "r", "sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS"},
    OBJECT: {"bucket": "b", "content": "c"},
    PLAN: {"cluster": "c", "location": "l"},
    POOL: {"workloadIdentityPoolId": "github"},
    REDIS: {"memorySizeGb": 5, "tier": "STANDARD_HA"},
    RESOURCE_POLICY: {},
    ROUTER: {"network": "n", "bgp": {"asn": 64512}},
    VAULT: {"replication": {"auto": {}}},
    SECURITY: {"rules": [RULE]},
    SERVICE: {"service": "run.googleapis.com"},
    SLO: {"service": "s", "goal": 0.99, "calendarPeriod": "WEEK", "basicSli": {"availability": {}}},
    SQL: {"databaseVersion": "POSTGRES_17", "settings": {"tier": "t", "ipConfiguration": {}}},
    SUBNETWORK: {"network": "n", "ipCidrRange": "10.0.0.0/20"},
    TABLE: {"datasetId": "d", "tableId": "t", "schema": "[]"},
    URL_MAP: {"defaultService": "s"},
    ZONE: {"dnsName": "example.com."},
}

UNKNOWN_KEY = "Invalid or unknown key"
NOT_A_LIST = "Attribute must be a single value, not a list"
NOT_A_MAP = "Attribute must be a single value, not a map"
NAME_PATTERN = "^(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)$"


DATA = json.loads(Path(palier.provider.__file__).with_name("gcp-schema.json").read_text("utf-8"))
TYPES = sorted(DATA["types"])


def required(name: str) -> str:
    return (
        f'Missing required argument. The argument "{name}" is required, but no definition was '
        "found."
    )


def output(name: str) -> str:
    return (
        f'Value for unconfigurable attribute. Can\'t configure a value for "{name}": its value '
        "will be decided automatically based on the result of applying this configuration."
    )


def none_of(name: str, group: str) -> str:
    return f'Invalid combination of arguments. "{name}": one of `{group}` must be specified'


def two_of(name: str, group: str, given: str) -> str:
    return (
        f'Invalid combination of arguments. "{name}": only one of `{group}` can be specified, '
        f"but `{given}` were specified."
    )


def not_even_one_of(name: str, group: str) -> str:
    return f'Missing required argument. "{name}": one of `{group}` must be specified'


def all_of(name: str, group: str) -> str:
    return f'Missing required argument. "{name}": all of `{group}` must be specified'


def conflict(name: str, other: str) -> str:
    return f'Conflicting configuration arguments. "{name}": conflicts with {other}'


def too_many(name: str, most: int, count: int) -> str:
    return (
        f"Too many list items. Attribute {name} supports {most} item maximum, but config has "
        f"{count} declared."
    )


def told(type_: str, change: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is refused when a valid resource is changed so."""
    inputs = {**VALID[type_], **change}
    return [(failure.path, failure.reason) for failure in check(type_, inputs)]


def rules_of(rule: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every rule in and below one: of properties and of elements."""
    yield rule
    if isinstance(rule.get("items"), Mapping):
        yield rule["items"]
    for inner in rule.get("properties", {}).values():
        yield from rules_of(inner)


def all_rules() -> Iterator[Mapping[str, Any]]:
    for type_ in DATA["types"].values():
        for rule in type_["inputs"].values():
            yield from rules_of(rule)


@pytest.mark.parametrize("type_", VALID)
def test_nothing_is_refused_in_a_valid_resource(type_: str) -> None:
    assert check(type_, VALID[type_]) == []


BROKEN: list[tuple[str, str, dict[str, Any], list[tuple[str, str]]]] = [
    ("an unknown key", REDIS, {"teir": "BASIC"}, [("teir", UNKNOWN_KEY)]),
    (
        "an unknown key below objects",
        SQL,
        {"settings": {"tier": "t", "ipConfiguration": {"sslmode": "X"}}},
        [("settings.ipConfiguration.sslmode", UNKNOWN_KEY)],
    ),
    (
        "an unknown key in a list, after a good element",
        CLUSTER,
        {"nodePools": [{}, {"nodecount": 1}]},
        [("nodePools[1].nodecount", UNKNOWN_KEY)],
    ),
    (
        "an unknown key below a set, told at the set",
        FIREWALL,
        {"allows": [{"protocol": "tcp", "port": "80"}]},
        [("allows", UNKNOWN_KEY)],
    ),
    (
        "what only a node pool of its own has, in a cluster",
        CLUSTER,
        {"nodePools": [{"cluster": "c"}]},
        [("nodePools[0].cluster", UNKNOWN_KEY)],
    ),
    (
        "a rule of the type that the elements have",
        CLUSTER,
        {"nodePools": [{"autoscaling": {"minNodeCount": -1}}]},
        [
            (
                "nodePools[0].autoscaling.minNodeCount",
                "expected node_pool.0.autoscaling.0.min_node_count to be at least (0), got -1",
            )
        ],
    ),
    (
        "a required property that is null",
        DATASET,
        {"datasetId": None},
        [("datasetId", required("dataset_id"))],
    ),
    (
        "a required property of a list element",
        BUDGET,
        {"thresholdRules": [{"thresholdPercent": 1}, {}]},
        [("thresholdRules[1].thresholdPercent", required("threshold_rules.1.threshold_percent"))],
    ),
    ("an output", REDIS, {"host": "10.0.0.1"}, [("host", output("host"))]),
    ("an output that is unknown", REDIS, {"host": UNKNOWN}, [("host", output("host"))]),
    (
        "an output beside inputs",
        SQL,
        {"settings": {"tier": "t", "version": 3}},
        [("settings.version", output("settings.0.version"))],
    ),
    (
        "a list where a scalar belongs",
        REDIS,
        {"tier": ["BASIC"]},
        [("tier", NOT_A_LIST)],
    ),
    (
        "an object where a scalar belongs",
        REDIS,
        {"tier": {}},
        [("tier", NOT_A_MAP)],
    ),
    (
        "a scalar where an object belongs",
        SQL,
        {"settings": "small"},
        [("settings", "Expected Object Type. Expected object, got string.")],
    ),
    (
        "a list where an element with properties belongs",
        BUDGET,
        {"thresholdRules": [[]]},
        [("thresholdRules[0]", "Expected Object Type. Expected object, got slice.")],
    ),
    (
        "a number where an element with properties belongs",
        BUDGET,
        {"thresholdRules": [1]},
        [("thresholdRules[0]", "Expected Object Type. Expected object, got int.")],
    ),
    (
        "a text where a map belongs",
        BUCKET,
        {"labels": "x"},
        [("labels", "Attribute must be a map")],
    ),
    (
        "a list as a value of a map",
        BUCKET,
        {"labels": {"a": []}},
        [("labels.a", NOT_A_LIST)],
    ),
    (
        "a bool where an int belongs",
        REDIS,
        {"memorySizeGb": True},
        [("memorySizeGb", "Attribute must be a whole number, got true")],
    ),
    (
        "a text that spells no bool",
        REDIS,
        {"authEnabled": "yes"},
        [
            (
                "authEnabled",
                "cannot parse '' as bool: strconv.ParseBool: parsing \"yes\": invalid syntax",
            )
        ],
    ),
    (
        "an asset where Terraform takes none it can open",
        OBJECT,
        {"content": None, "source": {"text": "hello"}},
        [("source", NOT_A_MAP)],
    ),
    (
        "a list that is too long",
        TABLE,
        {"clusterings": list("abcde")},
        [("clusterings", too_many("clustering", 4, 5))],
    ),
    (
        "a list that is too short",
        HEALTH_CHECK,
        {"sourceRegions": ["a", "b"]},
        [
            (
                "sourceRegions",
                "Not enough list items. Attribute source_regions requires 3 item minimum, but "
                "config has only 2 declared.",
            )
        ],
    ),
    (
        "two texts where Terraform holds a list of one",
        BACKEND,
        {"healthChecks": ["a", "b"]},
        [("healthChecks", too_many("health_checks", 1, 2))],
    ),
    (
        "a value that is not in the enum",
        REDIS,
        {"tier": "STANDARD"},
        [("tier", 'expected tier to be one of ["BASIC" "STANDARD_HA" ""], got STANDARD')],
    ),
    (
        "a value that is in the enum but for its case",
        SECURITY,
        {"type": "cloud_armor"},
        [
            (
                "type",
                'expected type to be one of ["CLOUD_ARMOR" "CLOUD_ARMOR_EDGE" '
                '"CLOUD_ARMOR_INTERNAL_SERVICE"], got cloud_armor',
            )
        ],
    ),
    (
        "an element of a list that is not in the enum",
        ALERT,
        {"alertStrategy": {"notificationPrompts": ["OPENED", "SHUT"]}},
        [
            (
                "alertStrategy.notificationPrompts[1]",
                "expected alert_strategy.0.notification_prompts.1 to be one of "
                '["NOTIFICATION_PROMPT_UNSPECIFIED" "OPENED" "CLOSED"], got SHUT',
            )
        ],
    ),
    (
        "an enum of a bool, which has its own words",
        SLO,
        {"basicSli": {"availability": {"enabled": False}}},
        [
            (
                "basicSli.availability.enabled",
                '"basic_sli.0.availability.0.enabled" must be set to true, got: false',
            )
        ],
    ),
    (
        "an int out of its range",
        FIREWALL,
        {"priority": 65536},
        [("priority", "expected priority to be in the range (0 - 65535), got 65536")],
    ),
    (
        "a number out of its range, six decimals",
        URL_MAP,
        {
            "defaultRouteAction": {
                "requestMirrorPolicy": {"backendService": "b", "mirrorPercent": 101}
            }
        },
        [
            (
                "defaultRouteAction.requestMirrorPolicy.mirrorPercent",
                "expected default_route_action.0.request_mirror_policy.0.mirror_percent to be in "
                "the range (0.000000 - 100.000000), got 101.000000",
            )
        ],
    ),
    (
        "a range with its own words",
        DATASET,
        {"defaultTableExpirationMs": 3599999},
        [
            (
                "defaultTableExpirationMs",
                '"default_table_expiration_ms" cannot be shorter than 3600000 milliseconds '
                "(one hour)",
            )
        ],
    ),
    (
        "a length beside a pattern",
        NAT,
        {"name": "n"},
        [("name", '"name" ("n") must be between 2 and 63 characters long')],
    ),
    (
        "a length alone, counted in bytes",
        ACCOUNT,
        {"description": "é" * 129},
        [
            (
                "description",
                f"expected length of description to be in the range (0 - 256), got {'é' * 129}",
            )
        ],
    ),
    (
        "a length with its own words, open above",
        ZONE,
        {"dnsName": "example.com.", "description": ""},
        [("description", 'expected "description" to not be an empty string, got ')],
    ),
    (
        "a pattern, where a final line break is not the end",
        ROUTER,
        {"name": "router\n"},
        [("name", f'"name" ("router\\n") doesn\'t match regexp "{NAME_PATTERN}"')],
    ),
    (
        "a pattern beside a length",
        NAT,
        {"name": "Nat"},
        [("name", '"name" ("Nat") must match regex "^[a-z]([-a-z0-9]*[a-z0-9])?$"')],
    ),
    (
        "a pattern with its own words",
        DATASET,
        {"datasetId": "raw-data"},
        [
            (
                "datasetId",
                '"dataset_id" must contain only letters (a-z, A-Z), numbers (0-9), or '
                "underscores (_)",
            )
        ],
    ),
    (
        "a pattern that must not be found",
        POOL,
        {"workloadIdentityPoolId": "gcp-pool"},
        [
            (
                "workloadIdentityPoolId",
                '"workload_identity_pool_id" must contain only lowercase letters (a-z), numbers '
                "(0-9), or dashes (-), or end in '.svc.id.goog'",
            )
        ],
    ),
    (
        "a value that is named as refused",
        SERVICE,
        {"service": "bigquery-json.googleapis.com"},
        [
            (
                "service",
                "expected bigquery-json.googleapis.com to be a domain like "
                "serviceusage.googleapis.com",
            )
        ],
    ),
    (
        "a key of a map that lacks the pattern",
        BUCKET,
        {"labels": {"team": "web", "Team": "web"}},
        [
            (
                "labels",
                '"Team" is an invalid label key. See '
                "https://cloud.google.com/storage/docs/tags-and-labels#bucket-labels",
            )
        ],
    ),
    (
        "a key of a map that has a refused pattern",
        JOB,
        {"httpTarget": {"uri": "u", "headers": {"X-Google-A": "1", "Content-Length-B": "1"}}},
        [("httpTarget.headers", "Cannot set the X-Google-A header on http_target.0.headers")],
    ),
    (
        "two that exclude each other, told at one side",
        CLUSTER,
        {"enableAutopilot": True, "enableTpu": False, "enableIntranodeVisibility": False},
        [
            (
                "enableIntranodeVisibility",
                conflict("enable_intranode_visibility", "enable_autopilot"),
            ),
            ("nodePools", conflict("node_pool", "enable_autopilot")),
        ],
    ),
    (
        "more than one of a group",
        FIREWALL,
        {"denies": [{"protocol": "udp"}]},
        [
            ("allows", two_of("allow", "allow,deny", "allow,deny")),
            ("denies", two_of("deny", "allow,deny", "allow,deny")),
        ],
    ),
    (
        "none of a group, as deep as the object that holds it",
        VAULT,
        {"replication": {}},
        [
            (f"replication.{key}", none_of(name, "replication.0.auto,replication.0.user_managed"))
            for key, name in (
                ("auto", "replication.0.auto"),
                ("userManaged", "replication.0.user_managed"),
            )
        ],
    ),
    (
        "not even one of a group",
        BUDGET,
        {"allUpdatesRule": {}},
        [
            (
                f"allUpdatesRule.{key}",
                not_even_one_of(
                    f"all_updates_rule.0.{name}",
                    "all_updates_rule.0.monitoring_notification_channels,"
                    "all_updates_rule.0.pubsub_topic",
                ),
            )
            for key, name in (
                ("monitoringNotificationChannels", "monitoring_notification_channels"),
                ("pubsubTopic", "pubsub_topic"),
            )
        ],
    ),
    (
        "one without the one it needs",
        SQL,
        {"rootPasswordWo": "x"},
        [
            (
                "rootPasswordWo",
                all_of("root_password_wo", "root_password_wo,root_password_wo_version"),
            )
        ],
    ),
    (
        "a rule of an element in a nested list",
        REDIS,
        {
            "maintenancePolicy": {
                "weeklyMaintenanceWindows": [
                    {"day": "MONDAY", "startTime": {}},
                    {"day": "MONDAY", "startTime": {"hours": 24}},
                ]
            }
        },
        [
            (
                "maintenancePolicy.weeklyMaintenanceWindows[1].startTime.hours",
                "expected maintenance_policy.0.weekly_maintenance_window.1.start_time.0.hours to "
                "be in the range (0 - 23), got 24",
            )
        ],
    ),
]


@pytest.mark.parametrize(
    ("type_", "change", "expected"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_refused_is(type_: str, change: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert told(type_, change) == expected


def nested(path: str, value: object) -> dict[str, Any]:
    """Put a value below objects: `a.b` gives `{"a": {"b": value}}`."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return cast(dict[str, Any], value)


START = {"hours": 1}
IN_FORMAT: Mapping[str, tuple[str, str, Callable[[Any], dict[str, Any]]]] = {
    "cidr": (SUBNETWORK, "ipCidrRange", lambda v: {"ipCidrRange": v}),
    "cidrNetwork": (
        CLUSTER,
        "privateClusterConfig.masterIpv4CidrBlock",
        lambda v: nested("privateClusterConfig.masterIpv4CidrBlock", v),
    ),
    "rfc1918Cidr": (CLUSTER, "clusterIpv4Cidr", lambda v: {"clusterIpv4Cidr": v}),
    "dateTime": (
        CLUSTER,
        "maintenancePolicy.recurringWindow.endTime",
        lambda v: nested(
            "maintenancePolicy.recurringWindow",
            {"recurrence": "R", "startTime": "2030-01-01T00:00:00Z", "endTime": v},
        ),
    ),
    "timeOfDay": (
        CLUSTER,
        "maintenancePolicy.dailyMaintenanceWindow.startTime",
        lambda v: nested("maintenancePolicy.dailyMaintenanceWindow.startTime", v),
    ),
    "hourly": (
        RESOURCE_POLICY,
        "snapshotSchedulePolicy.schedule.dailySchedule.startTime",
        lambda v: nested(
            "snapshotSchedulePolicy.schedule.dailySchedule", {"daysInCycle": 1, "startTime": v}
        ),
    ),
    "duration": (
        CLUSTER,
        "maintenancePolicy.recurringMaintenanceWindow.windowDuration",
        lambda v: nested(
            "maintenancePolicy.recurringMaintenanceWindow",
            {
                "recurrence": "R",
                "windowDuration": v,
                "windowStartTime": {"hours": 1, "minutes": 0, "seconds": 0},
            },
        ),
    ),
    "json": (DASHBOARD, "dashboardJson", lambda v: {"dashboardJson": v}),
    "iamMember": (MEMBER, "member", lambda v: {"member": v}),
    "privateAsn": (ROUTER, "bgp.asn", lambda v: nested("bgp.asn", v)),
    "sloGoal": (SLO, "goal", lambda v: {"goal": v}),
    "rotationPeriod": (KEY, "rotationPeriod", lambda v: {"rotationPeriod": v}),
    "jsonArray": (TABLE, "schema", lambda v: {"schema": v}),
    "base64": (
        JOB,
        "httpTarget.body",
        lambda v: {"httpTarget": {"uri": "u", "body": v}},
    ),
}
"""A property of a real type for each format: its path, and the inputs that give it a value."""


@pytest.mark.parametrize(
    ("format_", "value"),
    [
        ("cidr", "10.0.0.1/20"),
        ("cidr", "2001:db8::1/64"),
        ("cidrNetwork", "172.16.0.16/28"),
        ("cidrNetwork", ""),
        ("rfc1918Cidr", "192.168.0.0/16"),
        ("dateTime", "2030-01-01T04:00:00.5+01:00"),
        ("timeOfDay", "23:59"),
        ("hourly", "04:00"),
        ("hourly", "4:00"),
        ("duration", "1h30m"),
        ("duration", "-.5s"),
        ("duration", "0"),
        ("json", '{"a": [1, null]}'),
        ("json", ""),
        ("iamMember", "user:ann@example.com"),
        ("iamMember", "allUsers"),
        ("privateAsn", 16550),
        ("privateAsn", 4294967294),
        ("sloGoal", 0.9999),
        ("rotationPeriod", "86400s"),
        ("rotationPeriod", "86400.000000001s"),
        ("rotationPeriod", ""),
        ("jsonArray", '[{"name": "id"}]'),
        ("jsonArray", "null"),
        ("base64", "aGVs\nbG8="),
        ("base64", ""),
    ],
)
def test_a_value_in_its_format_passes(format_: str, value: object) -> None:
    type_, _, inputs = IN_FORMAT[format_]
    assert told(type_, inputs(value)) == []


MASTER = "private_cluster_config.0.master_ipv4_cidr_block"
WINDOW = '"maintenance_policy.0.recurring_maintenance_window.0.window_duration" is not a valid'
HOURLY = '"snapshot_schedule_policy.0.schedule.0.daily_schedule.0.start_time"'
PARSING = 'parsing time "{0}" as "2006-01-02T15:04:05Z07:00": cannot parse "{0}" as "2006"'
NO_MEMBER = (
    'invalid value "{}" for member (IAM members must have one of the values outlined here: '
    "https://cloud.google.com/billing/docs/reference/rest/v1/Policy#Binding)"
)
NO_ASN = (
    'expected "bgp.0.asn" to be a RFC6996-compliant Local ASN:\nmust be either in the private ASN '
    "ranges: [64512..65534], [4200000000..4294967294];\nor be the value of [16550], got {}"
)
NO_BASE64 = (
    'could not decode "http_target.0.body" as a valid base64 value. Please use the terraform '
    "base64 functions such as base64encode() or filebase64() to supply a valid base64 string"
)
NO_CIDR = '"ip_cidr_range" is not a valid IP CIDR range: invalid CIDR address: {}'


@pytest.mark.parametrize(
    ("format_", "value", "reason"),
    [
        *(
            ("cidr", value, NO_CIDR.format(value))
            for value in ("10.0.0.0", "10.0.0.0/33", "10.0.0.0/255.0.0.0", "010.0.0.0/8", "a/8")
        ),
        (
            "cidrNetwork",
            "x",
            f"expected {MASTER} to contain a valid Value, got: x with err: invalid CIDR address: x",
        ),
        (
            "cidrNetwork",
            "172.16.0.1/28",
            f"expected {MASTER} to contain a valid network Value, expected 172.16.0.0/28, got "
            "172.16.0.1/28",
        ),
        (
            "cidrNetwork",
            "172.16.0.0/24",
            f'expected "{MASTER}" to contain a network Value with between 28 and 28 significant '
            "bits, got: 24",
        ),
        (
            "rfc1918Cidr",
            "8.0.0.0/8",
            'expected "cluster_ipv4_cidr" to be an RFC1918-compliant CIDR, got: 8.0.0.0/8',
        ),
        (
            "rfc1918Cidr",
            "10.0.0.0/4",
            "expected cluster_ipv4_cidr to contain a valid network Value, expected 0.0.0.0/4, got "
            "10.0.0.0/4",
        ),
        *(
            ("dateTime", value, PARSING.format(value))
            for value in ("2030-01-01", "2030-02-30T00:00:00Z", "2030-01-01T00:00:00")
        ),
        *(
            (
                "timeOfDay",
                value,
                f'"maintenance_policy.0.daily_maintenance_window.0.start_time" ("{value}") must be '
                "in the format HH:mm (RFC3339)",
            )
            for value in ("24:00", "3:00", "03:60")
        ),
        *(
            ("hourly", value, f"{HOURLY} must be in the format HH:00, got: {value}")
            for value in ("24:00", "04:30", "4")
        ),
        ("duration", "1h30", f'{WINDOW} duration: time: missing unit in duration "1h30"'),
        ("duration", "2d", f'{WINDOW} duration: time: unknown unit "d" in duration "2d"'),
        ("duration", "", f'{WINDOW} duration: time: invalid duration ""'),
        ("duration", "{x}", f'{WINDOW} duration: time: invalid duration "{{x}}"'),
        (
            "json",
            "Infinity",
            "\"dashboard_json\" contains an invalid JSON: invalid character 'I' looking for "
            "beginning of value",
        ),
        (
            "json",
            "[" * 100_000,
            '"dashboard_json" contains an invalid JSON: exceeded max depth',
        ),
        *(
            ("iamMember", value, NO_MEMBER.format(value))
            for value in ("ann@example.com", "user:", "deleted:user:ann@example.com")
        ),
        *(
            ("privateAsn", value, NO_ASN.format(value))
            for value in (64511, 65535, 4199999999, 4294967295)
        ),
        ("sloGoal", 0, "goal 0.000000 must be > 0 and <= 0.9999"),
        ("sloGoal", 1, "goal 1.000000 must be > 0 and <= 0.9999"),
        ("rotationPeriod", "86399.9s", "Rotation period must be greater than one day"),
        *(
            ("rotationPeriod", value, f"Invalid rotation period format: {value}")
            for value in ("86400", "86400.0000000001s", "1d")
        ),
        (
            "jsonArray",
            "{}",
            '"schema" is not a JSON array: json: cannot unmarshal object into Go value of type '
            "[]interface {}",
        ),
        ("jsonArray", "", '"schema" is not a JSON array: unexpected end of JSON input'),
        ("jsonArray", "[null]", '"schema" contains a nil element'),
        *(("base64", value, NO_BASE64) for value in ("aGVsbG8", "aGV*", "AAAA==")),
    ],
)
def test_a_value_out_of_its_format_is_refused(format_: str, value: object, reason: str) -> None:
    type_, path, inputs = IN_FORMAT[format_]
    assert told(type_, inputs(value)) == [(path, reason)]


def test_a_text_that_is_no_json_is_refused_whatever_the_parser_says() -> None:
    [(path, reason)] = told(TABLE, {"schema": "[{"})
    assert path == "schema"
    assert reason.startswith('"schema" contains an invalid JSON: ')


def test_a_property_can_have_its_own_words_for_a_format() -> None:
    windows = [{"duration": "1x", "startTime": START}]
    rpo = {"targetRpoMinutes": 60, "exclusionWindows": windows}
    assert told(PLAN, nested("backupSchedule.rpoConfig", rpo)) == [
        (
            "backupSchedule.rpoConfig.exclusionWindows[0].duration",
            "expected backup_schedule.0.rpo_config.0.exclusion_windows.0.duration to be a "
            'duration, but parsing gave an error: time: unknown unit "x" in duration "1x"',
        )
    ]


def test_elements_of_a_set_are_judged_and_named_but_told_at_the_set() -> None:
    members = {"project": "p", "role": "r", "members": ["user:a", "b"]}
    assert check("gcp:projects/iAMBinding:IAMBinding", members) == [
        Failure("members", NO_MEMBER.format("b").replace("for member ", "for members.1 "))
    ]


@pytest.mark.parametrize(
    ("type_", "change"),
    [
        pytest.param(REDIS, {"memorySizeGb": "5"}, id="a text that spells an int"),
        pytest.param(REDIS, {"memorySizeGb": 1.5}, id="a fraction for an int"),
        pytest.param(FIREWALL, {"priority": 65535.9}, id="a fraction, cut before the range"),
        pytest.param(SLO, {"goal": "0.5"}, id="a text that spells a number"),
        pytest.param(REDIS, {"authEnabled": "TRUE"}, id="a text that spells a bool"),
        pytest.param(REDIS, {"authEnabled": 1}, id="a number for a bool"),
        pytest.param(DATASET, {"datasetId": 5}, id="a number for a text"),
        pytest.param(DATASET, {"datasetId": True}, id="a bool for a text"),
        pytest.param(BUCKET, {"labels": {"a": 1, "b": False}}, id="values of a map"),
        pytest.param(FIREWALL, {"allows": {"protocol": "tcp"}}, id="an object for a set"),
        pytest.param(TABLE, {"clusterings": "day"}, id="a text for a list"),
        pytest.param(VAULT, {"replication": [{"auto": {}}]}, id="a list of one for an object"),
        pytest.param(BACKEND, {"healthChecks": ["hc"]}, id="a list of one for a text"),
        pytest.param(BACKEND, {"iap": {"enabled": "t"}}, id="a text for a nested bool"),
        pytest.param(OBJECT, {"content": None, "source": ASSET}, id="an asset"),
        pytest.param(OBJECT, {"content": None, "source": "a.txt"}, id="a path for an asset"),
        pytest.param(REDIS, {"timeouts": {"create": "1h"}}, id="timeouts"),
        pytest.param(REDIS, {"__defaults": ["tier"], "__meta": "{}"}, id="notes of the bridge"),
        pytest.param(REDIS, {"teir": None}, id="an unknown key that is null"),
        pytest.param(CLUSTER, {"nodePools": [None]}, id="a null in a list"),
    ],
)
def test_what_the_provider_turns_into_the_right_type_passes(
    type_: str, change: dict[str, Any]
) -> None:
    assert told(type_, change) == []


@pytest.mark.parametrize(
    ("type_", "change", "expected"),
    [
        pytest.param(
            FIREWALL,
            {"priority": "65536"},
            ("priority", "expected priority to be in the range (0 - 65535), got 65536"),
            id="an int from a text",
        ),
        pytest.param(
            DATASET,
            {"datasetId": 1.5},
            (
                "datasetId",
                '"dataset_id" must contain only letters (a-z, A-Z), numbers (0-9), or underscores '
                "(_)",
            ),
            id="a text from a number",
        ),
        pytest.param(
            SERVICE,
            {"service": 1e21},
            (
                "service",
                "expected 1000000000000000000000 to be a domain like serviceusage.googleapis.com",
            ),
            id="a text from a large number",
        ),
        pytest.param(
            SERVICE,
            {"service": True},
            ("service", "expected true to be a domain like serviceusage.googleapis.com"),
            id="a text from a bool",
        ),
        pytest.param(
            SLO,
            {"goal": True},
            ("goal", "goal 1.000000 must be > 0 and <= 0.9999"),
            id="a number from a bool",
        ),
        pytest.param(
            FIREWALL,
            {"allows": {"ports": "80"}},
            ("allows", required("allow.0.protocol")),
            id="a list from an object",
        ),
        pytest.param(
            SLO,
            {"basicSli": {"availability": {"enabled": "F"}}},
            (
                "basicSli.availability.enabled",
                '"basic_sli.0.availability.0.enabled" must be set to true, got: false',
            ),
            id="a bool from a text",
        ),
    ],
)
def test_a_turned_value_is_judged_as_what_it_became(
    type_: str, change: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert told(type_, change) == [expected]


@pytest.mark.parametrize(
    ("type_", "change", "expected"),
    [
        pytest.param(
            REDIS,
            {"memorySizeGb": "big"},
            ("memorySizeGb", 'memory_size_gb: strconv.ParseInt: parsing "big": invalid syntax'),
            id="a text that spells no int",
        ),
        pytest.param(
            REDIS,
            {"memorySizeGb": "1.5"},
            ("memorySizeGb", 'memory_size_gb: strconv.ParseInt: parsing "1.5": invalid syntax'),
            id="a text that spells a fraction, for an int",
        ),
        pytest.param(
            SLO,
            {"goal": "most"},
            ("goal", 'goal: strconv.ParseFloat: parsing "most": invalid syntax'),
            id="a text that spells no number",
        ),
        pytest.param(
            CLUSTER,
            {"nodePools": [{"nodeCount": "x"}]},
            (
                "nodePools[0].nodeCount",
                'node_pool.0.node_count: strconv.ParseInt: parsing "x": invalid syntax',
            ),
            id="a text that spells no int, in a list",
        ),
        pytest.param(
            VAULT,
            {"replication": [{"auto": {}}, {"auto": {}}]},
            ("replication", too_many("replication", 1, 2)),
            id="two elements for an object",
        ),
        pytest.param(
            OBJECT,
            {"content": ASSET},
            ("content", "unexpected asset content"),
            id="an asset for a text",
        ),
    ],
)
def test_what_fails_the_call_is_told_alone(
    type_: str, change: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert told(type_, {**change, "noSuchKey": 1}) == [expected]


@pytest.mark.parametrize(
    ("type_", "change"),
    [
        pytest.param(DATASET, {"datasetId": UNKNOWN}, id="what is required counts as given"),
        pytest.param(
            SQL,
            {"settings": {"edition": "WRONG", "noSuchKey": 1, "userLabels": {"a": UNKNOWN}}},
            id="the whole top-level object is not looked at",
        ),
        pytest.param(
            FIREWALL,
            {"allows": [{"ports": [UNKNOWN]}, {"noSuchKey": 1}]},
            id="the whole top-level set is not looked at",
        ),
        pytest.param(BUCKET, {"labels": {"BAD": "x", "a": UNKNOWN}}, id="nor the keys of a map"),
        pytest.param(TABLE, {"clusterings": [*"abcde", UNKNOWN]}, id="nor the number of elements"),
        pytest.param(FIREWALL, {"denies": UNKNOWN}, id="it is never one too many of a group"),
        pytest.param(
            FIREWALL, {"denies": [{"protocol": UNKNOWN}]}, id="nor is what only holds one"
        ),
        pytest.param(FIREWALL, {"allows": UNKNOWN}, id="it makes one of exactly one"),
        pytest.param(SQL, {"settings": UNKNOWN}, id="it makes one of at least one"),
        pytest.param(
            SQL, {"rootPasswordWo": "x", "rootPasswordWoVersion": UNKNOWN}, id="it goes with"
        ),
        pytest.param(
            SQL,
            {"rootPassword": UNKNOWN, "rootPasswordWo": UNKNOWN, "rootPasswordWoVersion": "1"},
            id="two unknown do not exclude each other",
        ),
    ],
)
def test_an_unknown_is_never_refused(type_: str, change: dict[str, Any]) -> None:
    assert told(type_, change) == []


def test_an_unknown_silences_its_own_property_only() -> None:
    change: dict[str, Any] = {
        "settings": {"noSuchKey": UNKNOWN},
        "deletionProtection": "no",
        "noSuchKey": UNKNOWN,
    }
    assert [path for path, _ in told(SQL, change)] == ["deletionProtection", "noSuchKey"]


@pytest.mark.parametrize(
    ("type_", "change"),
    [
        pytest.param(FIREWALL, {"priority": 0}, id="the lowest of a range"),
        pytest.param(FIREWALL, {"priority": 65535}, id="the highest of a range"),
        pytest.param(CLUSTER, {"nodePools": [{"nodeCount": 0}]}, id="the lowest of an open range"),
        pytest.param(CLUSTER, {"name": "n" * 40}, id="the longest text"),
        pytest.param(NAT, {"name": "na"}, id="the shortest text"),
        pytest.param(TABLE, {"clusterings": list("abcd")}, id="the longest list"),
    ],
)
def test_a_bound_is_legal(type_: str, change: dict[str, Any]) -> None:
    assert told(type_, change) == []


def test_a_group_is_named_in_order_whichever_of_it_is_given() -> None:
    group = "root_password_wo,root_password_wo_version"
    assert told(SQL, {"rootPasswordWoVersion": "1"}) == [
        ("rootPasswordWoVersion", all_of("root_password_wo_version", group))
    ]


def test_an_unknown_still_has_to_bring_what_it_needs() -> None:
    assert told(SQL, {"rootPasswordWo": UNKNOWN}) == [
        (
            "rootPasswordWo",
            all_of("root_password_wo", "root_password_wo,root_password_wo_version"),
        )
    ]


def test_only_a_value_that_is_itself_unknown_is_no_conflict() -> None:
    wholly = {"sourceTags": ["a"], "targetServiceAccounts": UNKNOWN}
    partly = {"sourceTags": ["a"], "targetServiceAccounts": [UNKNOWN]}
    assert told(FIREWALL, wholly) == []
    assert told(FIREWALL, partly) == [
        ("sourceTags", conflict("source_tags", "target_service_accounts"))
    ]


def test_the_first_rule_that_a_property_breaks_is_the_only_one_told() -> None:
    group = "default_route_action.0.weighted_backend_services,default_service,default_url_redirect"
    given = "default_service,default_url_redirect"
    assert told(URL_MAP, {"defaultUrlRedirect": {"noSuchKey": 1}}) == [
        ("defaultService", two_of("default_service", group, given)),
        ("defaultUrlRedirect", two_of("default_url_redirect", group, given)),
    ]


def test_what_conflicts_is_not_looked_into() -> None:
    change = {"sourceTags": {"not": "a text"}, "targetServiceAccounts": []}
    assert told(FIREWALL, change) == [
        ("sourceTags", conflict("source_tags", "target_service_accounts")),
        ("targetServiceAccounts", conflict("target_service_accounts", "source_tags")),
    ]


def test_a_list_of_the_wrong_length_is_not_looked_into() -> None:
    assert told(TABLE, {"clusterings": [{}] * 5}) == [("clusterings", too_many("clustering", 4, 5))]


def test_an_empty_list_or_object_is_given() -> None:
    assert [path for path, _ in told(FIREWALL, {"allows": None, "denies": []})] == []
    assert [path for path, _ in told(FIREWALL, {"denies": []})] == ["allows", "denies"]


def test_a_member_that_check_fills_in_makes_at_least_one() -> None:
    assert told(SUBNETWORK, {"logConfig": {}}) == []


def test_a_default_of_false_does_not_make_at_least_one() -> None:
    paths = [path for path, _ in told(SQL, {"settings": {"tier": "t", "backupConfiguration": {}}})]
    assert "settings.backupConfiguration.enabled" in paths


def test_failures_are_sorted() -> None:
    failures = check(FIREWALL, {"zzz": 1, "aaa": 1})
    assert failures == sorted(failures)
    assert [failure.path for failure in failures] == ["aaa", "allows", "denies", "network", "zzz"]


@pytest.mark.parametrize("type_", TYPES)
def test_nothing_given_breaks_exactly_the_rules_about_what_is_missing(type_: str) -> None:
    inputs = DATA["types"][type_]["inputs"]
    missing = set()
    for name, rule in inputs.items():
        if rule.get("exactlyOneOf"):
            missing.add((name, "Invalid combination of arguments"))
        elif rule.get("atLeastOneOf") or rule.get("required"):
            missing.add((name, "Missing required argument"))
    failures = [(failure.path, failure.reason.partition(". ")[0]) for failure in check(type_, {})]
    assert failures == sorted(missing)


@pytest.mark.parametrize("type_", TYPES)
def test_every_output_of_every_type_is_refused(type_: str) -> None:
    schema = DATA["types"][type_]
    outputs = schema.get("outputs", {}).keys() - schema["inputs"].keys()
    refused = {
        failure.path
        for failure in check(type_, dict.fromkeys(outputs, UNKNOWN))
        if failure.reason.startswith("Value for unconfigurable attribute.")
    }
    assert refused == outputs


def test_every_pattern_compiles_and_loses_what_only_go_knows() -> None:
    keys = ("pattern", "notPattern", "keyPattern", "keyNotPattern")
    patterns = {rule[key] for rule in all_rules() for key in keys if key in rule}
    assert len(patterns) > 10
    for pattern in patterns:
        assert "$" not in re2(pattern).pattern
        assert not re.search(r"\\(?![.sSdDwWZ-])", re2(pattern).pattern), pattern


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^a$", "a", True),
        ("^a$", "a\n", False),
        (r"^a\z", "a\n", False),
        (r"^\$$", "$", True),
        ("^[$]$", "$", True),
        (r"^\d$", "\u0663", False),
        ("b", "abc", True),
    ],
)
def test_a_pattern_means_what_it_means_in_go(pattern: str, text: str, found: bool) -> None:
    assert bool(re2(pattern).search(text)) is found


def test_every_kind_of_rule_in_the_data_is_known() -> None:
    judged = {
        *("type", "items", "properties", "see", "tf", "says", "required", "default"),
        *("enum", "range", "length", "pattern", "notPattern", "not", "keyPattern"),
        *("keyNotPattern", "format", "orEmpty", "cidrPrefix", "minItems", "maxItems"),
        *("conflictsWith", "exactlyOneOf", "atLeastOneOf", "requiredWith"),
    }
    no_rules = {"computed", "deprecated", "sensitive", "writeOnly", "notInSource"}
    assert {key for rule in all_rules() for key in rule} == judged | no_rules


def test_every_format_in_the_data_is_tested_and_has_a_message() -> None:
    used = {rule["format"] for rule in all_rules() if "format" in rule}
    assert used == set(IN_FORMAT) == set(DATA["formats"])


def test_rules_without_a_common_message_have_their_own() -> None:
    silent = ("notPattern", "not", "keyPattern", "keyNotPattern")
    assert all("says" in rule for rule in all_rules() if any(key in rule for key in silent))


def test_own_messages_ask_for_nothing_that_is_not_there() -> None:
    places = {
        place for rule in all_rules() for place in re.findall(r"\{(\w+)\}", rule.get("says", ""))
    }
    assert places == {"name", "value", "key", "cause"}


def test_groups_are_never_inside_lists() -> None:
    groups = ("conflictsWith", "exactlyOneOf", "atLeastOneOf", "requiredWith")
    inside = [
        inner
        for rule in all_rules()
        if rule["type"] in {"list", "set"}
        for inner in rules_of(rule)
        if inner is not rule and any(key in inner for key in groups)
    ]
    assert inside == []


def test_ranges_are_never_open_below() -> None:
    assert all(rule["range"][0] is not None for rule in all_rules() if "range" in rule)


def test_all_types_of_the_data_are_known() -> None:
    assert types() == frozenset(DATA["types"])


def test_input_properties_are_those_of_the_data() -> None:
    assert input_properties(REDIS)["tier"]["enum"] == ["BASIC", "STANDARD_HA", ""]
    assert input_properties(REDIS).keys() == DATA["types"][REDIS]["inputs"].keys()


def test_input_properties_cannot_be_changed() -> None:
    tier: Any = input_properties(REDIS)["tier"]
    with pytest.raises(TypeError):
        tier["required"] = True


@pytest.mark.parametrize("ask", [lambda t: check(t, {}), input_properties], ids=["check", "inputs"])
def test_a_type_that_the_data_lack_is_named(ask: Callable[[str], object]) -> None:
    with pytest.raises(UnknownTypeError, match="gcp:compute/disk:Disk"):
        ask("gcp:compute/disk:Disk")


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(["{name}", "10.0.0.0/8", "5", "true", "[", "2030-01-01T00:00:00Z"]),
    st.just(UNKNOWN),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@st.composite
def like(draw: st.DrawFn, rule: Mapping[str, Any]) -> Any:
    """A value that may fit a rule, so that what is below it is reached as well."""
    properties = rule.get("properties", {})
    fits = draw(st.integers(0, 4)) > 0
    if not fits or rule["type"] not in {"object", "list", "set"}:
        return draw(JSON)
    if rule["type"] != "object":
        return [draw(like({**rule, "type": "object"})) for _ in range(draw(st.integers(0, 2)))]
    keys = draw(st.sets(st.sampled_from(sorted(properties)), max_size=4)) if properties else []
    return {key: draw(like(properties[key])) for key in sorted(keys)}


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_check_never_raises_whatever_the_json(data: st.DataObject) -> None:
    type_ = data.draw(st.sampled_from(TYPES))
    inputs = data.draw(like({"type": "object", "properties": DATA["types"][type_]["inputs"]}))
    if not isinstance(inputs, dict):
        inputs = {"value": inputs}
    failures = check(type_, inputs)
    assert failures == sorted(failures)
    assert all(failure.reason for failure in failures)


@given(st.data())
@settings(deadline=None, max_examples=100)
def test_what_is_unknown_is_never_refused_below(data: st.DataObject) -> None:
    type_ = data.draw(st.sampled_from(TYPES))
    names = sorted(DATA["types"][type_]["inputs"])
    given_ = data.draw(st.sets(st.sampled_from(names), max_size=4))
    for failure in check(type_, {name: {"a": [UNKNOWN]} for name in given_}):
        top = failure.path.partition(".")[0]
        assert failure.path == top
        assert top not in given_ or "must be specified" in failure.reason
