"""What Check answers: inputs in their shape, the automatic name, defaults noted beside them."""

from __future__ import annotations

from typing import Any

import builders
import known_cloud
import pytest
from hypothesis import given
from hypothesis import strategies as st

from palier.facts import UNKNOWN
from palier.provider.coercions import CallFailsError
from palier.provider.filled import filled, judged, shaped
from palier.provider.schema import UnknownTypeError, check, types
from palier.provider.tree import element_of, root_of, schema_of

BACKEND = "gcp:compute/backendService:BackendService"
BUCKET = "gcp:storage/bucket:Bucket"
CLUSTER = "gcp:container/cluster:Cluster"
NETWORK = "gcp:compute/network:Network"
OBJECT = "gcp:storage/bucketObject:BucketObject"
REDIS = "gcp:redis/instance:Instance"
SQL = "gcp:sql/databaseInstance:DatabaseInstance"
ZONE = "gcp:dns/managedZone:ManagedZone"

ASSET = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "text": "hello"}
NAMED = sorted(type_ for type_ in types() if "autoname" in schema_of(type_))


def digits() -> str:
    return "0c0ffee"


def answer(type_: str, inputs: dict[str, Any], olds: dict[str, Any] | None = None) -> Any:
    return filled(type_, inputs, olds, "main", digits=digits)


def test_a_default_is_filled_in_and_noted_at_every_depth() -> None:
    inputs = {"databaseVersion": "POSTGRES_17", "settings": {"tier": "t", "ipConfiguration": {}}}
    found = answer(SQL, inputs)
    assert found["deletionProtection"] is True
    assert found["__defaults"] == ["deletionProtection", "name"]
    assert found["settings"]["pricingPlan"] == "PER_USE"
    assert found["settings"]["ipConfiguration"] == {
        "ipv4Enabled": True,
        "__defaults": ["ipv4Enabled"],
    }


def test_an_object_without_defaults_notes_that_it_has_none() -> None:
    found = answer(BUCKET, {"location": "EU", "versioning": {"enabled": True}})
    assert found["versioning"] == {"enabled": True, "__defaults": []}


def test_elements_of_lists_have_their_defaults_and_maps_have_none() -> None:
    found = answer(BACKEND, {"backends": [{"group": "g"}]})
    assert found["backends"][0]["balancingMode"] == "UTILIZATION"
    assert found["backends"][0]["__defaults"] == ["balancingMode", "capacityScaler"]
    assert answer(BUCKET, {"location": "EU", "labels": {"a": "b"}})["labels"] == {"a": "b"}


def test_false_zero_and_an_empty_text_are_not_filled_in() -> None:
    found = answer(REDIS, {"memorySizeGb": 1})
    assert "authEnabled" not in found
    assert found["__defaults"] == ["connectMode", "name", "tier", "transitEncryptionMode"]


def test_a_null_is_filled_in_and_an_unknown_is_not() -> None:
    assert answer(REDIS, {"memorySizeGb": 1, "tier": None})["tier"] == "BASIC"
    found = answer(REDIS, {"memorySizeGb": 1, "tier": UNKNOWN})
    assert found["tier"] is UNKNOWN
    assert "tier" not in found["__defaults"]


def test_an_unknown_object_has_no_defaults() -> None:
    assert answer(SQL, {"databaseVersion": "v", "settings": UNKNOWN})["settings"] is UNKNOWN


def test_what_conflicts_with_something_given_has_no_default() -> None:
    assert answer(CLUSTER, {})["enableShieldedNodes"] is True
    assert "enableShieldedNodes" not in answer(CLUSTER, {"enableAutopilot": True})


def test_an_old_default_outlives_a_new_one() -> None:
    olds = {"description": "Managed by someone", "__defaults": ["description"]}
    assert answer(ZONE, {"dnsName": "a."}, olds)["description"] == "Managed by someone"


def test_an_old_value_of_the_program_is_no_default() -> None:
    olds = {"description": "Mine", "__defaults": ["name"], "name": "n"}
    assert answer(ZONE, {"dnsName": "a."}, olds)["description"] == "Managed by Pulumi"


def test_where_no_defaults_were_noted_an_old_value_is_one() -> None:
    assert answer(ZONE, {"dnsName": "a."}, {"description": "Old"})["description"] == "Old"


def test_an_old_default_inside_a_list_is_kept_by_its_place() -> None:
    olds = {"backends": [{"group": "g", "balancingMode": "RATE", "__defaults": ["balancingMode"]}]}
    found = answer(BACKEND, {"backends": [{"group": "g"}, {"group": "h"}]}, olds)
    assert [backend["balancingMode"] for backend in found["backends"]] == ["RATE", "UTILIZATION"]


@pytest.mark.parametrize("type_", NAMED)
def test_a_resource_without_a_name_gets_one(type_: str) -> None:
    key = schema_of(type_)["autoname"]["property"]
    found = filled(type_, {}, None, "Main", digits=digits)
    begin = "main" if schema_of(type_)["autoname"].get("lowercase") else "Main"
    assert found[key] == f"{begin}-0c0ffee"
    assert key in found["__defaults"]


