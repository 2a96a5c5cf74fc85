"""What holds for all components: tokens, shape, parents, sizes, labels, names, no look-ups."""

from __future__ import annotations

import ast
import gc
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import builders
import known_cloud
import pulumi_gcp as gcp
import pytest

import components
from components.base import Component
from components.labels import COMPONENT, COST_CENTRE, PHASE
from palier.facts import PLATFORM_TYPE, PROVIDER_PREFIX, Fact, Facts
from palier.recorder import UnexpectedLookupError

TOKENS = {
    "palier:argocd:Argocd",
    "palier:audit:Audit",
    "palier:autoneg:Autoneg",
    "palier:backup:Backup",
    "palier:budget:Budget",
    "palier:cdn:Cdn",
    "palier:dns:Dns",
    "palier:github:Github",
    "palier:gke:Gke",
    "palier:keys:Keys",
    "palier:network:Network",
    "palier:observability:Observability",
    "palier:platform:Platform",
    "palier:platform:Workloads",
    "palier:postgres:Postgres",
    "palier:redis:Redis",
    "palier:registry:Registry",
    "palier:secrets:Secrets",
    "palier:services:Services",
    "palier:tracing:Tracing",
}
"""Frozen: a changed token replaces every resource of its component."""
ROOT = "palier"
LABELS = (COMPONENT, PHASE, COST_CENTRE)
LABEL_PROPERTIES = ("userLabels", "resourceLabels", "labels")
SIZED_BY_PART = {PLATFORM_TYPE: "quotas"}
"""Given all sizes, it records of them what no other component does."""
WITH_OPTIONS = "mvp with options"
RECORDED = (*builders.PHASES, WITH_OPTIONS)
each_recorded = pytest.mark.parametrize("name", RECORDED)


def classes() -> list[type[Component]]:
    """Every component, found by importing every module of `components`."""
    for module in pkgutil.iter_modules(components.__path__):
        importlib.import_module(f"components.{module.name}")
    found = [cls for cls in _below(Component) if cls.__module__.startswith("components.")]
    return sorted(found, key=lambda cls: cls.__name__)


def _below(cls: type[Component]) -> Iterator[type[Component]]:
    for subclass in cls.__subclasses__():
        yield subclass
        yield from _below(subclass)


each_class = pytest.mark.parametrize("cls", classes(), ids=lambda cls: cls.__name__)


def facts_of(name: str) -> Facts:
    """A recorded phase, or one with everything that a stack may leave out."""
    return known_cloud.with_options() if name == WITH_OPTIONS else builders.recorded(name)


def test_tokens_are_frozen() -> None:
    assert {cls.TOKEN for cls in classes()} == TOKENS


@each_class
def test_a_token_says_area_and_class(cls: type[Component]) -> None:
    area = cls.__module__.removeprefix("components.")
    assert f"palier:{area}:{cls.__name__}" == cls.TOKEN


@each_class
def test_a_component_takes_a_name_its_arguments_and_options(cls: type[Component]) -> None:
    name, arguments, opts = inspect.signature(cls).parameters.values()
    assert (name.name, opts.name, opts.default) == ("name", "opts", None)
    assert arguments.default is inspect.Parameter.empty


@each_class
def test_a_component_shows_how_it_is_used(cls: type[Component]) -> None:
    assert "Example:" in (cls.__doc__ or "")


def args_class(cls: type[Component]) -> type | None:
    """The arguments of a component; none for one that takes a plan."""
    module = importlib.import_module(cls.__module__)
    return getattr(module, f"{cls.__name__}Args", None)


ARGS = [args for cls in classes() if (args := args_class(cls))]
each_args = pytest.mark.parametrize("args", ARGS, ids=lambda args: args.__name__)


@each_args
def test_arguments_are_frozen_and_given_by_name(args: Any) -> None:
    assert args.__dataclass_params__.frozen
    assert all(field.kw_only for field in fields(args))


def tree_of(args: Any) -> ast.Module:
    """Source of the module that arguments are in."""
    return ast.parse(Path(inspect.getfile(args)).read_text(encoding="utf-8"))


@each_args
def test_every_argument_says_what_it_is(args: Any) -> None:
    body = next(
        node.body
        for node in ast.walk(tree_of(args))
        if isinstance(node, ast.ClassDef) and node.name == args.__name__
    )
    silent = [
        node.target.id
        for node, after in zip(body, [*body[1:], None], strict=True)
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant))
    ]
    assert silent == [], "Pulumi's analyzer reads the text under a field"


