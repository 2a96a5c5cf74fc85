"""Workloads: the pods of each phase add up to the published lines, and stay within quotas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palier.overrides import override
from palier.phase_pods import SERVICE_PODS, SERVICES
from palier.phases import PHASES, SCALE, Phase, for_users
from palier.sites import SITES, Site
from palier.sizes import GkeSize, PlatformSize
from palier.workloads import (
    ZONES_PER_REGION,
    Workloads,
    WorkloadSize,
    ceiling,
    plan,
    web_replicas,
)

BOUNDS = ("floor", "expected", "ceiling")
WEB = {"web", "web-spot", "worker"}
GIB = 1024


def planned(users: int, home: Site = "eu") -> Workloads:
    phase = for_users(users)
    load = phase.load(users)
    return plan(phase.size(load, home), load, home)


def total(
    pods: tuple[WorkloadSize, ...], keep: Callable[[WorkloadSize], bool], bound: str = "expected"
) -> tuple[Decimal, Decimal]:
    """VCPU and GiB that the pods request."""
    kept = [(getattr(pod, f"replicas_{bound}"), pod) for pod in pods if keep(pod)]
    vcpu = sum((count * pod.cpu_m / 1000 for count, pod in kept), Decimal(0))
    return vcpu, sum((count * pod.memory_mib / GIB for count, pod in kept), Decimal(0))


def on_demand(pod: WorkloadSize) -> bool:
    return not pod.spot


def spot(pod: WorkloadSize) -> bool:
    return pod.spot


def replicas(work: Workloads, name: str, cluster: str, bound: str = "expected") -> Decimal:
    (found,) = [pod for pod in work.pods if (pod.name, pod.cluster) == (name, cluster)]
    value: Decimal = getattr(found, f"replicas_{bound}")
    return value


# The published lines


@pytest.mark.parametrize(
    ("users", "part", "vcpu", "gib"),
    [
        (50, on_demand, "0.25", "0.5625"),
        (50, spot, "0.65", "1.5625"),
        (100, on_demand, "0.60", "1.1875"),
        (100, spot, "0.80", "1.9375"),
        (10_000, on_demand, "1.40", "3.00"),
        (10_000, spot, "1.175", "2.3125"),
        (50_000, on_demand, "1.40", "3.00"),
        (50_000, spot, "1.30", "2.5625"),
    ],
)
def test_the_pods_of_a_small_phase_add_up_to_its_published_lines(
    users: int, part: Callable[[WorkloadSize], bool], vcpu: str, gib: str
) -> None:
    assert total(planned(users).pods, part) == (Decimal(vcpu), Decimal(gib))


@pytest.mark.parametrize(
    ("users", "mean", "services"),
    [(125_000, "7.5", 0), (500_000, "20", 4), (750_000, "28", 4), (1_000_000, "36.5", 4)],
)
def test_the_pods_of_growth_add_up_to_the_models_sum(users: int, mean: str, services: int) -> None:
    web = Decimal(mean)
    workers = max(Decimal(1), web * Decimal("0.5") * Decimal("0.25"))
    pods = planned(users).pods
    vcpu, gib = total(pods, lambda _: True)
    assert vcpu == web / 2 + workers + Decimal("2.5") + services
    assert gib == web + 2 * workers + 6 + 2 * services
    reliable, _ = total(pods, lambda pod: pod.name == "web")
    assert reliable >= max(Decimal(2), web * Decimal("0.6") / 2), "60 % outlive a loss of spot"


def test_the_platform_line_of_growth_is_two_and_a_half_cores_and_six_gibibytes() -> None:
    platform = total(planned(125_000).pods, lambda pod: pod.name not in WEB)
    assert platform == (Decimal("2.5"), Decimal(6))


def test_eight_extracted_services_take_four_cores_and_eight_gibibytes() -> None:
    assert len(SERVICES) == 8
    services = total(planned(250_000).pods, lambda pod: pod.name in SERVICE_PODS)
    assert services == (Decimal(4), Decimal(8))
    assert not any(pod.name in SERVICE_PODS for pod in planned(249_999).pods)


@pytest.mark.parametrize("cluster", ["eu-g2", "us-g1"])
def test_each_cluster_of_hypergrowth_has_four_cores_of_platform_and_four_of_services(
    cluster: str,
) -> None:
    here = tuple(pod for pod in planned(2_000_000).pods if pod.cluster == cluster)
    platform, _ = total(here, lambda pod: pod.name not in WEB and pod.name not in SERVICE_PODS)
    services, _ = total(here, lambda pod: pod.name in SERVICE_PODS)
    assert (platform, services) == (Decimal(4), Decimal(4))


@pytest.mark.parametrize(
    ("users", "peak"),
    [
        (50, 1),
        (100, 1),
        (10_000, 6),
        (50_000, 7),
        (125_000, 9),
        (500_000, 34),
        (750_000, 50),
        (1_000_000, 67),
        (2_000_000, 106),
        (5_000_000, 265),
        (11_000_000, 583),
    ],
)
def test_the_peak_minute_needs_the_published_web_replicas(users: int, peak: int) -> None:
    assert planned(users).web_peak == peak


def test_a_replica_of_half_a_core_serves_seventeen_and_a_half_requests_a_second() -> None:
    load = PHASES["growth"].load(1_000_000)
    assert ceiling(web_replicas(load, 500)) == 67, "1 157.4 x 0.02 / (0.7 x 0.5) = 66.1"
    assert ceiling(web_replicas(load, 1_000)) == 34, "half of it, with twice the cores"


@pytest.mark.parametrize(
    ("users", "most"),
    [(50, 21), (100, 35), (50_000, 105), (1_000_000, 2_450), (11_000_000, 17_500)],
)
def test_a_phase_can_serve_the_published_requests_at_its_maximum(users: int, most: int) -> None:
    phase = for_users(users)
    load = phase.load(users)
    web = phase.size(load, "eu").web
    vcpu = Decimal(sum(limits.maximum for limits in web.limits.values()) * web.cpu_m) / 1000
    served = vcpu * load.model.cpu_target / load.model.cpu_seconds_per_request
    assert served == most
    assert served > load.rps_peak, "a phase must carry its own cap"


# Web, workers and nodes by hand


def test_two_million_users_are_spread_over_two_continents_by_their_share() -> None:
    work = planned(2_000_000)
    assert replicas(work, "web", "eu-g2") + replicas(work, "web-spot", "eu-g2") == Decimal(
        "48.5"
    ), "four fifths of 105.8 are 84.7, so 85; half way up from 12"
    assert replicas(work, "web", "us-g1") + replicas(work, "web-spot", "us-g1") == 15, (
        "one fifth of 105.8 is 21.2, so 22; half way up from 8"
    )
    assert replicas(work, "worker", "eu-g2") == Decimal("12.125"), "a quarter of 48.5"
    assert replicas(work, "worker", "us-g1") == Decimal("3.75"), "a quarter of 15"


def test_the_nodes_of_two_million_users_are_those_worked_by_hand() -> None:
    nodes = {
        (node.cluster, node.pool): (node.floor, node.expected, node.ceiling)
        for node in planned(2_000_000).nodes
    }
    assert nodes == {
        ("eu-g2", "baseline"): (3, 4, 40),  # 38.3125 vCPU x 0.6 / (8 x 0.75) = 3.8
        ("eu-g2", "burst"): (0, 3, 40),  # 38.3125 vCPU x 0.4 / (8 x 0.75) = 2.6
        ("us-g1", "baseline"): (3, 4, 50),  # 17.375 vCPU x 0.6 / (4 x 0.75) = 3.5
        ("us-g1", "burst"): (0, 2, 25),  # 17.375 vCPU x 0.4 / (8 x 0.75) = 1.2
    }


def test_an_autopilot_cluster_has_no_nodes_of_its_own() -> None:
    assert [users for users in (50, 100, 10_000, 1_000_000) if planned(users).nodes] == []


def hypergrowth(users: int = 2_000_000) -> tuple[PlatformSize, Phase]:
    phase = PHASES["hypergrowth"]
    return phase.size(phase.load(users), "eu"), phase


def test_the_limits_of_a_pool_by_zone_count_three_times() -> None:
    built, phase = hypergrowth()
    cluster = built.gke.generations["eu-g2"]
    pool = replace(cluster.pools["baseline"], per_zone=True, min_nodes=1, max_nodes=5)
    generations = {
        **built.gke.generations,
        "eu-g2": replace(cluster, pools={**cluster.pools, "baseline": pool}),
    }
    changed = replace(built, gke=GkeSize(generations=generations))
    work = plan(changed, phase.load(2_000_000), "eu")
    (node,) = [item for item in work.nodes if (item.cluster, item.pool) == ("eu-g2", "baseline")]
    assert (node.floor, node.ceiling) == (ZONES_PER_REGION * 1, ZONES_PER_REGION * 5)
    assert node.expected == 4


def test_nodes_stop_at_the_maximum_of_their_pool() -> None:
    built, phase = hypergrowth()
    load = phase.load(2_000_000, {"node_packing": "0.01"})
    counts = {(node.cluster, node.pool): node for node in plan(built, load, "eu").nodes}
    assert counts["eu-g2", "baseline"].expected == counts["eu-g2", "baseline"].ceiling == 40


def test_the_away_continent_of_an_american_platform_is_europe() -> None:
    work = planned(2_000_000, "us")
    assert {pod.cluster for pod in work.pods} == {"us-g2", "eu-g1"}
    web = [replicas(work, "web", name) for name in ("us-g2", "eu-g1")]
    assert web[0] > web[1], "four fifths of the users are at home"


# Generations


@pytest.mark.parametrize(("serving", "draining"), [("eu-g2", "eu-g1")])
def test_an_older_generation_beside_a_newer_one_gets_no_pods(serving: str, draining: str) -> None:
    built, phase = hypergrowth()
    growth = PHASES["growth"]
    older = growth.size(growth.load(1_000_000), "eu").gke.generations[draining]
    both = GkeSize(generations={draining: older, **built.gke.generations})
    load = phase.load(2_000_000)
    work = plan(replace(built, gke=both), load, "eu")
    assert {pod.cluster for pod in work.pods} == {serving, "us-g1"}
    assert work == plan(built, load, "eu"), "a cluster that drains changes nothing for the other"


def test_the_newer_generation_serves_whatever_the_order_of_the_config() -> None:
    built, phase = hypergrowth()
    generations = built.gke.generations
    older = replace(generations["eu-g2"], range="g1")
    for order in (("eu-g1", "eu-g2"), ("eu-g2", "eu-g1")):
        named = {"eu-g1": older, "eu-g2": generations["eu-g2"]}
        both = GkeSize(generations={name: named[name] for name in order} | {
            "us-g1": generations["us-g1"]})  # fmt: skip
        work = plan(replace(built, gke=both), phase.load(2_000_000), "eu")
        assert {pod.cluster for pod in work.pods} == {"eu-g2", "us-g1"}
        assert {node.cluster for node in work.nodes} == {"eu-g2", "us-g1"}


# Laws


@st.composite
def any_platform(draw: st.DrawFn) -> tuple[PlatformSize, Workloads]:
    """A planned platform: any phase, users, home, and a team's own measurements."""
    phase = draw(st.sampled_from(list(PHASES.values())))
    users = draw(st.integers(phase.min_users, phase.max_users))
    home = draw(st.sampled_from(SITES))
    share = st.decimals("0.05", "1", places=2)
    load = phase.load(
        users,
        {
            "cpu_seconds_per_request": draw(st.decimals("0.001", "1", places=3)),
            "cpu_target": draw(share),
            "mean_replica_share": draw(st.decimals("0", "1", places=2)),
            "node_packing": draw(share),
            "away_share": draw(share) - Decimal("0.05"),
        },
    )
    size = phase.size(load, home)
    return size, plan(size, load, home)


