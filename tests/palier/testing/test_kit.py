"""The kit for authors of packs: what it shows of a policy is what production would do with it."""

from __future__ import annotations

import pytest
from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

from palier.facts import UNKNOWN, Facts
from palier.testing.analyzer import PackUnderTest
from palier.testing.fixtures import Added, Change, Fixture, Removed, Resource, missing, put

BUCKET = "gcp:storage/bucket:Bucket"
RESOURCE = Resource(type=BUCKET, name="web", inputs={"location": "EU", "labels": {"a": "b"}})


def facts(*resources: Resource) -> Facts:
    return Facts.of(resource.fact() for resource in resources)


def in_europe(args: ResourceValidationArgs, report: ReportViolation) -> None:
    if args.props["location"] != "EU":
        report(f"location is {args.props['location']}", None)


def labelled(args: StackValidationArgs, report: ReportViolation) -> None:
    for resource in args.resources:
        if "a" not in resource.props["labels"]:
            report("no label", resource.urn)


def broken(_args: StackValidationArgs, _report: ReportViolation) -> None:
    raise RuntimeError


def limited(args: StackValidationArgs, report: ReportViolation) -> None:
    if len(args.resources) > args.get_config()["most"]:
        report("too many", None)


NAIVE = ResourceValidationPolicy("in-europe", "Buckets are in Europe", in_europe)
OF_STACK = StackValidationPolicy("labelled", "Buckets have labels", labelled)
BROKEN = StackValidationPolicy("broken", "Raises", broken)
LIMITED = StackValidationPolicy(
    "limited", "There are few", limited,
    config_schema=PolicyConfigSchema(properties={"most": {"type": "number"}}),
)  # fmt: skip


def test_a_policy_that_holds_says_nothing() -> None:
    assert PackUnderTest([NAIVE, OF_STACK]).analyze(facts(RESOURCE)) == []


def test_a_violation_has_its_level_and_its_text() -> None:
    changed = Change(type=BUCKET, at="location", to="US").applied(facts(RESOURCE))
    assert changed is not None
    (said,) = PackUnderTest([NAIVE]).analyze(changed)
    assert (said.policy, said.level) == ("in-europe", "mandatory")
    assert said.message == "Buckets are in Europe\nlocation is US"


def test_a_naive_policy_that_meets_an_unknown_value_becomes_a_remark() -> None:
    """The trap of the SDK: the kit must show it, or it would hide it."""
    changed = Change(type=BUCKET, at="location", to=UNKNOWN).applied(facts(RESOURCE))
    assert changed is not None
    (said,) = PackUnderTest([NAIVE]).analyze(changed)
    assert said.level == "advisory"
    assert "can't be known during preview" in said.message


def test_an_unknown_value_inside_hits_a_policy_of_stacks_as_well() -> None:
    changed = Change(type=BUCKET, at="labels", to=UNKNOWN).applied(facts(RESOURCE))
    assert changed is not None
    (said,) = PackUnderTest([OF_STACK]).analyze(changed)
    assert said.level == "advisory"


def test_a_policy_that_raises_raises() -> None:
    with pytest.raises(RuntimeError):
        PackUnderTest([BROKEN]).analyze(facts(RESOURCE))


def test_config_reaches_the_policy() -> None:
    two = facts(RESOURCE, Resource(type=BUCKET, name="other", inputs=RESOURCE.inputs))
    assert PackUnderTest([LIMITED], {"limited": {"most": 2}}).analyze(two) == []
    (said,) = PackUnderTest([LIMITED], {"limited": {"most": 1}}).analyze(two)
    assert said.policy == "limited"


def test_a_policy_keeps_its_own_level_and_others_have_the_packs() -> None:
    own = StackValidationPolicy(
        "own", "Has a level", lambda _args, report: report("no", None), EnforcementLevel.MANDATORY
    )
    other = StackValidationPolicy("other", "Has none", lambda _args, report: report("no", None))
    said = PackUnderTest([own, other], level=EnforcementLevel.ADVISORY).analyze(facts(RESOURCE))
    assert [(one.policy, one.level) for one in said] == [("own", "mandatory"),
                                                         ("other", "advisory")]  # fmt: skip


def test_a_component_shows_policies_of_stacks_what_it_registered_and_nothing_else() -> None:
    seen: list[list[str]] = []
    look = StackValidationPolicy(
        "look",
        "Looks",
        lambda args, _report: seen.extend(list(one.props) for one in args.resources),
    )
    component = Resource(
        type="acme:parts:Part", name="part", custom=False, inputs={"size": 1}, outputs={"done": 2}
    )
    PackUnderTest([look]).analyze(facts(component))
    assert seen == [["done"]]


def test_a_change_meets_the_first_resource_that_it_is_meant_for() -> None:
    other = Resource(type=BUCKET, name="other", inputs={"location": "US"})
    change = Change(type=BUCKET, at="location", to="ASIA", where={"location": "US"})
    changed = change.applied(facts(RESOURCE, other))
    assert changed is not None
    assert {one.name: one.read("location") for one in changed} == {"web": "EU", "other": "ASIA"}
    assert change.applied(facts(RESOURCE)) is None


def test_a_change_of_protection_is_one_of_the_resource() -> None:
    changed = Change(type=BUCKET, at="protect", to=True).applied(facts(RESOURCE))
    assert changed is not None
    assert [one.protect for one in changed] == [True]


def test_resources_are_added_and_removed() -> None:
    more = Added(resource=Resource(type="gcp:compute/disk:Disk", name="disk"))
    assert len(more.applied(facts(RESOURCE))) == 2
    assert Removed(type=BUCKET).applied(more.applied(facts(RESOURCE))) == facts(more.resource)
    assert Removed(type="gcp:compute/disk:Disk").applied(facts(RESOURCE)) is None


def test_a_value_is_put_at_a_path_and_what_was_there_is_left_alone() -> None:
    values = {"a": {"b": [{"c": 1}, {"c": 2}]}}
    assert put(values, "a.b.1.c", 3) == {"a": {"b": [{"c": 1}, {"c": 3}]}}
    assert put(values, "x.y", 1) == {**values, "x": {"y": 1}}
    assert put(values, "a.b", None) == {"a": {}}
    assert values == {"a": {"b": [{"c": 1}, {"c": 2}]}}


def test_what_fixtures_lack_is_told() -> None:
    whole = Fixture(
        rule="one", passing=[RESOURCE], violating=[Removed(type=BUCKET)],
        unknown=[Change(type=BUCKET, at="location", to=UNKNOWN)],
    )  # fmt: skip
    empty = Fixture(rule="two", passing=[], violating=[], unknown=[])
    assert missing(["one"], [whole]) == []
    assert missing(["one", "three"], [whole, empty]) == [
        "three: no fixture", "two: no such rule", "two: no passing fixture",
        "two: no violating fixture", "two: no unknown fixture",
    ]  # fmt: skip
