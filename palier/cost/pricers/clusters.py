"""GKE: control plane, Autopilot pods, Standard nodes, Backup for GKE."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from palier.cost.items import HOURS_PER_MONTH, Item, UnreadableInput, fixed, usage
from palier.cost.prices import MissingPrice
from palier.cost.stack import Stack
from palier.facts import UNKNOWN, Fact
from palier.workloads import ARGOCD, ZONES_PER_REGION

GKE: Final = "Google Kubernetes Engine"
COMPUTE: Final = "Compute Engine"
CLASS: Final = "general-purpose"
MIB: Final = 1024
EPHEMERAL_GIB: Final = Decimal("0.25")
"""Ephemeral storage that the pods of gitops/base request."""
EPHEMERAL_GIB_UNSAID: Final = Decimal(1)
"""What Autopilot requests for a pod that names none, as Argo CD's (Google's GKE pages)."""
ZONE_PARTS: Final = 3
"""Words of a zone's name (europe-west1-b); a region has two."""


def cluster(stack: Stack, fact: Fact) -> Iterator[Item]:
    """Management fee, the credit where it applies, and on Autopilot the pods."""
    autopilot = stack.flag(fact, "enableAutopilot")
    fee = stack.price(GKE, "cluster-management-fee")
    yield fixed("control plane", fee, HOURS_PER_MONTH)
    if _credited(stack) == fact.urn:
        credit = stack.price(GKE, "free-tier-credit")
        monthly_fee = fee.usd * HOURS_PER_MONTH
        yield fixed(
            "free-tier credit, one a billing account", credit, Decimal(1),
            credit=min(credit.usd, monthly_fee),
        )  # fmt: skip
    if autopilot:
        yield from _pods(stack, fact)
    elif not stack.flag(fact, "removeDefaultNodePool"):
        raise MissingPrice("palier prices node pools of their own, not a cluster's default pool")


def _credited(stack: Stack) -> str | None:
    """The one cluster that the billing account's credit pays for: Autopilot or zonal, no other."""
    for fact in stack.facts.of_type("gcp:container/cluster:Cluster"):
        if stack.flag(fact, "enableAutopilot"):
            return fact.urn
        if len(stack.text(fact, "location", "").split("-")) == ZONE_PARTS:
            return fact.urn
    return None


def _pods(stack: Stack, fact: Fact) -> Iterator[Item]:
    generation = stack.generation(fact.name)
    pods = [pod for pod in stack.pods if pod["cluster"] == generation]
    if generation is None or not stack.pods:
        raise UnreadableInput("no workloads are recorded for this Autopilot cluster")
    if not pods:
        return  # an older generation, drained: the newest one of its site carries the pods
    region = stack.region(fact)
    quotas = stack.quota(generation)
    for place, (sku, unit, per_pod) in enumerate(
        (("autopilot-vcpu", "vCPU", "cpu_m"), ("autopilot-memory", "memory", "memory_mib"))
    ):
        divisor = 1000 if per_pod == "cpu_m" else MIB
        on_demand, spot = (
            [
                sum(
                    (Decimal(pod[f"replicas_{bound}"]) * Decimal(int(pod[per_pod])) / divisor
                     for pod in pods if pod["spot"] is is_spot),
                    Decimal(0),
                )
                for bound in ("floor", "expected", "ceiling")
            ]
            for is_spot in (False, True)
        )  # fmt: skip
        spot[2] = max(Decimal(0), quotas[place] - on_demand[2])
        for model, name, amounts in (
            ("ondemand", "on demand", on_demand), ("spot", "spot", spot),
        ):  # fmt: skip
            price = stack.price(GKE, sku, region, compute_class=CLASS, model=model)
            floor, expected, ceiling = (amount * HOURS_PER_MONTH for amount in amounts)
            yield Item(
                name=f"pods {unit}, {name}", price=price, floor=floor, expected=expected,
                ceiling=ceiling,
            )  # fmt: skip
    yield from _pod_storage(stack, region, pods)


def _ephemeral(pod: Mapping[str, object]) -> Decimal:
    return EPHEMERAL_GIB_UNSAID if pod.get("namespace") == ARGOCD else EPHEMERAL_GIB


def _pod_storage(stack: Stack, region: str, pods: list[dict[str, object]]) -> Iterator[Item]:
    gib = [
        sum((Decimal(str(pod[f"replicas_{bound}"])) * _ephemeral(pod) for pod in pods), Decimal(0))
        for bound in ("floor", "expected", "ceiling")
    ]
    price = stack.price(GKE, "autopilot-ephemeral-storage", region, model="ondemand")
    floor, expected, ceiling = (amount * HOURS_PER_MONTH for amount in gib)
    yield Item(
        name="pods ephemeral storage", price=price, floor=floor, expected=expected, ceiling=ceiling
    )
    volumes = sum(
        (Decimal(str(pod["replicas_expected"])) * Decimal(str(pod["volume_gib"])) for pod in pods),
        Decimal(0),
    )
    if volumes:
        disk = stack.price(COMPUTE, "disk-capacity", region, type="pd-balanced")
        yield fixed("pods volumes", disk, volumes)