def test_a_platform_is_planned_for_its_busiest_minute_or_its_maximum() -> None:
    load = PHASES["mvp"].load(50, {"cpu_seconds_per_request": 1})
    work = plan(PHASES["mvp"].size(load, "eu"), load, "eu")
    assert work.web_peak == 17, "2.3 rps x 1 s / 0.7 / 0.2 vCPU"
    assert replicas(work, "web-spot", "eu-g1") == Decimal("1.5"), "half way up to 3, less one"


@given(any_platform())
@settings(max_examples=200, deadline=None)
def test_floor_is_never_above_expected_nor_expected_above_ceiling(
    platform: tuple[PlatformSize, Workloads],
) -> None:
    _, work = platform
    for pod in work.pods:
        assert 0 <= pod.replicas_floor <= pod.replicas_expected <= pod.replicas_ceiling, pod.name
    for node in work.nodes:
        assert 0 <= node.floor <= node.expected <= node.ceiling, node.pool


@given(any_platform())
@settings(max_examples=200, deadline=None)
def test_at_the_ceiling_all_pods_fit_the_quota_of_their_cluster(
    platform: tuple[PlatformSize, Workloads],
) -> None:
    size, work = platform
    for name, cluster in size.gke.generations.items():
        here = tuple(pod for pod in work.pods if pod.cluster == name)
        vcpu, gib = total(here, lambda _: True, "ceiling")
        assert vcpu <= cluster.quota_vcpu, f"{name}: the HPA would stop short of its maximum"
        assert gib <= cluster.quota_memory_gib, name


