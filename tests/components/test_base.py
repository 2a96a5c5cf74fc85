"""What every component promises: its options, its children, its recorded size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

import builders
import pulumi
import pulumi_gcp as gcp

from components.base import Component
from palier.facts import Facts
from palier.sizes import NetworkSize

Deploy = Callable[..., Facts]
SIZE = NetworkSize(sites=("eu",), flow_log_sampling=Decimal("0.05"))


class Sample(Component):
    """A component with a plain child and one that holds data."""

    TOKEN = "palier:sample:Sample"  # noqa: S105 a type token

    def __init__(
        self,
        name: str,
        opts: pulumi.ResourceOptions | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(name, {"size": SIZE}, opts, labels)
        self.topic = gcp.pubsub.Topic(f"{name}-topic", opts=self.child())
        self.bucket = gcp.storage.Bucket(
            f"{name}-bucket",
            name="data",
            location="EU",
            opts=self.stateful(depends_on=[self.topic]),
        )
        self.finish({"bucket": self.bucket.name})


def parent_names(facts: Facts) -> dict[str, str | None]:
    """Name of each resource's parent; none for what stands at the top."""
    return {fact.name: getattr(facts.parent_of(fact), "name", None) for fact in facts}


def test_a_size_is_recorded_as_input_and_as_output(deploy: Deploy) -> None:
    sample = builders.only(deploy(lambda: Sample("sample")), "Sample")
    expected = {"sites": ["eu"], "flow_log_sampling": "0.05", "nat_addresses": 1}
    assert sample.read("size") == expected, "an audit reads inputs"
    assert sample.recorded("size") == expected, "a stack policy sees registered outputs alone"


def test_a_component_registers_what_callers_read(deploy: Deploy) -> None:
    sample = builders.only(deploy(lambda: Sample("sample"), known=True), "Sample")
    assert sample.recorded("bucket") == "data"


def test_children_stand_below_their_component(deploy: Deploy) -> None:
    parents = parent_names(deploy(lambda: Sample("sample")))
    assert parents == {"sample": None, "sample-topic": "sample", "sample-bucket": "sample"}


def test_the_parent_that_a_user_names_is_the_components_not_the_childrens(deploy: Deploy) -> None:
    def program() -> None:
        outer = Sample("outer")
        Sample("inner", pulumi.ResourceOptions(parent=outer))

    parents = parent_names(deploy(program))
    assert parents["inner"] == "outer"
    assert parents["inner-topic"] == "inner", "a child beside its component is no child"


def test_a_users_options_stay_with_the_component(deploy: Deploy) -> None:
    def program() -> None:
        Sample("sample", pulumi.ResourceOptions(ignore_changes=["size"]))

    ignored = {fact.name: fact.ignore_changes for fact in deploy(program)}
    assert ignored == {"sample": ("size",), "sample-topic": (), "sample-bucket": ()}


def test_only_what_holds_data_is_protected(deploy: Deploy) -> None:
    protected = {fact.name for fact in deploy(lambda: Sample("sample")) if fact.protect}
    assert protected == {"sample-bucket"}


def test_children_wait_for_what_their_component_was_told_to_wait_for(deploy: Deploy) -> None:
    def program() -> None:
        api = gcp.projects.Service("api", service="storage.googleapis.com")
        Sample("listed", pulumi.ResourceOptions(depends_on=[api]))
        Sample("alone", pulumi.ResourceOptions(depends_on=api))
        Sample("free")

    facts = deploy(program)
    api = builders.only(facts, "Service").urn
    waiting = {fact.name for fact in facts.resources if api in fact.dependencies}
    assert waiting == {"listed-topic", "listed-bucket", "alone-topic", "alone-bucket"}


def test_a_childs_own_dependencies_are_kept_beside_its_components(deploy: Deploy) -> None:
    def program() -> None:
        api = gcp.projects.Service("api", service="storage.googleapis.com")
        Sample("sample", pulumi.ResourceOptions(depends_on=[api]))

    facts = deploy(program)
    awaited = builders.only(facts, "Bucket").dependencies
    names = {facts.by_urn[urn].name for urn in awaited}
    assert names == {"api", "sample-topic"}


def test_children_take_the_provider_of_the_component(deploy: Deploy) -> None:
    seen: list[object] = []

    def program() -> None:
        provider = gcp.Provider("own", project="acme")
        sample = Sample("sample", pulumi.ResourceOptions(providers=[provider]))
        seen.append(sample.topic._provider is provider)

    deploy(program)
    assert seen == [True], "a child on the default provider would land in another project"


def test_a_component_labels_all_below_it(deploy: Deploy) -> None:
    facts = deploy(lambda: Sample("sample", labels={"team": "core"}))
    expected = {"palier-component": "sample", "team": "core"}
    assert builders.only(facts, "Topic").read("labels") == expected
    assert builders.only(facts, "Bucket").read("labels") == expected


def test_a_users_own_transformations_are_kept(deploy: Deploy) -> None:
    seen: list[str] = []

    def watch(args: pulumi.ResourceTransformationArgs) -> None:
        seen.append(args.name)

    def program() -> None:
        Sample("sample", pulumi.ResourceOptions(transformations=[watch]))

    facts = deploy(program)
    assert "sample-bucket" in seen
    assert builders.only(facts, "Bucket").read("labels"), "and ours beside them"
