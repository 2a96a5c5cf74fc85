"""What Diff answers: every rule of the data, each way, and the laws that hold for all types."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import builders
import known_cloud
import pytest
from hypothesis import given
from hypothesis import strategies as st

from palier.facts import UNKNOWN
from palier.provider import answers
from palier.provider.diff import META, Change, Diff, after, diff
from palier.provider.filled import filled, judged
from palier.provider.schema import UnknownTypeError, types
from palier.provider.tree import Node, element_of, replacement_of, root_of

BACKEND = "gcp:compute/backendService:BackendService"
BUCKET = "gcp:storage/bucket:Bucket"
CLUSTER = "gcp:container/cluster:Cluster"
FIREWALL = "gcp:compute/firewall:Firewall"
METRIC = "gcp:logging/metric:Metric"
MEMBER = "gcp:projects/iAMMember:IAMMember"
NETWORK = "gcp:compute/network:Network"
POOL = "gcp:container/nodePool:NodePool"
REDIS = "gcp:redis/instance:Instance"
RULE = "gcp:compute/globalForwardingRule:GlobalForwardingRule"
VAULT = "gcp:secretmanager/secret:Secret"
SQL = "gcp:sql/databaseInstance:DatabaseInstance"
SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"
VERSION = "gcp:secretmanager/secretVersion:SecretVersion"

ID = "projects/acme/global/networks/main"
LINK = f"https://www.googleapis.com/compute/v1/{ID}"
TYPES = sorted(types())
MARK = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17"}
SCALARS: dict[str, tuple[Any, Any]] = {
    "string": ("one", "two"),
    "int": (1, 2),
    "number": (1.5, 2.5),
    "bool": (False, True),
    "asset": ({**MARK, "hash": "one"}, {**MARK, "hash": "two"}),
    "map": ({"key": "one"}, {"key": "two"}),
}


def sample(node: Node, variant: int) -> Any:
    """A value of a property; the two variants differ, but for objects that have no property."""
    if node.kind == "one":
        return sample(element_of(node), variant)
    if node.kind in {"list", "set"}:
        return [sample(element_of(node), variant)]
    if node.kind != "block":
        return SCALARS[node.kind][variant]
    simple = (key for key, inner in node.fields.items() if usable(inner) and inner.kind in SCALARS)
    nested = (key for key, inner in node.fields.items() if usable(inner))
    key = next(simple, None) or next(nested, None)
    return {key: sample(node.fields[key], variant)} if key else {}


def usable(node: Node) -> bool:
    return not node.output and not node.rule.get("writeOnly")


def at(type_: str, path: str, variant: int | None) -> dict[str, Any]:
    """Inputs that hold one property, or all that is above it when there is no variant."""
    node = root_of(type_)
    inputs: dict[str, Any] = {}
    here = inputs
    *parents, last = path.split(".")
    for key in parents:
        node = element_of(node.fields[key.removesuffix("[]")])
        inner: dict[str, Any] = {}
        here[key.removesuffix("[]")] = [inner] if key.endswith("[]") else inner
        here = inner
    if variant is not None:
        here[last] = sample(node.fields[last], variant)
    return inputs


def paths(rule: str) -> list[tuple[str, str]]:
    return [(type_, path) for type_ in TYPES for path in replacement_of(type_).get(rule, ())]


def told(type_: str, old: dict[str, Any], new: dict[str, Any], **options: Any) -> Diff:
    """The diff after a create that answered what it was given."""
    return diff(type_, old, old, new, **options)


@pytest.mark.parametrize(("type_", "path"), paths("replacesOn"))
def test_a_change_of_what_replaces_replaces(type_: str, path: str) -> None:
    old, new = at(type_, path, 0), at(type_, path, 1)
    if old == new:
        old = at(type_, path, None)
    found = told(type_, old, new)
    planned_too = ("networkingMode",) if path == "enableAutopilot" else ()
    assert found.replaces == (path.partition(".")[0], *planned_too)
    assert told(type_, old, old) == told(type_, new, new) == Diff()


@pytest.mark.parametrize(("type_", "path"), paths("replacesOn"))
def test_what_replaces_and_is_not_known_yet_replaces(type_: str, path: str) -> None:
    known, unknown = at(type_, path, 0), at(type_, path, 0)
    *parents, last = path.replace("[]", "").split(".")
    here: Any = unknown
    for key in parents:
        here = here[key][0] if isinstance(here[key], list) else here[key]
    here[last] = UNKNOWN
    assert told(type_, known, unknown).replaces == (path.partition(".")[0],)


@pytest.mark.parametrize(("type_", "path"), paths("replacesOnAddOrRemove"))
def test_a_block_that_comes_replaces(type_: str, path: str) -> None:
    found = told(type_, at(type_, path, None), at(type_, path, 1))
    assert found.replaces == (path.partition(".")[0],)


@pytest.mark.parametrize(("type_", "path"), paths("replacesOnAddOrRemove"))
def test_a_block_that_goes_replaces_unless_the_service_keeps_it(type_: str, path: str) -> None:
    found = told(type_, at(type_, path, 1), at(type_, path, None))
    kept = node_at(type_, path).computed
    assert found.replaces == (() if kept else (path.partition(".")[0],))


def node_at(type_: str, path: str) -> Node:
    node = root_of(type_)
    for key in path.replace("[]", "").split("."):
        node = (node if node.kind == "block" else element_of(node)).fields[key]
    return node


@pytest.mark.parametrize(("type_", "path"), paths("keptWhenUnset"))
def test_what_the_program_drops_and_the_service_keeps_is_no_change(type_: str, path: str) -> None:
    assert told(type_, at(type_, path, 1), at(type_, path, None)) == Diff()


@pytest.mark.parametrize("type_", [t for t in TYPES if replacement_of(t).get("noUpdate")])
def test_a_type_without_update_is_replaced_by_every_change(type_: str) -> None:
    for key, node in root_of(type_).fields.items():
        if usable(node):
            assert told(type_, at(type_, key, 0), at(type_, key, 1)).replaces == (key,)


@pytest.mark.parametrize("type_", TYPES)
def test_a_property_that_replaces_nothing_is_updated(type_: str) -> None:
    rules = replacement_of(type_)
    replacing = {path.partition(".")[0] for path in rules["replacesOn"]}
    replacing |= {path.partition(".")[0] for path in rules.get("replacesOnAddOrRemove", ())}
    for key, node in root_of(type_).fields.items():
        scalar = node.kind in {"string", "int", "number", "bool"}
        if scalar and usable(node) and key not in replacing and not rules.get("noUpdate"):
            found = told(type_, at(type_, key, 0), at(type_, key, 1))
            assert Change(key, "update") in found.changes
            assert set(found.replaces) <= {META}


@pytest.mark.parametrize("type_", TYPES)
def test_what_a_create_answers_differs_in_nothing_from_its_inputs(type_: str) -> None:
    for variant in (0, 1):
        inputs = {k: sample(n, variant) for k, n in root_of(type_).fields.items() if usable(n)}
        given_ = filled(type_, inputs, None, "main", digits=lambda: "0c0ffee")
        _, outputs = answers.created(type_, "main", given_, known_cloud.SURROUNDINGS)
        assert diff(type_, given_, outputs, given_) == Diff()


@pytest.mark.parametrize("phase", builders.PHASES)
def test_a_phase_differs_in_nothing_from_itself(phase: str) -> None:
    for fact in known_cloud.updated(phase).resources:
        if fact.type in types():
            old = filled(fact.type, fact.inputs, None, fact.name, digits=lambda: "0c0ffee")
            new = filled(fact.type, fact.inputs, old, fact.name, digits=lambda: "1111111")
            _, outputs = answers.created(fact.type, fact.name, old, known_cloud.SURROUNDINGS)
            assert diff(fact.type, old, outputs, new) == Diff(), fact.urn
            assert diff(fact.type, old, {}, new) == Diff(), fact.urn


def drawn(node: Node, draw: st.DataObject, depth: int = 3) -> Any:
    """Any value of a property."""
    if node.kind == "one":
        return drawn(element_of(node), draw, depth)
    if node.kind in {"list", "set"}:
        count = draw.draw(st.integers(0, 3))
        return [drawn(element_of(node), draw, depth) for _ in range(count)]
    if node.kind != "block":
        return SCALARS[node.kind][draw.draw(st.integers(0, 1))]
    keys = sorted(key for key, inner in node.fields.items() if usable(inner)) if depth else []
    chosen = draw.draw(st.lists(st.sampled_from(keys), max_size=4)) if keys else []
    return {key: drawn(node.fields[key], draw, depth - 1) for key in chosen}


def shuffled(node: Node, value: Any, order: random.Random) -> Any:
    """The same value with its sets in another order."""
    if node.kind == "one":
        return shuffled(element_of(node), value, order)
    if node.kind in {"list", "set"}:
        items = [shuffled(element_of(node), item, order) for item in value]
        if node.kind == "set":
            order.shuffle(items)
        return items
    if node.kind == "block":
        return {key: shuffled(node.fields[key], item, order) for key, item in value.items()}
    return value


@given(st.sampled_from(TYPES), st.data(), st.randoms(use_true_random=False))
def test_the_order_of_a_set_does_not_count(
    type_: str, data: st.DataObject, order: random.Random
) -> None:
    inputs = drawn(root_of(type_), data)
    assert told(type_, inputs, inputs) == Diff()
    assert told(type_, inputs, shuffled(root_of(type_), inputs, order)) == Diff()


@given(st.sampled_from(TYPES), st.data(), st.randoms(use_true_random=False))
def test_a_change_is_the_same_in_whatever_order_the_state_has_its_sets(
    type_: str, data: st.DataObject, order: random.Random
) -> None:
    old, new = (drawn(root_of(type_), data) for _ in range(2))
    other = shuffled(root_of(type_), old, order)
    found, again = told(type_, old, new), told(type_, other, new)
    assert (found.keys, found.changed) == (again.keys, again.changed)


SETTINGS = {"tier": "t", "diskAutoresize": False}


@pytest.mark.parametrize(
    ("type_", "old", "new", "changes"),
    [
        (SQL, {"settings": SETTINGS}, {"settings": {**SETTINGS, "tier": "u"}}, "settings.tier"),
        (SQL, {"settings": SETTINGS}, {"settings": {"tier": "t"}}, "settings.diskAutoresize"),
        (FIREWALL, {"sourceRanges": ["a", "b"]}, {"sourceRanges": ["b"]}, "sourceRanges[0]"),
        (FIREWALL, {"sourceRanges": ["a"]}, {"sourceRanges": ["b", "a"]}, "sourceRanges[0]"),
        (BUCKET, {"labels": {"a": "1"}}, {"labels": {"a": "1", "b": "2"}}, "labels.b"),
        (BUCKET, {"labels": {"a.b": "1"}}, {"labels": {"a.b": "2"}}, 'labels["a.b"]'),
        (BUCKET, {"labels": {"a": "1"}}, {}, "labels"),
        (BUCKET, {"labels": {}}, {}, ""),
        (BUCKET, {}, {"labels": {}}, ""),
        (BUCKET, {}, {"requesterPays": False}, "requesterPays"),
        (BUCKET, {"requesterPays": False}, {}, ""),
        (BUCKET, {"storageClass": "STANDARD"}, {}, ""),
        (BUCKET, {}, {"storageClass": "STANDARD"}, ""),
        (BUCKET, {"storageClass": "NEARLINE"}, {}, "storageClass"),
        (BUCKET, {"cors": [{"methods": ["a"]}]}, {}, "cors"),
        (BUCKET, {}, {"cors": []}, ""),
        (BUCKET, {"cors": [{"methods": ["a"]}]}, {"cors": [{"methods": ["a", "b"]}]},
         "cors[0].methods[1]"),
        (BACKEND, {"timeoutSec": "30"}, {"timeoutSec": 30}, ""),
        (BACKEND, {"description": ""}, {}, ""),
        (BACKEND, {}, {"description": ""}, ""),
        (VERSION, {"secretDataWo": "a"}, {"secretDataWo": "b"}, ""),
        (CLUSTER, {"addonsConfig": {"cloudrunConfig": {"disabled": True}}}, {}, ""),
    ],
)  # fmt: skip
def test_a_change_is_told_where_it_is(
    type_: str, old: dict[str, Any], new: dict[str, Any], changes: str
) -> None:
    paths = [change.path for change in told(type_, old, new).changes]
    assert paths == ([changes] if changes else [])


@pytest.mark.parametrize(
    ("type_", "key", "old", "new"),
    [
        (SUBNETWORK, "network", ID, LINK),
        (SUBNETWORK, "network", LINK, "main"),
        (SUBNETWORK, "network", "main", ID),
        (SUBNETWORK, "network", ID, LINK.replace("/v1/", "/beta/")),
        (MEMBER, "project", "projects/acme", "acme"),
        (MEMBER, "member", "user:Ada@Example.com", "user:ada@example.com"),
        (BUCKET, "location", "EU", "eu"),
        (RULE, "portRange", "443-443", "443"),
        (RULE, "ipProtocol", "TCP", "tcp"),
        (CLUSTER, "network", ID, "main"),
        ("gcp:bigquery/dataset:Dataset", "location", "EU", "eu"),
        ("gcp:cloudscheduler/job:Job", "attemptDeadline", "180s", "3m"),
        ("gcp:kms/cryptoKey:CryptoKey", "keyRing", "projects/p/locations/l/keyRings/k", "l/k"),
        ("gcp:kms/cryptoKey:CryptoKey", "keyRing", "projects/p/locations/l/keyRings/k", "p/l/k"),
        ("gcp:logging/projectSink:ProjectSink", "filter", "a=b", " a=b\n"),
        ("gcp:monitoring/dashboard:Dashboard", "dashboardJson", '{"a": [1], "etag": "x"}',
         '{"a":[1]}'),
        ("gcp:pubsub/subscription:Subscription", "topic", "projects/p/topics/t", "t"),
        ("gcp:redis/instance:Instance", "authorizedNetwork", ID, "main"),
    ],
)  # fmt: skip
def test_another_spelling_is_no_change(type_: str, key: str, old: str, new: str) -> None:
    assert told(type_, {key: old}, {key: new}) == Diff()
    assert told(type_, {key: old}, {key: f"{new}-other"}).keys == (key,)


@pytest.mark.parametrize(
    ("type_", "key", "old", "new"),
    [
        (MEMBER, "member", "principal://x/Ada", "principal://x/ada"),
        (MEMBER, "role", "roles/viewer", "viewer"),
        (SUBNETWORK, "network", ID, ID.replace("acme", "other")),
        (SUBNETWORK, "ipCidrRange", "10.0.0.0/8", "8"),
        ("gcp:kms/cryptoKey:CryptoKey", "keyRing", "p/l/k", "q/l/k"),
        ("gcp:cloudscheduler/job:Job", "attemptDeadline", "180s", "3"),
        ("gcp:monitoring/dashboard:Dashboard", "dashboardJson", '{"a": [1]}', '{"a": [1, 2]}'),
        ("gcp:monitoring/dashboard:Dashboard", "dashboardJson", "{", "["),
    ],
)
def test_another_value_is_a_change(type_: str, key: str, old: str, new: str) -> None:
    assert told(type_, {key: old}, {key: new}).keys == (key,)


@pytest.mark.parametrize(
    ("kind", "old", "new", "same"),
    [
        ("A", ["10.0.0.1", "10.0.0.2"], ["10.0.0.2", "10.0.0.1"], True),
        ("A", ["10.0.0.1"], ["10.0.0.2"], False),
        ("AAAA", ["fd00::1"], ["fd00:0::1"], True),
        ("TXT", ['"Text"'], ["text"], True),
        ("MX", ["1 Mail."], ["1 mail."], True),
        ("CNAME", ["A."], ["a."], False),
    ],
)
def test_record_data_are_compared_as_their_type_reads_them(
    kind: str, old: list[str], new: list[str], same: bool
) -> None:
    before, now = ({"type": kind, "name": "n.", "rrdatas": data} for data in (old, new))
    assert told("gcp:dns/recordSet:RecordSet", before, now).changed is not same


def test_elements_of_a_set_that_look_alike_are_all_kept() -> None:
    policy = "gcp:binaryauthorization/policy:Policy"
    rules: list[dict[str, Any]] = [{"requireAttestationsBies": []}, {}]
    empty, other = ({"clusterAdmissionRules": order} for order in (rules, rules[::-1]))
    assert told(policy, empty, other) == Diff()


def test_a_custom_rule_shows_as_meta_and_the_property_as_an_update() -> None:
    found = told(SUBNETWORK, {"ipCidrRange": "10.0.0.0/20"}, {"ipCidrRange": "10.0.0.0/24"})
    assert found.changes == (Change(META, "update", replace=True), Change("ipCidrRange", "update"))
    assert found.replaces == (META,)
    assert found.keys == (META, "ipCidrRange")


def test_a_custom_rule_beside_a_property_that_replaces_shows_nothing_more() -> None:
    old, new = {"ipCidrRange": "10.0.0.0/20"}, {"ipCidrRange": "10.0.0.0/24", "description": "d"}
    assert told(SUBNETWORK, old, new).replaces == ("description",)


def test_a_nested_property_replaces_under_the_name_of_its_object() -> None:
    found = told(SQL, {"settings": {"collation": "a"}}, {"settings": {"collation": "b"}})
    assert found.changes == (Change("settings.collation", "update", replace=True),)
    assert found.replaces == ("settings",)
    found = told(POOL, {"nodeConfig": {"spot": False}}, {"nodeConfig": {"spot": True}})
    assert found.replaces == ("nodeConfig",)


def test_a_node_pool_inside_a_cluster_replaces_it_as_it_would_itself() -> None:
    old, new = ({"nodePools": [{"name": "a", "nodeConfig": {"spot": s}}]} for s in (False, True))
    assert told(CLUSTER, old, new).changes == (
        Change("nodePools[0].nodeConfig.spot", "update", replace=True),
    )


def test_a_part_of_a_set_that_replaces_replaces_with_whatever_else_changes_in_its_element() -> None:
    old, new = (
        {"metricDescriptor": {"labels": [{"key": "k", "valueType": "BOOL", "description": text}]}}
        for text in "ab"
    )
    assert told(METRIC, old, new).replaces == (META,)


VALKEY = "gcp:memorystore/instance:Instance"


def test_an_element_more_replaces_where_the_whole_list_does() -> None:
    old, new = ({"desiredAutoCreatedEndpoints": [{"network": n} for n in ns]} for ns in ("a", "ab"))
    path = "desiredAutoCreatedEndpoints[1]"
    assert told(VALKEY, old, new).changes == (Change(path, "add", replace=True),)
    assert told(VALKEY, new, old).changes == (Change(path, "delete", replace=True),)


def test_a_block_that_goes_takes_with_it_nothing_that_the_service_keeps() -> None:
    old = {"externalDataConfiguration": {"autodetect": True, "schema": "s"}}
    found = told("gcp:bigquery/table:Table", old, {})
    assert found.changes == (Change("externalDataConfiguration", "delete"),)
    found = told("gcp:bigquery/table:Table", {}, old)
    assert found.changes == (Change("externalDataConfiguration", "add", replace=True),)


def test_two_spellings_of_one_element_of_a_set_are_one_element() -> None:
    old = {"allows": [{"protocol": "tcp"}]}
    new = {"allows": [{"protocol": "TCP"}, {"protocol": "Tcp"}]}
    assert told(FIREWALL, old, new) == Diff()
    assert after(FIREWALL, old, new)["allows"] == old["allows"]


def test_what_the_state_says_counts_more_than_the_old_inputs() -> None:
    inputs = {"memorySizeGb": 5, "displayName": "a"}
    drifted = {"memorySizeGb": 6, "displayName": "a", "host": "10.0.0.1"}
    assert diff(REDIS, inputs, drifted, inputs).changes == (Change("memorySizeGb", "update"),)
    assert diff(REDIS, inputs, drifted, {**inputs, "memorySizeGb": 6}) == Diff()


def test_where_the_state_says_nothing_the_old_inputs_count() -> None:
    assert diff(REDIS, {"displayName": "a"}, {"displayName": None}, {"displayName": "a"}) == Diff()


def test_an_unknown_is_a_change_of_what_was_known() -> None:
    found = told(BUCKET, {"labels": {"a": "b"}}, {"labels": {"a": UNKNOWN}})
    assert found.changes == (Change("labels.a", "update"),)
    assert told(NETWORK, {}, {"description": UNKNOWN}).changes == (
        Change("description", "add", replace=True),
    )


@pytest.mark.parametrize(
    "ignored",
    ["settings", "settings.tier", 'settings["tier"]', "settings.*", "*"],
)
def test_what_is_ignored_is_no_change(ignored: str) -> None:
    old, new = {"settings": {"tier": "t"}}, {"settings": {"tier": "u"}}
    assert told(SQL, old, new, ignore_changes=[ignored]) == Diff()


@pytest.mark.parametrize("ignored", ["cors[*].methods", "cors[0].methods", "cors[*].*", "cors"])
def test_what_is_ignored_in_a_list_is_no_change(ignored: str) -> None:
    old, new = ({"cors": [{"methods": [name]}]} for name in ("GET", "PUT"))
    assert told(BUCKET, old, new, ignore_changes=[ignored]) == Diff()


@pytest.mark.parametrize("ignored", ["name", "settings.edition", "cors[1].methods", "settings[0]"])
def test_what_is_not_ignored_is_a_change(ignored: str) -> None:
    old, new = {"settings": {"tier": "t"}}, {"settings": {"tier": "u"}}
    assert told(SQL, old, new, ignore_changes=[ignored]).keys == ("settings",)


def test_what_is_ignored_stays_when_the_program_drops_it_and_out_when_it_adds_it() -> None:
    old = {"storageClass": "NEARLINE", "location": "EU"}
    assert told(BUCKET, old, {"location": "EU"}, ignore_changes=["storageClass"]) == Diff()
    new = {**old, "requesterPays": True}
    assert told(BUCKET, old, new, ignore_changes=["requesterPays"]) == Diff()


def test_drift_of_what_is_ignored_is_no_change() -> None:
    old, state = {"memorySizeGb": 5}, {"memorySizeGb": 6}
    assert diff(REDIS, old, state, old, ignore_changes=["memorySizeGb"]) == Diff()


def named(name: str | None) -> dict[str, Any]:
    inputs = {"description": "a"} if name is None else {"description": "a", "name": name}
    return filled(NETWORK, inputs, None, "main", digits=lambda: "0c0ffee")


def test_a_resource_with_a_name_of_its_own_goes_before_the_new_one_comes() -> None:
    for name, first in (("mine", True), (None, False)):
        old = named(name)
        found = diff(NETWORK, old, judged(NETWORK, old), {**old, "description": "b"})
        assert found.replaces == ("description",)
        assert found.delete_before_replace is first


def test_a_type_may_always_go_before_the_new_one_comes() -> None:
    assert told(MEMBER, {"role": "a"}, {"role": "b"}).delete_before_replace is True


def test_an_update_deletes_nothing_before() -> None:
    assert told(VAULT, {"labels": {"a": "b"}}, {"labels": {}}).delete_before_replace is False


def labelled(type_: str, key: str) -> Iterator[dict[str, Any]]:
    for text in ("1", "2"):
        yield filled(type_, {key: {"a": text}}, None, "main", digits=lambda: "0c0ffee")


@pytest.mark.parametrize(("type_", "key"), [(BUCKET, "labels"), (CLUSTER, "resourceLabels")])
def test_labels_show_in_all_that_the_provider_joins_of_them(type_: str, key: str) -> None:
    old, new = labelled(type_, key)
    _, outputs = answers.created(type_, "main", old, known_cloud.SURROUNDINGS)
    assert outputs["pulumiLabels"] == {"a": "1", "goog-pulumi-provisioned": "true"}
    outputs["effectiveLabels"]["set-elsewhere"] = "x"
    found = diff(type_, old, outputs, new)
    assert set(found.keys) == {"effectiveLabels", key, "pulumiLabels"}
    assert [change.path for change in found.changes if change.path.startswith("eff")] == [
        "effectiveLabels.a"
    ]


def test_an_unknown_type_is_told() -> None:
    with pytest.raises(UnknownTypeError):
        diff("gcp:none/such:Such", {}, {}, {})
