"""Facts: reading nested values, three kinds of nothing, and an order no feed decides."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palier.facts import STACK_TYPE, UNKNOWN, Fact, Facts, Unknown, decimal, read

STACK = "urn:pulumi:test::test::pulumi:pulumi:Stack::test-test"


def fact(name: str, type_: str = "gcp:a/b:C", parent: str | None = STACK, **more: Any) -> Fact:
    given_: dict[str, Any] = {"custom": True, "inputs": {}} | more
    return Fact(urn=f"urn::{type_}::{name}", type=type_, name=name, parent=parent, **given_)


NESTED: dict[str, Any] = {
    "name": "db",
    "zero": 0,
    "empty": "",
    "nothing": None,
    "settings": {"tier": "db-g1-small", "ip": {"ssl": UNKNOWN}, "flags": [{"name": "a"}, UNKNOWN]},
    "whole": UNKNOWN,
    "0": "a key, not a place",
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", "db"),
        ("zero", 0),
        ("empty", ""),
        ("settings.tier", "db-g1-small"),
        ("settings.flags.0.name", "a"),
        ("settings.flags.0", {"name": "a"}),
        ("0", "a key, not a place"),
    ],
)
def test_a_path_reads_the_value_it_names(path: str, value: object) -> None:
    assert read(NESTED, path) == value


@pytest.mark.parametrize(
    "path",
    ["settings.ip.ssl", "whole", "whole.of.it", "whole.0", "settings.ip.ssl.mode",
     "settings.flags.1", "settings.flags.1.name"],
)  # fmt: skip
def test_what_is_unknown_or_below_an_unknown_is_unknown(path: str) -> None:
    assert read(NESTED, path) is UNKNOWN, "an unknown read as absent would cost nothing"


@pytest.mark.parametrize(
    "path",
    ["nothing", "nothing.more", "missing", "missing.more", "settings.missing", "name.more",
     "settings.flags.2", "settings.flags.-1", "settings.flags.name", "settings.flags.²", "",
     "settings.", "zero.0"],
)  # fmt: skip
def test_what_is_absent_is_none(path: str) -> None:
    assert read(NESTED, path) is None


paths = st.lists(
    st.sampled_from([*NESTED, "tier", "ip", "ssl", "flags", "1", "²", "x"]), min_size=1
)


@given(paths)
@settings(max_examples=200, deadline=None)
def test_reading_never_raises_and_never_goes_past_an_unknown(keys: list[str]) -> None:
    for depth in range(1, len(keys) + 1):
        if read(NESTED, ".".join(keys[:depth])) is UNKNOWN:
            assert read(NESTED, ".".join(keys)) is UNKNOWN


@pytest.mark.parametrize(
    ("value", "number"),
    [(5, "5"), (0, "0"), (-3, "-3"), (5.0, "5.0"), (0.1, "0.1"), ("7", "7"), ("0.05", "0.05"),
     (Decimal("1.10"), "1.10"), ("1e3", "1000")],
)  # fmt: skip
def test_a_number_or_a_text_that_spells_one_is_a_decimal(value: object, number: str) -> None:
    found = decimal(value)
    assert isinstance(found, Decimal)
    assert found == Decimal(number)


def test_unknown_and_absent_stay_what_they_are() -> None:
    assert decimal(UNKNOWN) is UNKNOWN
    assert decimal(None) is None


@pytest.mark.parametrize(
    "value",
    ["", "db-g1-small", "5 GiB", "1,5", True, False, [], [5], {}, {"value": 5}, "NaN", "sNaN",
     "Infinity", float("nan"), float("inf"), "1e999999999", "1e-999999999"],
    ids=repr,
)  # fmt: skip
def test_what_spells_no_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"^expected a number, got "):
        decimal(value)


def test_unknown_says_its_name() -> None:
    assert repr(UNKNOWN) == "UNKNOWN"
    assert list(Unknown) == [UNKNOWN], "one value, so that `is` can tell it"


def test_a_fact_reads_inputs_numbers_and_what_its_component_recorded() -> None:
    found = fact(
        "db",
        inputs={"settings": {"diskSize": 25.0, "tier": UNKNOWN}},
        outputs={"users": 50, "pods": [{"cpu_m": 100}]},
    )
    assert found.read("settings.diskSize") == 25.0
    assert found.number("settings.diskSize") == Decimal(25)
    assert found.number("settings.tier") is UNKNOWN
    assert found.number("settings.missing") is None
    assert found.recorded("pods.0.cpu_m") == 100
    assert found.recorded("settings") is None, "inputs are not outputs"
    assert found.read("users") is None, "outputs are not inputs"


def test_a_number_that_is_none_is_refused_by_the_fact_too() -> None:
    with pytest.raises(ValueError, match="expected a number, got 'big'"):
        fact("db", inputs={"diskSize": "big"}).number("diskSize")


# Where a resource lives


COMPONENT = fact("network", "palier:network:Network", custom=False)
INNER = fact("inner", "palier:inner:Inner", COMPONENT.urn, custom=False)
ROOT = fact("root", "palier:platform:Platform", None, custom=False)
STACK_FACT = fact("test-test", STACK_TYPE, None, custom=False)
SUBNET = fact("subnet", parent=COMPONENT.urn)
RULE = fact("rule", parent=SUBNET.urn)
DEEP = fact("deep", parent=INNER.urn)
LONELY = fact("lonely")
ORPHAN = fact("orphan", parent="urn::gone::gone")
ON_STACK = fact("on-stack", parent=STACK_FACT.urn)
ALL = (COMPONENT, INNER, ROOT, SUBNET, RULE, DEEP, LONELY, ORPHAN, STACK_FACT, ON_STACK)


@pytest.mark.parametrize(
    ("resource", "component"),
    [
        (SUBNET, "network"),
        (RULE, "network"),
        (DEEP, "inner"),
        (INNER, "network"),
        (COMPONENT, "-"),
        (ROOT, "-"),
        (LONELY, "-"),
        (ORPHAN, "-"),
        (ON_STACK, "-"),
    ],
    ids=lambda item: item.name if isinstance(item, Fact) else item,
)
def test_a_resource_lives_in_the_nearest_component_above_it(resource: Fact, component: str) -> None:
    assert Facts.of(ALL).component_of(resource) == component


def test_the_parent_of_a_resource_is_found_unless_it_is_the_stack() -> None:
    facts = Facts.of(ALL)
    assert facts.parent_of(RULE) == SUBNET
    assert facts.parent_of(LONELY) is None, "the stack itself is not among the facts"
    assert facts.parent_of(ROOT) is None


# Collections


@given(st.permutations(ALL))
@settings(max_examples=50, deadline=None)
def test_the_order_of_facts_does_not_depend_on_registration(shuffled: list[Fact]) -> None:
    assert Facts.of(shuffled) == Facts.of(ALL), "registration order is not stable"
    assert [item.urn for item in Facts.of(shuffled)] == sorted(item.urn for item in ALL)
    assert list(Facts.of(shuffled).by_type) == list(Facts.of(ALL).by_type)


def test_facts_are_found_by_urn_and_by_type() -> None:
    facts = Facts.of(ALL)
    assert len(facts) == len(ALL)
    assert facts.by_urn[SUBNET.urn] is SUBNET
    plain = sorted(item.name for item in (SUBNET, RULE, DEEP, LONELY, ORPHAN, ON_STACK))
    assert [item.name for item in facts.of_type("gcp:a/b:C")] == plain
    assert facts.of_type("gcp:none/none:None") == []
    assert facts.only("palier:platform:Platform") is ROOT
    assert facts.only("gcp:none/none:None") is None


def test_resources_are_what_a_cloud_would_hold() -> None:
    provider = fact("gcp", "pulumi:providers:gcp")
    facts = Facts.of([*ALL, provider])
    held = {item.name for item in facts.resources}
    assert held == {"subnet", "rule", "deep", "lonely", "orphan", "on-stack"}, (
        "neither components nor providers are charged"
    )


def test_a_fact_has_safe_defaults_and_cannot_be_changed() -> None:
    plain = fact("plain")
    assert (plain.outputs, plain.protect) == ({}, False)
    assert (plain.ignore_changes, plain.dependencies) == ((), ())
    assert fact("other").outputs is not plain.outputs, "two facts share no memory"
    with pytest.raises(AttributeError):
        setattr(plain, "protect", True)  # noqa: B010 what is under test


def test_a_circle_of_parents_ends_where_it_closes() -> None:
    """A forged file may have one, and must not hold anybody up."""
    first, second = "urn:pulumi:s::p::gcp:storage/bucket:Bucket::a", "urn:pulumi:s::p::x:y:Z::b"
    one = Fact(urn=first, type="gcp:storage/bucket:Bucket", name="a", parent=second, custom=True,
               inputs={})  # fmt: skip
    other = Fact(urn=second, type="x:y:Z", name="b", parent=first, custom=True, inputs={})
    facts = Facts.of([one, other])
    assert [fact.name for fact in facts.above(one)] == ["b"]
    assert facts.component_of(one) == "-"
