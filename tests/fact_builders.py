"""Facts by hand, for tests of prices and verdicts: no program runs, no provider is loaded.

A test says the one thing it is about; the builder adds what every resource needs. Amounts come
back in dollars, as `(floor, expected, ceiling)`, to be compared with literals. `recorded` and
`planned` are for the tests that need a whole phase: each is recorded once a test run.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from functools import cache
from typing import Any
from unittest import mock

import builders

from palier import plan as plans
from palier import recorder
from palier.cost import prices
from palier.cost.estimate import BOUNDS, Estimate, Gap, LineItem, estimate
from palier.currency import EUR_PER_USD
from palier.facts import PLATFORM_TYPE, WORKLOADS_TYPE, Fact, Facts
from palier.plan import Changes, Plan
from palier.project import Project

REGION = "europe-west1"
UNSERVED_REGION = "europe-north1"
"""A real region the price book has no rows of."""

ADDRESS = "gcp:compute/address:Address"
ALERT_POLICY = "gcp:monitoring/alertPolicy:AlertPolicy"
ARMOR = "gcp:compute/securityPolicy:SecurityPolicy"
BACKEND_BUCKET = "gcp:compute/backendBucket:BackendBucket"
BACKEND_SERVICE = "gcp:compute/backendService:BackendService"
BACKUP_PLAN = "gcp:gkebackup/backupPlan:BackupPlan"
BUCKET = "gcp:storage/bucket:Bucket"
CLUSTER = "gcp:container/cluster:Cluster"
CRYPTO_KEY = "gcp:kms/cryptoKey:CryptoKey"
FORWARDING_RULE = "gcp:compute/globalForwardingRule:GlobalForwardingRule"
NAT = "gcp:compute/routerNat:RouterNat"
NODE_POOL = "gcp:container/nodePool:NodePool"
REDIS = "gcp:redis/instance:Instance"
REGISTRY = "gcp:artifactregistry/repository:Repository"
SECRET = "gcp:secretmanager/secret:Secret"  # noqa: S105 a type token
SECRET_VERSION = "gcp:secretmanager/secretVersion:SecretVersion"  # noqa: S105 a type token
SQL = "gcp:sql/databaseInstance:DatabaseInstance"
SUBNET = "gcp:compute/subnetwork:Subnetwork"
UPTIME = "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig"
ZONE = "gcp:dns/managedZone:ManagedZone"

Amounts = tuple[Decimal, Decimal, Decimal]
"""Dollars a month at the floor, expected, at the ceiling."""


def resource(type_: str, name: str = "it", /, **inputs: Any) -> Fact:
    """A custom resource with these inputs, `it` unless it needs a name."""
    return Fact(
        urn=f"urn:pulumi:test::test::{type_}::{name}",
        type=type_,
        name=name,
        parent=None,
        custom=True,
        inputs=inputs,
    )


def provider(region: str = REGION) -> Fact:
    """The stack's GCP provider."""
    return resource("pulumi:providers:gcp", "gcp", region=region)


def component(type_: str, name: str, outputs: Mapping[str, Any]) -> Fact:
    """A component that registered these outputs."""
    return Fact(
        urn=f"urn:pulumi:test::test::{type_}::{name}",
        type=type_,
        name=name,
        parent=None,
        custom=False,
        inputs=outputs,
        outputs=outputs,
    )


def root(
    *,
    quota: tuple[str, str] | None = None,
    commitments: Mapping[str, str] | None = None,
    region: str = REGION,
    **load: str,
) -> Fact:
    """The root component: it records the figures of the load that are given, and no others.

    Args:
        quota: vCPU and GiB that the pods of cluster generation `eu-g1` may request.
        commitments: terms by `compute`, `sql` and `redis`.
        region: region of the home site.
        load: figures of the load, as texts.
    """
    quotas = {} if quota is None else {"eu-g1": {"vcpu": quota[0], "memory_gib": quota[1]}}
    return component(
        PLATFORM_TYPE,
        "palier",
        {
            "phase": "mvp",
            "users": 50,
            "home": "eu",
            "regions": {"eu": region},
            "load": load,
            "quotas": quotas,
            "commitments": commitments or {},
        },
    )


def pod(
    cpu_m: int,
    memory_mib: int,
    replicas: tuple[str, str, str] = ("1", "1", "1"),
    *,
    spot: bool = False,
    volume_gib: int = 0,
    cluster: str = "eu-g1",
) -> dict[str, Any]:
    """A planned workload, as the workloads component records it."""
    floor, expected, ceiling = replicas
    return {
        "name": "app",
        "namespace": "apps",
        "cluster": cluster,
        "replicas_floor": floor,
        "replicas_expected": expected,
        "replicas_ceiling": ceiling,
        "cpu_m": cpu_m,
        "memory_mib": memory_mib,
        "spot": spot,
        "volume_gib": volume_gib,
    }


