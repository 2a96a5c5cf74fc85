"""Quotas: the defaults of a project, what counts for which, and the words of a refusal."""

from __future__ import annotations

from pathlib import Path

import cloud_builders as things
import pytest
from cloud_builders import Thing, change, make, open_cloud, refusal_of_making

from palier.errors import PalierError
from palier.provider import schema
from palier.simcloud.cloud import Cloud, ServiceError
from palier.simcloud.quotas import Need, Quotas, defaults, needs

P = things.PROJECT


def limited(folder: Path, **limits: int) -> Cloud:
    """A cloud with a network, a cluster, and these limits alone."""
    everything = dict.fromkeys((quota.metric for quota in defaults()), None)
    cloud = open_cloud(folder, quotas=Quotas.load({**everything, **limits}))
    make(cloud, things.network(), things.cluster())
    return cloud


def address(name: str, region: str = things.REGION, kind: str = "EXTERNAL") -> Thing:
    """A static address."""
    return Thing(
        type="gcp:compute/address:Address",
        inputs={"name": name, "region": region, "addressType": kind},
    )


def test_every_quota_counts_types_that_there_are() -> None:
    counted = {type_ for quota in defaults() for type_ in quota.types}
    assert counted <= schema.types()
    assert all(
        quota.limit and quota.scope in {"region", "global", "project"} for quota in defaults()
    )


def test_the_default_of_a_new_project_holds(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path, quotas=Quotas.load())
    make(cloud, *(things.network(name=f"net-{number}") for number in range(5)))
    assert refusal_of_making(cloud, things.network(name="net-5")) == (
        "Error creating Network: googleapi: Error 403: Quota 'NETWORKS' exceeded.  Limit: 5.0"
        " globally., quotaExceeded"
    )


def test_a_regional_quota_is_counted_by_region(tmp_path: Path) -> None:
    cloud = limited(tmp_path, STATIC_ADDRESSES=1)
    make(cloud, address("a"), address("b", "us-east1"), address("c", kind="INTERNAL"))
    assert "Quota 'STATIC_ADDRESSES' exceeded.  Limit: 1.0 in region europe-west1." in (
        refusal_of_making(cloud, address("d"))
    )


def test_what_is_deleted_counts_no_more(tmp_path: Path) -> None:
    cloud = limited(tmp_path, STATIC_ADDRESSES=1)
    make(cloud, address("a"))
    things.drop(cloud, address("a"))
    make(cloud, address("b"))


@pytest.mark.parametrize(
    ("pool", "wanted"),
    [
        (things.node_pool(), 12),
        (things.node_pool(location="europe-west1-b"), 4),
        (things.node_pool(nodeLocations=["europe-west1-b", "europe-west1-c"]), 8),
        (things.node_pool(nodeCount=None, initialNodeCount=2), 24),
        (things.node_pool(nodeCount=None, autoscaling={"totalMinNodeCount": 3}), 12),
        (things.node_pool(nodeCount=None, autoscaling={"minNodeCount": 2}), 24),
        (things.node_pool(nodeConfig={"machineType": "n2d-custom-6-8192"}), 18),
    ],
)
def test_the_cpus_of_a_pools_first_nodes_are_counted(
    tmp_path: Path, pool: Thing, wanted: int
) -> None:
    cloud = limited(tmp_path, N2D_CPUS=3)
    assert refusal_of_making(cloud, pool.with_inputs(cluster=things.cluster().id)) == (
        "Error creating NodePool: googleapi: Error 403: Insufficient regional quota to satisfy"
        f" request: resource \"N2D_CPUS\": request requires '{wanted}.0' and is short"
        f" '{wanted - 3}.0'. project has a quota of '3.0' with '3.0' available. View and manage"
        " quotas at https://console.cloud.google.com/iam-admin/quotas?usage=USED&project=-.,"
        " forbidden"
    )


