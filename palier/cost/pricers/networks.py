"""The network: NAT, addresses, flow logs."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Final

from palier.cost.items import HOURS_PER_MONTH, OBSERVABILITY, Item, fixed, usage
from palier.cost.pricers.clusters import node_counts
from palier.cost.stack import Stack
from palier.facts import Fact
from palier.workloads import ceiling

NAT: Final = "Cloud NAT"
CAPPED_VMS: Final = 32
"""VMs from which a gateway has one flat price."""
DEFAULT_SAMPLING: Final = Decimal("0.5")
"""Part of the flows that GCP logs when a log config names none."""
CLUSTER: Final = "gcp:container/cluster:Cluster"
NODE_POOL: Final = "gcp:container/nodePool:NodePool"


def nat(stack: Stack, fact: Fact) -> Iterator[Item]:
    """The gateway by the VMs behind it, and what they fetch. Its addresses price themselves."""
    region = stack.region(fact)
    counts = [_vms(stack, region, place) for place in range(3)]
    note = _note(stack, region)
    if max(counts) <= CAPPED_VMS:
        floor, expected, most = (Decimal(count) * HOURS_PER_MONTH for count in counts)
        yield Item(
            name=f"gateway, by VM{note}", price=stack.price(NAT, "gateway-per-vm"), floor=floor,
            expected=expected, ceiling=most,
        )  # fmt: skip
    else:
        flat = stack.price(NAT, "gateway-cap", rule="flat, more than 32 VMs")
        each = stack.price(NAT, "gateway-per-vm")
        small = [Decimal(count) if count <= CAPPED_VMS else Decimal(0) for count in counts]
        large = [Decimal(count > CAPPED_VMS) for count in counts]
        for name, price, amounts in (("gateway, by VM", each, small),
                                     ("gateway, above 32 VMs", flat, large)):  # fmt: skip
            floor, expected, most = (amount * HOURS_PER_MONTH for amount in amounts)
            yield Item(name=name + note, price=price, floor=floor, expected=expected, ceiling=most)
    yield usage("data through NAT", stack.price(NAT, "data-processed"), stack.load("nat_gib"))


@lru_cache(maxsize=64)
def _vms(stack: Stack, region: str, bound: int) -> int:
    """VMs behind the NAT of a region at a bound: nodes, or what Autopilot's pods stand on."""
    vms = int(stack.load("nat_vms_base"))
    key = ("floor", "expected", "ceiling")[bound]
    for cluster in stack.facts.of_type(CLUSTER):
        if stack.region(cluster) == region and stack.flag(cluster, "enableAutopilot"):
            generation = stack.generation(cluster.name)
            vcpu = sum(
                (Decimal(pod[f"replicas_{key}"]) * Decimal(int(pod["cpu_m"])) / 1000
                 for pod in stack.pods if pod["cluster"] == generation),
                Decimal(0),
            )  # fmt: skip
            vms += ceiling(vcpu / stack.load("nat_vcpu_per_vm"))
    for pool in stack.facts.of_type(NODE_POOL):
        if stack.region(pool) == region:
            vms += int(node_counts(stack, pool).bounds[bound])
    return vms


def _note(stack: Stack, region: str) -> str:
    """Whether nodes behind the NAT of a region are counted at their ceiling."""
    pools = stack.facts.of_type(NODE_POOL)
    notes = (node_counts(stack, pool).note for pool in pools if stack.region(pool) == region)
    return max(notes, default="")


def address(stack: Stack, fact: Fact) -> Iterator[Item]:
    """An external address in use, by NAT or by a machine. Internal ones cost nothing."""
    if stack.text(fact, "addressType", "EXTERNAL") == "EXTERNAL":
        yield fixed("external address", stack.price(NAT, "nat-ip"), HOURS_PER_MONTH)


def subnetwork(stack: Stack, fact: Fact) -> Iterator[Item]:
    """Flow logs, as far as subnets sample them. The subnet itself costs nothing.

    All flows are taken as sampled at the highest rate of any subnet, and each subnet pays by its
    own: one that samples less takes nothing off the bill of the others.
    """
    own = _sampling(stack, fact)
    if not own:
        return
    rates = [_sampling(stack, subnet) for subnet in stack.facts.of_type(fact.type)]
    logged = stack.load("flow_log_gib") * max(rates) * own / sum(rates)
    price = stack.price("Cloud Logging", "vended-network-logs")
    yield usage("flow logs", price, logged, family=OBSERVABILITY)


def _sampling(stack: Stack, fact: Fact) -> Decimal:
    """The part of its flows that a subnet logs: none without a log, half when nobody says."""
    if fact.read("logConfig") is None:
        return Decimal(0)
    if fact.read("logConfig.flowSampling") is None:
        return DEFAULT_SAMPLING
    return stack.number(fact, "logConfig.flowSampling")
