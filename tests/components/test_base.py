"""What every component promises, shown on two: options, children, recorded size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import builders
import pulumi
import pulumi_gcp as gcp

from components.backup import Backup, BackupArgs
from components.redis import Redis, RedisArgs
from components.registry import Registry, RegistryArgs
from palier.data_sizes import RedisInstanceSize, RedisSize
from palier.facts import Facts
from palier.sizes import RegistrySize

Deploy = Callable[..., Facts]
CHILDREN = ("backup-bucket", "backup-writer-eu-1")


def backup(**options: Any) -> Backup:
    """A component with a child that holds data and one that does not."""
    return Backup(
        "backup",
        BackupArgs(project="acme", location="EU", writers={"eu-1": "serviceAccount:sql@acme"}),
        pulumi.ResourceOptions(**options) if options else None,
    )


def registry(**options: Any) -> Registry:
    """A component with a size."""
    return Registry(
        "registry",
        RegistryArgs(size=RegistrySize(sites=("eu",), keep_versions=7), keys={"eu": "key"}),
        pulumi.ResourceOptions(**options),
    )


def parent_names(facts: Facts) -> dict[str, str | None]:
    """Name of each resource's parent; none for what stands at the top."""
    return {fact.name: getattr(facts.parent_of(fact), "name", None) for fact in facts}


def test_a_size_is_recorded_as_input_and_as_output(deploy: Deploy) -> None:
    component = builders.only(deploy(registry), "registry:Registry")
    expected = {"sites": ["eu"], "keep_versions": 7}
    assert component.read("size") == expected, "an audit reads inputs"
    assert component.recorded("size") == expected, "a stack policy sees registered outputs alone"


def test_a_component_registers_what_callers_read(deploy: Deploy) -> None:
    component = builders.only(deploy(backup), "backup:Backup")
    assert component.recorded("bucket") == "acme-backup"


def test_children_stand_below_their_component(deploy: Deploy) -> None:
    assert parent_names(deploy(backup)) == {"backup": None, **dict.fromkeys(CHILDREN, "backup")}


def test_the_parent_that_a_user_names_is_the_components_not_the_childrens(deploy: Deploy) -> None:
    parents = parent_names(deploy(lambda: registry(parent=backup())))
    assert parents["registry"] == "backup"
    assert parents["registry-eu"] == "registry", "a child beside its component is no child"


def test_a_users_options_stay_with_the_component(deploy: Deploy) -> None:
    facts = deploy(lambda: backup(ignore_changes=["location"]))
    ignored = {fact.name: fact.ignore_changes for fact in facts}
    assert ignored == {"backup": ("location",), **dict.fromkeys(CHILDREN, ())}


def test_only_what_holds_data_is_protected(deploy: Deploy) -> None:
    assert {fact.name for fact in deploy(backup) if fact.protect} == {"backup-bucket"}


def waiting(deploy: Deploy, make: Callable[[gcp.projects.Service], object]) -> set[str]:
    """Names of what waits for an API that a component was told of."""
    facts = deploy(lambda: make(gcp.projects.Service("api", service="storage.googleapis.com")))
    api = builders.only(facts, "Service").urn
    return {fact.name for fact in facts.resources if api in fact.dependencies}


def test_children_wait_for_what_their_component_was_told_to_wait_for(deploy: Deploy) -> None:
    assert waiting(deploy, lambda api: backup(depends_on=[api])) == set(CHILDREN)
    assert waiting(deploy, lambda api: backup(depends_on=api)) == set(CHILDREN), "one, or a list"
    assert waiting(deploy, lambda _: backup()) == set()


def test_a_childs_own_dependencies_are_kept_beside_its_components(deploy: Deploy) -> None:
    def program() -> None:
        api = gcp.projects.Service("api", service="redis.googleapis.com")
        network = gcp.compute.Network("network")
        size = RedisSize(instances={"eu": RedisInstanceSize(memory_gib=1)})
        args = RedisArgs(
            size=size, regions={"eu": "europe-west1"}, network="vpc",
            private_services=network, keys={"europe-west1": "key"},
        )  # fmt: skip
        Redis("redis", args, pulumi.ResourceOptions(depends_on=[api]))

    facts = deploy(program)
    awaited = builders.only(facts, "redis/instance:Instance").dependencies
    assert {facts.by_urn[urn].name for urn in awaited} == {"api", "network"}


def test_children_take_the_provider_of_the_component(deploy: Deploy) -> None:
    seen: list[bool] = []

    def program() -> None:
        provider = gcp.Provider("own", project="acme")
        bucket = backup(providers=[provider]).resources.bucket
        seen.append(bucket._provider is provider)

    deploy(program)
    assert seen == [True], "a child on the default provider would land in another project"


def test_a_component_labels_what_is_below_it_beside_their_own_labels(deploy: Deploy) -> None:
    labels = builders.only(deploy(backup), "bucket:Bucket").read("labels")
    assert labels == {"palier-component": "backup", "palier-role": "backup"}


def test_a_users_own_transformations_are_kept(deploy: Deploy) -> None:
    seen: list[str] = []

    def watch(args: pulumi.ResourceTransformationArgs) -> None:
        seen.append(args.name)

    facts = deploy(lambda: backup(transformations=[watch]))
    assert set(CHILDREN) <= set(seen)
    ours = builders.only(facts, "bucket:Bucket").read("labels.palier-component")
    assert ours == "backup", "and ours beside them"