@pytest.mark.parametrize("type_", NAMED)
def test_an_automatic_name_stays(type_: str) -> None:
    first = filled(type_, {}, None, "main", digits=digits)
    again = filled(type_, {}, first, "main", digits=lambda: "1111111")
    assert again == first


def test_a_name_that_the_program_gave_once_does_not_stay() -> None:
    olds = {"name": "chosen", "__defaults": []}
    assert answer(NETWORK, {}, olds)["name"] == "main-0c0ffee"


@pytest.mark.parametrize("type_", NAMED)
def test_an_automatic_name_that_is_too_long_fails_the_call(type_: str) -> None:
    most = schema_of(type_)["autoname"]["maxLength"]
    fits = "n" * (most - 8)
    assert fits in str(filled(type_, {}, None, fits, digits=digits))
    with pytest.raises(CallFailsError, match="plus 7 random chars is longer than maximum length"):
        filled(type_, {}, None, fits + "n", digits=digits)


@pytest.mark.parametrize(
    ("type_", "given_", "shown"),
    [
        (REDIS, {"memorySizeGb": "5"}, {"memorySizeGb": 5}),
        (REDIS, {"memorySizeGb": 5.9}, {"memorySizeGb": 5}),
        (REDIS, {"authEnabled": "true"}, {"authEnabled": True}),
        (REDIS, {"displayName": 5}, {"displayName": "5"}),
        (SQL, {"settings": [{"tier": "t"}]}, {"settings": {"tier": "t"}}),
        (SQL, {"settings": []}, {}),
        (BACKEND, {"healthChecks": ["a"]}, {"healthChecks": "a"}),
        (BACKEND, {"customRequestHeaders": "a"}, {"customRequestHeaders": ["a"]}),
        (BUCKET, {"labels": {"a": 1}}, {"labels": {"a": "1"}}),
        (BUCKET, {"labels": None}, {}),
        (OBJECT, {"source": ASSET}, {"source": ASSET}),
        (SQL, {"settings": UNKNOWN}, {"settings": UNKNOWN}),
    ],
)
def test_a_coercion_shows(type_: str, given_: dict[str, Any], shown: dict[str, Any]) -> None:
    assert shaped(type_, given_) == shown


def test_a_value_that_cannot_be_turned_fails_the_call() -> None:
    with pytest.raises(CallFailsError):
        answer(REDIS, {"memorySizeGb": "many"})


def test_timeouts_pass() -> None:
    timeouts = {"create": "30m"}
    assert answer(REDIS, {"memorySizeGb": 5, "timeouts": timeouts})["timeouts"] == timeouts


def test_check_judges_the_automatic_name_and_no_default() -> None:
    found = answer(SQL, {"databaseVersion": "v", "settings": {"tier": "t"}})
    expected = {"databaseVersion": "v", "name": "main-0c0ffee", "settings": {"tier": "t"}}
    assert judged(SQL, found) == expected


def test_a_name_that_the_provider_makes_may_be_refused() -> None:
    found = filled("gcp:compute/firewall:Firewall", {}, None, "My_Wall", digits=digits)
    failures = check(
        "gcp:compute/firewall:Firewall", judged("gcp:compute/firewall:Firewall", found)
    )
    assert [failure.path for failure in failures if failure.path == "name"] == ["name"]


def test_an_unknown_type_is_told() -> None:
    with pytest.raises(UnknownTypeError):
        filled("gcp:none/such:Such", {}, None, "main", digits=digits)


@pytest.mark.parametrize("phase", builders.PHASES)
def test_filling_what_is_filled_changes_nothing(phase: str) -> None:
    for fact in known_cloud.updated(phase).resources:
        if fact.type in types():
            once = filled(fact.type, fact.inputs, None, fact.name, digits=digits)
            given_ = judged(fact.type, once)
            assert filled(fact.type, given_, once, fact.name, digits=lambda: "1111111") == {
                **once,
                "__defaults": once["__defaults"],
            }


def noted(value: Any) -> bool:
    """Whether every object in a value notes its defaults, and has them."""
    if isinstance(value, dict):
        return value["__defaults"] == sorted(value["__defaults"]) and set(
            value["__defaults"]
        ) <= set(value)
    return True


@given(st.sampled_from(sorted(types())), st.data())
def test_every_object_notes_its_defaults(type_: str, data: st.DataObject) -> None:
    objects = [key for key, node in root_of(type_).fields.items() if is_object(type_, key)]
    key = data.draw(st.sampled_from(objects)) if objects else None
    found = answer(type_, {key: {}} if key else {})
    assert noted(found)
    assert key is None or noted(found[key])


def is_object(type_: str, key: str) -> bool:
    node = root_of(type_).fields[key]
    return not node.output and node.kind == "one" and element_of(node).kind == "block"
