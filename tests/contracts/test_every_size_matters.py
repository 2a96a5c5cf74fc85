"""Law 7: changing any field of any size changes a resource, a planned pod or node, or a price.

A size is recorded on its component whatever it does, so that record counts for nothing here. Every
field is changed alone, in the first phase where that is allowed and has an effect; those that
cannot change alone are listed with what changes beside them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from decimal import Decimal
from functools import cache
from typing import Any, Final

import builders
import pulumi_gcp as gcp
import pytest

from components.argocd import Argocd, ArgocdArgs
from components.cdn import Cdn, CdnArgs
from components.gke import Gke, GkeArgs
from components.network import Network, NetworkArgs
from components.observability import Observability, ObservabilityArgs
from components.platform import Platform, PlatformArgs, Workloads
from components.postgres import Postgres, PostgresArgs
from components.redis import Redis, RedisArgs
from components.registry import Registry, RegistryArgs
from palier import overrides, workloads
from palier.cost import prices
from palier.cost.estimate import estimate
from palier.currency import EUR_PER_USD, RATE_DECLARED_ON
from palier.errors import PalierError
from palier.facts import PLATFORM_TYPE, WORKLOADS_TYPE, Facts
from palier.phases import PHASES
from palier.sites import REGIONS, SITES, Site
from palier.sizes import ClusterSize, GkeSize, PlatformSize

SERVING: Final[dict[Site, str]] = {site: regions[0] for site, regions in REGIONS.items()}
RECOVERY: Final[dict[Site, str]] = {site: regions[1] for site, regions in REGIONS.items()}
BY_REGION: Final = {region: f"key-{region}" for pair in REGIONS.values() for region in pair}
BY_SITE: Final[dict[Site, str]] = {site: f"key-{site}" for site in SITES}

NAMED = re.compile(r"(?<=\.generations\.|.....\.shards\.|..instances\.|.....limits\.)")
KEYED = ("generations", "pools", "shards", "instances", "limits")
"""Fields whose children are named by the phase and not by a class."""

VALUES: Final[dict[str, tuple[object, ...]]] = {
    "compute": ("none", "1y"),
    "edition": ("ENTERPRISE", "ENTERPRISE_PLUS"),
    "machine_type": ("n2d-standard-16", "n2d-standard-8"),
    "mode": ("core", "single", "ha", "autopilot", "standard"),
    "namespace": ("elsewhere",),
    "range": ("g1", "g2"),
    "redis": ("none", "1y"),
    "replica_tier": ("db-custom-16-61440", "db-perf-optimized-N-32"),
    "replicas": ("r1", "r1,r2", 3),
    "site": ("eu", "us"),
    "sites": ("eu", "eu,us"),
    "sql": ("none", "1y"),
    "tier": ("db-f1-micro", "db-custom-1-3840"),
    "version": ("REDIS_7_0", "REDIS_7_2"),
}
"""Values to try of fields that are no number and no switch."""


def size_of(phase: str) -> PlatformSize:
    """Sizes of a phase at its cap."""
    row = PHASES[phase]
    return row.size(row.load(row.max_users), "eu")


def field_of(path: str) -> str:
    """A path with the names that a phase chose left out: `postgres.shards.*.tier`."""
    first, *rest = path.split(".")
    parents = [first, *rest[:-1]]
    starred = ["*" if parent in {*KEYED, "pods"} else key for parent, key in zip(parents, rest, strict=True)]
    return ".".join([first, *starred])


@cache
def paths() -> Mapping[str, list[tuple[str, str]]]:
    """The first path of each field in each phase that has it, lowest phase first."""
    found: dict[str, dict[str, str]] = {}
    for phase in PHASES:
        for path, _ in overrides.leaves(size_of(phase)):
            found.setdefault(field_of(path), {}).setdefault(phase, path)
    return {field: list(by_phase.items()) for field, by_phase in found.items()}


def candidates(path: str, value: object) -> Iterator[object]:
    """Other values of a field: by its name where it has words, else by its type."""
    name = path.rpartition(".")[2]
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | Decimal):
        yield from (value + 1, value * 2, value - 1, value / 2 if value else Decimal("0.5"))
    else:
        current = ",".join(value) if isinstance(value, tuple) else value
        yield from (other for other in VALUES[name] if other != current)


def one_site(size: GkeSize, generation: str) -> dict[Site, str]:
    """Subnets by site, for a generation at any of them."""
    return {site: f"subnet-{site}" for site in SITES} if generation in size.generations else {}


def _argocd(size: PlatformSize) -> None:
    cluster = gcp.container.Cluster("gke", name="gke", location="europe-west1")
    Argocd(
        "argocd",
        ArgocdArgs(
            size=size.argocd,
            pods=size.pods,
            cluster=cluster,
            repository="https://github.com/acme/platform",
            overlay="overlay",
            facts={},
        ),
    )


def _gke(size: PlatformSize) -> None:
    Gke(
        "gke",
        GkeArgs(
            size=size.gke,
            project="acme",
            regions=SERVING,
            network="vpc",
            subnets={site: f"subnet-{site}" for site in SITES},
            secrets_keys=BY_SITE,
            disk_keys=BY_SITE,
        ),
    )


def _peering() -> gcp.servicenetworking.Connection:
    return gcp.servicenetworking.Connection(
        "peering",
        network="vpc",
        service="servicenetworking.googleapis.com",
        reserved_peering_ranges=["range"],
    )


def _postgres(size: PlatformSize) -> None:
    Postgres(
        "postgres",
        PostgresArgs(
            size=size.postgres,
            regions=SERVING,
            recovery_regions=RECOVERY,
            network="vpc",
            private_services=_peering(),
            keys=BY_REGION,
            iam_users={},
        ),
    )


def _redis(size: PlatformSize) -> None:
    Redis(
        "redis",
        RedisArgs(
            size=size.redis,
            regions=SERVING,
            network="vpc",
            private_services=_peering(),
            keys=BY_REGION,
        ),
    )


def _cdn(size: PlatformSize) -> None:
    Cdn("cdn", CdnArgs(size=size.cdn, project="acme", domain="example.com", zone="dns", location="EU"))


def _observability(size: PlatformSize) -> None:
    Observability(
        "observability",
        ObservabilityArgs(size=size.observability, domain="example.com", project="acme"),
    )


PARTS: Final[Mapping[str, Callable[[PlatformSize], object]]] = {
    "network": lambda size: Network("network", NetworkArgs(size=size.network, regions=SERVING)),
    "gke": _gke,
    "postgres": _postgres,
    "redis": _redis,
    "cdn": _cdn,
    "argocd": _argocd,
    "pods": _argocd,
    "observability": _observability,
    "registry": lambda size: Registry("registry", RegistryArgs(size=size.registry, keys=BY_SITE)),
    "web": lambda _: None,
    "commitments": lambda _: None,
}
"""How each part of a platform becomes resources; the last two are only planned and priced."""


def resources(size: PlatformSize, part: str) -> dict[str, Any]:
    """Inputs of what a part registers in a cloud. What its component records is left out."""
    facts = builders.deploy(lambda: PARTS[part](size))
    return {fact.urn: fact.inputs for fact in facts.resources}


def planned(size: PlatformSize, phase: str) -> workloads.Workloads:
    """Pods and nodes of a platform."""
    row = PHASES[phase]
    return workloads.plan(size, row.load(row.max_users), "eu")


def priced(size: PlatformSize, phase: str) -> list[tuple[object, ...]]:
    """The bill of a phase with another size on its root: quotas, commitments, pods, nodes."""
    row = PHASES[phase]

    def root() -> None:
        Platform(
            "palier",
            PlatformArgs(
                phase=phase, users=row.max_users, home="eu", regions=SERVING, currency="EUR",
                usd_rate=EUR_PER_USD, rate_date=RATE_DECLARED_ON, revenue_eur=None,
                load=row.load(row.max_users), size=size, cost_centre="platform",
            ),
        )  # fmt: skip
        Workloads("workloads", planned(size, phase))

    told = (PLATFORM_TYPE, WORKLOADS_TYPE)
    others = [fact for fact in builders.recorded(phase) if fact.type not in told]
    bill = estimate(
        Facts.of([*others, *builders.deploy(root)]), prices.default(), "EUR", EUR_PER_USD
    )
    return [(line.resource, line.item, line.bound, line.monthly) for line in bill.lines]


@cache
def resources_of(phase: str, part: str) -> dict[str, Any]:
    """What a part of a phase registers as it is."""
    return resources(size_of(phase), part)


@cache
def bill_of(phase: str) -> list[tuple[object, ...]]:
    """The bill of a phase as it is."""
    return priced(size_of(phase), phase)


def matters(size: PlatformSize, part: str, phase: str) -> bool:
    """Whether a size of a phase does anything that the phase's own does not."""
    return (
        resources(size, part) != resources_of(phase, part)
        or planned(size, phase) != planned(size_of(phase), phase)
        or priced(size, phase) != bill_of(phase)
    )


def changed_alone(field: str) -> Iterator[tuple[str, PlatformSize]]:
    """Every allowed change of one field alone: the phase, and its changed size."""
    for phase, path in paths()[field]:
        size = size_of(phase)
        for value in candidates(path, dict(overrides.leaves(size))[path]):
            try:
                changed = overrides.override(size, {path: value})
                resources(changed, field.partition(".")[0])
            except PalierError:
                continue
            yield phase, changed


def _with_cluster(size: PlatformSize, old: str, new: str, **changes: Any) -> PlatformSize:
    cluster = replace(size.gke.generations[old], **changes)
    others = {key: item for key, item in size.gke.generations.items() if key != old}
    return replace(size, gke=GkeSize(generations={new: cluster, **others}))
