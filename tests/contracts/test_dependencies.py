"""Who may wait for whom: areas in one direction, data and edge free of clusters, short chains.

A cluster is swapped under its data and behind its edge, so neither may wait for one. A chain of
waits is time that no number of hands takes off an update, so it is bounded, and told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

import builders
import known_cloud
import pulumi
import pulumi_gcp as gcp
import pulumi_kubernetes as k8s
import pytest

from palier.facts import Fact, Facts
from palier.graph import Graph, Path, cycle_of

CLUSTER = "gcp:container/cluster:Cluster"
POOL = "gcp:container/nodePool:NodePool"
SQL = "gcp:sql/databaseInstance:DatabaseInstance"
REDIS = "gcp:redis/instance:Instance"
CLUSTERS = (CLUSTER, POOL)
DATABASES = (SQL, REDIS, "gcp:sql/database:Database", "gcp:sql/user:User")

AREAS = {
    "ground": ("services", "keys", "network"),
    "data": ("postgres", "redis", "secrets", "backup"),
    "edge": ("dns", "cdn"),
    "platform": ("gke", "argocd", "autoneg", "tracing", "registry", "github"),
    "watch": ("observability", "audit", "budget"),
}
"""Components of each area, a generation's by their first word. The registry is the platform's: it
grants access to the nodes' account and to the deployers', and so waits for both."""
ORDER = {
    "ground": set[str](),
    "data": {"ground"},
    "edge": {"ground"},
    "watch": {"ground"},
    "platform": {"ground", "data", "edge"},
}
"""Which area waits for which others."""

LONGEST = 8
SECONDS = {
    CLUSTER: 480.0,
    POOL: 120.0,
    SQL: 600.0,
    REDIS: 420.0,
    "gcp:servicenetworking/connection:Connection": 90.0,
    "gcp:projects/service:Service": 20.0,
    "kubernetes:helm.sh/v3:Release": 180.0,
}
"""What a creation takes about; only the order of these times matters below."""
OTHERS_S = 5.0
SLOW_S = 60.0

WITH_OPTIONS = "mvp with options"
each_stack = pytest.mark.parametrize("name", [*builders.PHASES, WITH_OPTIONS])


def graph_of(name: str) -> Graph:
    """The graph of a phase, or of one with everything that a stack may leave out."""
    facts = known_cloud.with_options() if name == WITH_OPTIONS else builders.recorded(name)
    return Graph.of(facts)


def area(graph: Graph, fact: Fact) -> str:
    """The area of the component a resource lives in; the component's name when it has none."""
    component = graph.facts.component_of(fact)
    first = component.partition("-")[0]
    return next((area for area, names in AREAS.items() if first in names), component)


def areas(graph: Graph) -> dict[str, set[str]]:
    """Which area waits for which others."""
    return graph.quotient(lambda fact: area(graph, fact))


def waiting(graph: Graph, who: Collection[Fact], types: Collection[str]) -> list[str]:
    """Names of resources that wait for one of some types, directly or through others."""
    by_urn = graph.facts.by_urn
    return [
        fact.name for fact in who if any(by_urn[urn].type in types for urn in graph.awaited(fact))
    ]


def in_areas(graph: Graph, *names: str) -> list[Fact]:
    """Resources of some areas."""
    return [fact for fact in graph.facts.resources if area(graph, fact) in names]


def of_types(graph: Graph, types: Collection[str]) -> list[Fact]:
    """Resources of some types."""
    return [fact for fact in graph.facts.resources if fact.type in types]


def longest(graph: Graph) -> Path:
    """The longest chain, as a path that says its names."""
    return graph.critical_path(lambda _: 1.0)


def seconds(fact: Fact) -> float:
    """How long a resource takes."""
    return SECONDS.get(fact.type, OTHERS_S)


# What holds of every phase


@each_stack
def test_no_resource_waits_in_a_circle(name: str) -> None:
    assert graph_of(name).cycle() == ()


@each_stack
def test_every_component_has_an_area(name: str) -> None:
    assert set(areas(graph_of(name))) == set(AREAS)