def workloads(
    *pods: Mapping[str, Any], nodes: Mapping[str, int] | None = None, web_peak: int = 0
) -> Fact:
    """The workloads component; `nodes` are the expected nodes of the pools of `eu-g1`."""
    counts = [
        {"cluster": "eu-g1", "pool": pool, "floor": 0, "expected": expected, "ceiling": expected}
        for pool, expected in (nodes or {}).items()
    ]
    return component(
        WORKLOADS_TYPE, "workloads", {"pods": list(pods), "nodes": counts, "web_peak": web_peak}
    )


def priced(*facts: Fact) -> Estimate:
    """The estimate of some facts, in dollars."""
    return estimate(Facts.of(facts), prices.default(), "USD", Decimal(1))


def dollars(*facts: Fact, of: str = "it") -> Amounts:
    """What one resource costs beside the others; it must have a full price."""
    made = priced(*facts)
    gaps = [gap for gap in made.gaps if gap.resource == of]
    assert not gaps, f"{of} must be priced in full, got {gaps}"
    return amounts(made, of)


def amounts(made: Estimate, of: str) -> Amounts:
    """Dollars of one resource at each bound."""
    own = [item for item in made.lines if item.resource == of]
    floor, expected, ceiling = (
        sum((item.monthly_usd for item in own if item.bound == bound), Decimal(0))
        for bound in BOUNDS
    )
    return floor, expected, ceiling


def gap(*facts: Fact, of: str = "it") -> Gap:
    """The one reason why a resource has no full price."""
    found = [item for item in priced(*facts).gaps if item.resource == of]
    assert len(found) == 1, f"expected one gap of {of}, got {found}"
    return found[0]


def fixed(amount: str) -> Amounts:
    """The same amount at all three bounds."""
    return Decimal(amount), Decimal(amount), Decimal(amount)


def used(amount: str) -> Amounts:
    """An amount that traffic makes: nothing at the floor, as expected at the ceiling."""
    return Decimal(0), Decimal(amount), Decimal(amount)


def bounds(floor: str, expected: str, ceiling: str) -> Amounts:
    """An amount of its own at each bound."""
    return Decimal(floor), Decimal(expected), Decimal(ceiling)


def line(monthly: str, /, **other: Any) -> LineItem:
    """An expected line of the bill of so many euros, priced at parity."""
    amount = Decimal(monthly)
    fields: dict[str, Any] = {
        "resource": "db", "type": SQL, "component": "postgres", "item": "memory",
        "quantity": Decimal(1), "unit": "month", "unit_price_usd": amount, "monthly_usd": amount,
        "monthly": amount, "bound": "expected", "usage_based": False, "family": "",
        "source": "a price list", "priced_on": "2026-07-30", "confidence": "high",
    }  # fmt: skip
    return LineItem(**fields | other)


def bill(*lines: LineItem, gaps: tuple[Gap, ...] = (), usd_rate: str = "1") -> Estimate:
    """An estimate of these lines."""
    return Estimate(
        currency="EUR", usd_rate=Decimal(usd_rate), lines=lines, free={}, gaps=gaps,
        priced=len(lines), total=len(lines) + len(gaps),
    )  # fmt: skip


def plan(made: Estimate, *facts: Fact, **other: Any) -> Plan:
    """A plan with this estimate, of mvp with 50 users unless something else is said."""
    fields: dict[str, Any] = {
        "stack": "mvp", "phase": "mvp", "users": 50, "region": REGION,
        "usd_rate": Decimal("0.92"), "rate_date": "2026-11-21", "facts": Facts.of(facts),
        "estimate": made, "at_cap": made, "verdicts": (), "notes": (),
    }  # fmt: skip
    return Plan(**fields | other)


@contextmanager
def _without_collection() -> Iterator[None]:
    """No search for cyclic garbage meanwhile: it is two thirds of the time of a recording."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def recorded(phase: str, users: int) -> Facts:
    """What a ready-made stack would create, recorded once a test run."""
    with _without_collection():
        return builders.recorded(phase, users)


@cache
def euros(phase: str, users: int) -> Estimate:
    """The estimate of a ready-made stack at the planning rate, made once a test run."""
    return estimate(recorded(phase, users), prices.default(), "EUR", EUR_PER_USD)


@contextmanager
def from_records() -> Iterator[None]:
    """Plans of ready-made stacks are made of what is recorded already, by stack and users."""
    record_project = recorder.record_project

    def known(_project: Project, stack: str, config: Mapping[str, str]) -> Facts:
        with mock.patch.object(recorder, "record_project", record_project):
            return recorded(stack, int(config["palier:users"]))

    with mock.patch.object(recorder, "record_project", known):
        yield


@cache
def planned(phase: str, users: int) -> Plan:
    """The plan of a ready-made stack, made once a test run."""
    with from_records():
        return plans.make(builders.project(), phase, Changes(users=users))
