"""GitHub Actions without keys: workload identity federation, one account to plan, one to deploy.

Owns the pool, its provider and the two accounts with their project roles. It does not own the
grants on the bucket and the key of Pulumi's state (they are made before the stack, where the
bucket is), nor those on the billing account (they are not the project's).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, final

import pulumi
import pulumi_gcp as gcp

from components.base import Component
from components.naming import ACCOUNT_LIMIT, physical
from palier.errors import PalierError, one_of

ISSUER: Final = "https://token.actions.githubusercontent.com"
ENVIRONMENT: Final = "production"
BRANCH: Final = "refs/heads/main"
POOL_LIMIT: Final = 32
"""Longest id of a pool or provider."""

PLAN_ROLES: Final = (
    "roles/artifactregistry.reader",
    "roles/binaryauthorization.policyViewer",
    "roles/browser",
    "roles/certificatemanager.viewer",
    "roles/cloudkms.viewer",
    "roles/cloudsql.viewer",
    "roles/compute.viewer",
    "roles/container.viewer",
    "roles/dns.reader",
    "roles/gkebackup.viewer",
    "roles/iam.securityReviewer",
    "roles/iam.serviceAccountViewer",
    "roles/iam.workloadIdentityPoolViewer",
    "roles/logging.viewer",
    "roles/monitoring.viewer",
    "roles/redis.viewer",
    "roles/secretmanager.viewer",
    "roles/serviceusage.serviceUsageViewer",
    "roles/storage.bucketViewer",
)
"""Configuration of what the platform is made of. No data: neither objects, rows nor secrets."""
DEPLOY_ROLES: Final = (
    "roles/artifactregistry.admin",
    "roles/binaryauthorization.policyEditor",
    "roles/certificatemanager.editor",
    "roles/cloudkms.admin",
    "roles/cloudsql.admin",
    "roles/compute.loadBalancerAdmin",
    "roles/compute.networkAdmin",
    "roles/compute.securityAdmin",
    "roles/container.admin",
    "roles/dns.admin",
    "roles/gkebackup.admin",
    "roles/iam.roleAdmin",
    "roles/iam.serviceAccountAdmin",
    "roles/iam.workloadIdentityPoolAdmin",
    "roles/logging.configWriter",
    "roles/monitoring.editor",
    "roles/redis.admin",
    "roles/resourcemanager.projectIamAdmin",
    "roles/secretmanager.admin",
    "roles/servicenetworking.networksAdmin",
    "roles/serviceusage.serviceUsageAdmin",
    "roles/storage.admin",
)
"""One a kind of resource that the platform creates."""
REFUSED_ROLES: Final = (
    "roles/owner",
    "roles/editor",
    "roles/viewer",
    "roles/iam.serviceAccountUser",
    "roles/iam.serviceAccountTokenCreator",
)
"""Basic roles (CIS 1.6), and acting as every account of the project at once (CIS 1.7)."""
READS: Final = re.compile(r"(viewer|reader|reviewer|browser)$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class GithubArgs:
    """Which repository may do what."""

    repository: str
    """Repository as GitHub spells it, capitals too: `owner/name`."""
    project: str
    """Project that the accounts belong to and work in."""
    plan_roles: Sequence[str] = PLAN_ROLES
    """Project roles of the account that plans: reading roles only."""
    deploy_roles: Sequence[str] = DEPLOY_ROLES
    """Project roles of the account that deploys."""
    acts_as: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Accounts that a deployment gives to what it creates (a cluster's nodes), by a stable key:
    full names, `projects/acme/serviceAccounts/…`. Granted on each account, never on the project."""


@final
@dataclass(frozen=True)
class GithubResources:
    """What the component creates."""

    pool: gcp.iam.WorkloadIdentityPool
    provider: gcp.iam.WorkloadIdentityPoolProvider
    plan: gcp.serviceaccount.Account
    deploy: gcp.serviceaccount.Account


