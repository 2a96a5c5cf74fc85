"""What a create answers: nothing that nobody knows in a preview, and everything afterwards."""

from __future__ import annotations

import json
import re
from ipaddress import ip_address, ip_network
from typing import Any

import builders
import known_cloud
import pytest

from palier import wire
from palier.facts import UNKNOWN
from palier.provider import answers, diff
from palier.provider.answers import Pick
from palier.provider.filled import filled
from palier.provider.schema import UnknownTypeError, types
from palier.provider.tree import Node, element_of, root_of, schema_of

AROUND = known_cloud.SURROUNDINGS
TYPES = sorted(types())

ACCOUNT = "gcp:serviceaccount/account:Account"
BUCKET = "gcp:storage/bucket:Bucket"
CERTIFICATE = "gcp:certificatemanager/dnsAuthorization:DnsAuthorization"
CLUSTER = "gcp:container/cluster:Cluster"
GLOBAL = "gcp:compute/globalAddress:GlobalAddress"
IDENTITY = "gcp:projects/serviceIdentity:ServiceIdentity"
MEMBER = "gcp:projects/iAMMember:IAMMember"
REDIS = "gcp:redis/instance:Instance"
RULE = "gcp:compute/globalForwardingRule:GlobalForwardingRule"
VAULT = "gcp:secretmanager/secret:Secret"
SQL = "gcp:sql/databaseInstance:DatabaseInstance"
ZONE = "gcp:dns/managedZone:ManagedZone"

CONDITION = {"title": "t", "description": "d", "expression": "e"}
PRIVATE = {"tier": "t", "ipConfiguration": {"ipv4Enabled": False, "privateNetwork": "n"}}


def create(type_: str, inputs: dict[str, Any], name: str = "main") -> tuple[str, dict[str, Any]]:
    given = filled(type_, inputs, None, name, digits=lambda: "0c0ffee")
    return answers.created(type_, name, given, AROUND)


def outputs(type_: str, inputs: dict[str, Any], name: str = "main") -> dict[str, Any]:
    return create(type_, inputs, name)[1]


KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "int": (int,),
    "number": (int, float),
    "bool": (bool,),
    "map": (dict,),
    "list": (list,),
    "set": (list,),
    "block": (dict,),
    "asset": (str, dict),
}


def fits(node: Node, value: Any) -> bool:
    right = isinstance(value, KINDS[node.kind])
    return right and isinstance(value, bool) == (node.kind == "bool")


def misshapen(node: Node, value: Any, path: str) -> list[str]:
    """Paths of values that are not of the type that the schema says."""
    if node.kind == "one":
        return misshapen(element_of(node), value, path)
    if not fits(node, value):
        return [path]
    if node.kind in {"list", "set"}:
        return [p for item in value for p in misshapen(element_of(node), item, f"{path}[]")]
    if node.kind == "block":
        inner = ((k, v) for k, v in value.items())
        return [p for k, v in inner for p in misshapen(node.fields[k], v, f"{path}.{k}")]
    return []


@pytest.mark.parametrize("type_", TYPES)
def test_a_create_answers_every_output_of_its_type(type_: str) -> None:
    id_, found = create(type_, {})
    assert found.pop("id") == id_
    fields = root_of(type_).fields
    assert {key for key, node in fields.items() if node.output} <= found.keys()
    assert [p for key in found for p in misshapen(fields[key], found[key], key)] == []
    assert "UNKNOWN" not in repr(found)


@pytest.mark.parametrize("type_", TYPES)
def test_the_same_resource_gets_the_same_answer(type_: str) -> None:
    assert create(type_, {}) == create(type_, {})
    assert json.dumps(outputs(type_, {}), sort_keys=True)


@pytest.mark.parametrize("type_", TYPES)
def test_every_id_is_rendered(type_: str) -> None:
    fields = root_of(type_).fields.items()
    given = {key: key for key, node in fields if node.kind == "string" and not node.output}
    id_, _ = create(type_, given)
    assert id_
    assert not re.search(r"[{}<>]|UNKNOWN|//", id_)


@pytest.mark.parametrize("type_", TYPES)
def test_an_id_that_can_be_told_before_is_the_one_that_is_answered(type_: str) -> None:
    given = filled(type_, {}, None, "main", digits=lambda: "0c0ffee")
    told = answers.id_of(type_, given, AROUND)
    picks = re.search(r"<(uuid|id|n)>", picked_in(type_)) or type_ in OWN_NUMBERS
    assert (told is None) is bool(picks)
    assert told in (None, answers.created(type_, "main", given, AROUND)[0])


