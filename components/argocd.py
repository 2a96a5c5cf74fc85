"""Argo CD in one cluster: its namespace, its release, the root application with the facts.

This is all that Pulumi owns inside a cluster; everything else is Argo CD's (docs/adr/0008). The
facts ride on the root as a patch, so that an overlay and what it is told change in one object
(docs/adr/0033). The requests of its pods come from the recorded workloads, so what is priced is
what runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, final

import pulumi
import pulumi_gcp as gcp
import pulumi_kubernetes as k8s

from components.argocd_config import config_values
from components.argocd_values import helm_values
from components.base import Component
from components.kubeconfig import kubeconfig
from palier.errors import PalierError
from palier.pod_sizes import PodSize
from palier.sizes import ArgocdSize
from palier.workloads import APPS, ARGOCD, PLATFORM
from palier.yaml_text import written

CHART_VERSION: Final = "9.3.7"
"""Chart of Argo CD 3.2.6. Never "latest": a new chart is a commit of its own."""
CHART_REPOSITORY: Final = "https://argoproj.github.io/argo-helm"
NAMESPACE: Final = ARGOCD
PROJECT: Final = "palier"
OVERLAYS: Final = "gitops/overlays"
FACTS: Final = "palier-facts"
"""Secret of the overlays that the facts are put into: empty in Git."""
SERVER: Final = "https://kubernetes.default.svc"
ARGO: Final = "argoproj.io"


@dataclass(frozen=True, kw_only=True)
class ArgocdArgs:
    """What one Argo CD needs to know."""

    size: ArgocdSize
    """Core, single or highly available."""
    pods: Mapping[str, PodSize]
    """Recorded workloads; those named argocd-* give the requests."""
    cluster: gcp.container.Cluster
    """The cluster it runs in and deploys to."""
    repository: str
    """Git repository that holds the manifests, e.g. https://github.com/acme/platform."""
    overlay: str
    """Folder below gitops/overlays/ that this cluster syncs."""
    domain: str
    """The platform's domain: the server is argocd.DOMAIN, its groups are of DOMAIN."""
    facts: Mapping[str, pulumi.Input[str]]
    """Outputs that manifests need: hosts, names, certificates. A secret among them is refused:
    those are in Secret Manager."""
    slack_channel: str | None = None
    """Channel that hears of failed syncs where notifications run, e.g. #alerts."""


@final
@dataclass(frozen=True)
class ArgocdResources:
    """What the component creates."""

    provider: k8s.Provider
    release: k8s.helm.v3.Release
    root: k8s.apiextensions.CustomResource


class Argocd(Component):
    """Argo CD, ready to sync one overlay.

    Example:
        Argocd("argocd-eu-g1", ArgocdArgs(size=ArgocdSize(mode="core"), pods=phase_size.pods,
            cluster=cluster, repository="https://github.com/acme/platform", overlay="mvp",
            domain="example.com", facts={"database-host": primary.private_ip_address}))
    """

    TOKEN = "palier:argocd:Argocd"  # noqa: S105 a type token

    def __init__(
        self, name: str, args: ArgocdArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, {"size": args.size, "overlay": args.overlay}, opts)
        endpoint = args.cluster.control_plane_endpoints_config.apply(_dns_endpoint)
        provider = k8s.Provider(
            f"{name}-cluster",
            kubeconfig=pulumi.Output.all(args.cluster.name, endpoint).apply(
                lambda known: kubeconfig(known[0], known[1])
            ),
            cluster_identifier=args.cluster.id,
            opts=self.child(),
        )
        inside = self.child(provider=provider)
        namespace = k8s.core.v1.Namespace(
            f"{name}-namespace",
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=NAMESPACE,
                labels={
                    "pod-security.kubernetes.io/enforce": "baseline",
                    "pod-security.kubernetes.io/warn": "restricted",
                },
            ),
            opts=inside,
        )
        release = k8s.helm.v3.Release(
            f"{name}-release",
            name="argocd",
            chart="argo-cd",
            version=CHART_VERSION,
            repository_opts=k8s.helm.v3.RepositoryOptsArgs(repo=CHART_REPOSITORY),
            namespace=NAMESPACE,
            atomic=True,
            timeout=600,
            values=values(args),
            opts=self.child(provider=provider, depends_on=[namespace]),
        )
        root = self._root(args, self.child(provider=provider, depends_on=[release]))
        self.resources = ArgocdResources(provider=provider, release=release, root=root)
        self.finish({"namespace": NAMESPACE})

    def _root(
        self, args: ArgocdArgs, opts: pulumi.ResourceOptions
    ) -> k8s.apiextensions.CustomResource:
        k8s.apiextensions.CustomResource(
            f"{self.name}-project",
            api_version=f"{ARGO}/v1alpha1",
            kind="AppProject",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=PROJECT, namespace=NAMESPACE),
            spec=_project(args.repository),
            opts=opts,
        )
        # No finalizer: deleting the root leaves alone what it has made.
        return k8s.apiextensions.CustomResource(
            f"{self.name}-root",
            api_version=f"{ARGO}/v1alpha1",
            kind="Application",
            metadata=k8s.meta.v1.ObjectMetaArgs(name="root", namespace=NAMESPACE),
            spec=_application(args, pulumi.Output.all(**_public(args.facts)).apply(facts_patch)),
            opts=opts,
        )