@pytest.mark.parametrize(
    ("thing", "metric"),
    [
        (things.node_pool(nodeConfig={"machineType": "n2d-standard-4"}), "CPUS"),
        (things.node_pool(nodeCount=0), "CPUS_ALL_REGIONS"),
        (things.cluster(name="two", removeDefaultNodePool=None, enableAutopilot=True), "CPUS"),
        (things.cluster(name="two"), "CPUS"),
    ],
    ids=["another family", "no node", "autopilot", "default pool removed"],
)
def test_what_takes_no_cpu_of_a_kind_is_not_refused(
    tmp_path: Path, thing: Thing, metric: str
) -> None:
    assert make(limited(tmp_path, **{metric: 0}), thing)


def test_the_default_pool_of_a_cluster_counts(tmp_path: Path) -> None:
    cluster = things.cluster(name="two", removeDefaultNodePool=False)
    assert "request requires '6.0'" in refusal_of_making(limited(tmp_path, CPUS=5), cluster)


def test_cpus_of_all_regions_have_a_quota_of_their_own(tmp_path: Path) -> None:
    cloud = limited(tmp_path, CPUS_ALL_REGIONS=20)
    other = things.cluster(name="us", location="us-east1")
    make(cloud, other, things.node_pool())
    pool = things.node_pool(location="us-east1", cluster=other.id)
    assert "Insufficient project quota" in refusal_of_making(cloud, pool)


def test_the_rules_of_a_security_policy_count(tmp_path: Path) -> None:
    cloud = limited(tmp_path, SECURITY_POLICY_CEVAL_RULES=1)
    rule = {"action": "allow", "priority": 1, "match": {"expr": {"expression": "true"}}}
    plain = {"action": "allow", "priority": 2, "match": {"versionedExpr": "SRC_IPS_V1"}}
    policy = Thing(
        type="gcp:compute/securityPolicy:SecurityPolicy",
        inputs={"name": "armor", "rules": [rule, plain]},
    )
    make(cloud, policy)
    change(cloud, policy.with_inputs(rules=[rule, plain, plain]))
    with pytest.raises(ServiceError, match="'SECURITY_POLICY_CEVAL_RULES' exceeded"):
        change(cloud, policy.with_inputs(rules=[rule, rule]))


def test_an_update_may_take_all_that_is_left(tmp_path: Path) -> None:
    cloud = limited(tmp_path, N2D_CPUS=24)
    make(cloud, things.node_pool())
    assert change(cloud, things.node_pool(nodeCount=2))


def test_an_update_that_does_not_grow_passes_though_the_quota_was_lowered(tmp_path: Path) -> None:
    make(limited(tmp_path), things.node_pool())
    lowered = open_cloud(tmp_path, quotas=Quotas.load({"N2D_CPUS": 1}))
    assert change(lowered, things.node_pool(version="1.33"))


def test_other_services_say_it_in_their_words(tmp_path: Path) -> None:
    cloud = limited(tmp_path, INSTANCES=0)
    assert refusal_of_making(cloud, things.instance()) == (
        "Error, failed to create instance db: googleapi: Error 429: Quota exceeded for quota metric"
        " 'INSTANCES' of service 'sqladmin.googleapis.com': limit 0., rateLimitExceeded"
    )


def test_what_a_cloud_needs_beyond_the_defaults_is_told_by_place(tmp_path: Path) -> None:
    cloud = limited(tmp_path)
    make(cloud, *(address(f"nat-{number}") for number in range(9)), address("us", "us-east1"))
    make(cloud, things.node_pool(nodeCount=3))
    assert needs(cloud.store.records("gcp")) == [
        Need(metric="CPUS_ALL_REGIONS", place="global", needed=36, default=32),
        Need(metric="N2D_CPUS", place="europe-west1", needed=36, default=24),
        Need(metric="STATIC_ADDRESSES", place="europe-west1", needed=9, default=8),
    ]


@pytest.mark.parametrize(
    ("limits", "complaint"),
    [
        ({"NETWORK": 1}, r"quotas: expected .*NETWORKS.*, got NETWORK$"),
        ({"NETWORKS": "5"}, "quotas: NETWORKS: expected a whole number, got '5'"),
        ({"NETWORKS": True}, "quotas: NETWORKS: expected a whole number, got True"),
    ],
)
def test_a_limit_that_is_none_is_refused(limits: dict[str, int], complaint: str) -> None:
    with pytest.raises(PalierError, match=complaint):
        Quotas.load(limits)