OWN_NUMBERS = {
    "gcp:compute/firewallPolicy:FirewallPolicy",
    "gcp:essentialcontacts/contact:Contact",
    "gcp:monitoring/alertPolicy:AlertPolicy",
    "gcp:monitoring/customService:CustomService",
    "gcp:monitoring/group:Group",
    "gcp:monitoring/notificationChannel:NotificationChannel",
    "gcp:monitoring/slo:Slo",
    "gcp:sql/sslCert:SslCert",
}
"""Types whose id has a number, a fingerprint or a name that only the service picks."""


def picked_in(type_: str) -> str:
    """The templates that an id is made of."""
    schema = schema_of(type_)
    names = re.findall(r"{{(\w+)}}", schema["id"])
    rules = (schema.get("outputs", {}).get(name, {}) for name in names)
    return " ".join([schema["id"], *(str(rule.get("templateDocumented", "")) for rule in rules)])


IDS: list[tuple[str, dict[str, Any], str]] = [
    (MEMBER, {"project": "p", "role": "r", "member": "m"}, "p/r/m"),
    (MEMBER, {"project": "projects/p", "role": "r", "member": "m"}, "p/r/m"),
    (MEMBER, {"project": "p", "role": "r", "member": "m", "condition": CONDITION}, "p/r/m/t/d/e"),
    ("gcp:storage/bucketIAMMember:BucketIAMMember", {"bucket": "b", "role": "r", "member": "m"},
     "b/b/r/m"),
    ("gcp:secretmanager/secretIamMember:SecretIamMember",
     {"secretId": "projects/p/secrets/s", "project": "p", "role": "r", "member": "m"},
     "projects/p/secrets/s/r/m"),
    ("gcp:compute/networkPeeringRoutesConfig:NetworkPeeringRoutesConfig",
     {"network": "projects/acme-platform/global/networks/n", "peering": "p"},
     "projects/acme-platform/global/networks/n/networkPeerings/p"),
    ("gcp:compute/globalNetworkEndpoint:GlobalNetworkEndpoint",
     {"globalNetworkEndpointGroup": "g", "fqdn": "f", "port": 443}, "acme-platform/g//f/443"),
    ("gcp:container/nodePool:NodePool",
     {"cluster": "projects/p/locations/l/clusters/c", "location": "l", "project": "p",
      "name": "n"}, "projects/p/locations/l/clusters/c/nodePools/n"),
    ("gcp:kms/cryptoKey:CryptoKey", {"keyRing": "l/k", "name": "n"},
     "projects/acme-platform/locations/l/keyRings/k/cryptoKeys/n"),
    ("gcp:kms/cryptoKey:CryptoKey", {"keyRing": "projects/p/locations/l/keyRings/k", "name": "n"},
     "projects/p/locations/l/keyRings/k/cryptoKeys/n"),
    ("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
     {"cryptoKeyId": "p/l/k/c", "role": "r", "member": "m"},
     "projects/p/locations/l/keyRings/k/cryptoKeys/c/r/m"),
    ("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
     {"cryptoKeyId": "projects/p/locations/l/keyRings/k/cryptoKeys/c", "role": "r", "member": "m"},
     "projects/p/locations/l/keyRings/k/cryptoKeys/c/r/m"),
    ("gcp:kms/keyRingIAMMember:KeyRingIAMMember",
     {"keyRingId": "p/l/k", "role": "r", "member": "m"},
     "projects/p/locations/l/keyRings/k/r/m"),
    ("gcp:servicenetworking/connection:Connection",
     {"network": "projects/p/global/networks/n", "service": "servicenetworking.googleapis.com"},
     "projects%2Fp%2Fglobal%2Fnetworks%2Fn:servicenetworking.googleapis.com"),
    ("gcp:sql/user:User", {"name": "ada", "instance": "db"}, "ada//db"),
    ("gcp:sql/user:User", {"name": "ada", "host": "%", "instance": "db"}, "ada/%/db"),
    (ACCOUNT, {"accountId": "a"},
     "projects/acme-platform/serviceAccounts/a@acme-platform.iam.gserviceaccount.com"),
    ("gcp:certificatemanager/certificate:Certificate", {"name": "c"},
     "projects/acme-platform/locations/global/certificates/c"),
    ("gcp:artifactregistry/repository:Repository", {"repositoryId": "r"},
     "projects/acme-platform/locations/europe-west1/repositories/r"),
    ("gcp:monitoring/customService:CustomService", {"serviceId": "s"},
     "projects/123456789012/services/s"),
    ("gcp:storage/bucketObject:BucketObject", {"bucket": "b", "name": "n"}, "b-n"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "inputs", "id_"), IDS)