class Github(Component):
    """Short-lived credentials for the workflows of exactly one repository.

    `plan` reads, for any branch or pull request of the repository. `deploy` changes, for jobs of
    the environment `production` that run on the main branch: the environment is in the subject of
    the token, and the provider refuses that subject from any other branch. Protect the environment
    on GitHub with required reviewers; they are the last gate.

    CIS 1.6 forbids administrator roles to service accounts. A deployer is the documented
    exception: it holds one such role a kind of resource, and since it manages IAM it could grant
    itself more. So it has no key, serves no pod, and answers only to that protected environment.

    Attributes:
        provider_name: full name of the provider, for `google-github-actions/auth`.
        plan_email: account of pull requests.
        deploy_email: account of deployments.

    Example:
        Github("github", GithubArgs(repository="acme/platform", project="acme"))
    """

    TOKEN = "palier:github:Github"  # noqa: S105 a type token

    def __init__(
        self, name: str, args: GithubArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        _check(args)
        super().__init__(name, {"repository": args.repository}, opts)
        self.args = args
        subject = f"repo:{args.repository}:environment:{ENVIRONMENT}"
        pool = gcp.iam.WorkloadIdentityPool(
            f"{name}-pool",
            workload_identity_pool_id=physical(name, limit=POOL_LIMIT),
            project=args.project,
            opts=self.child(),
        )
        provider = self._trust(pool, subject)
        principals = pulumi.Output.concat("//iam.googleapis.com/", pool.name)
        by_repository = pulumi.Output.concat(
            "principalSet:", principals, f"/attribute.repository/{args.repository}"
        )
        by_subject = pulumi.Output.concat("principal:", principals, f"/subject/{subject}")
        plan = self._account("plan", "GitHub: plans", by_repository, args.plan_roles)
        deploy = self._account("deploy", "GitHub: deployments", by_subject, args.deploy_roles)
        self._act_as(deploy)
        self.resources = GithubResources(pool=pool, provider=provider, plan=plan, deploy=deploy)
        self.provider_name: pulumi.Output[str] = provider.name
        self.plan_email: pulumi.Output[str] = plan.email
        self.deploy_email: pulumi.Output[str] = deploy.email
        self.finish(
            {
                "provider_name": self.provider_name,
                "plan_email": self.plan_email,
                "deploy_email": self.deploy_email,
            }
        )

    def _trust(
        self, pool: gcp.iam.WorkloadIdentityPool, subject: str
    ) -> gcp.iam.WorkloadIdentityPoolProvider:
        """Accept the repository's tokens, and the deploying ones from the main branch alone.

        Audiences are left out: the default one is the provider itself.
        """
        return gcp.iam.WorkloadIdentityPoolProvider(
            f"{self.name}-provider",
            workload_identity_pool_id=pool.workload_identity_pool_id,
            workload_identity_pool_provider_id=physical(self.name, limit=POOL_LIMIT),
            project=self.args.project,
            attribute_mapping={
                "google.subject": "assertion.sub",
                "attribute.repository": "assertion.repository",
                "attribute.ref": "assertion.ref",
            },
            attribute_condition=(
                f"assertion.repository == '{self.args.repository}'"
                f" && (assertion.sub != '{subject}' || assertion.ref == '{BRANCH}')"
            ),
            oidc=gcp.iam.WorkloadIdentityPoolProviderOidcArgs(issuer_uri=ISSUER),
            opts=self.child(),
        )

    def _account(
        self, kind: str, display_name: str, principal: pulumi.Output[str], roles: Sequence[str]
    ) -> gcp.serviceaccount.Account:
        """An account, who may be it, and what it may do."""
        account = gcp.serviceaccount.Account(
            f"{self.name}-{kind}",
            account_id=physical(self.name, kind, limit=ACCOUNT_LIMIT),
            display_name=display_name,
            project=self.args.project,
            opts=self.child(),
        )
        gcp.serviceaccount.IAMMember(
            f"{self.name}-{kind}-workflows",
            service_account_id=account.name,
            role="roles/iam.workloadIdentityUser",
            member=principal,
            opts=self.child(),
        )
        for role in roles:
            gcp.projects.IAMMember(
                f"{self.name}-{kind}-{role.rsplit('/', maxsplit=1)[-1]}",
                project=self.args.project,
                role=role,
                member=account.member,
                opts=self.child(),
            )
        return account

    def _act_as(self, deploy: gcp.serviceaccount.Account) -> None:
        for key, account in self.args.acts_as.items():
            gcp.serviceaccount.IAMMember(
                f"{self.name}-acts-as-{key}",
                service_account_id=account,
                role="roles/iam.serviceAccountUser",
                member=deploy.member,
                opts=self.child(),
            )


def _check(args: GithubArgs) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+", args.repository):
        raise PalierError(f"github.repository: expected owner/name, got {args.repository!r}")
    for kind, roles in (("plan_roles", args.plan_roles), ("deploy_roles", args.deploy_roles)):
        refused = [role for role in roles if role in REFUSED_ROLES]
        if refused:
            raise PalierError(
                f"github.{kind}: got {one_of(refused)}; expected roles of single services,"
                f" never {one_of(REFUSED_ROLES)}"
            )
    writing = [role for role in args.plan_roles if not READS.search(role)]
    if writing:
        raise PalierError(
            f"github.plan_roles: expected roles that read (…viewer, …reader), got {one_of(writing)}"
        )