@each_stack
def test_areas_wait_for_each_other_in_this_direction_and_no_other(name: str) -> None:
    assert areas(graph_of(name)) == ORDER


def test_the_direction_of_the_areas_has_no_circle() -> None:
    assert cycle_of(ORDER) == ()


@each_stack
def test_components_wait_for_each_other_in_one_direction(name: str) -> None:
    assert cycle_of(graph_of(name).components()) == ()


@each_stack
def test_neither_data_nor_what_it_stands_on_waits_for_a_cluster_or_its_nodes(name: str) -> None:
    graph = graph_of(name)
    assert of_types(graph, DATABASES)
    assert of_types(graph, CLUSTERS)
    assert waiting(graph, in_areas(graph, "data", "ground"), CLUSTERS) == []


@each_stack
def test_neither_the_edge_nor_the_images_wait_for_a_cluster_or_its_nodes(name: str) -> None:
    graph = graph_of(name)
    images = [fact for fact in graph.facts.resources
              if graph.facts.component_of(fact) == "registry"]  # fmt: skip
    assert images
    assert waiting(graph, [*in_areas(graph, "edge"), *images], CLUSTERS) == []


@each_stack
def test_neither_a_cluster_nor_its_nodes_wait_for_a_database(name: str) -> None:
    graph = graph_of(name)
    assert waiting(graph, of_types(graph, CLUSTERS), DATABASES) == []


@each_stack
def test_no_more_than_eight_resources_come_one_after_another(name: str) -> None:
    """Eight is the least: API, key ring, key, grant, cluster, namespace, Argo CD, what it syncs.

    Google makes no key without its ring and no cluster whose agent may not use its key yet; the
    API server takes nothing into a namespace that is not there, and no Application before Argo CD
    has brought its definition.
    """
    path = longest(graph_of(name))
    assert len(path.facts) <= LONGEST, str(path)


@each_stack
def test_the_longest_chain_ends_in_what_runs_in_a_cluster(name: str) -> None:
    last = longest(graph_of(name)).facts[-1]
    assert last.type.startswith("kubernetes:"), "the bound above explains another chain"


@each_stack
def test_clusters_and_databases_come_up_side_by_side(name: str) -> None:
    path = graph_of(name).critical_path(seconds)
    types = {fact.type for fact in path.facts}
    assert not ({CLUSTER, POOL} & types and {SQL, REDIS} & types), str(path)


@pytest.mark.parametrize(
    ("name", "slow"),
    [
        ("mvp", ["network-private-services", "postgres-eu-1"]),
        ("traction", ["network-private-services", "postgres-eu-1"]),
        ("scale", ["network-private-services", "postgres-eu-1"]),
        ("growth", ["network-private-services", "postgres-eu-1", "postgres-eu-1-r1"]),
        ("hypergrowth", ["network-private-services", "postgres-eu-1", "postgres-eu-1-dr"]),
    ],
)
def test_an_update_waits_for_a_database_its_copy_and_nothing_else_that_is_slow(
    name: str, slow: list[str]
) -> None:
    path = graph_of(name).critical_path(seconds)
    assert [fact.name for fact in path.facts if seconds(fact) >= SLOW_S] == slow


# What would be found