def test_an_id_is_spelled_as_the_provider_spells_it(
    type_: str, inputs: dict[str, Any], id_: str
) -> None:
    assert answers.id_of(type_, inputs, AROUND) == id_
    assert answers.created(type_, "main", inputs, AROUND)[0] == id_


@pytest.mark.parametrize(
    ("type_", "inputs"),
    [
        (BUCKET, {"name": UNKNOWN}),
        (MEMBER, {"project": "p", "role": "r", "member": UNKNOWN}),
        (MEMBER, {"project": "p", "role": "r", "condition": {**CONDITION, "title": UNKNOWN}}),
        ("gcp:monitoring/customService:CustomService", {}),
    ],
)
def test_an_id_with_a_part_that_nobody_knows_is_not_told(
    type_: str, inputs: dict[str, Any]
) -> None:
    assert answers.id_of(type_, inputs, AROUND) is None


def preview(type_: str, inputs: dict[str, Any], **around: str) -> dict[str, Any]:
    given = filled(type_, inputs, None, "main", digits=lambda: "0c0ffee")
    return answers.preview(type_, given, around or AROUND)


@pytest.mark.parametrize("type_", TYPES)
def test_a_preview_answers_the_inputs_and_knows_no_output(type_: str) -> None:
    known = {"pulumiLabels", "effectiveLabels"}
    found = preview(type_, {})
    assert found["id"] is UNKNOWN
    for key, node in root_of(type_).fields.items():
        if node.output and key not in known:
            assert found[key] is UNKNOWN, key


@pytest.mark.parametrize("type_", TYPES)
def test_a_preview_knows_no_input_that_the_service_picks(type_: str) -> None:
    found = preview(type_, {})
    needed = {"deletionPolicy", *schema_of(type_).get("needsFromProvider", ())}
    automatic = {schema_of(type_).get("autoname", {}).get("property")}
    for key, node in root_of(type_).fields.items():
        if node.computed and not node.output:
            assert (found[key] is UNKNOWN) is (key not in needed | automatic), key


def test_a_preview_answers_false_and_zero_and_no_empty_text() -> None:
    assert preview(REDIS, {"memorySizeGb": 1})["authEnabled"] is False
    found = preview(SQL, {"settings": {"tier": "t"}})
    assert found["settings"]["diskAutoresizeLimit"] == 0
    rule = {"action": "allow", "priority": 1}
    found = preview("gcp:compute/securityPolicy:SecurityPolicy", {"rules": [rule]})
    assert "description" not in found["rules"][0]


def test_a_preview_notes_no_defaults() -> None:
    assert "__defaults" not in repr(preview(SQL, {"settings": {"tier": "t"}}))


def test_a_preview_knows_the_project_and_how_it_is_deleted() -> None:
    found = preview(REDIS, {"memorySizeGb": 1}, project="acme")
    assert (found["project"], found["deletionPolicy"]) == ("acme", "DELETE")
    assert found["region"] is UNKNOWN
    assert preview(REDIS, {"memorySizeGb": 1, "project": "other"})["project"] == "other"


def test_a_preview_knows_the_labels_that_the_provider_adds() -> None:
    own = {"goog-pulumi-provisioned": "true"}
    found = preview(BUCKET, {"location": "EU", "labels": {"a": "b"}})
    assert found["pulumiLabels"] == found["effectiveLabels"] == {"a": "b"} | own
    assert preview(BUCKET, {"location": "EU"})["effectiveLabels"] == own
    assert preview(BUCKET, {"labels": {"a": UNKNOWN}})["effectiveLabels"] is UNKNOWN
    assert preview(BUCKET, {"labels": UNKNOWN})["pulumiLabels"] is UNKNOWN


def test_a_forwarding_rule_has_no_label_of_the_provider() -> None:
    assert preview(RULE, {"target": "t", "labels": {"a": "b"}})["pulumiLabels"] == {"a": "b"}
    assert preview(RULE, {"target": "t"})["pulumiLabels"] is UNKNOWN


