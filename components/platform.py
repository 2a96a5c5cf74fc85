"""The root of a platform: what it is, whom it serves, what it plans to run.

`Platform` registers the phase, users, regions, currency, load and quotas; `Workloads` the planned
pods and nodes. Every feed (plan, preview, export, policy pack) reads them from there, so a judge
needs no config. Both create nothing in a cloud.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import pulumi

from components.base import Component
from components.labels import COST_CENTRE, PHASE
from components.teardown import lifting
from palier.facts import PLATFORM_TYPE, WORKLOADS_TYPE
from palier.load import Load
from palier.sites import Site
from palier.sizes import PlatformSize
from palier.workloads import Workloads as PlannedWorkloads


@dataclass(frozen=True, kw_only=True)
class PlatformArgs:
    """What identifies a platform and its budget."""

    phase: str
    """Name of the phase."""
    users: int
    """Users of the phase's own counter."""
    home: Site
    """Site that users of the first continent are served at."""
    regions: Mapping[Site, str]
    """Region of each site in use."""
    currency: str
    """Currency of the estimate."""
    usd_rate: Decimal
    """Units of that currency for one US dollar."""
    rate_date: str
    """Day the rate was declared, ISO 8601."""
    revenue_eur: Decimal | None
    """Declared monthly revenue in euros, or `None`."""
    load: Load
    """What the users ask."""
    size: PlatformSize
    """All sizes; quotas and commitments are recorded from it."""
    cost_centre: str
    """Label for the bill's reader."""
    teardown: bool = False
    """Whether every protection is lifted, so that the platform can be destroyed."""


class Platform(Component):
    """The one root component of a stack; every other component is its child.

    Example:
        platform = Platform("palier", PlatformArgs(phase="mvp", users=50, ...))
        Network("network", ..., ResourceOptions(parent=platform))
    """

    TOKEN = PLATFORM_TYPE

    def __init__(
        self, name: str, args: PlatformArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        recorded = {
            "phase": args.phase,
            "users": args.users,
            "home": args.home,
            "regions": args.regions,
            "currency": {
                "code": args.currency,
                "usd_rate": args.usd_rate,
                "declared_on": args.rate_date,
            },
            "revenue_eur": args.revenue_eur,
            "load": args.load.recorded(),
            "quotas": {
                key: {"vcpu": cluster.quota_vcpu, "memory_gib": cluster.quota_memory_gib}
                for key, cluster in args.size.gke.generations.items()
            },
            "commitments": args.size.commitments,
            "teardown": args.teardown,
        }
        labels = {PHASE: args.phase, COST_CENTRE: args.cost_centre}
        transformations = [lifting()] if args.teardown else []
        opts = pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(transformations=transformations)
        )
        super().__init__(name, recorded, opts, labels)
        self.finish()


class Workloads(Component):
    """Everything the clusters plan to run: pods with their requests, whole nodes of pools.

    Example:
        Workloads("workloads", workloads.plan(size, load, "eu"), ResourceOptions(parent=platform))
    """

    TOKEN = WORKLOADS_TYPE

    def __init__(
        self, name: str, planned: PlannedWorkloads, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(
            name,
            {"pods": planned.pods, "nodes": planned.nodes, "web_peak": planned.web_peak},
            opts,
        )
        self.finish()