def node_pool(stack: Stack, fact: Fact) -> Iterator[Item]:
    """Nodes by vCPU and memory, with their discount, and their boot disks."""
    region = stack.region(fact)
    machine = stack.text(fact, "nodeConfig.machineType")
    spot = stack.flag(fact, "nodeConfig.spot") or stack.flag(fact, "nodeConfig.preemptible")
    counts = node_counts(stack, fact)
    floor, expected, ceiling = counts.bounds
    shape = stack.price(COMPUTE, "vm-instance", region, machine_type=machine, model="ondemand")
    family = machine.split("-", 1)[0]
    for sku, unit, each in (
        ("vm-vcpu", "vCPU", Decimal(shape.attributes["vcpu"])),
        ("vm-memory", "memory", Decimal(shape.attributes["memory_gib"])),
    ):
        hours = each * HOURS_PER_MONTH
        name = f"nodes {unit}, {machine}"
        if spot:
            price = stack.price(COMPUTE, sku, region, family=family, model="spot")
            yield Item(name=f"{name}, spot{counts.note}", price=price, floor=floor * hours,
                       expected=expected * hours, ceiling=ceiling * hours)  # fmt: skip
            continue
        committed = counts.planned if stack.committed("compute") else Decimal(0)
        if committed:
            price = stack.price(COMPUTE, sku, region, family=family, model="cud1y")
            yield fixed(f"{name}, 1-year commitment", price, committed * hours)
        yield Item(
            name=f"{name}, on demand, sustained use{counts.note}",
            price=stack.price(COMPUTE, sku, region, family=family, model="ondemand"),
            discount=stack.price(COMPUTE, "sustained-use-discount", family=family),
            floor=max(Decimal(0), floor - committed) * hours,
            expected=(expected - committed) * hours,
            ceiling=max(Decimal(0), ceiling - committed) * hours,
        )
    disk_type = stack.text(fact, "nodeConfig.diskType", "pd-standard")
    disk = stack.number(fact, "nodeConfig.diskSizeGb", 100)
    yield Item(
        name=f"boot disks, {disk_type}{counts.note}",
        price=stack.price(COMPUTE, "disk-capacity", region, type=disk_type),
        floor=floor * disk, expected=expected * disk, ceiling=ceiling * disk,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class NodeCounts:
    """Nodes of a pool at each bound, and what is planned: commitments are bought for that."""

    bounds: tuple[Decimal, Decimal, Decimal]
    planned: Decimal
    note: str = ""


def node_counts(stack: Stack, fact: Fact) -> NodeCounts:
    """Nodes at each bound. Without a recorded expectation the maximum stands for it.

    A minimum that is not known yet may be as high as the maximum: then every bound is.
    """
    zones = _zones(stack, fact)
    if fact.read("autoscaling") is None:
        count = stack.number(fact, "nodeCount") * zones
        return NodeCounts(bounds=(count, count, count), planned=count)
    low, high, each = "autoscaling.totalMinNodeCount", "autoscaling.totalMaxNodeCount", 1
    if fact.read(high) is None:
        low, high = "autoscaling.minNodeCount", "autoscaling.maxNodeCount"
        each = zones
    least = stack.size(fact, low, high, 0)
    most = stack.number(fact, high) * each
    planned = _planned(stack, fact, most)
    if least.note:
        return NodeCounts(bounds=(most, most, most), planned=planned, note=least.note)
    return NodeCounts(bounds=(least.amount * each, planned, most), planned=planned)


def _zones(stack: Stack, fact: Fact) -> int:
    locations = fact.read("nodeLocations")
    if locations is UNKNOWN:
        raise UnreadableInput("nodeLocations is not known yet")
    if isinstance(locations, list) and locations:
        return len(locations)
    return ZONES_PER_REGION if len(stack.region_or_zone(fact)) < ZONE_PARTS else 1


def _planned(stack: Stack, fact: Fact, most: Decimal) -> Decimal:
    """Recorded expectation of a pool, or its maximum."""
    return next(
        (
            Decimal(int(count["expected"]))
            for (cluster_name, pool), count in stack.nodes.items()
            if fact.name.endswith(f"-{cluster_name}-{pool}")
        ),
        most,
    )


def backup_plan(stack: Stack, fact: Fact) -> Iterable[Item]:
    """Backup for GKE: every protected pod. The stored volumes are a cache's, of no size."""
    name = stack.text(fact, "name")
    pods = [pod for pod in stack.pods if f"-{pod['cluster']}-" in name]
    if not pods:
        raise UnreadableInput("no workloads are recorded for the cluster of this backup plan")
    replicas = sum((Decimal(pod["replicas_expected"]) for pod in pods), Decimal(0))
    yield usage("protected pods", stack.price("Backup for GKE", "backup-management"), replicas)