def test_a_preview_of_a_secret_knows_its_annotations() -> None:
    found = preview(VAULT, {"annotations": {"a": "b"}, "replication": {"auto": {}}})
    assert found["effectiveAnnotations"] == {"a": "b"}


def test_a_preview_knows_what_autopilot_turns_on() -> None:
    found = preview(CLUSTER, {"enableAutopilot": True})
    assert (found["networkingMode"], found["enableIntranodeVisibility"]) == ("VPC_NATIVE", True)
    assert preview(CLUSTER, {})["networkingMode"] is UNKNOWN


def test_what_the_program_does_not_know_stays_unknown_in_a_preview() -> None:
    found = preview(
        SQL, {"settings": {"tier": "t", "ipConfiguration": {"privateNetwork": UNKNOWN}}}
    )
    assert found["settings"]["ipConfiguration"]["privateNetwork"] is UNKNOWN
    assert found["settings"]["tier"] == "t"
    assert found["settings"]["diskSize"] is UNKNOWN


def is_private(address: str) -> bool:
    return ip_address(address) in ip_network("10.0.0.0/8")


def is_documentation(address: str) -> bool:
    networks = (ip_network("203.0.113.0/24"), ip_network("198.51.100.0/24"))
    return any(ip_address(address) in network for network in networks)


def test_a_private_database_has_one_private_address() -> None:
    found = outputs(SQL, {"settings": PRIVATE})
    assert is_private(found["privateIpAddress"])
    assert found["firstIpAddress"] == found["privateIpAddress"]
    assert [a["ipAddress"] for a in found["ipAddresses"]] == [found["privateIpAddress"]]
    assert [a["type"] for a in found["ipAddresses"]] == ["PRIVATE"]
    assert found["publicIpAddress"] == ""
    assert found["connectionName"] == "acme-platform:europe-west1:main-0c0ffee"
    assert found["serviceAccountEmailAddress"].endswith(".iam.gserviceaccount.com")


def test_a_public_database_has_a_public_address() -> None:
    found = outputs(SQL, {"settings": {"tier": "t", "ipConfiguration": {}}})
    assert is_documentation(found["firstIpAddress"])
    assert found["privateIpAddress"] == ""


def test_databases_have_addresses_of_their_own() -> None:
    names = [f"db-{number}" for number in range(200)]
    found = {outputs(SQL, {"settings": PRIVATE}, name)["privateIpAddress"] for name in names}
    assert len(found) == len(names)


def test_a_replica_says_that_it_is_one() -> None:
    assert outputs(SQL, {"masterInstanceName": "m"})["instanceType"] == "READ_REPLICA_INSTANCE"
    assert outputs(SQL, {})["instanceType"] == "CLOUD_SQL_INSTANCE"


def test_a_global_address_is_public_unless_it_is_internal() -> None:
    assert is_documentation(outputs(GLOBAL, {})["address"])
    assert is_private(outputs(GLOBAL, {"addressType": "INTERNAL"})["address"])
    assert outputs(GLOBAL, {"address": "10.1.0.0"})["address"] == "10.1.0.0"


def test_a_cluster_can_be_reached() -> None:
    found = outputs(CLUSTER, {"name": "main", "location": "europe-west1"})
    endpoint = found["controlPlaneEndpointsConfig"]["dnsEndpointConfig"]["endpoint"]
    assert re.fullmatch(r"gke-[0-9a-f]+-123456789012\.europe-west1\.gke\.goog", endpoint)
    assert is_documentation(found["endpoint"])
    assert found["workloadIdentityConfig"]["workloadPool"] == "acme-platform.svc.id.goog"
    assert found["masterAuth"]["clusterCaCertificate"]


def test_a_cluster_keeps_what_the_program_says_of_its_endpoints() -> None:
    config = {"dnsEndpointConfig": {"allowExternalTraffic": True}}
    found = outputs(CLUSTER, {"controlPlaneEndpointsConfig": config})["controlPlaneEndpointsConfig"]
    assert found["dnsEndpointConfig"]["allowExternalTraffic"] is True
    assert found["dnsEndpointConfig"]["endpoint"].endswith(".gke.goog")


