"""What the OpenTelemetry collector may do in Google Cloud: write traces, and nothing else.

Owns one grant. The collector itself is a workload that Argo CD owns; it needs no account of Google,
since its Kubernetes service account is a principal of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

import pulumi
import pulumi_gcp as gcp

from components.base import Component
from components.naming import physical
from palier.workloads import PLATFORM

ROLE: Final = "roles/cloudtrace.agent"
"""To write traces; reading them is another role."""
COLLECTOR: Final = "otel-collector"
"""Kubernetes service account of the collector, and its name among the workloads."""


@dataclass(frozen=True, kw_only=True)
class TracingArgs:
    """What the grant needs to know."""

    project: str
    """Project that keeps the traces, and owns the clusters."""
    number: pulumi.Input[str]
    """Number of that project."""
    namespace: str = PLATFORM
    """Kubernetes namespace of the collector."""
    account: str = COLLECTOR
    """Kubernetes service account of the collector."""
    pool: pulumi.Input[str] | None = None
    """Workload identity pool as a cluster answers it: Google makes it with the project's first
    cluster, and the grant has to wait for that. None: PROJECT.svc.id.goog, without waiting."""


@final
@dataclass(frozen=True)
class TracingResources:
    """What the component creates."""

    grant: gcp.projects.IAMMember


class Tracing(Component):
    """The collector of every cluster writes traces of the project.

    Workload Identity takes the same namespace and name in every cluster of the project for one
    identity: one grant is enough for all generations.

    Example:
        Tracing("tracing", TracingArgs(project="acme", number="123456789012"))
    """

    TOKEN = "palier:tracing:Tracing"  # noqa: S105 a type token

    def __init__(
        self, name: str, args: TracingArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        subject = f"ns/{physical(args.namespace)}/sa/{physical(args.account)}"
        super().__init__(name, {"namespace": args.namespace, "account": args.account}, opts)
        pool = f"{args.project}.svc.id.goog" if args.pool is None else args.pool
        grant = gcp.projects.IAMMember(
            f"{name}-collector",
            project=args.project,
            role=ROLE,
            member=pulumi.Output.concat(
                "principal://iam.googleapis.com/projects/", args.number,
                "/locations/global/workloadIdentityPools/", pool, "/subject/", subject,
            ),
            opts=self.child(),
        )  # fmt: skip
        self.resources = TracingResources(grant=grant)
        self.finish({"member": grant.member})
