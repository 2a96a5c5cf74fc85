"""The root: what it tells every judge, and that it costs nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import builders
import pulumi
import pulumi_gcp as gcp

from components.platform import Platform, PlatformArgs, Workloads
from components.registry import Registry, RegistryArgs
from palier import workloads
from palier.facts import PLATFORM_TYPE, WORKLOADS_TYPE, Fact, Facts
from palier.phases import GROWTH, HYPERGROWTH, Phase
from palier.sizes import RegistrySize

Deploy = Callable[..., Facts]


def platform(phase: Phase = GROWTH, revenue: Decimal | None = None) -> Platform:
    """The root component of a phase at its cap."""
    load = phase.load(phase.max_users)
    size = phase.size(load, "eu")
    return Platform(
        "palier",
        PlatformArgs(
            phase=phase.name,
            users=phase.max_users,
            home="eu",
            regions={"eu": "europe-west1"},
            currency="EUR",
            usd_rate=Decimal("0.92"),
            rate_date="2026-11-21",
            revenue_eur=revenue,
            load=load,
            size=size,
            cost_centre="product",
        ),
    )


def root(facts: Facts) -> Fact:
    """The root component."""
    return builders.only(facts, PLATFORM_TYPE)


def test_a_judge_reads_from_it_whom_the_platform_serves(deploy: Deploy) -> None:
    fact = root(deploy(platform))
    assert fact.recorded("phase") == "growth"
    assert fact.recorded("users") == 1_000_000
    assert fact.recorded(f"regions.{fact.recorded('home')}") == "europe-west1"


def test_money_is_recorded_as_text(deploy: Deploy) -> None:
    fact = root(deploy(lambda: platform(revenue=Decimal("216666.67"))))
    assert fact.recorded("currency") == {
        "code": "EUR", "usd_rate": "0.92", "declared_on": "2026-11-21",
    }  # fmt: skip
    assert fact.recorded("revenue_eur") == "216666.67", "a float would change the cents"


def test_revenue_that_nobody_declared_is_absent(deploy: Deploy) -> None:
    assert root(deploy(platform)).recorded("revenue_eur") is None


def test_quotas_are_recorded_by_generation(deploy: Deploy) -> None:
    fact = root(deploy(platform))
    assert fact.recorded("quotas") == {"eu-g1": {"vcpu": "120", "memory_gib": "240"}}


def test_commitments_are_recorded(deploy: Deploy) -> None:
    fact = root(deploy(lambda: platform(HYPERGROWTH)))
    assert fact.recorded("commitments") == {"compute": "1y", "sql": "1y", "redis": "1y"}


def test_the_load_that_prices_need_is_recorded(deploy: Deploy) -> None:
    load = root(deploy(platform)).recorded("load")
    assert load["requests_million"] == "600"
    assert {"registry_gib", "dns_million_queries", "nat_vms_base"} <= set(load)


def test_what_is_recorded_is_input_and_output_alike(deploy: Deploy) -> None:
    fact = root(deploy(platform))
    assert fact.inputs == fact.outputs, "each feed sees one of the two"


def below_the_root() -> None:
    """A component below the root, with one resource that takes labels."""
    Registry(
        "registry",
        RegistryArgs(size=RegistrySize(sites=("eu",)), keys={"eu": "key"}),
        pulumi.ResourceOptions(parent=platform()),
    )


def test_everything_below_carries_the_phase_and_the_cost_centre(deploy: Deploy) -> None:
    assert builders.only(deploy(below_the_root), "Repository").read("labels") == {
        "palier-component": "registry",
        "palier-phase": "growth",
        "palier-cost-centre": "product",
    }


def test_nothing_beside_it_is_labelled(deploy: Deploy) -> None:
    def program() -> None:
        platform()
        gcp.pubsub.Topic("beside")

    assert builders.only(deploy(program), "Topic").read("labels") is None


def planned(phase: Phase) -> Workloads:
    """The workloads of a phase at its cap."""
    load = phase.load(phase.max_users)
    return Workloads("workloads", workloads.plan(phase.size(load, "eu"), load, "eu"))


def test_every_planned_pod_is_recorded_with_its_requests(deploy: Deploy) -> None:
    load = GROWTH.load(GROWTH.max_users)
    plan = workloads.plan(GROWTH.size(load, "eu"), load, "eu")
    fact = builders.only(deploy(lambda: planned(GROWTH)), WORKLOADS_TYPE)
    pods: list[dict[str, Any]] = fact.recorded("pods")
    assert [pod["name"] for pod in pods] == [pod.name for pod in plan.pods]
    assert {"namespace", "cluster", "replicas_floor", "replicas_expected", "replicas_ceiling",
            "cpu_m", "memory_mib", "spot"} <= set(pods[0])  # fmt: skip
    assert fact.recorded("web_peak") == plan.web_peak


def test_whole_nodes_are_recorded_for_standard_clusters_alone(deploy: Deploy) -> None:
    autopilot = builders.only(deploy(lambda: planned(GROWTH)), WORKLOADS_TYPE)
    assert autopilot.recorded("nodes") == []
    standard = builders.only(deploy(lambda: planned(HYPERGROWTH)), WORKLOADS_TYPE)
    pools = {(count["cluster"], count["pool"]) for count in standard.recorded("nodes")}
    assert pools == {
        ("eu-g2", "baseline"), ("eu-g2", "burst"), ("us-g1", "baseline"), ("us-g1", "burst"),
    }  # fmt: skip


def test_neither_makes_anything_in_a_cloud(deploy: Deploy) -> None:
    def program() -> None:
        platform()
        planned(GROWTH)

    assert deploy(program).resources == []