class Part(pulumi.ComponentResource):
    """A component of any name."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("test:part:Part", name, {}, opts)


def cluster(
    parent: pulumi.Resource | None = None, version: pulumi.Input[str] | None = None
) -> gcp.container.Cluster:
    """A cluster, in a component of the platform."""
    return gcp.container.Cluster(
        "cluster",
        location="europe-west1",
        min_master_version=version,
        opts=pulumi.ResourceOptions(parent=parent or Part("gke")),
    )


def database(
    parent: pulumi.Resource | None = None, region: pulumi.Input[str] = "europe-west1"
) -> gcp.sql.DatabaseInstance:
    """A database, in a component of the data."""
    return gcp.sql.DatabaseInstance(
        "database",
        database_version="POSTGRES_17",
        region=region,
        opts=pulumi.ResourceOptions(parent=parent or Part("postgres")),
    )


def by_an_input() -> None:
    database(region=cluster().location)


def by_the_nodes() -> None:
    pool = gcp.container.NodePool(
        "pool", cluster=cluster().id, opts=pulumi.ResourceOptions(parent=Part("gke-pools"))
    )
    database(region=pool.location)


def through_the_edge() -> None:
    dns = pulumi.ResourceOptions(parent=Part("dns"))
    zone = gcp.dns.ManagedZone("zone", dns_name=cluster().endpoint, opts=dns)
    database(region=zone.name)


def through_its_component() -> None:
    gke = Part("gke")
    cluster(gke)
    database(Part("postgres", pulumi.ResourceOptions(depends_on=[gke])))


def through_its_provider() -> None:
    provider = k8s.Provider("inside", kubeconfig=cluster().name)
    config = k8s.core.v1.ConfigMap("config", opts=pulumi.ResourceOptions(provider=provider))
    database(region=config.id)


@pytest.mark.parametrize(
    "program",
    [by_an_input, by_the_nodes, through_the_edge, through_its_component, through_its_provider],
)
def test_a_database_that_waits_for_a_cluster_would_be_found(program: Callable[[], None]) -> None:
    graph = Graph.of(builders.deploy(program))
    assert waiting(graph, in_areas(graph, "data"), CLUSTERS) == ["database"]


def test_data_that_waits_for_the_platform_would_be_found() -> None:
    graph = Graph.of(builders.deploy(by_an_input))
    assert areas(graph) == {"data": {"platform"}, "platform": set()}


def test_an_edge_that_waits_for_a_cluster_would_be_found() -> None:
    graph = Graph.of(builders.deploy(through_the_edge))
    assert waiting(graph, in_areas(graph, "edge"), CLUSTERS) == ["zone"]
    assert areas(graph)["edge"] == {"platform"}


def test_a_cluster_that_waits_for_a_database_would_be_found() -> None:
    def program() -> None:
        cluster(version=database().name)

    graph = Graph.of(builders.deploy(program))
    assert waiting(graph, of_types(graph, CLUSTERS), DATABASES) == ["cluster"]


def test_areas_in_a_circle_would_be_found_where_no_resource_is_in_one() -> None:
    def program() -> None:
        edge = pulumi.ResourceOptions(parent=Part("cdn"))
        address = gcp.compute.GlobalAddress("address", opts=edge)
        behind = cluster(version=address.address)
        gcp.compute.GlobalAddress("late", address=behind.endpoint, opts=edge)

    graph = Graph.of(builders.deploy(program))
    assert graph.cycle() == ()
    assert set(cycle_of(areas(graph))) == {"edge", "platform"}
    assert set(cycle_of(graph.components())) == {"cdn", "gke"}


def test_a_component_without_an_area_would_be_found() -> None:
    def program() -> None:
        opts = pulumi.ResourceOptions(parent=Part("queues"))
        gcp.storage.Bucket("queue", location="EU", opts=opts)

    assert set(areas(Graph.of(builders.deploy(program)))) == {"queues"}


def tied(one: str, other: str) -> Graph:
    """The first phase, where one more resource waits for another one."""
    facts = builders.recorded("mvp")
    target = next(fact for fact in facts.resources if fact.name == other)
    return Graph.of(
        Facts.of(
            replace(fact, dependencies=(*fact.dependencies, target.urn))
            if fact.name == one and fact.custom
            else fact
            for fact in facts
        )
    )


def test_a_circle_of_resources_would_be_found() -> None:
    circle = {fact.name for fact in tied("network-vpc", "network-eu").cycle()}
    assert circle == {"network-vpc", "network-eu"}


def test_a_chain_that_is_too_long_would_be_found_and_named() -> None:
    path = longest(tied("keys-europe-west1", "network-vpc"))
    assert len(path.facts) == LONGEST + 1
    assert "network-vpc → keys-europe-west1 → " in str(path)


def test_a_cluster_that_comes_up_after_the_database_would_be_found() -> None:
    path = tied("gke-eu-g1", "postgres-eu-1").critical_path(seconds)
    assert {CLUSTER, SQL} <= {fact.type for fact in path.facts}
