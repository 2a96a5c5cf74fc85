"""What the autoneg controller may do in Google Cloud: attach endpoints, and nothing else.

Owns the account, its role and its tie to a Kubernetes service account. The controller itself is a
workload that Argo CD owns; the backend services it updates belong to the edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

import pulumi
import pulumi_gcp as gcp

from components.base import Component
from components.naming import ACCOUNT_LIMIT, physical

PERMISSIONS: Final = (
    "compute.backendServices.get",
    "compute.backendServices.update",
    "compute.healthChecks.useReadOnly",
    "compute.networkEndpointGroups.use",
    "compute.regionBackendServices.get",
    "compute.regionBackendServices.update",
    "compute.regionHealthChecks.useReadOnly",
)
"""To read a backend service, to write one back, and to use what it refers to."""


@dataclass(frozen=True, kw_only=True)
class AutonegArgs:
    """What the account needs to know."""

    project: str
    """Project that owns the backend services and the clusters."""
    namespace: str = "platform"
    """Kubernetes namespace of the controller."""
    account: str = "autoneg"
    """Kubernetes service account of the controller."""
    pool: pulumi.Input[str] | None = None
    """Workload identity pool as a cluster answers it: Google makes it with the project's first
    cluster, and the binding has to wait for that. None: PROJECT.svc.id.goog, without waiting."""


@final
@dataclass(frozen=True)
class AutonegResources:
    """What the component creates."""

    account: gcp.serviceaccount.Account
    role: gcp.projects.IAMCustomRole


class Autoneg(Component):
    """Service account of the autoneg controller of every cluster, with a role of its own.

    Workload Identity takes the same namespace and name in every cluster of the project for one
    identity: generations that live beside each other share this account.

    Attributes:
        email: of the account, for the annotation of the Kubernetes service account.

    Example:
        Autoneg("autoneg", AutonegArgs(project="acme"))
    """

    TOKEN = "palier:autoneg:Autoneg"  # noqa: S105 a type token

    def __init__(
        self, name: str, args: AutonegArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        subject = f"{physical(args.namespace)}/{physical(args.account)}"
        super().__init__(name, {"namespace": args.namespace, "account": args.account}, opts)
        account = gcp.serviceaccount.Account(
            f"{name}-account",
            account_id=physical(name, limit=ACCOUNT_LIMIT),
            display_name="Autoneg controller",
            project=args.project,
            opts=self.child(),
        )
        role = gcp.projects.IAMCustomRole(
            f"{name}-role",
            role_id=physical(name).replace("-", "_"),
            title="Autoneg controller",
            permissions=list(PERMISSIONS),
            project=args.project,
            opts=self.child(),
        )
        gcp.projects.IAMMember(
            f"{name}-role",
            project=args.project,
            role=role.name,
            member=account.member,
            opts=self.child(),
        )
        pool = f"{args.project}.svc.id.goog" if args.pool is None else args.pool
        gcp.serviceaccount.IAMMember(
            f"{name}-workload",
            service_account_id=account.name,
            role="roles/iam.workloadIdentityUser",
            member=pulumi.Output.concat("serviceAccount:", pool, f"[{subject}]"),
            opts=self.child(),
        )
        self.resources = AutonegResources(account=account, role=role)
        self.email: pulumi.Output[str] = account.email
        self.finish({"email": self.email})