@each_args
def test_every_argument_is_read(args: Any) -> None:
    read = {node.attr for node in ast.walk(tree_of(args)) if isinstance(node, ast.Attribute)}
    assert {field.name for field in fields(args)} - read == set()


def test_every_component_is_recorded_at_least_once() -> None:
    recorded = {fact.type for name in RECORDED for fact in facts_of(name) if not fact.custom}
    assert recorded == TOKENS, "a component that no phase deploys is held to nothing below"


@each_recorded
def test_everything_descends_from_the_one_root(name: str) -> None:
    facts = facts_of(name)
    top = {(fact.type, fact.name) for fact in facts if facts.parent_of(fact) is None}
    assert top == {(PLATFORM_TYPE, ROOT), (f"{PROVIDER_PREFIX}gcp", "gcp")}


@each_recorded
def test_every_resource_lives_in_a_component_of_its_own_below_the_root(name: str) -> None:
    facts = facts_of(name)
    stray = [fact.name for fact in facts.resources if facts.component_of(fact) in {ROOT, "-"}]
    assert stray == []


@each_recorded
def test_what_a_component_records_is_input_and_output_alike(name: str) -> None:
    for fact in facts_of(name):
        if not fact.custom:
            registered = {key: fact.outputs.get(key) for key in fact.inputs}
            assert registered == fact.inputs, f"{fact.name}: a stack policy sees outputs alone"


SIZED = [
    (cls.TOKEN, SIZED_BY_PART.get(cls.TOKEN, "size"))
    for cls in classes()
    if (args := args_class(cls)) and "size" in {field.name for field in fields(args)}
]


@each_recorded
@pytest.mark.parametrize(("token", "key"), SIZED)
def test_a_component_records_the_size_it_was_given(name: str, token: str, key: str) -> None:
    for fact in facts_of(name).of_type(token):
        assert fact.read(key), "the phase's decision cannot be audited"
        assert fact.recorded(key)


@pytest.mark.parametrize("phase", ["mvp", "hypergrowth"])
def test_every_resource_has_an_explicit_provider(phase: str) -> None:
    cloud = known_cloud.cloud(phase)
    facts = cloud.facts()
    google = builders.only(facts, f"{PROVIDER_PREFIX}gcp")
    assert google.read("project") == known_cloud.PROJECT
    for fact in facts.resources:
        provider = cloud.registrations[fact.urn].provider.rpartition("::")[0]
        if fact.type.startswith("gcp:"):
            assert provider == google.urn, "a default provider takes the project of whoever runs it"
        if fact.type.startswith("kubernetes:"):
            assert facts.by_urn[provider].parent == fact.parent, "each cluster has its own"


def label_path(type_: str) -> str | None:
    """Where a type keeps its labels, by the provider's schema; none when it takes no labels."""
    inputs = known_cloud.provider_schema()[type_]["inputs"]
    if "userLabels" in inputs.get("settings", {}).get("properties", {}):
        return "settings.userLabels"
    return next((key for key in LABEL_PROPERTIES if key in inputs), None)


def unlabelled(facts: Facts) -> list[str]:
    """Resources that can be labelled and lack a label that everything carries."""
    return [
        fact.name
        for fact in facts.resources
        if fact.type.startswith("gcp:")
        and (path := label_path(fact.type))
        and not all(fact.read(f"{path}.{label}") for label in LABELS)
    ]


@each_recorded
def test_everything_that_can_be_labelled_is(name: str) -> None:
    assert unlabelled(facts_of(name)) == []


@each_recorded
def test_labels_name_the_phase_the_cost_centre_and_the_component(name: str) -> None:
    facts = facts_of(name)
    for fact in facts.resources:
        if fact.type.startswith("gcp:") and (path := label_path(fact.type)):
            assert fact.read(f"{path}.{COMPONENT}") == facts.component_of(fact)
            assert fact.read(f"{path}.{PHASE}") == name.split(maxsplit=1)[0]
            assert fact.read(f"{path}.{COST_CENTRE}") == "platform"