def test_redis_has_an_address_and_a_password() -> None:
    found = outputs(REDIS, {"memorySizeGb": 5, "tier": "STANDARD_HA"})
    assert is_private(found["host"])
    assert (found["port"], found["replicaCount"]) == (6379, 1)
    assert found["authString"]
    assert found["serverCaCerts"][0]["cert"].startswith("-----BEGIN CERTIFICATE-----")


def test_an_agent_of_a_service_has_a_name() -> None:
    found = outputs(IDENTITY, {"service": "container.googleapis.com"})
    email = "service-123456789012@container-engine-robot.iam.gserviceaccount.com"
    assert (found["email"], found["member"]) == (email, f"serviceAccount:{email}")
    found = outputs(IDENTITY, {"service": "gkebackup.googleapis.com"})
    assert "@gcp-sa-gkebackup." in found["email"]


def test_a_zone_has_four_name_servers_and_an_authorization_its_record() -> None:
    assert len(set(outputs(ZONE, {"dnsName": "example.com."})["nameServers"])) == 4
    (record,) = outputs(CERTIFICATE, {"domain": "example.com"})["dnsResourceRecords"]
    assert record["name"] == "_acme-challenge.example.com."
    assert record["type"] == "CNAME"


def test_times_are_those_that_are_picked() -> None:
    pick = Pick(BUCKET, "main", time="2030-01-02T03:04:05Z")
    _, found = answers.created(BUCKET, "main", {"name": "b"}, AROUND, pick)
    assert found["timeCreated"] == found["updated"] == "2030-01-02T03:04:05Z"


def test_counts_begin_with_none_and_times_in_milliseconds_are_times() -> None:
    found = outputs("gcp:bigquery/table:Table", {"datasetId": "d", "tableId": "t"})
    assert (found["numRows"], found["numBytes"]) == (0, 0)
    assert found["creationTime"] == 1767225600000


def test_an_update_tells_what_it_adds_and_keeps_what_was_told() -> None:
    _, old = create(SQL, {"settings": PRIVATE})
    new = filled(SQL, {"settings": {**PRIVATE, "tier": "u"}}, old, "main", digits=lambda: "1111111")
    state = diff.after(SQL, diff.before(SQL, {}, old), new)
    found = answers.updated(SQL, "main", state, AROUND)
    assert found == {**old, "settings": {**old["settings"], "tier": "u"}}


def test_an_update_keeps_an_id_that_the_service_picked() -> None:
    board = "gcp:monitoring/dashboard:Dashboard"
    given = {"dashboardJson": "{}"}
    id_, old = answers.created(board, "main", given, AROUND, Pick(board, "main, again"))
    state = diff.after(board, diff.before(board, given, old), {"dashboardJson": "[]"})
    assert answers.updated(board, "main", state, AROUND)["id"] == id_ != create(board, given)[0]


def test_secrets_are_those_of_the_schema_at_any_depth() -> None:
    secrets = {"replicaConfiguration", "rootPassword", "serverCaCerts"}
    assert answers.sensitive(SQL) == secrets
    assert answers.sensitive(REDIS) == {"authString", "effectiveLabels", "pulumiLabels"}
    assert answers.sensitive(CLUSTER) == {"effectiveLabels", "masterAuth", "pulumiLabels"}


@pytest.mark.parametrize("type_", TYPES)
def test_an_answer_travels(type_: str) -> None:
    found = outputs(type_, {})
    secret = answers.sensitive(type_)
    message = wire.encode(found, secret)
    assert wire.secret_keys(message) == secret & found.keys()
    assert wire.decode(message) == found


@pytest.mark.parametrize("phase", builders.PHASES)
def test_ids_of_a_phase_are_told_before_and_differ(phase: str) -> None:
    told = []
    for fact in known_cloud.updated(phase).resources:
        if fact.type in types():
            given = filled(fact.type, fact.inputs, None, fact.name, digits=lambda: "0c0ffee")
            id_, _ = answers.created(fact.type, fact.name, given, AROUND)
            assert answers.id_of(fact.type, given, AROUND) in (None, id_)
            told.append((fact.type, id_))
    assert len(set(told)) == len(told)


def test_an_unknown_type_is_told() -> None:
    for call in (answers.preview, answers.id_of):
        with pytest.raises(UnknownTypeError):
            call("gcp:none/such:Such", {}, AROUND)
    with pytest.raises(UnknownTypeError):
        answers.created("gcp:none/such:Such", "main", {}, AROUND)
    with pytest.raises(UnknownTypeError):
        answers.sensitive("gcp:none/such:Such")
