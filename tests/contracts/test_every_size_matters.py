"""Law 7: changing any field of any size changes a resource, a planned pod or node, or a price.

A size is recorded on its component whatever it does, so that record counts for nothing here. Every
field is changed alone, in the first phase where that is allowed and has an effect; those that
cannot change alone are listed with what changes beside them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from decimal import Decimal
from functools import cache
from typing import Any, Final

import builders
import parts
import pytest

from components.platform import Platform, PlatformArgs, Workloads
from palier import overrides, workloads
from palier.cost import prices
from palier.cost.estimate import estimate
from palier.currency import EUR_PER_USD, RATE_DECLARED_ON
from palier.data_sizes import PostgresSize
from palier.errors import PalierError
from palier.facts import PLATFORM_TYPE, WORKLOADS_TYPE, Facts
from palier.phases import PHASES
from palier.sizes import GkeSize, NodePoolSize, PlatformSize

KEYED: Final = ("generations", "pools", "shards", "instances", "limits", "pods")
"""Fields that hold others under names of the phase's own."""

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
    keys = path.split(".")
    return ".".join(
        "*" if before in KEYED else key for before, key in zip(["", *keys], keys, strict=False)
    )


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


PLANNED: Final = (
    "commitments",
    "gke.generations.*.pools.*.share",
    "gke.generations.*.quota_memory_gib",
    "gke.generations.*.quota_vcpu",
    "pods",
    "web",
)
"""Parts and fields that shape planned pods and nodes, or the bill; all others shape the cloud."""


def resources(size: PlatformSize, part: str) -> dict[str, Any]:
    """Inputs of what a part registers in a cloud. What its component records is left out."""
    facts = builders.deploy(lambda: parts.PARTS[part](size))
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
                phase=phase, users=row.max_users, home="eu", regions=parts.SERVING, currency="EUR",
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


