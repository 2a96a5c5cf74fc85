"""The graph of a stack: what is a wait and what is none, circles, longest and heaviest chain."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import builders
import pulumi
import pulumi_gcp as gcp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from palier.errors import PalierError
from palier.facts import Fact, Facts
from palier.graph import Graph, cycle_of

PROVIDER = "pulumi:providers:kubernetes"


def urn(name: str) -> str:
    return f"urn::{name}"


def fact(name: str, *waits: str, within: str | None = None, **more: Any) -> Fact:
    """A resource that declares some dependencies, within a parent."""
    given_: dict[str, Any] = {"type": "gcp:a/b:C", "custom": True, "inputs": {}} | more
    return Fact(
        urn=urn(name),
        name=name,
        parent=within and urn(within),
        dependencies=tuple(map(urn, waits)),
        **given_,
    )


def component(name: str, *waits: str, within: str | None = None) -> Fact:
    return fact(name, *waits, within=within, type="palier:a:B", custom=False)


def provider(name: str, *waits: str, within: str | None = None) -> Fact:
    return fact(name, *waits, within=within, type=PROVIDER)


def graph(*facts: Fact) -> Graph:
    return Graph.of(Facts.of(facts))


def waits(built: Graph) -> dict[str, list[str]]:
    """Names that each resource waits for directly, in order; those that wait for none left out."""
    by_urn = built.facts.by_urn
    return {
        by_urn[waiting].name: [by_urn[other].name for other in others]
        for waiting, others in built.waits.items()
        if others
    }


def names(facts: tuple[Fact, ...]) -> list[str]:
    return [fact.name for fact in facts]


# What is a wait


def test_a_resource_waits_for_what_it_depends_on() -> None:
    assert waits(graph(fact("subnet", "vpc"), fact("vpc"))) == {"subnet": ["vpc"]}


def test_what_is_not_among_the_facts_is_not_waited_for() -> None:
    assert waits(graph(fact("subnet", "elsewhere"))) == {}


def test_who_waits_for_a_component_waits_for_all_that_is_in_it() -> None:
    built = graph(
        fact("record", "edge"),
        component("edge"),
        fact("address", within="edge"),
        component("inner", within="edge"),
        fact("zone", within="inner"),
        fact("below", within="zone"),
    )
    assert waits(built) == {"record": ["address", "zone"], "below": ["zone"]}, (
        "what is below a resource is its own affair: the SDK does not wait for it"
    )


def test_who_waits_for_an_empty_component_waits_for_nothing() -> None:
    assert waits(graph(fact("record", "edge"), component("edge"))) == {}


def test_a_component_is_no_wait_for_what_is_in_it() -> None:
    assert waits(graph(component("edge"), fact("zone", within="edge"))) == {}


def test_what_a_component_was_told_to_wait_for_holds_for_all_that_is_in_it() -> None:
    built = graph(
        fact("api"),
        component("edge", "api"),
        component("inner", within="edge"),
        fact("zone", within="inner"),
    )
    assert waits(built) == {"zone": ["api"]}


def test_a_resource_waits_for_a_parent_that_is_one_too() -> None:
    assert waits(graph(fact("bucket"), fact("object", within="bucket"))) == {"object": ["bucket"]}


def test_who_uses_a_provider_waits_for_all_that_the_provider_waits_for() -> None:
    built = graph(
        fact("cluster"),
        provider("inside", "cluster"),
        fact("namespace", provider=urn("inside")),
    )
    assert waits(built) == {"namespace": ["cluster"]}


def test_who_waits_for_a_provider_waits_for_all_that_it_waits_for() -> None:
    built = graph(
        fact("cluster"),
        component("gitops", "pool"),
        provider("inside", "cluster", within="gitops"),
        fact("declared", "inside"),
        fact("through-a-component", "gitops"),
        fact("below", within="inside"),
        fact("pool"),
    )
    both = ["cluster", "pool"]
    assert waits(built) == {"declared": both, "through-a-component": both, "below": both}


def test_a_provider_is_no_resource_to_wait_for() -> None:
    built = graph(provider("gcp"), fact("vpc", provider=urn("gcp")))
    assert (waits(built), names(built.longest_chain())) == ({}, ["vpc"])


def test_a_provider_that_waits_for_its_own_component_is_followed_once() -> None:
    inside = provider("inside", "whole", within="whole")
    assert waits(graph(fact("after", "whole"), component("whole"), inside)) == {}


def test_the_same_wait_told_twice_is_one() -> None:
    built = graph(fact("api"), component("edge", "api"), fact("zone", "api", "api", within="edge"))
    assert waits(built) == {"zone": ["api"]}


def test_the_order_of_the_feed_says_nothing() -> None:
    facts = [fact("a"), fact("b", "a"), fact("c", "a"), fact("d", "b", "c")]
    backward = [
        replace(item, dependencies=tuple(reversed(item.dependencies))) for item in reversed(facts)
    ]
    assert graph(*backward).waits == graph(*facts).waits
    assert names(graph(*backward).longest_chain()) == ["a", "b", "d"]


def test_the_recorder_tells_who_makes_a_resource() -> None:
    def program() -> None:
        named = gcp.Provider("named", project="acme")
        gcp.storage.Bucket("by-name", location="EU", opts=pulumi.ResourceOptions(provider=named))
        gcp.storage.Bucket("by-default", location="EU")

    facts = builders.deploy(program)
    assert builders.only(facts, "Bucket", "by-name").provider == builders.only(facts, ":gcp").urn
    assert builders.only(facts, "Bucket", "by-default").provider is None


@pytest.mark.parametrize("known", [False, True], ids=["preview", "update"])
def test_a_provider_that_is_given_an_output_makes_its_resources_wait(known: bool) -> None:
    def program() -> None:
        bucket = gcp.storage.Bucket("bucket", location="EU")
        by_bucket = gcp.Provider("by-bucket", project=bucket.id)
        gcp.storage.Bucket("behind", location="EU", opts=pulumi.ResourceOptions(provider=by_bucket))

    assert waits(Graph.of(builders.deploy(program, known=known))) == {"behind": ["bucket"]}


# Directly or through others

CHAIN = graph(fact("vpc"), fact("subnet", "vpc"), fact("cluster", "subnet"), fact("zone"))


def test_a_resource_waits_for_another_through_others() -> None:
    cluster, vpc, zone = (CHAIN.facts.by_urn[urn(name)] for name in ("cluster", "vpc", "zone"))
    assert CHAIN.waits_for(cluster, vpc)
    assert not CHAIN.waits_for(vpc, cluster)
    assert not CHAIN.waits_for(cluster, zone)
    assert not CHAIN.waits_for(cluster, cluster)


def test_all_that_several_resources_wait_for_is_told_together() -> None:
    by_urn = CHAIN.facts.by_urn
    assert CHAIN.awaited(by_urn[urn("subnet")], by_urn[urn("zone")]) == {urn("vpc")}
    assert CHAIN.awaited(by_urn[urn("cluster")]) == {urn("subnet"), urn("vpc")}
    assert CHAIN.awaited() == set()


# Circles


@pytest.mark.parametrize(
    "facts",
    [
        (fact("a", "b"), fact("b", "c"), fact("c", "a"), fact("aside", "a")),
        (fact("a", "a"),),
        (fact("a", "whole"), component("whole"), fact("b", "a", within="whole")),
        (fact("a", provider=urn("inside")), provider("inside", "b"), fact("b", "a")),
    ],
    ids=["three", "itself", "component", "provider"],
)
def test_a_circle_is_found_in_the_order_of_its_waits(facts: tuple[Fact, ...]) -> None:
    built = graph(*facts)
    circle = built.cycle()
    assert circle
    assert "aside" not in names(circle)
    for waiting, other in zip(circle, (*circle[1:], circle[0]), strict=True):
        assert other.urn in built.waits[waiting.urn]


def test_without_a_circle_there_is_none() -> None:
    assert CHAIN.cycle() == ()
    assert cycle_of({"a": ("b",), "b": ()}) == ()


def test_a_circle_has_no_longest_chain_and_is_named() -> None:
    with pytest.raises(PalierError, match=r"circle: (a → b → a|b → a → b)"):
        graph(fact("a", "b"), fact("b", "a")).longest_chain()


# Groups


def test_components_wait_for_components() -> None:
    built = graph(
        component("network"),
        fact("vpc", within="network"),
        fact("subnet", "vpc", within="network"),
        component("gke"),
        fact("cluster", "subnet", within="gke"),
        fact("alone", "cluster"),
    )
    assert built.components() == {"network": set(), "gke": {"network"}, "-": {"gke"}}


def test_groups_may_wait_for_each_other_where_resources_do_not() -> None:
    built = graph(fact("e1"), fact("p1", "e1"), fact("e2", "p1"))
    assert built.cycle() == ()
    groups = built.quotient(lambda fact: fact.name[0])
    assert groups == {"e": {"p"}, "p": {"e"}}
    assert set(cycle_of(groups)) == {"e", "p"}


# Chains


def test_the_longest_chain_is_told_from_its_first_resource() -> None:
    assert names(CHAIN.longest_chain()) == ["vpc", "subnet", "cluster"]


def test_of_chains_as_long_the_first_by_name_is_told() -> None:
    built = graph(fact("d", "b", "c"), fact("b", "a"), fact("c", "a"), fact("a"), fact("e", "c"))
    assert names(built.longest_chain()) == ["a", "b", "d"]


def test_an_empty_stack_has_an_empty_chain_that_takes_no_time() -> None:
    path = graph(component("edge"), provider("gcp")).critical_path(lambda _: 1.0)
    assert (path.facts, path.seconds, str(path)) == ((), 0.0, "")


def test_the_critical_path_is_the_heaviest_chain_and_not_the_longest() -> None:
    built = graph(fact("api"), fact("vpc", "api"), fact("record", "vpc"), fact("database", "api"))
    seconds = {"api": 20.0, "vpc": 30.0, "record": 5.0, "database": 600.0}
    path = built.critical_path(lambda fact: seconds[fact.name])
    assert (str(path), path.seconds) == ("api → database", 620.0)
    assert names(built.longest_chain()) == ["api", "vpc", "record"]


def test_what_takes_no_time_is_still_told_on_the_way() -> None:
    path = graph(fact("a"), fact("b", "a"), fact("c")).critical_path(lambda _: 0.0)
    assert names(path.facts) == ["a", "b"]


def test_a_chain_may_be_as_long_as_a_stack() -> None:
    built = graph(*(fact(f"{n:05}", *([f"{n - 1:05}"] if n else [])) for n in range(5_000)))
    assert len(built.longest_chain()) == 5_000


Weighted = tuple[list[Fact], dict[str, int]]


@st.composite
def stacks(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Weighted:
    """Resources that wait for some of those before them, and how long each takes."""
    count = draw(st.integers(1, 12))
    facts = [
        fact(f"{n:02}", *(f"{m:02}" for m in sorted(draw(st.sets(st.integers(0, n - 1))))))
        if n
        else fact("00")
        for n in range(count)
    ]
    return facts, {item.urn: draw(st.integers(0, 900)) for item in facts}


def simulated(waits: Mapping[str, tuple[str, ...]], seconds: Mapping[str, int]) -> int:
    """When the last resource is there, with hands for all that may be made at once."""
    left = {urn: set(others) for urn, others in waits.items()}
    running: list[tuple[int, str]] = []
    now = 0
    while left or running:
        for ready in [urn for urn, others in left.items() if not others]:
            del left[ready]
            heapq.heappush(running, (now + seconds[ready], ready))
        now, done = heapq.heappop(running)
        for others in left.values():
            others.discard(done)
    return now


@given(stacks())
def test_an_update_with_hands_enough_takes_as_long_as_its_critical_path(stack: Weighted) -> None:
    facts, seconds = stack
    built = graph(*facts)
    path = built.critical_path(lambda fact: seconds[fact.urn])
    assert path.seconds == simulated(built.waits, seconds)
    assert path.seconds == sum(seconds[fact.urn] for fact in path.facts)
    for first, then in zip(path.facts, path.facts[1:], strict=False):
        assert first.urn in built.waits[then.urn]


@given(stacks())
def test_no_chain_is_longer_than_the_longest(stack: Weighted) -> None:
    built = graph(*stack[0])
    assert len(built.longest_chain()) == simulated(built.waits, dict.fromkeys(built.waits, 1))