@pytest.mark.parametrize(
    ("type_", "path"),
    [
        ("gcp:storage/bucket:Bucket", "labels"),
        ("gcp:container/cluster:Cluster", "resourceLabels"),
        ("gcp:monitoring/notificationChannel:NotificationChannel", "userLabels"),
        ("gcp:sql/databaseInstance:DatabaseInstance", "settings.userLabels"),
        ("gcp:compute/firewall:Firewall", None),
    ],
)
def test_the_schema_says_where_labels_are(type_: str, path: str | None) -> None:
    assert label_path(type_) == path


def test_a_resource_without_a_label_would_be_found() -> None:
    facts = facts_of("mvp")
    bucket = builders.only(facts, "bucket:Bucket", "backup-bucket")
    kept = {key: value for key, value in bucket.read("labels").items() if key != COST_CENTRE}
    broken = replace(bucket, inputs={**bucket.inputs, "labels": kept})
    assert unlabelled(Facts.of([*(fact for fact in facts if fact is not bucket), broken])) == [
        "backup-bucket"
    ]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    "lookup", [gcp.organizations.get_project, gcp.organizations.get_project_output]
)
def test_a_program_that_looks_something_up_is_refused(lookup: Any) -> None:
    with pytest.raises(UnexpectedLookupError, match="looks up gcp:organizations/getProject"):
        builders.deploy(lambda: lookup(project_id="acme"))
    # The SDK's mock monitor opens an event loop in its own thread and leaves it open: let it be
    # found here, and not in the middle of another test.
    gc.collect()


def names_in(value: Any, key: str = "") -> Iterator[str]:
    """Texts that name or describe something, at any depth of a resource's inputs."""
    if isinstance(value, Mapping):
        for inner, item in value.items():
            yield from names_in(item, inner)
    elif isinstance(value, list):
        for item in value:
            yield from names_in(item, key)
    elif isinstance(value, str) and re.search(r"(^name|^description|Name|Description|Id)$", key):
        yield value


def named_after_a_phase(fact: Fact) -> list[str]:
    """Names and descriptions of a resource that hold the name of a phase."""
    told = [fact.name, *names_in(fact.inputs)]
    return [text for text in told if set(re.split(r"[^a-z]+", text.lower())) & set(builders.PHASES)]


def named_at_random(facts: Facts) -> list[str]:
    """Resources whose name the provider would make up, with a random end."""
    schema = known_cloud.provider_schema()
    return [
        fact.name
        for fact in facts.resources
        if (autoname := schema.get(fact.type, {}).get("autoname"))
        and not isinstance(fact.read(autoname["property"]), str)
    ]


@pytest.mark.parametrize("phase", builders.PHASES)
def test_every_physical_name_is_given(phase: str) -> None:
    assert named_at_random(known_cloud.updated(phase)) == [], "another stack would not find it"


def test_a_random_name_would_be_found() -> None:
    facts = builders.deploy(lambda: gcp.storage.Bucket("dumps", location="EU"))
    assert named_at_random(facts) == ["dumps"]


@each_recorded
def test_no_name_or_description_holds_a_phase(name: str) -> None:
    found = {fact.name: texts for fact in facts_of(name) if fact.custom
             and (texts := named_after_a_phase(fact))}  # fmt: skip
    assert found == {}, "the next phase would replace it"


@pytest.mark.parametrize(
    "change",
    [
        {"name": "network-mvp"},
        {"inputs": {"name": "mvp-network"}},
        {"inputs": {"description": "Network of growth"}},
        {"inputs": {"accountId": "scale-nodes"}},
        {"inputs": {"rules": [{"displayName": "traction"}]}},
    ],
)
def test_a_name_with_a_phase_would_be_found(change: dict[str, Any]) -> None:
    vpc = builders.only(facts_of("mvp"), "compute/network:Network")
    assert named_after_a_phase(vpc) == []
    assert named_after_a_phase(replace(vpc, **change)) != []


@each_recorded
def test_nothing_is_described_whose_description_replaces_it(name: str) -> None:
    replacement = known_cloud.replacement()
    described = [
        fact.name
        for fact in facts_of(name).resources
        if "description" in replacement.get(fact.type, {}).get("replacesOn", ())
        and fact.read("description") is not None
    ]
    assert described == []


def test_descriptions_that_replace_are_known_to_the_provider_data() -> None:
    replaced = {type_ for type_, rules in known_cloud.replacement().items()
                if "description" in rules.get("replacesOn", ())}  # fmt: skip
    used = {fact.type for fact in facts_of("mvp").resources}
    assert {"gcp:compute/network:Network", "gcp:container/cluster:Cluster"} <= replaced & used