def matters(size: PlatformSize, field: str, phase: str) -> bool:
    """Whether a size of a phase does something that the phase's own does not, where it should."""
    part = field.partition(".")[0]
    if field not in PLANNED and part not in PLANNED:
        return resources(size, part) != resources_of(phase, part)
    return planned(size, phase) != planned(size_of(phase), phase) or priced(size, phase) != bill_of(
        phase
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


def _moved(size: PlatformSize, old: str, new: str, **changes: Any) -> PlatformSize:
    """A cluster generation under the name that its changed place asks for."""
    others = {key: cluster for key, cluster in size.gke.generations.items() if key != old}
    moved = replace(size.gke.generations[old], **changes)
    return replace(size, gke=GkeSize(generations={new: moved, **others}))


def _standard(size: PlatformSize) -> PlatformSize:
    pool = NodePoolSize(machine_type="n2d-standard-8", min_nodes=1, max_nodes=9, share=Decimal(1))
    return _moved(
        size, "eu-g1", "eu-g1", mode="standard", pools={"baseline": pool}, provisioning_vcpu=72,
        provisioning_memory_gib=288,
    )  # fmt: skip


def _shard_moved(size: PlatformSize) -> PlatformSize:
    shards = dict(size.postgres.shards)
    shards["us-2"] = replace(shards.pop("eu-2"), site="us")
    return replace(size, postgres=PostgresSize(shards=shards))


PLUS: Final = "db-perf-optimized-N-8"
TOGETHER: Final[Mapping[str, tuple[str, Callable[[PlatformSize], PlatformSize]]]] = {
    # a Standard cluster needs pools and limits, Autopilot refuses both
    "gke.generations.*.mode": ("growth", _standard),
    # a generation's name says its site and its range
    "gke.generations.*.site": (
        "hypergrowth",
        lambda size: _moved(size, "eu-g2", "us-g2", site="us"),
    ),
    "gke.generations.*.range": ("growth", lambda size: _moved(size, "eu-g1", "eu-g2", range="g2")),
    # the shares of a cluster's pools add up to one
    "gke.generations.*.pools.*.share": (
        "hypergrowth",
        lambda size: overrides.override(
            size,
            {
                "gke.generations.eu-g2.pools.baseline.share": "0.5",
                "gke.generations.eu-g2.pools.burst.share": "0.5",
            },
        ),
    ),
    # a shard's name says its site
    "postgres.shards.*.site": ("hypergrowth", _shard_moved),
    # tiers belong to an edition
    "postgres.shards.*.edition": (
        "growth",
        lambda size: overrides.override(
            size,
            {
                "postgres.shards.eu-1.edition": "ENTERPRISE_PLUS",
                "postgres.shards.eu-1.tier": PLUS,
                "postgres.shards.eu-1.replica_tier": PLUS,
            },
        ),
    ),
}
"""Fields that cannot change alone: the phase, and the change with all that belongs to it."""


@pytest.mark.parametrize("field", sorted(paths().keys() - TOGETHER.keys()))
def test_a_field_changed_alone_changes_something(field: str) -> None:
    tried = 0
    for phase, changed in changed_alone(field):
        if matters(changed, field, phase):
            return
        tried += 1
    assert tried, f"{field}: no value of the table is allowed in any phase; give it one, or list it"
    pytest.fail(f"{field}: {tried} changes did nothing to resources, workloads or the bill")


@pytest.mark.parametrize("field", sorted(TOGETHER))
def test_fields_that_change_together_change_something(field: str) -> None:
    phase, change = TOGETHER[field]
    assert matters(change(size_of(phase)), field, phase)


@pytest.mark.parametrize("field", sorted(TOGETHER))
def test_a_listed_field_cannot_change_alone(field: str) -> None:
    assert list(changed_alone(field)) == [], "then it belongs to the others"


@pytest.mark.parametrize("part", parts.PARTS)
def test_a_size_that_is_not_changed_changes_nothing(part: str) -> None:
    assert not matters(size_of("growth"), part, "growth")


def test_a_field_that_did_nothing_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def deaf(size: PlatformSize) -> None:
        parts.cdn(replace(size, cdn=replace(size.cdn, browser_ttl_s=3_600)))

    changed = overrides.override(size_of("mvp"), {"cdn.browser_ttl_s": 60})
    assert matters(changed, "cdn.browser_ttl_s", "mvp")
    monkeypatch.setitem(parts.PARTS, "cdn", deaf)
    assert not matters(changed, "cdn.browser_ttl_s", "mvp"), (
        "the size is recorded, and that is not enough"
    )


def test_every_part_of_a_platform_is_looked_at() -> None:
    assert set(parts.PARTS) == {item.name for item in fields(PlatformSize)}


def test_a_path_is_known_by_its_fields_and_not_by_the_names_of_a_phase() -> None:
    assert field_of("gke.generations.eu-g2.pools.burst.spot") == "gke.generations.*.pools.*.spot"
    assert field_of("pods.argocd-server.cpu_m") == "pods.*.cpu_m"
    assert field_of("web.limits.eu.minimum") == "web.limits.*.minimum"


ONE_OF_EACH: Final = {
    "network.nat_addresses": 3,
    "gke.generations.eu-g1.backup": True,
    "postgres.shards.eu-1.backups": 31,
    "redis.instances.eu.memory_gib": 4,
    "cdn.armor_rules": 13,
    "pods.argocd-server.cpu_m": 150,
    "observability.alerts": 31,
    "registry.keep_versions": 31,
    "web.limits.eu.maximum": 141,
    "commitments.sql": "1y",
}


def by_component(facts: Facts) -> dict[str, dict[str, Any]]:
    """Inputs of what is in a cloud, by component, and what the root and the plan record."""
    found: dict[str, dict[str, Any]] = {}
    for fact in facts.resources:
        found.setdefault(facts.component_of(fact), {})[fact.urn] = fact.inputs
    for type_ in (PLATFORM_TYPE, WORKLOADS_TYPE):
        fact = builders.only(facts, type_)
        found[fact.name] = {**found.get(fact.name, {}), "": fact.outputs}
    return found


def test_the_config_of_a_stack_reaches_every_part() -> None:
    config = builders.stack_config("growth", sizes=json.dumps(ONE_OF_EACH))
    changed = by_component(builders.record_with("growth", config))
    before = by_component(builders.recorded("growth"))
    reached = {name for name, inputs in changed.items() if inputs != before[name]}
    assert reached == {
        "network", "gke", "postgres", "redis", "cdn", "argocd-eu-g1", "observability", "registry",
        "workloads", "palier",
    }  # fmt: skip