def values(args: ArgocdArgs) -> dict[str, Any]:
    """All values of the chart: what runs, and how it is configured."""
    running = helm_values(args.size, args.pods)
    return merged(running, config_values(args.size, args.domain, args.slack_channel))


def merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Two trees of values as one; they share branches and no leaf."""
    both = {key: merged(one[key], other[key]) for key in one.keys() & other.keys()}
    return {**one, **other, **both}


def facts_patch(facts: Mapping[str, str]) -> str:
    """The patch that puts facts into the Secret of an overlay: always the same text for the same.

    Args:
        facts: texts by key of the Secret.
    """
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": FACTS},
        "stringData": dict(facts),
    }
    return written(secret, sort_keys=True)


def _public(facts: Mapping[str, pulumi.Input[str]]) -> dict[str, pulumi.Output[str]]:
    return {key: _checked(key, pulumi.Output.from_input(fact)) for key, fact in facts.items()}


def _checked(key: str, fact: pulumi.Output[str]) -> pulumi.Output[str]:
    """A fact, unless it is a secret: the root's spec is for everybody to read."""

    async def refuse() -> None:
        if await fact.is_secret():
            raise PalierError(f"argocd.facts: {key} is a secret, and belongs in Secret Manager")

    return pulumi.Output.all(fact, refuse()).apply(lambda known: str(known[0]))


def _project(repository: str) -> dict[str, Any]:
    """What the root may make: namespaces, and what makes the rest. Its children have projects."""
    allowed = [{"group": ARGO, "kind": kind} for kind in ("Application", "ApplicationSet")]
    return {
        "description": "The root: namespaces, projects, applications and the facts, nothing else",
        "sourceRepos": [repository],
        "destinations": [
            {"server": SERVER, "namespace": namespace} for namespace in (NAMESPACE, APPS, PLATFORM)
        ],
        "clusterResourceWhitelist": [{"group": "", "kind": "Namespace"}],
        "namespaceResourceWhitelist": [
            *allowed,
            {"group": ARGO, "kind": "AppProject"},
            {"group": "", "kind": "Secret"},
        ],
    }


def _application(args: ArgocdArgs, patch: pulumi.Output[str]) -> dict[str, Any]:
    """The root. It applies all of a sync, in sync or not.

    With ApplyOutOfSyncOnly a retry would skip the wave it failed in, and go on to the next one.
    """
    return {
        "project": PROJECT,
        "source": {
            "repoURL": args.repository,
            "targetRevision": "main",
            "path": f"{OVERLAYS}/{args.overlay}",
            "kustomize": {
                "patches": [{"target": {"kind": "Secret", "name": FACTS}, "patch": patch}]
            },
        },
        "destination": {"server": SERVER, "namespace": NAMESPACE},
        "syncPolicy": {
            "automated": {"prune": True, "selfHeal": True},
            "syncOptions": ["ServerSideApply=true"],
            "retry": {
                "limit": 10,
                "backoff": {"duration": "10s", "factor": 2, "maxDuration": "3m"},
            },
        },
    }


def _dns_endpoint(
    config: gcp.container.outputs.ClusterControlPlaneEndpointsConfig | None,
) -> str:
    endpoint = config.dns_endpoint_config.endpoint if config else None
    return endpoint or ""