@given(any_platform())
@settings(max_examples=100, deadline=None)
def test_the_web_tier_keeps_its_limits_at_every_bound(
    platform: tuple[PlatformSize, Workloads],
) -> None:
    size, work = platform
    for name, cluster in size.gke.generations.items():
        limits = size.web.limits[cluster.site]
        for bound in BOUNDS:
            reliable = replicas(work, "web", name, bound)
            both = reliable + replicas(work, "web-spot", name, bound)
            assert limits.minimum <= both <= limits.maximum
            assert reliable >= limits.on_demand, "what survives a loss of spot"


@given(any_platform())
@settings(max_examples=50, deadline=None)
def test_every_serving_cluster_runs_every_fixed_workload_once(
    platform: tuple[PlatformSize, Workloads],
) -> None:
    size, work = platform
    keys = [(pod.cluster, pod.namespace, pod.name) for pod in work.pods]
    assert keys == sorted(set(keys)), "one order for all feeds, and nothing twice"
    for name in size.gke.generations:
        here = {pod.name: pod for pod in work.pods if pod.cluster == name}
        assert set(size.pods) <= set(here)
        for key, pod in size.pods.items():
            assert {getattr(here[key], f"replicas_{bound}") for bound in BOUNDS} == {pod.replicas}
            assert here[key].volume_gib == pod.volume_gib


@pytest.mark.parametrize(
    ("value", "whole"), [("0", 0), ("0.01", 1), ("1", 1), ("1.0000001", 2), ("-0.5", 0)]
)
def test_a_ceiling_is_the_next_whole_number(value: str, whole: int) -> None:
    assert ceiling(Decimal(value)) == whole


def test_workers_that_follow_web_take_the_place_of_fixed_ones() -> None:
    load = SCALE.load(10_000)
    size = override(SCALE.size(load, "eu"), {"web.worker_share": "0.5"})
    workers = [pod for pod in plan(size, load, "eu").pods if pod.name == "worker"]
    assert len(workers) == 1, "one workload a name"
    assert workers[0].cpu_m == 500, "the one that follows web"
